"""What a user may want of the bridge."""

from dataclasses import dataclass

from bridge.core.model import Ask, ThreadKey, TurnId


@dataclass(frozen=True, slots=True)
class Revise:
    """A question was edited; it takes the new text if it still waits."""

    turn: TurnId
    thread: ThreadKey
    text: str


@dataclass(frozen=True, slots=True)
class Withdraw:
    """A question was deleted; it leaves its mailbox, or its answer stops."""

    turn: TurnId
    thread: ThreadKey


Command = Ask | Revise | Withdraw
