"""Opens threads, calls humans into them, and sends ephemeral messages."""

import re
from collections.abc import Callable
from contextlib import suppress
from dataclasses import KW_ONLY, dataclass
from functools import partial
from typing import Any

import aiohttp

from bridge.core.background import finish_despite_cancel, retry
from bridge.core.errors import (
    BridgeError,
    LeaseLost,
    OutcomeUnknown,
    RateLimited,
    Transient,
)
from bridge.core.model import Answer, Ask, ThreadKey
from bridge.core.ports import Once
from bridge.core.translator import Translation, Translator
from bridge.core.turn import Turn
from bridge.core.utterance import cut
from bridge.slack.api.web_api import SlackApi
from bridge.slack.outbound.posts import PARTING_S, find_root, metadata
from bridge.slack.outbound.session import set_active
from bridge.slack.rendering.mrkdwn import escape

PAUSE_S = 0.5
_DETAIL_LIMIT = 150  # characters of a reason, or of a skill group
_QUOTE_LIMIT = 300  # characters of what somebody attached without a text
_RESPOND = aiohttp.ClientTimeout(total=5)
_POSTED = re.compile(r"[0-9]+\.[0-9]+")  # a root that is posted


@dataclass(frozen=True, slots=True)
class SlackThreads:
    """Implements the port `Threads`. `handover` is the user group (`S…`) that is mentioned or the
    channel (`C…`) that is told when a human shall take over, empty for neither; `handovers` keeps
    it to once a thread.
    """

    api: SlackApi
    translator: Translator
    http: aiohttp.ClientSession
    _: KW_ONLY
    own_bot_id: Callable[[], str]
    handovers: Once
    handover: str = ""

    async def open(self, turn: Turn) -> ThreadKey:
        ask = turn.ask
        may_stand = turn.record.asks > 0  # another replica may have posted it and died
        if not may_stand:
            await turn.begin_posting()

        async def find_or_post() -> str:
            await turn.lease.ensure()
            ts = await find_root(self.api, ask, self.own_bot_id()) if may_stand else ""
            return ts or await self._post_root(turn)

        def expect_root(error: Transient) -> None:
            nonlocal may_stand
            may_stand = may_stand or not isinstance(error, RateLimited)

        if not turn.record.pages:
            ts = await retry(find_or_post, pauses_s=(PAUSE_S, PAUSE_S), on_failure=expect_root)
            turn.note_pages((ts,))
            await turn.save()
        return ThreadKey(ask.thread.team, ask.thread.channel, turn.record.pages[0])

    def can_call_human(self, ask: Ask) -> bool:
        """The members of a user group do not see a direct message in which it is mentioned."""
        return bool(self.handover) and not (self._calls_group and ask.is_dm)

    async def call_human(self, turn: Turn) -> BridgeError | None:
        if not self.can_call_human(turn.ask):
            return None
        await turn.lease.ensure()
        try:
            await finish_despite_cancel(self._call_once(turn), patience_s=PARTING_S)
        except LeaseLost:
            raise
        except OutcomeUnknown:
            return None  # it may have been posted
        except BridgeError as error:
            return error
        return None

    @property
    def _calls_group(self) -> bool:
        return self.handover.startswith("S")

    async def _call_once(self, turn: Turn) -> None:
        thread = turn.ask.thread
        place = (thread.team, thread.channel, thread.root)
        if not await self.handovers.claim(*place):
            return
        try:
            await self._call_human(turn)
        except OutcomeUnknown:
            raise  # it may have been posted: better no call than two
        except BridgeError:
            await self.handovers.release(*place)
            raise

    async def _call_human(self, turn: Turn) -> None:
        ask, thread = turn.ask, turn.ask.thread
        translation = await self.translator.for_ask(ask)
        name = await self.translator.name(thread.team, ask.user) or translation.text("somebody")
        text = translation.text("handover_call", name=escape(name), question=escape(_question(ask)))
        text += _details(turn.record.answer, translation)
        if self._calls_group:
            mention = f"<!subteam^{self.handover}> {text}"
            await self._post(turn, thread.channel, mention, thread_ts=thread.root)
        else:
            await self._post(turn, self.handover, f"{text} {await self._link(thread)}")

    async def show_idle(self, thread: ThreadKey) -> None:
        await set_active(self.api, thread)

    async def send_ephemeral(
        self, thread: ThreadKey, user: str, text: str, *, respond_to: str = ""
    ) -> None:
        with suppress(BridgeError, aiohttp.ClientError, TimeoutError):
            if respond_to:
                said = {"response_type": "ephemeral", "replace_original": False, "text": text}
                said |= {"thread_ts": thread.root} if _POSTED.fullmatch(thread.root) else {}
                async with self.http.post(respond_to, json=said, timeout=_RESPOND):
                    return
            words = {"channel": thread.channel, "user": user, "text": text}
            words |= {"thread_ts": thread.root} if thread.root else {}
            await _patiently(self.api, "chat.postEphemeral", thread.team, words)

    async def _post_root(self, turn: Turn) -> str:
        ask = turn.ask
        translation = await self.translator.for_ask(ask)
        text = translation.text("asks", user=f"<@{ask.user}>", question=escape(ask.text))
        posted = await self._post(turn, ask.thread.channel, text, metadata=metadata(ask.turn, 0))
        return str(posted["ts"])

    async def _post(self, turn: Turn, channel: str, text: str, **more: Any) -> dict[str, Any]:
        """If the turn is still ours when the call may go."""
        fenced = self.api.guarded_by(turn.lease.ensure)
        post = {"channel": channel, "text": text, "unfurl_links": False, **more}
        return await _patiently(fenced, "chat.postMessage", turn.ask.thread.team, post)

    async def _link(self, thread: ThreadKey) -> str:
        message = {"channel": thread.channel, "message_ts": thread.root}
        answer = await _patiently(self.api, "chat.getPermalink", thread.team, message)
        return str(answer["permalink"])


def _details(answer: Answer | None, translation: Translation) -> str:
    """What Beebot tells of why, and for whom, in brackets; empty where it tells nothing."""
    handover = answer.handover if answer else None
    if handover is None:
        return ""
    reason, group = (
        escape(cut(" ".join(text.split()), _DETAIL_LIMIT))
        for text in (handover.reason, handover.skill_group)
    )
    told = [translation.text("handover_reason", reason=reason)] if reason else []
    told += [translation.text("handover_group", group=group)] if group else []
    details = translation.text("handover_separator").join(told)
    return translation.text("handover_details", details=details) if told else ""


def _question(ask: Ask) -> str:
    return ask.text or cut(ask.attached, _QUOTE_LIMIT)


async def _patiently(
    api: SlackApi, method: str, team: str, arguments: dict[str, Any]
) -> dict[str, Any]:
    """Wait as long as Slack's rate limit asks."""
    call = partial(api.call, method, arguments, team=team, channel=str(arguments["channel"]))
    return await retry(call, on=RateLimited, pauses_s=(0, 0))
