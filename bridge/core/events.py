"""What happened, for whoever observes: logs and metrics are fed from the same object."""

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from enum import StrEnum
from logging import DEBUG, ERROR, INFO, WARNING
from typing import Any, ClassVar, Self, TypeVar, dataclass_transform

from bridge.core.commands import CommandResult, DropReason
from bridge.core.errors import BridgeError, safe_trace
from bridge.core.model import Handover, Outcome, ThreadKey, Timeline, TurnId
from bridge.core.policy import Refusal

_SETTING = re.compile(r"[A-Za-z0-9_.-]{1,64}")


@dataclass(frozen=True)
class Event:
    """`event_name` is its name in the log, `log_level` its level there."""

    event_name: ClassVar[str]
    level: ClassVar["Level"]

    @property
    def log_level(self) -> int:
        level = type(self).level  # through the class: a function there is no method
        return level(self) if callable(level) else level


Observer = Callable[[Event], None]
Level = int | Callable[[Any], int]
E = TypeVar("E", bound=Event)


@dataclass_transform(frozen_default=True, field_specifiers=(field,))
def event(name: str, level: Level = INFO) -> Callable[[type[E]], type[E]]:
    """Make a frozen dataclass of an event. `level` may depend on its fields."""

    def decorate(kind: type[E]) -> type[E]:
        kind.event_name, kind.level = name, level
        return dataclass(frozen=True)(kind)

    return decorate


@event("command.handled", lambda event: DEBUG if event.result is CommandResult.DUPLICATE else INFO)
class CommandHandled(Event):
    """A payload was translated and stored, or was a duplicate; `result` says which."""

    turn: TurnId
    thread: ThreadKey
    result: CommandResult


def _level_of_drop(dropped: "PayloadDropped") -> int:
    if dropped.kind == "request" and dropped.why in {DropReason.SIGNATURE, DropReason.TIMESTAMP}:
        return WARNING  # a wrong signing secret or clock: nobody gets an answer
    return INFO if dropped.is_addressed else DEBUG  # somebody may wonder why they get none


@event("payload.dropped", _level_of_drop)
class PayloadDropped(Event):
    """Slack, or a stranger, sent something that is not for us. `is_addressed`: its author meant the
    bot, and gets no answer. `count`: how many of the kind this event stands for.
    """

    kind: str
    why: DropReason | Refusal
    is_addressed: bool = False
    count: int = 1
    advice: str = ""
    bot: str = ""  # the id by which it could be allowed to ask


@event("path.unknown", WARNING)
class PathUnknown(Event):
    """Somebody asked for what is not served here; `advice` names the right path."""

    method: str
    path: str
    advice: str


@event("payload.failed", lambda event: ERROR if event.why == "bug" else WARNING)
class PayloadFailed(Event):
    """A payload was not taken: Slack sends it again, or its person was told. `why` is one of a few
    fixed words; with `bug`, `trace` tells where. `cause` has the service's own words.
    """

    kind: str
    why: str
    trace: list[str] = field(default_factory=list)
    cause: str = ""
    advice: str = ""


@event("turn.started")
class TurnStarted(Event):
    turn: TurnId
    thread: ThreadKey
    attempt: int


@event("text.shown")
class FirstTextShown(Event):
    """`after_s`: seconds from the question's taking to the first text that Slack accepted."""

    turn: TurnId
    after_s: float


@event("turn.finished", lambda event: WARNING if event.outcome is Outcome.DEAD_LETTER else INFO)
class TurnFinished(Event):
    turn: TurnId
    thread: ThreadKey
    outcome: Outcome
    took_s: float
    session: str = ""
    answer_id: str = ""
    reason: str = ""
    timeline: Timeline = field(default_factory=Timeline)
    robot: str = ""


@event("turn.error", lambda event: ERROR if event.needs_operator else WARNING)
class TurnError(Event):
    """Something failed within a turn; the same reference stands in the user's sentence."""

    turn: TurnId
    error: str
    reason: str
    needs_operator: bool
    details: dict[str, object]
    advice: str = ""

    @classmethod
    def of(cls, turn: TurnId, error: Exception, **details: object) -> Self:
        kind = type(error).__name__
        if isinstance(error, BridgeError):
            more = {**details, **error.details}
            return cls(turn, kind, error.reason, error.needs_operator, more, error.advice)
        return cls(turn, kind, "bug", True, {"trace": safe_trace(error)})


