"""What stands under a thread until its answer begins: that the bot works, or the question waits."""

import asyncio
from contextlib import suppress
from dataclasses import KW_ONLY, dataclass, field
from functools import partial

from cachetools import LRUCache, TTLCache

from bridge.core.background import cancel_and_wait, retry, wait_for_event
from bridge.core.errors import BridgeError, Permanent, RateLimited, Unavailable
from bridge.core.limits import Call, Priority
from bridge.core.model import Ask, TurnId
from bridge.core.ports import Inbox
from bridge.core.reply import Status
from bridge.core.translator import Translator
from bridge.core.turn import Turn
from bridge.slack.api.rate_limits import STATUS
from bridge.slack.api.web_api import SlackApi
from bridge.slack.block_kit.message import Message, short_message
from bridge.slack.outbound.answer_messages import AnswerMessages
from bridge.slack.outbound.late_ends import LateEnds
from bridge.slack.outbound.session import AgentSession
from bridge.slack.outbound.threads import SlackThreads

RENEW_S = 100.0  # Slack drops a status after 2 minutes (assistant.threads.setStatus)
PLACEHOLDER_S = 1.5
_MOST_TOLD = 1000
LONGEST_WAIT_S = 20.0  # for clearing a status while its answer grows
CLEAR = "clear_status"


class ThreadStatus:
    """Shows in the background that the bot works. First by a status, which Slack clears with the
    first post, then by the `session`. If Slack refuses the status, by the session alone. If Slack
    refuses both, or the session cannot say it, by a placeholder message.

    Slack shows status and session in the same place, so each hides the other.
    """

    def __init__(
        self,
        turn: Turn,
        api: SlackApi,
        translator: Translator,
        messages: AnswerMessages,
        *,
        session: AgentSession,
        late_ends: LateEnds,
    ) -> None:
        self._turn = turn
        self._api = api
        self._guarded = api.guarded_by(turn.lease.ensure)
        self._translator = translator
        self._messages = messages
        self._session = session
        self._late_ends = late_ends
        self._status = Status.THINKING
        self._has_changed = asyncio.Event()
        self._has_grown = asyncio.Event()
        # It may have reached Slack after the post that clears it, as one of the answer before.
        self._is_shown = self._outlives_post = late_ends.cancel(CLEAR, turn.ask.thread)
        self._placeholder: Message | None = None
        self._keeper: asyncio.Task[None] | None = None

    def begin(self) -> None:
        self._keeper = asyncio.create_task(self._keep())

    def set(self, status: Status) -> None:
        """Show this one from now on, if one is shown."""
        if status != self._status:
            self._status = status
            self._has_changed.set()

    def grow(self) -> None:
        """A text that is edited is about to be seen, or is seen already."""
        if not self._has_grown.is_set():
            self._session.expect()
            self._has_grown.set()
            self._has_changed.set()

    async def end(self) -> None:
        """Send no more status."""
        if self._keeper is not None:
            await cancel_and_wait(self._keeper)
            self._keeper = None

    async def clear(self) -> None:
        """At the end of the turn, clear what may still be shown."""
        if self._is_shown and (self._outlives_post or not self._messages.has_posted):
            clear = partial(self._send, None, self._guarded)
            clear_late = partial(self._send, None, self._api)
            with suppress(BridgeError):  # Slack takes it back by itself after two minutes
                await self._late_ends.end(CLEAR, self._turn, clear, late=clear_late)
            self._is_shown = False  # only now: if this is cancelled, the next call clears it

    async def _keep(self) -> None:
        if not self._messages.posted:
            await self._keep_words()
        await self._has_grown.wait()
        if await self._session.process():
            self._is_shown = False  # its place is taken
        else:
            await self._clear_late()

    async def _keep_words(self) -> None:
        began = asyncio.get_running_loop().time()
        while not (self._messages.has_posted or self._has_grown.is_set()):
            self._has_changed.clear()
            pause = RENEW_S
            try:
                await self._show()
            except RateLimited as limited:
                pause = limited.after_s
            except Unavailable:
                pass  # the next one may get through
            except BridgeError:
                self._is_shown = False
                return await self._do_without_words(began)
            if not self._has_grown.is_set():
                await self._clear_late()
                await wait_for_event(self._has_changed, pause)
        return None

    async def _clear_late(self) -> None:
        if self._is_shown and self._outlives_post:
            clear = partial(self._send, None, self._guarded)
            with suppress(BridgeError):
                await retry(clear, on=RateLimited, pauses_s=(0, 0), within_s=LONGEST_WAIT_S)
            self._is_shown = False

    async def _show(self) -> None:
        was_shown, self._is_shown = self._is_shown, True
        try:
            await self._send(self._status, self._guarded)
        except RateLimited:
            self._is_shown = was_shown and not self._messages.has_posted
            raise
        finally:
            self._outlives_post = self._is_shown and self._messages.has_posted

    async def _send(self, status: Status | None, api: SlackApi) -> None:
        await send_status(api, self._translator, self._turn.ask, status)

    async def _do_without_words(self, began: float) -> None:
        if await self._session.process():
            while self._status is Status.THINKING and not self._has_grown.is_set():
                self._has_changed.clear()
                await self._has_changed.wait()
        else:
            pause = began + PLACEHOLDER_S - asyncio.get_running_loop().time()
            await wait_for_event(self._has_grown, max(pause, 0))
        while not self._has_grown.is_set():
            self._has_changed.clear()
            await self._place()
            await self._has_changed.wait()

    async def _place(self) -> None:
        translation = await self._translator.for_ask(self._turn.ask)
        before = self._placeholder
        self._placeholder = short_message(f"_{translation.text(self._status)}_")
        with suppress(BridgeError):  # the answer itself meets the same error
            await self._messages.place(self._placeholder, before=before)


