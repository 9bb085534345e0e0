"""The mailboxes: the turns of a thread in order, and the two sets that say which thread is whose.

`ready` holds the threads with work that nobody does, `running` those that a replica answers, by
the end of its lease. Any replica may take any ready thread; a thread is in one of the two at most,
so its turns are answered in order and one at a time. Each step is one Lua script.
"""

import asyncio
from collections import deque
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from uuid import uuid4
from weakref import WeakValueDictionary

from redis.asyncio import Redis

from bridge.core.commands import Stop
from bridge.core.errors import Unavailable
from bridge.core.model import Ask, ThreadKey, TurnId, TurnRecord
from bridge.core.ports import Delivery, EnqueueResult, LeaseState, StopResult
from bridge.store import codec, keys
from bridge.store.connection import forget_expired, reach_redis
from bridge.store.scripts import run_script

# Slack may deliver the events of an outage up to a day late, and an edit of a post names it anew
# for as long as a day: no event of a turn comes later than both together.
CLAIM_TTL_S = timedelta(days=2).total_seconds()
KNOWN_CLAIMS = 64  # of so many claims the process itself knows, and asks nobody
TURN_TTL_S = timedelta(days=7).total_seconds()
DEAD_TTL_S = TURN_TTL_S

_NO_SESSION: tuple[str | int, ...] = ("", "0", 1, "")


@dataclass(frozen=True, slots=True)
class Depth:
    """How many threads are ready and running, turns unfinished, and letters dead."""

    ready: int
    running: int
    open: int
    dead: int