@event("answer.recalled")
class AnswerRecalled(Event):
    """An answer whose stream was lost was looked for in the bot's own log, for `took_s`."""

    turn: TurnId
    is_found: bool
    took_s: float


@event("turns.rescued", WARNING)
class TurnsRescued(Event):
    """`count` turns had fallen out of the mailboxes' sets, and are scheduled again."""

    count: int


@event("slack.called", lambda event: DEBUG if event.result == "ok" else INFO)
class SlackCalled(Event):
    """`result`: ok, or Slack's error word; `advice` names the scope that Slack misses. The call was
    held back for `waited_s` by the rate limits, before it took `took_s`. `turn` is whose answer it
    served, empty for none. `gap_s`: of a growing text, how long that answer then waits before the
    next.
    """

    method: str
    result: str
    took_s: float
    waited_s: float = 0.0
    advice: str = ""
    turn: TurnId = TurnId("")
    gap_s: float | None = None


def _level_of_relay(relayed: "ImageRelayed") -> int:
    if relayed.result in {"unknown", "expired"}:
        return DEBUG  # of these a stranger may cause as many as they like
    return INFO if relayed.result == "ok" else WARNING


@event("image.relayed", _level_of_relay)
class ImageRelayed(Event):
    """An image was fetched by its address. `result`: ok, or why there was none: one of a few fixed
    words, a status of Slack's or its error word.
    """

    result: str
    took_s: float = 0.0
    advice: str = ""


@event("image.unread", WARNING)
class ImageUnread(Event):
    """An image of a question was not shown to the bot, or it is not known whether there is one;
    `reason` as in `ImageRelayed`.
    """

    turn: TurnId
    reason: str
    advice: str = ""

    @classmethod
    def of(cls, turn: TurnId, error: BridgeError | TimeoutError) -> Self:
        if isinstance(error, BridgeError):
            return cls(turn, error.code, error.advice)
        return cls(turn, "slow")


@event("context.unread", WARNING)
class ContextUnread(Event):
    """What was said in a thread before a question was not read; `reason`: slow, or Slack's word."""

    turn: TurnId
    reason: str
    advice: str = ""


class RenewalReason(StrEnum):
    COLD = "cold"  # there was none
    AGED = "aged"
    REFUSED = "refused"


@event("token.renewed")
class TokenRenewed(Event):
    why: RenewalReason
    took_s: float


@event("background_task.failed", lambda event: ERROR if event.reason == "bug" else WARNING)
class BackgroundTaskFailed(Event):
    """`name`: one of a few fixed words, such as rate, cancel, home; `trace` is there for a bug."""

    name: str
    reason: str
    trace: list[str] = field(default_factory=list)
    advice: str = ""

    @classmethod
    def of(cls, name: str, error: Exception) -> Self:
        if isinstance(error, BridgeError):
            return cls(name, error.description, advice=error.advice)
        return cls(name, "bug", safe_trace(error))


@event("handover.wanted", lambda event: WARNING if event.why else INFO)
class HandoverWanted(Event):
    """Beebot asks for a human. Its `reason` and `skill_group` are words of the robot's settings,
    such as `HitKeywords` and `12`; anything else is left out. `is_heard`: somebody is called;
    `why` whoever should have been is not, in Slack's word.
    """

    turn: TurnId
    reason: str
    skill_group: str
    is_heard: bool
    why: str = ""
    advice: str = ""

    @classmethod
    def of(cls, turn: TurnId, handover: Handover, error: BridgeError | None) -> Self:
        reason, group = (
            text if _SETTING.fullmatch(text) else ""
            for text in (handover.reason, handover.skill_group)
        )
        failed = (error.code, error.advice) if error else ()
        return cls(turn, reason, group, handover.is_heard, *failed)


@event("answer.rated")
class AnswerRated(Event):
    """`answer_id` is Beebot's MessageId; the reason itself is a person's, and told nowhere."""

    turn: TurnId
    thread: ThreadKey
    session: str
    answer_id: str
    is_good: bool
    has_comment: bool
    robot: str = ""


@event("service.lost", WARNING)
class ServiceLost(Event):
    """`reason` has the service's own words; `advice` is empty where there is nothing to do."""

    service: str
    reason: str
    advice: str = ""


@event("service.restored")
class ServiceRestored(Event):
    service: str
    away_s: float