@dataclass(slots=True)
class QueuedQuestions:
    """A service. It is needed only if the number of running answers is limited.

    Slack drops a status after a while, so each is sent again after `renew_s`. If Slack takes no
    words, the person is told once that the question is in line. Only the first `most` questions are
    told: all threads share Slack's limit for the status.
    """

    inbox: Inbox
    api: SlackApi
    translator: Translator
    threads: SlackThreads
    _: KW_ONLY
    between_looks_s: float = 1.0
    renew_s: float = 90.0
    most: int = 20
    _shown: TTLCache[TurnId, bool] = field(init=False)
    _told: LRUCache[TurnId, bool] = field(init=False)

    def __post_init__(self) -> None:
        self._shown = TTLCache(_MOST_TOLD, self.renew_s)
        self._told = LRUCache(_MOST_TOLD)

    async def run(self, stop: asyncio.Event) -> None:
        while not stop.is_set():
            # The worker reports that the store is away.
            with suppress(Unavailable):
                await self._tell()
            await wait_for_event(stop, self.between_looks_s)

    async def _tell(self) -> None:
        for ask in await self.inbox.waiting(self.most):
            if ask.turn in self._shown or ask.turn in self._told:
                continue
            self._shown[ask.turn] = True
            try:
                await send_status(self.api, self.translator, ask, Status.WAITING)
            except Permanent:
                self._told[ask.turn] = True
                words = (await self.translator.for_ask(ask)).text("in_line")
                await self.threads.send_ephemeral(ask.thread, ask.user, words)
            except BridgeError:
                pass


async def send_status(
    api: SlackApi, translator: Translator, ask: Ask, status: Status | None
) -> None:
    """None clears it."""
    translation, thread = await translator.for_ask(ask), ask.thread
    text = translation.text(status) if status else ""
    call = Call(thread.team, STATUS, thread.channel, Priority.FINAL, ask.turn)
    place = {"channel_id": thread.channel, "thread_ts": thread.root}
    await api.call_optional(call, place | {"status": text})
