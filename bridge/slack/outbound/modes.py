"""Decides which way an answer grows: natively or by edits; remembers where Slack refused."""

import time
from collections.abc import Callable
from typing import Literal

from cachetools import TTLCache

from bridge.core.errors import ContentRefused, Permanent, ThreadGone
from bridge.core.model import Ask

Streaming = Literal["auto", "native", "edit"]

MOST = 10_000
FORGET_S = 3600.0  # what Slack refuses today it may allow after the next release of theirs

# Of the method or the app itself; every other refusal may be one of the channel alone.
_OF_WORKSPACE = {
    "access_denied", "feature_disabled", "feature_not_enabled", "method_deprecated",
    "missing_scope", "not_allowed_token_type", "team_access_not_granted", "unknown_method",
}  # fmt: skip


class Modes:
    """`auto` streams natively in direct messages. In a channel, where only the asker would see the
    answer grow, it does so where the workspace has no edits left that could show it to everybody.
    """

    def __init__(
        self,
        streaming: Streaming,
        *,
        forget_s: float = FORGET_S,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._streaming = streaming
        self._refused: TTLCache[tuple[str, str], bool] = TTLCache(MOST, forget_s, timer=clock)

    def prefers_stream(self, ask: Ask) -> bool:
        return (self._streaming == "native" or ask.is_dm) and self.may_stream(ask)

    def may_stream(self, ask: Ask) -> bool:
        team, channel = ask.thread.team, ask.thread.channel
        is_refused = (team, "") in self._refused or (team, channel) in self._refused
        return self._streaming != "edit" and not is_refused

    def refused(self, ask: Ask, error: Permanent) -> None:
        """Slack declined to begin a stream. What lies in this one text or thread tells nothing of
        the next one.
        """
        if isinstance(error, ContentRefused | ThreadGone) and error.reason != "user_not_found":
            return
        place = "" if error.reason in _OF_WORKSPACE else ask.thread.channel
        self._refused[ask.thread.team, place] = True
