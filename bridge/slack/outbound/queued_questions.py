"""Tells those who wait because all places with the bot are taken that they wait."""

import asyncio
import time
from contextlib import suppress

from bridge.core.background import wait_for_event
from bridge.core.errors import Unavailable
from bridge.core.model import TurnId
from bridge.core.ports import Inbox
from bridge.slack.outbound.replies import SlackReplies


class QueuedQuestions:
    """A service, needed only where the number of running answers is limited.

    The status it sets lapses by itself, so each is renewed after `renew_s`; only the `most` at the
    front are told, since Slack's budget for the status is shared.
    """

    def __init__(
        self,
        inbox: Inbox,
        replies: SlackReplies,
        *,
        look_s: float = 1.0,
        renew_s: float = 90.0,
        most: int = 20,
    ) -> None:
        self._inbox = inbox
        self._replies = replies
        self._look_s = look_s
        self._renew_s = renew_s
        self._most = most
        self._told: dict[TurnId, float] = {}

    async def run(self, stop: asyncio.Event) -> None:
        while not stop.is_set():
            # That the store is away is the worker's to say; nobody needs to hear it twice.
            with suppress(Unavailable):
                await self._tell()
            await wait_for_event(stop, self._look_s)

    async def _tell(self) -> None:
        now = time.monotonic()
        waiting = await self._inbox.waiting(self._most)
        told = {ask.turn: self._told[ask.turn] for ask in waiting if ask.turn in self._told}
        for ask in waiting:
            if now - told.get(ask.turn, -self._renew_s) >= self._renew_s:
                told[ask.turn] = now
                await self._replies.show_waiting(ask)
        self._told = told
