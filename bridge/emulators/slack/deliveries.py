"""What travels from Slack to the app, and what became of it."""

from dataclasses import dataclass
from typing import Any, Literal

Json = dict[str, Any]
ParcelKind = Literal["events_api", "interactive", "slash_commands"]


@dataclass(frozen=True, slots=True)
class Envelope:
    """One payload for the app; only events are tried again."""

    kind: ParcelKind
    payload: Json
    event_id: str = ""


@dataclass(frozen=True, slots=True)
class Attempt:
    """The nth try of an envelope and the reason why the one before failed."""

    envelope: Envelope
    retry_num: int = 0
    retry_reason: str = ""


@dataclass(frozen=True, slots=True)
class Receipt:
    """How the app answered: `status` 0 means no HTTP answer, or no acknowledgement."""

    status: int
    reason: str = ""  # as in x-slack-retry-reason, when it failed
    response: str = ""
    refuses_retry: bool = False


@dataclass(frozen=True, slots=True)
class Delivery:
    """One finished attempt, as the tests look at it; `body` is the payload as sent."""

    event_id: str
    retry_num: int
    status: int
    elapsed_s: float
    body: Json
    kind: ParcelKind = "events_api"
    reason: str = ""
    response: str = ""
    refuses_retry: bool = False

    @property
    def succeeded(self) -> bool:
        return 200 <= self.status < 300

    @property
    def may_be_retried(self) -> bool:
        return self.kind == "events_api" and not self.succeeded and not self.refuses_retry
