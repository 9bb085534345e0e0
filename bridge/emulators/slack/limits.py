"""Slack's rate limits: a budget per workspace and method, posts a budget per channel."""

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from bridge.emulators.slack.clock import Clock

_TIER_2 = ("chat.startStream", "chat.stopStream")
_TIER_3 = (
    "agents.sessions.rename",
    "agents.sessions.setStatus",
    "apps.connections.open",
    "chat.delete",
    "chat.update",
    "conversations.history",
    "conversations.info",
    "conversations.open",
    "conversations.replies",
)
_TIER_4 = (
    "assistant.threads.setSuggestedPrompts",
    "assistant.threads.setTitle",
    "chat.appendStream",
    "chat.postEphemeral",
    "conversations.members",
    "files.info",
    "users.info",
    "views.open",
    "views.publish",
    "views.push",
    "views.update",
)
CALLS_PER_MINUTE: Mapping[str, float] = {
    **dict.fromkeys(_TIER_2, 20.0),
    **dict.fromkeys(_TIER_3, 50.0),
    **dict.fromkeys(_TIER_4, 100.0),
    "assistant.threads.setStatus": 600.0,
    "auth.test": 300.0,  # "hundreds per minute"
    "chat.getPermalink": 300.0,
}


@dataclass(frozen=True, slots=True)
class Limits:
    """Slack's rates with burst sizes of one's choice: Slack publishes none."""

    burst: int = 10  # calls that a rested method takes at once
    post_burst: int = 5
    posts_per_s: float = 1.0  # per channel
    per_minute: Mapping[str, float] = field(default_factory=dict)  # instead of Slack's, by method
    bursts: Mapping[str, int] = field(default_factory=dict)  # instead of `burst`, by method


class Meter:
    """Counts calls against the limits by the generic cell rate algorithm (GCRA)."""

    def __init__(self, limits: Limits | None, clock: Clock) -> None:
        self.limits = limits
        self._clock = clock
        self._booked_until: dict[tuple[str, ...], float] = {}

    def wait_s(self, team_id: str, method: str, args: Mapping[str, Any]) -> int:
        """0 when the call fits its budget (and is booked), otherwise the Retry-After in seconds."""
        if self.limits is None:
            return 0
        if method == "chat.postMessage":
            key = (team_id, method, str(args.get("channel")))
            return self._book(key, 1 / self.limits.posts_per_s, self.limits.post_burst)
        rate = self.limits.per_minute.get(method, CALLS_PER_MINUTE.get(method, math.inf))
        burst = self.limits.bursts.get(method, self.limits.burst)
        return self._book((team_id, method), 60 / rate, burst)

    def _book(self, key: tuple[str, ...], interval_s: float, burst: int) -> int:
        now = self._clock.now()
        start = max(self._booked_until.get(key, now), now)
        wait_s = start - now - interval_s * (burst - 1)
        if wait_s > 1e-6:
            return math.ceil(wait_s)
        self._booked_until[key] = start + interval_s
        return 0
