"""The messages of one answer as Slack has them: brought to a wanted shape, call by call."""

import asyncio
import time
from collections.abc import Callable, Coroutine
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from bridge.core.errors import (
    BridgeError,
    EditRefused,
    OutcomeUnknown,
    Permanent,
    ThreadGone,
    Unavailable,
)
from bridge.core.events import FirstText, Observer
from bridge.core.ports import Priority
from bridge.core.tasks import carry_through
from bridge.core.turn import Turn
from bridge.slack.calls import SlackCalls
from bridge.slack.replying.posts import find_posts, metadata
from bridge.slack.text.message import Shape

# How long a call that was sent may still take when its answer is not wanted any more: Slack
# carries it out all the same, and whoever comes next must know how it ended.
PARTING_S = 1.5


@dataclass(slots=True)
class Posted:
    """A message of the answer as Slack has it; `shape` None: we do not know how it looks."""

    ts: str
    shape: Shape | None = None


class Messages:
    """One writer: `write` and `place` may be called side by side, their calls never are.

    Every method may raise `LeaseLost`, and any other `BridgeError` of Slack's.
    """

    def __init__(
        self,
        turn: Turn,
        calls: SlackCalls,
        *,
        own_bot_id: Callable[[], str],
        posted: Callable[[], None],
        observe: Observer,
    ) -> None:
        """`posted` is called whenever Slack has taken a post."""
        self._turn = turn
        self._calls = calls
        self._own_bot_id = own_bot_id
        self._tell_posted = posted
        self._observe = observe
        self._began = time.monotonic()
        self._posted = [Posted(ts) for ts in turn.record.pages]
        # Somebody may have posted for this turn and died before it was written down.
        self._is_unsure = turn.delivery.attempt > 0 or turn.record.asks > 0
        self._writing = asyncio.Lock()

    @property
    def are_none(self) -> bool:
        return not self._posted

    async def write(self, shapes: list[Shape], priority: Priority) -> None:
        """Make the thread show exactly these; what it shows already costs no call."""
        async with self._writing:
            if self._is_unsure:
                await self._recollect()
            for number, page in enumerate(shapes):
                if number == len(self._posted):
                    await self._carry(self._post(page, priority, number))
                elif self._posted[number].shape != page:
                    await self._carry(self._edit(page, priority, number))
            while len(self._posted) > len(shapes):
                await self._carry(self._delete_last(priority))

    async def place(self, page: Shape) -> None:
        """Post this unless something is there."""
        async with self._writing:
            if self._is_unsure:
                await self._recollect()
            if not self._posted:
                await self._carry(self._post(page, Priority.FIRST, 0))

    async def call(
        self, method: str, arguments: dict[str, Any], priority: Priority
    ) -> dict[str, Any]:
        await self._turn.lease.ensure()
        thread = self._turn.ask.thread
        return await self._calls.call(
            method,
            {"channel": thread.channel, **arguments},
            team=thread.team,
            channel=thread.channel,
            priority=priority,
            turn=self._turn.ask.turn,
        )

    async def _carry(self, step: Coroutine[Any, Any, None]) -> None:
        await carry_through(step, patience_s=PARTING_S)

    async def _post(self, page: Shape, priority: Priority, number: int) -> None:
        if priority is not Priority.FINAL and self._turn.lease.is_store_away:
            raise Unavailable("no new page while the store is away")
        self._is_unsure = True
        try:
            answer = await self.call(
                "chat.postMessage",
                {
                    "thread_ts": self._turn.ask.thread.root,
                    "metadata": metadata(self._turn.ask.turn, number),
                    "unfurl_links": False,
                    "unfurl_media": False,
                    "blocks": page.blocks,
                    "text": page.text,
                },
                priority,
            )
        except BridgeError as error:
            self._is_unsure = isinstance(error, OutcomeUnknown)
            raise
        self._is_unsure = False
        self._tell_posted()
        if not self._posted:
            self._observe(FirstText(self._turn.ask.turn, time.monotonic() - self._began))
        self._posted[number : number + 1] = [Posted(str(answer["ts"]), page)]
        await self._note()

    async def _edit(self, page: Shape, priority: Priority, number: int) -> None:
        posted = self._posted[number]
        posted.shape = None
        try:
            edit = {"ts": posted.ts, "blocks": page.blocks, "text": page.text}
            await self.call("chat.update", edit, priority)
        except EditRefused:
            if priority is not Priority.FINAL:
                raise
            await self._post(page, priority, number)  # it stands as it is; say the end below it
        else:
            posted.shape = page

    async def _delete_last(self, priority: Priority) -> None:
        """The bot took back so much that a page is left over."""
        with suppress(ThreadGone):
            await self.call("chat.delete", {"ts": self._posted[-1].ts}, priority)
        self._posted.pop()
        await self._note()

    async def _recollect(self) -> None:
        """Look in the thread for posts of this turn that we do not know of.

        What is written down stands, even if Slack does not show it (yet).
        """
        await self._turn.lease.ensure()
        found: dict[int, str] = {}
        # We may not be allowed to look: then what is written down must do.
        with suppress(Permanent):
            found = await find_posts(self._calls, self._turn.ask, own_bot_id=self._own_bot_id())
        while (ts := found.get(len(self._posted))) is not None:
            self._posted.append(Posted(ts))
        self._is_unsure = False
        await self._note()

    async def _note(self) -> None:
        known = tuple(posted.ts for posted in self._posted)
        if known != self._turn.record.pages:
            await self._turn.note(pages=known)
