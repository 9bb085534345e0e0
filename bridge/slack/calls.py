"""The one way to Slack's Web API: budget first, then the call, then the error's translation."""

import time
from collections.abc import Callable
from typing import Any

from slack_sdk.web.async_client import AsyncWebClient

from bridge.core.errors import BridgeError, CredentialsRejected, RateLimited
from bridge.core.events import Observer, SlackCalled
from bridge.core.outage import Outage
from bridge.core.ports import Budget, Expense, Priority
from bridge.slack.faults import slack_faults

READING = {
    "chat.getPermalink", "conversations.history", "conversations.replies", "users.info",
}  # fmt: skip  # these take no JSON


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

        Raises a `BridgeError`; `RateLimited` also where only the budget refuses and Slack was
        never asked.
        """
        expense = Expense(team, method, channel, priority, turn)
        wait_s = await self._budget.spend(expense)
        if wait_s > 0:
            raise RateLimited("budget", after_s=wait_s)
        began = time.monotonic()
        try:
            data = await self._send(method, team, arguments)
        except BridgeError as error:
            self._observe(SlackCalled(method, error.reason, time.monotonic() - began))
            if isinstance(error, CredentialsRejected) and error.reason != "missing_scope":
                self._outage.lost(error)
            if isinstance(error, RateLimited):
                await self._budget.close(expense, error.after_s)
            raise
        self._observe(SlackCalled(method, "ok", time.monotonic() - began))
        self._outage.back()
        return data

    async def _send(self, method: str, team: str, arguments: dict[str, Any]) -> dict[str, Any]:
        client = self._client_of(team)
        with slack_faults():
            if method in READING:
                response = await client.api_call(method, http_verb="GET", params=arguments)
            else:
                response = await client.api_call(method, json=arguments)
        data = response.data
        return data if isinstance(data, dict) else {}
