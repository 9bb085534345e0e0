"""What people ask of the bridge: the commands that payloads are translated to."""

from dataclasses import dataclass
from enum import StrEnum

from bridge.core.model import Ask, RobotId, SessionId, ThreadKey, TurnId


@dataclass(frozen=True, slots=True)
class EditQuestion:
    """A question was edited; if it still waits, `ask` takes its place."""

    ask: Ask
    may_be_new: bool = False  # the edit may have made a question of what was none

    @property
    def turn(self) -> TurnId:
        return self.ask.turn

    @property
    def thread(self) -> ThreadKey:
        return self.ask.thread


@dataclass(frozen=True, slots=True)
class DeleteQuestion:
    """A question was deleted; it leaves its mailbox, or its answer stops."""

    turn: TurnId
    thread: ThreadKey


@dataclass(frozen=True, slots=True)
class Stop:
    """Stop the answer of `turn`; without one, the answer that runs in the thread."""

    thread: ThreadKey
    user: str
    ts: str  # what was asked later is not stopped
    turn: TurnId | None = None
    is_anywhere: bool = False  # if none runs in the thread, stop the newest one of the channel
    otherwise: Ask | None = None  # enqueued where there was nothing to stop
    is_shown: bool = False  # the thread shows that an answer runs, perhaps wrongly


@dataclass(frozen=True, slots=True)
class Rate:
    """A user says that an answer was good or bad."""

    turn: TurnId
    thread: ThreadKey
    user: str
    session: SessionId
    answer_id: str
    is_good: bool
    robot: RobotId | None = None  # who answered; None: a release that knew but one
    comment: str = ""


Command = Ask | EditQuestion | DeleteQuestion | Stop | Rate


class DropReason(StrEnum):
    """Why a payload came to nothing, beside a `Refusal`: the label of a metric."""

    # of a request that is not believed, or not read
    MEDIA_TYPE = "media_type"
    UNSIGNED = "unsigned"
    SIGNATURE = "signature"
    TIMESTAMP = "timestamp"
    TOO_LARGE = "too_large"
    TOO_SLOW = "too_slow"
    MALFORMED = "malformed"
    # of any payload
    UNKNOWN = "unknown"
    RATE_LIMITED = "rate_limited"  # Slack says that it holds events back
    FOREIGN_TEAM = "foreign_team"
    EXTERNAL = "external"  # by somebody of another organisation
    # of a message
    OWN = "own"
    BOT = "bot"
    SUBTYPE = "subtype"
    EMPTY = "empty"
    NOT_ADDRESSED = "not_addressed"
    MENTIONS_OTHERS = "mentions_others"
    UNCHANGED = "unchanged"
    EDITED_LATE = "edited_late"
    # of somebody who joins a channel
    OTHERS = "others"


class CommandResult(StrEnum):
    """What became of a command: the label of a metric. The mailboxes answer with the same words."""

    DUPLICATE = "duplicate"  # known: a retry, the other event of a post, a request handled already
    NOT_FOUND = "not_found"  # there is nothing to stop, to edit or to delete
    # of a question
    ACCEPTED = "accepted"
    QUEUED = "queued"  # accepted, behind others of its thread
    OVERTAKEN = "overtaken"  # a reset, older than the session that the thread is in
    NOT_ENGAGED = "not_engaged"  # a reply by somebody who had not addressed the bot there before
    BOT_TURNS = "bot_turns"  # a bot has asked there so often that a person must write first
    PERSON_QUOTA = "person_quota"
    WORKSPACE_QUOTA = "workspace_quota"
    BOT_QUOTA = "bot_quota"
    # of a stop request
    STOPPING = "stopping"
    NOT_YOURS = "not_yours"  # somebody else asked
    # of any other
    EDITED = "edited"
    DELETED = "deleted"
    RATED = "rated"
