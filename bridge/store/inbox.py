"""The mailboxes: the turns of a thread in order, one of them at a time, on whichever replica.

Which states a turn and a thread have, and what leads from one to the next, is written in
`scripts/mailbox.lua`; each method here is one of its operations.
"""

import asyncio
from collections import deque
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple
from uuid import uuid4
from weakref import WeakValueDictionary

from redis.asyncio import Redis

from bridge.core.background import wait_for_event
from bridge.core.commands import CommandResult, Stop
from bridge.core.errors import Unavailable
from bridge.core.model import Ask, RobotId, SessionId, ThreadKey, TurnId, TurnRecord
from bridge.core.policy import Counted, QuotaReached, Quotas
from bridge.core.ports import Delivery, Depth, LeaseState
from bridge.store import keys
from bridge.store.codec import decode_ask, decode_record, encode_ask, encode_record
from bridge.store.connection import reach_redis
from bridge.store.faults import newer_release
from bridge.store.scripts import TIMEOUT_S, run_operation

KNOWN_CLAIMS = 64  # of so many claims the process itself knows, and asks nobody
SWEPT_AT_ONCE = 1000


class _Taken(NamedTuple):
    """What `take` in `mailbox.lua` returns, in its order."""

    thread: str
    turn: str
    command: str | None
    text: str | None
    record: str
    attempt: int
    session: str
    robot: str
    is_last: int
    is_titled: int
    stored_ms: str
    first_taken_ms: str
    now_ms: int

    def delivery(self, owner: str, ask: Ask) -> Delivery:
        return Delivery(
            owner,
            ask,
            int(self.attempt),
            decode_record(self.record),
            session=SessionId(self.session) or None,
            robot=RobotId(self.robot) or None,
            is_last=bool(self.is_last),
            is_titled=bool(self.is_titled),
            stored_at=int(self.stored_ms) / 1000,
            first_taken_at=int(self.first_taken_ms) / 1000,
            taken_at=int(self.now_ms) / 1000,
        )


