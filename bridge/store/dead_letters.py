"""The turns that were given up: kept for `DEAD_TTL`, for the operator to look at, retry or drop."""

from dataclasses import dataclass
from typing import Any

from redis.asyncio import Redis

from bridge.core.model import Ask, ThreadKey, TurnId, TurnRecord
from bridge.store import keys
from bridge.store.codec import decode_ask, decode_record
from bridge.store.connection import reach_redis
from bridge.store.scripts import run_operation


@dataclass(frozen=True, slots=True)
class DeadLetter:
    """`died_at` is epoch seconds; `reason` is a few words, or the name of an exception. Of a
    question that could not be read, `ask` has the turn and the thread, and nobody who asked.
    """

    ask: Ask
    record: TurnRecord
    reason: str
    attempts: int
    died_at: float


class DeadLetters:
    """Every method raises `Unavailable`; letters are found by the first characters of their turn,
    the reference that the user was told.
    """

    def __init__(self, redis: Redis) -> None:
        self._redis = redis

    async def all(self) -> list[DeadLetter]:
        """The oldest first."""
        async with reach_redis(timeout_s=30), self._redis.pipeline(transaction=False) as pipe:
            dead: Any = await self._redis.zrange(keys.DEAD, 0, -1, withscores=True)
            members = [str(member).split("|") for member, _ in dead]
            for thread, turn in members:
                key = keys.key(keys.TURN, ThreadKey.decode(thread).team, turn)
                pipe.hmget(key, ["command", "text", "record", "reason", "attempt"])
            stored = await pipe.execute()
        letters = [
            _read(ThreadKey.decode(thread), TurnId(turn), fields, float(died_ms))
            for (thread, turn), fields, (_, died_ms) in zip(members, stored, dead, strict=True)
        ]
        return [letter for letter in letters if letter]

    async def find(self, reference: str) -> list[DeadLetter]:
        return [one for one in await self.all() if one.ask.turn.startswith(reference)]

    async def retry(self, letter: DeadLetter) -> bool:
        """Put it back into its mailbox. False: it is no dead letter any more."""
        return await self._run("retry", letter, ts=letter.ask.ts)

    async def drop(self, letter: DeadLetter) -> bool:
        """Forget it. False: it is no dead letter any more."""
        return await self._run("drop", letter)

    async def _run(self, operation: str, letter: DeadLetter, **arguments: str) -> bool:
        arguments |= {"thread": letter.ask.thread.encode(), "turn": letter.ask.turn}
        async with reach_redis():
            return bool(await run_operation(self._redis, operation, arguments))


def _read(thread: ThreadKey, turn: TurnId, fields: list[Any], died_ms: float) -> DeadLetter | None:
    command, text, record, reason, attempts = fields
    if reason is None:  # its time is over
        return None
    unread = Ask(turn, thread, "", thread.root, text or "")
    return DeadLetter(
        decode_ask(command, text) or unread,
        decode_record(record),
        reason,
        int(attempts or 0),
        died_ms / 1000,
    )
