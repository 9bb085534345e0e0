"""Finds what the store keeps about one person or one thread."""

from collections import defaultdict
from collections.abc import AsyncIterator, Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from pydantic import TypeAdapter, ValidationError
from redis.asyncio import Redis
from redis.asyncio.client import Pipeline

from bridge.store import keys
from bridge.store.codec import decode_record
from bridge.store.connection import reach_redis
from bridge.store.repositories import SESSION, THREAD, USER, reason_field

BATCH = 500  # commands in one round trip
BATCH_S = 30.0  # for one of them, and for one look at all keys
_COMMAND = TypeAdapter(dict[str, Any])
_Ask = Callable[[Pipeline, str], object]  # puts a command about a key into the pipeline
_SESSIONS: dict[str, _Ask] = {
    keys.SESSION: lambda pipe, key: pipe.get(key),
    keys.RATING: lambda pipe, key: pipe.hget(key, SESSION),
}


@dataclass(frozen=True, slots=True)
class Whom:
    """A person by their id, or a thread by its channel and root; of whichever team."""

    user: str = ""
    channel: str = ""
    root: str = ""

    def is_thread(self, encoded: str) -> bool:
        return bool(self.root) and encoded.split(":")[1:] == [self.channel, self.root]


@dataclass(frozen=True, slots=True)
class Kept:
    """One thing that is kept: a key of this `kind` (a prefix of `keys`), or `fields` of it. What is
    kept of a thread's session is one of the kind `keys.SESSION`, whose key may be away.
    """

    kind: str
    key: str
    thread: str = ""  # encoded
    fields: tuple[str, ...] = ()

    @property
    def parts(self) -> list[str]:
        """Of the key's name, without its kind."""
        return self.key.removeprefix(self.kind).split(":")


@dataclass(frozen=True, slots=True)
class Found:
    """`turns` wait, run or are dead letters; `sessions` are Beebot's, as far as they are known."""

    turns: tuple[Kept, ...]
    others: tuple[Kept, ...]
    sessions: frozenset[str]

    @property
    def teams(self) -> set[str]:
        return {one.thread.split(":")[0] for one in (*self.turns, *self.others) if one.thread}


