"""The one way to Slack's Web API: budget first, then the call, then the error's translation."""

import asyncio
import time
from collections.abc import Awaitable, Callable
from copy import copy
from typing import Any

from slack_sdk.web.async_client import AsyncWebClient

from bridge.core.errors import BridgeError, CredentialsRejected, RateLimited, Refused, ThreadGone
from bridge.core.events import Observer, SlackCalled
from bridge.core.outage import Outage
from bridge.core.ports import Budget, Expense, Priority
from bridge.slack.faults import slack_faults

READING = {
    "chat.getPermalink", "conversations.history", "conversations.replies", "users.info",
}  # fmt: skip  # these take no JSON

OF_METHOD = {"missing_scope", "not_allowed_token_type"}  # refused for one method, not for the app


class SlackCalls:
    """Calls for any team through the client of that team.

    The clients must not retry by themselves: whether a post may be repeated is not theirs to know.
    Credentials that Slack refuses are told once, and make `ping` raise until a call gets through.
    """

    def __init__(
        self, client_of: Callable[[str], AsyncWebClient], budget: Budget, observe: Observer
    ) -> None:
        self._client_of = client_of
        self._budget = budget
        self._observe = observe
        self._outage = Outage("slack_calls", observe)
        self._may: Callable[[], Awaitable[None]] = _always

    def under(self, may: Callable[[], Awaitable[None]]) -> "SlackCalls":
        """The same, but right before each call, after any wait, `may` is asked and may raise."""
        calls = copy(self)
        calls._may = may  # noqa: SLF001 - it is one of us
        return calls

    async def ping(self) -> None:
        if self._outage.error:
            raise self._outage.error

    async def call(
        self,
        method: str,
        arguments: dict[str, Any],
        *,
        team: str,
        channel: str,
        priority: Priority,
        turn: str = "",
    ) -> dict[str, Any]:
        """Slack's answer; `channel` is where the call will be seen, `turn` whose answer it serves.

        A FINAL waits here for its turn in line; the others raise `RateLimited` where only the
        budget refuses and Slack was never asked. Raises any other `BridgeError`, too.
        """
        expense = Expense(team, method, channel, priority, turn)
        await self._afford(expense)
        await self._may()
        began = time.monotonic()
        try:
            data = await self._send(method, team, arguments)
        except BridgeError as error:
            self._observe(SlackCalled(method, error.reason, time.monotonic() - began))
            if isinstance(error, CredentialsRejected) and error.reason not in OF_METHOD:
                self._outage.lost(error)
            if isinstance(error, RateLimited):
                await self._budget.close(expense, error.after_s)
            elif isinstance(error, Refused | ThreadGone):  # counted, then declined for its content
                await self._budget.confirm(expense)
            raise
        self._observe(SlackCalled(method, "ok", time.monotonic() - began))
        self._outage.back()
        await self._budget.confirm(expense)
        return data

    async def acquit(self, team: str, turn: str) -> None:
        """This answer needs no more calls: others may have what was kept free for its end."""
        await self._budget.acquit(team, turn)

    async def _afford(self, expense: Expense) -> None:
        """Giving up while it waits is safe: a place in line that nobody claims lapses."""
        while (wait_s := await self._budget.spend(expense)) > 0:
            if expense.priority is not Priority.FINAL:
                raise RateLimited("budget", after_s=wait_s)
            await asyncio.sleep(wait_s)

    async def _send(self, method: str, team: str, arguments: dict[str, Any]) -> dict[str, Any]:
        client = self._client_of(team)
        with slack_faults():
            if method in READING:
                response = await client.api_call(method, http_verb="GET", params=arguments)
            else:
                response = await client.api_call(method, json=arguments)
        data = response.data
        return data if isinstance(data, dict) else {}


async def _always() -> None:
    """Nobody has anything against it."""
