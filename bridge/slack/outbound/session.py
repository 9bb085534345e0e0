"""A thread as Slack's agent session: `processing`, with Slack's own Stop button, and its title
(docs/slack.md, Sessions).
"""

import asyncio
import re
from collections.abc import Callable
from contextlib import suppress
from functools import partial
from typing import Any

from bridge.core.background import retry
from bridge.core.errors import BridgeError, OutcomeUnknown, Unavailable
from bridge.core.events import Event, SlackCalled
from bridge.core.limits import Call, Priority
from bridge.core.model import Ask, Kind, ThreadKey
from bridge.core.ports import Once
from bridge.core.turn import Turn
from bridge.slack.api.rate_limits import RENAME, SESSION
from bridge.slack.api.web_api import SlackApi
from bridge.slack.rendering.escaping import clean

TITLE_LIMIT = 80  # characters; Slack takes 200, a list shows fewer
PATIENCE_S = 60.0  # for the end of `processing`, which Slack would show for an hour
ARRIVAL_S = 5.0  # so long its end waits for a `processing` that was sent, or they change places
_PAUSES_S = (0.5, 10.0)  # between two tries
_UNHEARD = "missing_agent_session_stopped_event_subscription"  # then Slack shows no Stop button
# What pings, or would: `<!here>`, `<@U1|ann>`, `@here`.
_TOKEN = re.compile(r"<[@#!][^<>]*>")
_BROADCAST = re.compile(r"[@＠]+(?=(?:here|channel|everyone)\b)", re.IGNORECASE)
# A run of signs with a digit and a letter in it that is longer than any word: keys, hashes, links.
_OPAQUE = re.compile(r"(?=[!-~]*[0-9])(?=[!-~]*[A-Za-z])[!-~]{24,}")


class SessionTitles:
    """A thread is given a title once, by its first question; `mask` takes secrets out of a text."""

    def __init__(self, titles: Once, mask: Callable[[str], str]) -> None:
        self._titles = titles
        self._mask = mask

    async def claim(self, turn: Turn) -> str:
        """Empty where this turn gives none."""
        ask, thread = turn.delivery.ask, turn.ask.thread
        if ask.kind is not Kind.ASK or turn.delivery.session or not turn.record.asks:
            return ""
        title = title_of(turn.ask, self._mask)
        with suppress(Unavailable):
            place = thread.team, thread.channel, thread.root
            # Again by the same turn: its replica may have died before Slack took the title.
            if title and await self._titles.claim(*place, by=ask.turn):
                return title
        return ""

    async def keep(self, thread: ThreadKey) -> None:
        """It has one, of ours or somebody else's. Raises `Unavailable`."""
        await self._titles.mark(thread.team, thread.channel, thread.root)


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


class AgentSession:
    """Of one turn. Whatever fails here is no failure of the answer; nothing of it raises."""

    def __init__(self, turn: Turn, api: SlackApi, titles: SessionTitles) -> None:
        self._turn = turn
        self._api = api.guarded_by(turn.lease.ensure)
        self._titles = titles
        self._title: str | None = None  # not asked for yet
        self._is_titled = False
        self._exists = False
        # Another replica may have set it and died, or handed the turn over.
        self._may_process = turn.delivery.attempt > 0 or turn.record.asks > 0
        self._is_processing = self._is_heard = self._is_expected = self._is_booked = False
        self._setting: asyncio.Task[dict[str, Any]] | None = None  # a `processing` on its way

    @property
    def has_stop_button(self) -> bool:
        """Slack's own, or it will be there as soon as a call of ours is answered."""
        return (self._is_processing and self._is_heard) or self._is_expected

    def expect(self) -> None:
        """`process` is about to be called."""
        thread = self._turn.ask.thread
        self._is_expected = self._api.optional.is_taken(thread.team, SESSION, thread.channel)

    async def process(self) -> bool:
        """Show that an answer grows, if there is a call to spare; False where Slack does not."""
        if self._is_processing:
            return True
        may_process, self._may_process = self._may_process, True
        try:
            self._setting = asyncio.create_task(self._set("processing", Priority.PROGRESS))
            answer = await asyncio.shield(self._setting)
        except OutcomeUnknown:
            return False
        except BridgeError:
            self._may_process = may_process
            return False
        finally:
            self._is_expected = False
        self._is_processing = self._is_booked = True
        self._is_heard = answer.get("warning") != _UNHEARD
        return True

    def note(self, event: Event) -> None:
        """Of the answer's other calls: a stream sets `processing` by itself, and its stop `active`,
        if Slack takes it.
        """
        match event:
            case SlackCalled(method="chat.startStream", result="ok"):
                self._exists = self._may_process = True
            case SlackCalled(method="chat.stopStream", result="ok"):
                self._may_process = self._is_processing = False

    async def end(self) -> None:
        """Set `active` where `processing` may be set, and after it."""
        thread = self._turn.ask.thread
        if self._setting is not None:
            await asyncio.wait([self._setting], timeout=ARRIVAL_S)
        if not self._may_process:
            if self._is_booked:
                await self._api.limiter.release(thread.team, self._turn.ask.turn, is_kept=True)
        elif not await self._api.optional.is_refused(thread.team, SESSION, thread.channel):
            activate = partial(self._set, "active", Priority.FINAL)
            with suppress(BridgeError):
                await retry(activate, pauses_s=_PAUSES_S, within_s=PATIENCE_S)
        self._may_process = self._is_processing = self._is_booked = False

    async def name(self) -> None:
        """Give the session its title, if there is a call to spare. It is created for that where
        the answer was too short to need one.
        """
        with suppress(BridgeError):
            if not self._exists:
                await self._set("active", Priority.PROGRESS, is_of_answer=False)
            if (title := await self._find_title(RENAME)) and not self._is_titled:
                await self._call(RENAME, {"title": title}, Priority.PROGRESS)
                await self._keep_title()

    async def _set(
        self, status: str, priority: Priority, *, is_of_answer: bool = True
    ) -> dict[str, Any]:
        """Slack takes the title for a session that is created, and tells which one it has now."""
        title = "" if self._is_titled else await self._find_title(SESSION)
        if not (title or is_of_answer):
            return {}
        arguments = {"status": status} | ({"title": title} if title else {})
        answer = await self._call(SESSION, arguments, priority, is_of_answer=is_of_answer)
        self._exists = True
        if title and answer.get("title") == title:
            await self._keep_title()
        return answer

    async def _keep_title(self) -> None:
        self._is_titled = True
        with suppress(Unavailable):
            await self._titles.keep(self._turn.ask.thread)

    async def _find_title(self, method: str) -> str:
        """Claimed once, and only where Slack may take it."""
        thread = self._turn.ask.thread
        if self._title is None:
            if await self._api.optional.is_refused(thread.team, method, thread.channel):
                return ""
            self._title = await self._titles.claim(self._turn)
        return self._title

    async def _call(
        self,
        method: str,
        arguments: dict[str, Any],
        priority: Priority,
        *,
        is_of_answer: bool = False,
    ) -> dict[str, Any]:
        """Of an answer: its end is paid with the beginning (rate_limits.py)."""
        thread, turn = self._turn.ask.thread, self._turn.ask.turn if is_of_answer else ""
        place = {"channel_id": thread.channel, "thread_ts": thread.root}
        call = Call(thread.team, method, thread.channel, priority, turn)
        return await self._api.call_optional(call, place | arguments)
