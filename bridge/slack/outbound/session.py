"""A thread as Slack's agent session: `processing`, with Slack's own Stop button, and its title
(docs/slack.md, Sessions).
"""

import asyncio
import re
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from enum import Enum, auto
from typing import Any

from bridge.core.background import cancel_and_wait
from bridge.core.errors import BridgeError, LeaseLost, OutcomeUnknown
from bridge.core.events import Event, SlackCalled
from bridge.core.limits import Call, Priority
from bridge.core.model import Ask, Kind, ThreadKey
from bridge.core.turn import Turn
from bridge.slack.api.limiter import Permit
from bridge.slack.api.rate_limits import RENAME, SESSION
from bridge.slack.api.web_api import SlackApi
from bridge.slack.outbound.late_ends import WITHIN_TURN_S, LateEnds
from bridge.slack.rendering.escaping import clean

TITLE_LIMIT = 80  # characters; Slack takes 200, a list shows fewer
END = "end_session"  # of `processing`, which Slack would show for an hour
ARRIVAL_S = 5.0  # so long its end waits for a `processing` that was sent, or they change places
_UNHEARD = "missing_agent_session_stopped_event_subscription"  # then Slack shows no Stop button
# What pings, or would: `<!here>`, `<@U1|ann>`, `@here`.
_TOKEN = re.compile(r"<[@#!][^<>]*>")
_BROADCAST = re.compile(r"[@＠]+(?=(?:here|channel|everyone)\b)", re.IGNORECASE)
# A run of signs with a digit and a letter in it that is longer than any word: keys, hashes, links.
_OPAQUE = re.compile(r"(?=[!-~]*[0-9])(?=[!-~]*[A-Za-z])[!-~]{24,}")


def title_of(ask: Ask, mask: Callable[[str], str]) -> str:
    """The first line of a question that says something, without what pings and what looks like a
    secret; cut to `TITLE_LIMIT`.
    """
    for line in (ask.text or ask.attached).splitlines():
        words = _TOKEN.sub("", clean(line)).replace("<", "").replace(">", "")
        title = " ".join(_OPAQUE.sub("…", mask(_BROADCAST.sub("", words))).split())
        if any(sign.isalnum() for sign in title):
            return title if len(title) <= TITLE_LIMIT else title[: TITLE_LIMIT - 1].rstrip() + "…"
    return ""


class _State(Enum):
    """Of the session, as far as we know."""

    NONE = auto()  # there may be no session
    UNSURE = auto()  # `processing` may be set: by another replica, or by a call without an answer
    PROCESSING = auto()
    STREAMING = auto()  # a stream sets `processing` by itself, and its stop `active`
    ACTIVE = auto()