class Finder:
    """Looks at each key that may be erased; `find` raises `Unavailable`."""

    def __init__(self, redis: Redis, whom: Whom) -> None:
        self._redis = redis
        self._whom = whom
        self._names: dict[str, list[str]] = {}

    async def find(self) -> Found:
        self._names = await self._scan()
        turns, sessions = await self._find_turns()
        engaged = await self._find_engaged()
        theirs = {one.thread for one in (*turns, *engaged)}
        # What stands in a direct message is one person's alone.
        whole = {thread for thread in theirs if self._whom.root or _channel(thread)[:1] == "D"}
        kept = [*engaged, *self._find_sessions(theirs), *self._find_named(whole)]
        kept += self._find_done_once(whole)
        kept += await self._find_sources()
        kept += await self._find_ratings(whole)
        kept += await self._find_numbers(whole)
        sessions |= await self._read_sessions(kept)
        return Found(tuple(turns), tuple(kept), frozenset(sessions - {""}))

    async def _scan(self) -> dict[str, list[str]]:
        """The names of the keys that may be erased, by kind."""
        found = defaultdict[str, list[str]](list)
        async with reach_redis(BATCH_S):
            async for key in self._redis.scan_iter(match=f"{keys.PREFIX}*", count=1000):
                kind = key[: key.find(":", len(keys.PREFIX)) + 1]
                if kind in keys.ERASED:
                    found[kind].append(key)
        return found

    async def _find_turns(self) -> tuple[list[Kept], set[str]]:
        """Also the sessions in which they were asked."""
        threads = await self._threads_of_turns()
        found, sessions = list[Kept](), set[str]()
        async for key, (command, record) in self._read(
            keys.TURN, lambda pipe, key: pipe.hmget(key, "command", "record")
        ):
            user, thread = _read_command(command)
            thread = threads.get(key.rpartition(":")[2]) or thread
            if self._is_theirs(user) or self._whom.is_thread(thread):
                found.append(Kept(keys.TURN, key, thread))
                sessions.add(decode_record(record).session or "")
        return found, sessions

    async def _threads_of_turns(self) -> dict[str, str]:
        """By turn: also of one whose command cannot be read."""
        async with reach_redis(BATCH_S):
            members = [
                *await self._redis.zrange(keys.OPEN, 0, -1),
                *await self._redis.zrange(keys.DEAD, 0, -1),
            ]
        return {turn: thread for thread, turn in (str(one).split("|") for one in members)}

    async def _find_engaged(self) -> list[Kept]:
        user, found = self._whom.user, list[Kept]()
        async for key, is_engaged in self._read(
            keys.ENGAGED, lambda pipe, key: pipe.hexists(key, user)
        ):
            thread = key.removeprefix(keys.ENGAGED)
            if self._whom.is_thread(thread):
                found.append(Kept(keys.ENGAGED, key, thread))
            elif is_engaged:
                found.append(Kept(keys.ENGAGED, key, thread, (user,)))
        return found

    def _find_sessions(self, theirs: set[str]) -> Iterator[Kept]:
        """One for each thread, whatever of it there is."""
        threads = {
            key.removeprefix(kind)
            for kind in (keys.SESSION, keys.ROBOT, keys.ASKED, keys.RESET)
            for key in self._names[kind]
        }
        for thread in sorted(threads):
            if thread in theirs or self._whom.is_thread(thread):
                yield Kept(keys.SESSION, keys.key(keys.SESSION, thread), thread)

    def _find_named(self, whole: set[str]) -> Iterator[Kept]:
        """What names alone tell: stop requests and counts."""
        for kind in (keys.STOP, keys.QUOTA, keys.BOT_TURNS):
            for key in self._names[kind]:
                parts = Kept(kind, key).parts
                if self._is_theirs(parts[-1]) or self._is_whole(":".join(parts[:3]), whole):
                    yield Kept(kind, key)

    def _find_done_once(self, whole: set[str]) -> Iterator[Kept]:
        messages = {_channel(thread) for thread in whole if self._whom.user}
        for key in self._names[keys.ONCE]:
            _what, *place = Kept(keys.ONCE, key).parts
            is_theirs = self._whom.user in place or _channel(":".join(place)) in messages
            if is_theirs or self._whom.is_thread(":".join(place)):
                yield Kept(keys.ONCE, key)

    async def _find_sources(self) -> list[Kept]:
        return [
            Kept(keys.SOURCES, key, thread)
            async for key, (thread, user) in self._read(
                keys.SOURCES, lambda pipe, key: pipe.hmget(key, THREAD, USER)
            )
            if self._is_theirs(user) or self._whom.is_thread(thread or "")
        ]

    async def _find_ratings(self, whole: set[str]) -> list[Kept]:
        fields, found = (self._whom.user, reason_field(self._whom.user)), list[Kept]()
        async for key, (thread, *said) in self._read(
            keys.RATING, lambda pipe, key: pipe.hmget(key, THREAD, *fields)
        ):
            if self._is_whole(thread or "", whole):
                found.append(Kept(keys.RATING, key, thread))
            elif any(said):
                found.append(Kept(keys.RATING, key, thread or "", fields))
        return found

    async def _find_numbers(self, whole: set[str]) -> list[Kept]:
        user, found = self._whom.user, list[Kept]()
        async for key, number in self._read(keys.NAMES, lambda pipe, key: pipe.hget(key, user)):
            thread = ":".join(Kept(keys.NAMES, key).parts[:3])
            if self._is_whole(thread, whole):
                found.append(Kept(keys.NAMES, key, thread))
            elif number:
                found.append(Kept(keys.NAMES, key, thread, (user, str(number))))
        return found

    async def _read_sessions(self, kept: Iterable[Kept]) -> set[str]:
        names = {kind: [one.key for one in kept if one.kind == kind] for kind in _SESSIONS}
        return {
            str(session)
            for kind, ask in _SESSIONS.items()
            async for _key, session in self._read(kind, ask, names[kind])
            if session
        }

    def _is_theirs(self, user: str) -> bool:
        return bool(user) and user == self._whom.user

    def _is_whole(self, thread: str, whole: set[str]) -> bool:
        return thread in whole or self._whom.is_thread(thread)

    async def _read(
        self, kind: str, ask: _Ask, names: Sequence[str] | None = None
    ) -> AsyncIterator[tuple[str, Any]]:
        """Each key of the kind, and what it answers when asked."""
        every = self._names[kind] if names is None else names
        for at in range(0, len(every), BATCH):
            batch = every[at : at + BATCH]
            async with reach_redis(BATCH_S), self._redis.pipeline(transaction=False) as pipe:
                for key in batch:
                    ask(pipe, key)
                said = await pipe.execute()
            for key, answer in zip(batch, said, strict=True):
                yield key, answer


def _channel(thread: str) -> str:
    return thread.split(":")[1]


def _read_command(command: str | None) -> tuple[str, str]:
    """Who asked, and in which thread; empty where that cannot be read."""
    try:
        ask = _COMMAND.validate_json(command or "{}")
        thread = ask["thread"]
        return str(ask["user"]), ":".join((thread["team"], thread["channel"], thread["root"]))
    except (ValidationError, KeyError, TypeError):
        return "", ""
