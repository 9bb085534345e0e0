"""A budget that knows only what Slack has refused, in this process."""

import time
from collections.abc import Callable

from bridge.core.ports import Expense


class LocalBudget:
    """Implements the port `Budget`: everything is affordable until Slack says otherwise, and then
    one refusal closes the method for the whole team (posts: for the channel) until it reopens.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._closed_until: dict[tuple[str, str, str], float] = {}

    async def spend(self, expense: Expense) -> float:
        return max(self._closed_until.get(_gate(expense), 0.0) - self._clock(), 0.0)

    async def close(self, expense: Expense, after_s: float) -> None:
        now = self._clock()
        still_closed = {gate: end for gate, end in self._closed_until.items() if end > now}
        self._closed_until = {**still_closed, _gate(expense): now + after_s}


def _gate(expense: Expense) -> tuple[str, str, str]:
    """Slack limits posts per channel and everything else per workspace."""
    is_post = expense.method == "chat.postMessage"
    return expense.team, expense.method, expense.channel if is_post else ""