class AgentSession:
    """The agent session of one turn's answer. A failure here does not fail the answer: no method
    raises. `mask` takes secrets out of a title.
    """

    def __init__(
        self, turn: Turn, api: SlackApi, late_ends: LateEnds, mask: Callable[[str], str]
    ) -> None:
        # Slack's own is there, or will be as soon as a call of ours is answered.
        self.has_stop_button = False
        self._turn = turn
        self._api = api.guarded_by(turn.lease.ensure)
        self._unguarded = api  # for when the turn is over
        self._late_ends = late_ends
        self._mask = mask
        # Another replica may have set it and died, or handed the turn over; or it is left from the
        # answer before.
        was_begun = turn.delivery.attempt > 0 or turn.record.asks > 0
        was_begun = late_ends.cancel(END, turn.ask.thread) or was_begun
        self._state = _State.UNSURE if was_begun else _State.NONE
        self._setting: asyncio.Task[dict[str, Any]] | None = None  # a `processing` on its way
        self._bookings: dict[Call, asyncio.Task[Permit]] = {}

    def expect(self) -> None:
        """`process` is about to be called."""
        thread = self._turn.ask.thread
        is_taken = self._api.optional.is_taken(thread.team, SESSION, thread.channel)
        self.has_stop_button = self.has_stop_button or is_taken

    async def process(self) -> bool:
        """Show that an answer grows, if there is a call left for that. False if Slack does not show
        it.
        """
        if self._state is _State.PROCESSING:
            return True
        before, self._state, is_heard = self._state, _State.UNSURE, False
        try:
            call = self._state_call(Priority.PROGRESS, is_of_answer=True)
            self._setting = asyncio.create_task(self._process(call))
            answer = await asyncio.shield(self._setting)
        except OutcomeUnknown:
            return False
        except BridgeError:
            self._state = before
            return False
        else:
            self._state = _State.PROCESSING
            is_heard = answer.get("warning") != _UNHEARD
            return True
        finally:
            self.has_stop_button = is_heard

    def note(self, event: Event) -> None:
        """Other calls of the answer change the session, too."""
        match event:
            case SlackCalled(method="chat.startStream", result="ok"):
                self._state = _State.STREAMING
            case SlackCalled(method="chat.stopStream", result="ok"):
                self._state, self.has_stop_button = _State.ACTIVE, False

    @asynccontextmanager
    async def last_call_booked(self) -> AsyncIterator[None]:
        """Acquire the last call of the session while the block acquires that of the answer: both in
        one round trip to Redis.
        """
        call = await self._last_call()
        if call is None:
            yield
            return
        booking = self._bookings[call] = asyncio.create_task(self._api.acquire(call))
        try:
            yield
        finally:
            await cancel_and_wait(booking)
            if not (booking.cancelled() or booking.exception()):
                booking.result().drop()

    async def end(self) -> None:
        """Set `active`, if `processing` is set or may be. A call that still sets `processing` is
        waited for.
        """
        if self._state in {_State.NONE, _State.ACTIVE}:
            return
        call = self._state_call(Priority.FINAL, is_of_answer=True)
        self._state = _State.ACTIVE

        async def activate() -> None:
            await self._arrival()
            await self._set("active", call)

        async def activate_late() -> None:
            await self._arrival()
            await self._set_active()

        try:
            await self._late_ends.end(END, self._turn, activate, late=activate_late)
        except BridgeError:
            self._state = _State.NONE

    async def _set_active(self) -> None:
        await set_active(self._unguarded, self._turn.ask.thread)

    async def _arrival(self) -> None:
        if self._setting is not None:
            await asyncio.wait([self._setting], timeout=ARRIVAL_S)

    async def name(self) -> None:
        """Give the session its title, if there is a call left for that and Slack takes it soon: the
        thread's next question waits for this. If the answer was too short to need a session, one is
        created for the title.
        """
        with suppress(BridgeError, TimeoutError):
            async with asyncio.timeout(WITHIN_TURN_S):
                if self._find_title() and self._state is _State.NONE:
                    await self._set("active", self._state_call(Priority.PROGRESS))
                if title := self._find_title():
                    await self._call(self._call_of(RENAME, Priority.PROGRESS), {"title": title})
                    self._turn.note_title()

    async def _process(self, call: Call) -> dict[str, Any]:
        """The turn may be lost while the call is on its way. The new owner may then have set
        `active` before the call arrived, and nobody would end `processing`. So it is ended here.
        """
        is_sent = True
        try:
            return await self._set("processing", call)
        except BridgeError as error:
            is_sent = isinstance(error, OutcomeUnknown)
            raise
        finally:
            if is_sent and await self._is_lost():
                self._late_ends.start(END, self._turn.ask.thread, self._set_active)

    async def _is_lost(self) -> bool:
        """Whether another replica has the turn. If no beat tells it soon, yes."""
        try:
            async with asyncio.timeout(ARRIVAL_S):
                await self._turn.lease.ensure()
        except (LeaseLost, TimeoutError):
            return True
        return False

    async def _set(self, status: str, call: Call) -> dict[str, Any]:
        """The title goes along, because Slack takes one for a session that this call creates. The
        answer tells which title the session has.
        """
        title = self._find_title()
        arguments = {"status": status} | ({"title": title} if title else {})
        answer = await self._call(call, arguments)
        if title and answer.get("title") == title:
            self._turn.note_title()
        return answer

    def _find_title(self) -> str:
        """The title that this turn should give, empty for none. A thread gets it with its first
        question.
        """
        delivery, record = self._turn.delivery, self._turn.record
        has_one = delivery.session or delivery.is_titled or record.is_titled
        if delivery.ask.kind is not Kind.ASK or has_one or not record.asks:
            return ""
        return title_of(self._turn.ask, self._mask)

    async def _last_call(self) -> Call | None:
        """The call that will be the last one, as far as it is known before the answer has ended."""
        if self._state in {_State.PROCESSING, _State.UNSURE}:
            call = self._state_call(Priority.FINAL, is_of_answer=True)
        elif not self._find_title():
            return None
        elif self._state is _State.NONE:
            call = self._state_call(Priority.PROGRESS)
        else:
            call = self._call_of(RENAME, Priority.PROGRESS)
        is_refused = await self._api.optional.is_refused(call.team, call.method, call.channel)
        return None if is_refused else call

    def _state_call(self, priority: Priority, *, is_of_answer: bool = False) -> Call:
        """With `is_of_answer`, the call that ends is paid for with the call that begins
        (rate_limits.py).
        """
        turn = self._turn.ask.turn if is_of_answer else ""
        return self._call_of(SESSION, priority, turn)

    def _call_of(self, method: str, priority: Priority, turn: str = "") -> Call:
        thread = self._turn.ask.thread
        return Call(thread.team, method, thread.channel, priority, turn)

    async def _call(self, call: Call, arguments: dict[str, Any]) -> dict[str, Any]:
        thread, booking = self._turn.ask.thread, self._bookings.pop(call, None)
        place = {"channel_id": thread.channel, "thread_ts": thread.root}
        permit = await booking if booking else None
        return await self._api.call_optional(call, place | arguments, permit=permit)


async def set_active(api: SlackApi, thread: ThreadKey) -> None:
    """Raises `BridgeError`."""
    call = Call(thread.team, SESSION, thread.channel, Priority.FINAL)
    place = {"channel_id": thread.channel, "thread_ts": thread.root}
    await api.call_optional(call, place | {"status": "active"})
