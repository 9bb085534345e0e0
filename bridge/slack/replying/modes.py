"""Decides which way an answer grows: natively or by edits; remembers where Slack refused."""

import time
from collections.abc import Callable
from typing import Literal

from bridge.core.errors import ContentRefused, Permanent, ThreadGone
from bridge.core.model import Ask

Streaming = Literal["auto", "native", "edit"]

FORGET_S = 3600.0  # what Slack refuses today it may allow after the next release of theirs

# Of the method or the app itself; every other refusal may be one of the channel alone.
_OF_WORKSPACE = {
    "access_denied", "feature_disabled", "feature_not_enabled", "method_deprecated",
    "missing_scope", "not_allowed_token_type", "team_access_not_granted", "unknown_method",
}  # fmt: skip


class Modes:
    """`auto` streams natively in DMs; in channels only the asker would see the answer grow."""

    def __init__(
        self,
        streaming: Streaming,
        *,
        forget_s: float = FORGET_S,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._streaming = streaming
        self._forget_s = forget_s
        self._clock = clock
        self._refused_until: dict[tuple[str, str], float] = {}

    def is_native(self, ask: Ask) -> bool:
        if self._streaming == "edit" or not (self._streaming == "native" or ask.is_dm):
            return False
        team, channel = ask.thread.team, ask.thread.channel
        now = self._clock()
        return all(self._refused_until.get(at, now) <= now for at in ((team, ""), (team, channel)))

    def refused(self, ask: Ask, error: Permanent) -> None:
        """Slack declined to begin a stream. What lies in this one text or thread tells nothing of
        the next one.
        """
        if isinstance(error, ContentRefused | ThreadGone) and error.reason != "user_not_found":
            return
        place = "" if error.reason in _OF_WORKSPACE else ask.thread.channel
        self._refused_until[ask.thread.team, place] = self._clock() + self._forget_s
