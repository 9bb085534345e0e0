"""What is remembered beside the mailboxes, in a key or two each. All raise `Unavailable`."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from pydantic import TypeAdapter, ValidationError
from redis.asyncio import Redis

from bridge.core.commands import Rate
from bridge.core.model import Ask, RobotId, Source, ThreadKey, TurnId
from bridge.store import keys
from bridge.store.connection import reach_redis
from bridge.store.scripts import run_operation

ANSWER_TTL = timedelta(days=7)
SPACE_TTL = timedelta(days=90)
_SOURCES = TypeAdapter(list[Source])
THREAD, USER, TURN = "thread", "user", "turn"  # fields; those of people are ids
SESSION, ROBOT = "session", "robot"
FACTS = frozenset({THREAD, TURN, SESSION, ROBOT})  # beside what people said
_REASON = ":reason"


class RedisStandIns:
    """Numbers for those whom the bot is not told by name, the same in the whole life of a
    thread. Implements `StandIns` of the Slack folder; `ttl_s` slides with every use.
    """

    def __init__(self, redis: Redis, *, ttl_s: float) -> None:
        self._redis = redis
        self._ttl_ms = round(ttl_s * 1000)

    async def numbers(self, thread: ThreadKey, kind: str, ids: Sequence[str]) -> list[int]:
        key = keys.key(keys.NAMES, thread.encode(), kind)
        async with reach_redis():
            terms = {"ttl_ms": self._ttl_ms}
            said = await run_operation(self._redis, "number", terms, ids, used=[key])
        return [int(one) for one in said]


class RedisOnce:
    """Implements the port `Once` for one kind of thing; it may happen again after `ttl_s`."""

    def __init__(self, redis: Redis, kind: str, *, ttl_s: float) -> None:
        self._redis = redis
        self._kind = kind
        self._ttl = timedelta(seconds=ttl_s)

    async def claim(self, *place: str) -> bool:
        async with reach_redis():
            key = keys.key(keys.ONCE, self._kind, *place)
            return bool(await self._redis.set(key, "", nx=True, px=self._ttl))

    async def release(self, *place: str) -> None:
        async with reach_redis():
            await self._redis.delete(keys.key(keys.ONCE, self._kind, *place))


class RedisRefusedMethods:
    """Implements `RefusedMethods` of the Slack folder."""

    def __init__(self, redis: Redis, *, ttl_s: float) -> None:
        self._redis = redis
        self._ttl = round(ttl_s * 1000)

    async def add(self, place: tuple[str, str, str]) -> None:
        async with reach_redis():
            await self._redis.set(keys.key(keys.REFUSED, *place), "1", px=self._ttl)

    async def has_any(self, *places: tuple[str, str, str]) -> bool:
        async with reach_redis():
            return bool(await self._redis.exists(*(keys.key(keys.REFUSED, *one) for one in places)))


class RedisAnswerSources:
    """Implements the port `AnswerSources`."""

    def __init__(self, redis: Redis) -> None:
        self._redis = redis

    async def save(self, ask: Ask, sources: Sequence[Source]) -> None:
        key, stored = keys.key(keys.SOURCES, ask.thread.team, ask.turn), {
            "sources": _SOURCES.dump_json(list(sources)).decode(),
            THREAD: ask.thread.encode(),
            USER: ask.user,
        }  # fmt: skip
        async with reach_redis(), self._redis.pipeline() as pipe:
            pipe.hset(key, items=[part for pair in stored.items() for part in pair])
            pipe.expire(key, ANSWER_TTL)
            await pipe.execute()

    async def find(self, team: str, turn: TurnId) -> list[Source]:
        """Empty where nothing is (any more)."""
        async with reach_redis():
            stored = await self._redis.hget(keys.key(keys.SOURCES, team, turn), "sources")
        try:
            return _SOURCES.validate_json(stored or "[]")
        except ValidationError:
            return []


class RedisRobotSpaces:
    """Implements `RobotSpaces` of the Beebot folder."""

    def __init__(self, redis: Redis) -> None:
        self._redis = redis

    async def save(self, robot: RobotId, space: str) -> None:
        async with reach_redis():
            await self._redis.set(keys.key(keys.SPACE, robot), space, ex=SPACE_TTL)

    async def find(self, robot: RobotId) -> str:
        """Empty also where nothing is kept (any more)."""
        async with reach_redis():
            return str(await self._redis.get(keys.key(keys.SPACE, robot)) or "")


@dataclass(frozen=True, slots=True)
class Rated:
    """What one person said of an answer; `rated_at` is epoch seconds, of the last one who rated it.
    What an earlier release stored has neither thread (encoded) nor turn, session or robot.
    """

    rated_at: float
    answer_id: str
    user: str
    is_good: bool
    reason: str
    thread: str
    turn: TurnId
    session: str
    robot: str


class RedisRatings:
    """Implements the port `Ratings`: of each person the thumb and, beside it, the reason; and of
    which answer. A reason given later is news; the same thumb again is none.
    """

    def __init__(self, redis: Redis) -> None:
        self._redis = redis

    async def add(self, rate: Rate) -> bool:
        reason, said = reason_field(rate.user), {rate.user: "good" if rate.is_good else "bad"}
        if rate.comment:
            said[reason] = rate.comment
        async with reach_redis(), self._redis.pipeline() as pipe:
            pipe.hmget(_rating(rate), list(said))
            stored = said | {
                THREAD: rate.thread.encode(),
                TURN: rate.turn,
                SESSION: rate.session,
                ROBOT: rate.robot or "",
            }
            pipe.hset(_rating(rate), items=[part for pair in stored.items() for part in pair])
            if rate.is_good:
                pipe.hdel(_rating(rate), reason)  # it was given for the other thumb
            pipe.expire(_rating(rate), ANSWER_TTL)
            before, *_ = await pipe.execute()
        return list(before) != list(said.values())

    async def all(self) -> list[Rated]:
        """The newest first."""
        found = list[Rated]()
        async with reach_redis(30):
            now_s, _ = await self._redis.time()
            async for key in self._redis.scan_iter(match=f"{keys.RATING}*", count=1000):
                stored = await self._redis.hgetall(key)
                left_ms = await self._redis.pttl(key)
                rated_at = now_s - ANSWER_TTL.total_seconds() + left_ms / 1000
                found += _read_rated(key.rpartition(":")[2], stored, rated_at)
        return sorted(found, key=lambda rated: -rated.rated_at)

    async def remove(self, rate: Rate) -> None:
        """The reason, if one was given, else the thumb."""
        async with reach_redis():
            field = reason_field(rate.user) if rate.comment else rate.user
            await self._redis.hdel(_rating(rate), field)


def _read_rated(answer_id: str, stored: Mapping[Any, Any], rated_at: float) -> Iterator[Rated]:
    facts = (stored.get(name, "") for name in (THREAD, TURN, SESSION, ROBOT))
    thread, turn, session, robot = facts
    for user, said in stored.items():
        if user not in FACTS and not user.endswith(_REASON):
            reason = stored.get(reason_field(user), "")
            yield Rated(
                rated_at, answer_id, user, said == "good", reason,
                thread, TurnId(turn), session, robot,
            )  # fmt: skip


def _rating(rate: Rate) -> str:
    return keys.key(keys.RATING, rate.thread.team, rate.answer_id)


def reason_field(user: str) -> str:
    """The field of the reason; that of the thumb is the user."""
    return user + _REASON


class RedisTokenCache:
    """Texts by name; what they mean is known to who saves them. Secret: they enter no log."""

    def __init__(self, redis: Redis) -> None:
        self._redis = redis

    async def load(self, name: str) -> str | None:
        async with reach_redis():
            text = await self._redis.get(keys.key(keys.TOKEN, name))
        return None if text is None else str(text)

    async def save(self, name: str, value: str, ttl_s: float) -> None:
        """A value whose time is over already is not saved."""
        if ttl_s >= 0.001:
            async with reach_redis():
                await self._redis.set(keys.key(keys.TOKEN, name), value, px=int(ttl_s * 1000))

    async def drop(self, name: str, value: str) -> bool:
        return await self._delete(keys.key(keys.TOKEN, name), value)

    async def claim(self, name: str, owner: str, lease_s: float) -> bool:
        """One owner at a time, for `lease_s` at most; a second claim of ours is refused, too."""
        key, lease_ms = keys.key(keys.RENEWAL, name), int(lease_s * 1000)
        async with reach_redis():
            return bool(await self._redis.set(key, owner, nx=True, px=lease_ms))

    async def release(self, name: str, owner: str) -> None:
        await self._delete(keys.key(keys.RENEWAL, name), owner)

    async def _delete(self, key: str, expected: str) -> bool:
        async with reach_redis():
            terms = {"expected": expected}
            return bool(await run_operation(self._redis, "delete_if_equal", terms, used=[key]))
