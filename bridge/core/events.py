"""What happened, for whoever observes: logs and metrics are fed from the same object."""

from collections.abc import Callable
from dataclasses import dataclass, field

from bridge.core.model import ThreadKey, TurnId


@dataclass(frozen=True, slots=True)
class CommandHandled:
    """A payload was translated and stored, or was a duplicate; `result` says which."""

    turn: TurnId
    thread: ThreadKey
    result: str


@dataclass(frozen=True, slots=True)
class PayloadDropped:
    """Slack, or a stranger, sent something that is not for us; `why` is one of a few fixed words.
    `is_addressed`: its author meant the bot, and gets no answer. `count`: how many alike this
    stands for.
    """

    kind: str
    why: str
    is_addressed: bool = False
    count: int = 1
    advice: str = ""


@dataclass(frozen=True, slots=True)
class PathUnknown:
    """Somebody asked for what is not served here; `advice` names the right path."""

    method: str
    path: str
    advice: str


@dataclass(frozen=True, slots=True)
class PayloadFailed:
    """A payload was not taken: Slack sends it again, or its person was told. `why` is one of a few
    fixed words; with `bug`, `trace` tells where. `cause` has the service's own words.
    """

    kind: str
    why: str
    trace: list[str] = field(default_factory=list)
    cause: str = ""
    advice: str = ""


@dataclass(frozen=True, slots=True)
class TurnStarted:
    turn: TurnId
    thread: ThreadKey
    attempt: int


@dataclass(frozen=True, slots=True)
class FirstTextShown:
    """`after_s`: seconds from the question's taking to the first text that Slack accepted."""

    turn: TurnId
    after_s: float


@dataclass(frozen=True, slots=True)
class TurnFinished:
    """`outcome`: answered, stopped, failed, declined, opened, handed_back, lost or dead_letter."""

    turn: TurnId
    thread: ThreadKey
    outcome: str
    took_s: float
    session: str = ""
    answer_id: str = ""
    reason: str = ""


@dataclass(frozen=True, slots=True)
class TurnError:
    """Something failed within a turn; the same reference stands in the user's sentence."""

    turn: TurnId
    error: str
    reason: str
    needs_operator: bool
    details: dict[str, object]
    advice: str = ""


@dataclass(frozen=True, slots=True)
class AnswerRecalled:
    """An answer whose stream was lost was looked for in the bot's own log, for `took_s`."""

    turn: TurnId
    is_found: bool
    took_s: float


@dataclass(frozen=True, slots=True)
class TurnsRescued:
    """`count` turns had fallen out of the mailboxes' sets, and are scheduled again."""

    count: int


@dataclass(frozen=True, slots=True)
class SlackCalled:
    """`result`: ok, or Slack's error word."""

    method: str
    result: str
    took_s: float


@dataclass(frozen=True, slots=True)
class TokenRenewed:
    """`why`: cold, aged or refused."""

    why: str
    took_s: float


@dataclass(frozen=True, slots=True)
class BackgroundTaskFailed:
    """`name`: one of a few fixed words, such as rate, cancel, home; `trace` is there for a bug."""

    name: str
    reason: str
    trace: list[str] = field(default_factory=list)
    advice: str = ""


@dataclass(frozen=True, slots=True)
class AnswerRated:
    turn: TurnId
    is_good: bool
    has_comment: bool


@dataclass(frozen=True, slots=True)
class ServiceLost:
    """`reason` has the service's own words; `advice` is empty where there is nothing to do."""

    service: str
    reason: str
    advice: str = ""


@dataclass(frozen=True, slots=True)
class ServiceBack:
    service: str
    away_s: float


Event = (
    CommandHandled
    | PayloadDropped
    | PathUnknown
    | PayloadFailed
    | TurnStarted
    | FirstTextShown
    | TurnFinished
    | TurnError
    | AnswerRecalled
    | TurnsRescued
    | SlackCalled
    | TokenRenewed
    | BackgroundTaskFailed
    | AnswerRated
    | ServiceLost
    | ServiceBack
)
Observer = Callable[[Event], None]
