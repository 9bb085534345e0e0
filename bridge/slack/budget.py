"""A budget that knows only what Slack has refused, in this process."""

import time
from collections.abc import Callable

from bridge.core.ports import Priority


class LocalBudget:
    """Implements the port `Budget`: everything is affordable until Slack says otherwise, and then
    one refusal closes the method for the whole team (posts: for the channel) until it reopens.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._closed_until: dict[tuple[str, str, str], float] = {}

    async def spend(self, team: str, method: str, channel: str, priority: Priority) -> float:  # noqa: ARG002 - without a count nobody needs to go first
        wait_s = self._closed_until.get(_gate(team, method, channel), 0.0) - self._clock()
        return max(wait_s, 0.0)

    async def close(self, team: str, method: str, channel: str, after_s: float) -> None:
        now = self._clock()
        still_closed = {gate: end for gate, end in self._closed_until.items() if end > now}
        self._closed_until = {**still_closed, _gate(team, method, channel): now + after_s}


def _gate(team: str, method: str, channel: str) -> tuple[str, str, str]:
    """Slack limits posts per channel and everything else per workspace."""
    return team, method, channel if method == "chat.postMessage" else ""
