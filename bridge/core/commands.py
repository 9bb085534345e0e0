"""What a user may want of the bridge."""

from dataclasses import dataclass
from enum import StrEnum

from bridge.core.model import Ask, SessionId, ThreadKey, TurnId


@dataclass(frozen=True, slots=True)
class EditQuestion:
    """A question was edited; if it still waits, `ask` takes its place. `may_be_new`: the edit may
    have made a question of what was none.
    """

    ask: Ask
    may_be_new: bool = False

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
    """A running answer shall stand still: that of `turn`, else the one that runs in the thread,
    else, `is_anywhere`, the newest one in the channel.

    It binds to what was asked before `ts`. `otherwise` is enqueued where nothing was there to stop.
    """

    thread: ThreadKey
    user: str
    ts: str
    turn: TurnId | None = None
    is_anywhere: bool = False
    otherwise: Ask | None = None


@dataclass(frozen=True, slots=True)
class Rate:
    """Somebody likes an answer, or does not."""

    turn: TurnId
    thread: ThreadKey
    user: str
    session: SessionId
    answer_id: str
    is_good: bool
    comment: str = ""


Command = Ask | EditQuestion | DeleteQuestion | Stop | Rate


class CommandResult(StrEnum):
    """What became of a command: of a question and a stop request what the inbox says of it."""

    ACCEPTED = "accepted"
    QUEUED = "queued"
    OVERTAKEN = "overtaken"
    NOT_ENGAGED = "not_engaged"
    STOPPING = "stopping"
    NOT_YOURS = "not_yours"
    EDITED = "edited"
    DELETED = "deleted"
    RATED = "rated"
    NOT_FOUND = "not_found"  # there is nothing to stop, to edit or to delete
    DUPLICATE = "duplicate"