class RedisInbox:
    """Implements the port `Inbox`.

    `lease_s` is how long an owner may be silent; `limit` is how many threads may be answered at
    once over all replicas, 0 for no limit; `session_ttl_s` is how long a thread stays engaged and
    keeps its session; `anybody_stops`: not the asker alone; `quotas`: how often questions are
    taken. `on_unavailable` is called with what a step failed of; it fails after `timeout_s`.
    """

    def __init__(  # noqa: PLR0913 - what each operation needs beside its turn
        self,
        redis: Redis,
        *,
        lease_s: float = 15,
        limit: int = 0,
        session_ttl_s: float = 604_800,
        anybody_stops: bool = False,
        quotas: Quotas = Quotas(),  # noqa: B008 - frozen
        on_unavailable: Callable[[Unavailable], None] = lambda _: None,
        timeout_s: float = TIMEOUT_S,
    ) -> None:
        self._redis = redis
        self._timeout_s = timeout_s
        self._anybody_stops = anybody_stops
        self._quotas = quotas
        self._lease_ms = _ms(lease_s)
        self._limit = limit
        self._session_ms = _ms(session_ttl_s)
        self._on_unavailable = on_unavailable
        self._news = set[str]()  # turns that came since the worker looked, and '' for any
        self._may_look = asyncio.Event()  # for news, or for what is about to be stored
        self._claimed = deque[TurnId](maxlen=KNOWN_CLAIMS)
        self._enqueuing: WeakValueDictionary[TurnId, asyncio.Lock] = WeakValueDictionary()
        self._written: dict[str, TurnRecord] = {}  # by owner, what the store has of it

    async def enqueue(self, ask: Ask, *, counts: bool = True) -> CommandResult:
        lock = self._enqueuing.setdefault(ask.turn, asyncio.Lock())
        async with lock:  # the other event of a post comes side by side with this
            if ask.turn in self._claimed:
                return CommandResult.DUPLICATE
            if ask.is_addressed:
                self._may_look.set()  # a worker that takes it now does so in the same round trip
            reply = await self._run(
                "enqueue",
                self._quotas_of(ask) if counts else (),
                thread=ask.thread.encode(),
                turn=ask.turn,
                command=encode_ask(ask),
                text=ask.text,
                user=ask.user,
                is_addressed=int(ask.is_addressed),
                kind=ask.kind,
                ts=ask.ts,
                asked_ts=ask.requested_ts,
                session_ms=self._session_ms,
                bot_turns=self._quotas.bot_turns if ask.bot else "",
                is_press=int(ask.is_quoted),
            )
            if isinstance(reply, list):
                counted, left_ms = reply
                raise QuotaReached(Counted(counted), int(left_ms) / 1000)
            result = CommandResult(reply)
            if result in {CommandResult.ACCEPTED, CommandResult.QUEUED}:
                self._note_news(ask.turn)
                self._claimed.append(ask.turn)
            return result

    def _quotas_of(self, ask: Ask) -> list[str]:
        terms = []
        for quota, whose in self._quotas.counting(ask):
            key = keys.key(keys.QUOTA, ask.thread.team, str(quota.window_s), *whose)
            terms += [quota.counted, key, str(quota.most), str(_ms(quota.window_s))]
        return terms

    async def uncount(self, ask: Ask) -> None:
        if quotas := self._quotas_of(ask):
            await self._run("uncount", quotas, thread=ask.thread.encode())

    async def edit(self, ask: Ask) -> bool:
        place = {"team": ask.thread.team, "turn": ask.turn}
        return bool(await self._run("edit", **place, command=encode_ask(ask), text=ask.text))

    async def delete(self, team: str, turn: TurnId) -> bool:
        return bool(await self._run("delete", team=team, turn=turn))

    async def stop(self, stop: Stop) -> CommandResult:
        reply = await self._run(
            "stop",
            thread=stop.thread.encode(),
            turn=stop.turn or "",
            user="" if self._anybody_stops else stop.user,
            ts=stop.ts,
            is_anywhere=int(stop.is_anywhere),
        )
        return CommandResult(reply)

    async def take(self, *, may_reclaim: bool = True) -> Delivery | None:
        owner, lease_ms = uuid4().hex, self._lease_ms
        while taken := await self._run(
            "take", owner=owner, lease_ms=lease_ms, limit=self._limit, may_reclaim=int(may_reclaim)
        ):
            found = _Taken(*taken)
            self._news.discard(found.turn)
            if not self._news:
                self._may_look.clear()
            if ask := decode_ask(found.command, found.text):
                delivery = found.delivery(owner, ask)
                self._written[owner] = delivery.record
                return delivery
            unread = Ask(TurnId(found.turn), ThreadKey.decode(found.thread), "", "0", "")
            await self.bury(Delivery(owner, unread, 0, TurnRecord()), "unreadable")
        return None

    async def waiting(self, most: int) -> list[Ask]:
        asks = [decode_ask(*stored) for stored in await self._run("waiting", most=most)]
        return [ask for ask in asks if ask]

    async def beat(self, deliveries: Sequence[Delivery]) -> list[LeaseState]:
        if not deliveries:
            return []
        more = [part for one in deliveries for part in (*_held(one).values(), self._news_of(one))]
        reply = await self._run("beat", more, lease_ms=self._lease_ms)
        self._written = {one.owner: one.record for one in deliveries}
        return [LeaseState(word) for word in reply]

    def _news_of(self, delivery: Delivery) -> str:
        """The record; '' where nothing is known yet, or the store has it."""
        record = delivery.record
        is_stored = self._written.get(delivery.owner) is record or record == TurnRecord()
        return "" if is_stored else encode_record(record)

    async def record(self, delivery: Delivery, record: TurnRecord) -> LeaseState:
        reply = await self._run("record", **_held(delivery), record=encode_record(record))
        self._written[delivery.owner] = record
        return LeaseState(reply)

    async def reset(self, delivery: Delivery) -> LeaseState:
        asked_ts, ttl_ms = delivery.ask.requested_ts, self._session_ms
        reply = await self._run("reset", **_held(delivery), asked_ts=asked_ts, session_ms=ttl_ms)
        return LeaseState(reply)

    async def done(self, delivery: Delivery) -> LeaseState:
        reply = await self._run("done", **_held(delivery), **self._session_of(delivery))
        return self._released(reply)

    async def give_back(self, delivery: Delivery) -> LeaseState:
        reply = await self._run("give_back", **_held(delivery), record=self._news_of(delivery))
        return self._released(reply)

    async def bury(self, delivery: Delivery, reason: str) -> LeaseState:
        session, record = self._session_of(delivery), self._news_of(delivery)
        reply = await self._run("bury", **_held(delivery), **session, record=record, reason=reason)
        return self._released(reply)

    def _session_of(self, delivery: Delivery) -> dict[str, str | int]:
        """'' for none; whose it is; when its question was asked; how long the thread keeps it; and
        whether the thread was given a title.
        """
        robot = delivery.record.robot
        return {
            "session": delivery.record.session or "",
            "robot": robot.id if robot else "",
            "asked_ts": delivery.ask.requested_ts,
            "session_ms": self._session_ms,
            "is_titled": int(delivery.record.is_titled),
        }

    def _released(self, reply: tuple[str, int]) -> LeaseState:
        state, ready = reply
        if int(ready):
            self._note_news()
        return LeaseState(state)

    async def sweep(self) -> int:
        """Also forgets dead letters that have expired, and makes the in-process store do so."""
        rescued = int(await self._run("sweep", age_ms=2 * self._lease_ms, most=SWEPT_AT_ONCE))
        if type(self._redis) is not Redis:
            # The in-process one keeps an expired key until somebody looks, as DBSIZE does at all.
            await self._redis.dbsize()
        if rescued:
            self._note_news()
        return rescued

    async def arrival(self, timeout_s: float) -> None:
        """Knows of what this process stored; for the others' work, ask again after `timeout_s`."""
        await wait_for_event(self._may_look, timeout_s)
        self._may_look.clear()
        self._news.clear()

    def _note_news(self, turn: str = "") -> None:
        self._news.add(turn)
        self._may_look.set()

    async def depth(self) -> Depth:
        return Depth(*await self._run("depth"))

    async def _run(
        self, operation: str, more: Sequence[str] = (), /, **arguments: str | int
    ) -> Any:
        try:
            async with reach_redis(self._timeout_s):
                reply = await run_operation(
                    self._redis, operation, arguments, more, timeout_s=self._timeout_s
                )
            if reply == "newer_release":
                raise newer_release()
        except Unavailable as error:
            self._on_unavailable(error)
            raise
        return reply


def _held(delivery: Delivery) -> dict[str, str]:
    return {
        "thread": delivery.ask.thread.encode(),
        "turn": delivery.ask.turn,
        "owner": delivery.owner,
    }


def _ms(seconds: float) -> int:
    return round(seconds * 1000)