class RedisInbox:
    """Implements the port `Inbox`.

    `lease_s` is how long an owner may be silent; `limit` is how many threads may be answered at
    once over all replicas, 0 for no limit; `session_ttl_s` is how long a thread stays engaged and
    keeps its session; `anybody_stops`: not the asker alone. `on_unavailable` is called
    with what a step failed of.
    """

    def __init__(
        self,
        redis: Redis,
        *,
        lease_s: float = 15,
        limit: int = 0,
        session_ttl_s: float = 604_800,
        anybody_stops: bool = False,
        on_unavailable: Callable[[Unavailable], None] = lambda _: None,
    ) -> None:
        self._redis = redis
        self._anybody_stops = anybody_stops
        self._lease_s = lease_s
        self._limit = limit
        self._session_ttl_s = session_ttl_s
        self._on_unavailable = on_unavailable
        self._arrived = asyncio.Event()
        self._claimed = deque[TurnId](maxlen=KNOWN_CLAIMS)
        self._enqueuing: WeakValueDictionary[TurnId, asyncio.Lock] = WeakValueDictionary()
        self._written: dict[str, TurnRecord] = {}  # by owner, what the store has of it

    async def enqueue(self, ask: Ask) -> EnqueueResult:
        lock = self._enqueuing.setdefault(ask.turn, asyncio.Lock())
        async with lock:  # the other event of a post comes side by side with this
            if ask.turn in self._claimed:
                return EnqueueResult.DUPLICATE
            return await self._enqueue(ask)

    async def _enqueue(self, ask: Ask) -> EnqueueResult:
        said = await self._run(
            "enqueue",
            ask.thread.encode(),
            ask.turn,
            codec.encode_ask(ask),
            ask.text,
            ask.user,
            int(ask.is_addressed),
            *map(_ms, (CLAIM_TTL_S, self._session_ttl_s, TURN_TTL_S)),
            ask.ts,
            ask.kind,
            ask.requested_ts,
        )
        result = EnqueueResult(said)
        if result in {EnqueueResult.ACCEPTED, EnqueueResult.QUEUED}:
            self._arrived.set()
            self._claimed.append(ask.turn)
        return result

    async def edit(self, ask: Ask) -> bool:
        command = codec.encode_ask(ask)
        return bool(await self._run("edit", ask.thread.team, ask.turn, command, ask.text))

    async def delete(self, team: str, turn: TurnId) -> bool:
        return bool(await self._run("delete", team, turn))

    async def stop(self, stop: Stop) -> StopResult:
        user = "" if self._anybody_stops else stop.user
        said = await self._run(
            "stop", stop.thread.encode(), stop.turn or "", user, stop.ts,
            int(stop.is_anywhere), _ms(CLAIM_TTL_S),
        )  # fmt: skip
        return StopResult(said)

    async def take(self, *, may_reclaim: bool = True) -> Delivery | None:
        owner = uuid4().hex
        while taken := await self._take(owner, may_reclaim=may_reclaim):
            thread, turn, command, text, record, attempt = taken
            ask = codec.decode_ask(command, text)
            if ask:
                known = self._written[owner] = codec.decode_record(record)
                return Delivery(owner, ask, int(attempt), known)
            await self._bury((thread, turn, owner), _NO_SESSION, "unreadable")
        return None

    async def waiting(self, most: int) -> list[Ask]:
        async with self._reach():
            threads = await self._redis.zrange(keys.READY, 0, most - 1)
            heads = [await self._head(ThreadKey.decode(str(thread))) for thread in threads]
        return [head for head in heads if head is not None]

    async def beat(self, deliveries: Sequence[Delivery]) -> list[LeaseState]:
        if not deliveries:
            return []
        told = [part for one in deliveries for part in (*_owned(one), self._news_of(one))]
        terms = map(_ms, (self._lease_s, CLAIM_TTL_S, TURN_TTL_S))
        said = await self._run("beat", *terms, *told)
        self._written = {one.owner: one.record for one in deliveries}
        return [LeaseState(word) for word in said]

    async def record(self, delivery: Delivery, record: TurnRecord) -> LeaseState:
        stored = codec.encode_record(record)
        state = LeaseState(await self._run("record", *_owned(delivery), stored, _ms(TURN_TTL_S)))
        self._written[delivery.owner] = record
        return state

    def _news_of(self, delivery: Delivery) -> str:
        """The record, if the store has another one."""
        is_known = self._written.get(delivery.owner) is delivery.record
        return "" if is_known else codec.encode_record(delivery.record)

    async def done(self, delivery: Delivery) -> LeaseState:
        return self._settled(
            await self._run("done", *_owned(delivery), *self._session_of(delivery))
        )

    async def give_back(self, delivery: Delivery) -> LeaseState:
        record = _known(delivery), _ms(TURN_TTL_S)
        return self._settled(await self._run("give_back", *_owned(delivery), *record))

    async def bury(self, delivery: Delivery, reason: str) -> LeaseState:
        session = *self._session_of(delivery), _known(delivery)
        return await self._bury(_owned(delivery), session, reason)

    async def sweep(self) -> int:
        """Also forgets dead letters that have expired, and makes the in-process store do so."""
        rescued = int(await self._run("sweep", _ms(2 * self._lease_s), 1000, _ms(DEAD_TTL_S)))
        await forget_expired(self._redis)
        if rescued:
            self._arrived.set()
        return rescued

    async def arrival(self, timeout_s: float) -> None:
        """Knows of what this process put; for the others' work, ask again after `timeout_s`."""
        try:
            async with asyncio.timeout(timeout_s):
                await self._arrived.wait()
        except TimeoutError:
            pass
        self._arrived.clear()

    async def depth(self) -> Depth:
        return Depth(*await self._run("depth", _ms(DEAD_TTL_S)))

    async def _head(self, thread: ThreadKey) -> Ask | None:
        first = await self._redis.zrange(keys.mailbox(thread), 0, 0)
        if not first:
            return None
        turn = TurnId(str(first[0]))
        stored: Any = await self._redis.hmget(keys.turn(thread.team, turn), ["command", "text"])
        return codec.decode_ask(*stored)

    async def _take(self, owner: str, *, may_reclaim: bool) -> Any:
        taken = await self._run(
            "take", owner, _ms(self._lease_s), self._limit, int(may_reclaim), _ms(CLAIM_TTL_S)
        )
        return None if taken == "full" else taken

    async def _bury(
        self, owned: tuple[str, str, str], session: tuple[str | int, ...], reason: str
    ) -> LeaseState:
        return self._settled(await self._run("bury", *owned, *session, reason, _ms(DEAD_TTL_S)))

    def _session_of(self, delivery: Delivery) -> tuple[str, str, int]:
        """The session of the turn ('' for none), and for how long the thread keeps it."""
        return delivery.record.session or "", delivery.ask.requested_ts, _ms(self._session_ttl_s)

    def _settled(self, said: str) -> LeaseState:
        self._arrived.set()  # the thread's next turn may be ready now
        return LeaseState(said)

    async def _run(self, name: str, *arguments: str | int) -> Any:
        async with self._reach():
            return await run_script(self._redis, name, [keys.READY], arguments)

    @asynccontextmanager
    async def _reach(self) -> AsyncIterator[None]:
        try:
            async with reach_redis():
                yield
        except Unavailable as error:
            self._on_unavailable(error)
            raise


def _owned(delivery: Delivery) -> tuple[str, str, str]:
    return delivery.ask.thread.encode(), delivery.ask.turn, delivery.owner


def _known(delivery: Delivery) -> str:
    """The record; '' where nothing is known: then what is stored stays as it is."""
    return codec.encode_record(delivery.record) if delivery.record != TurnRecord() else ""


def _ms(seconds: float) -> int:
    return round(seconds * 1000)
