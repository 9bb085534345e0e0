"""Rate limits of the chat service: what a call costs, and the port to where calls are counted."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol


class Priority(StrEnum):
    """Who goes first, and may use more, when calls are short; the highest comes first."""

    FINAL = "final"  # the end of an answer, and whatever somebody waits for
    FIRST = "first"  # the first text of an answer
    PROGRESS = "progress"  # an edit or append while it grows


@dataclass(frozen=True, slots=True)
class RateLimit:
    """How often a method may be called in a workspace, or in each of its channels.

    `burst` is how many calls a rested method takes at once: a guess, for the service publishes
    none; `proven` of them are known to be taken. Of more than twice as many, one is tried at a
    time. Where the method turns out to take one call at a time, the method `alike` is held to do so
    too. An answer that begins with this method grows by calls of `grows_by`, and needs one more
    in the end, of `ended_by`.
    """

    per_minute: float
    burst: int
    is_per_channel: bool = False
    grows_by: str = ""
    ended_by: str = ""
    alike: str = ""
    proven: int = 0

    @property
    def interval_s(self) -> float:
        return 60 / self.per_minute


@dataclass(frozen=True, slots=True)
class Call:
    """A call that somebody wants to make; `channel` is where it will be seen, `turn` whose answer
    it serves, empty for none. One that begins an answer is admitted only where answers can then
    still be shown every `longest_gap_s`.
    """

    team: str
    method: str
    channel: str
    priority: Priority
    turn: str = ""
    longest_gap_s: float = 0.0


@dataclass(frozen=True, slots=True)
class AcquireResult:
    """What a wish for a call came to. `wait_s` 0: it is booked; else ask again after so long.

    `ahead` is how many calls were booked before it, so near that they must be taken together.
    `left` calls remain of the method by which the answer grows, for `answers` that grow by it.
    """

    wait_s: float = 0.0
    ahead: int = 0
    left: float = 0.0
    answers: int = 0


class Buckets(Protocol):
    """The calls that are left of each limit, counted in one place for all replicas.

    Never raises for a store that is away: an answer is not slowed down by our own book-keeping.
    """

    async def acquire(self, call: Call, length_s: float, waited_s: float) -> AcquireResult:
        """Book the call, wanted for `waited_s` by now, if it may go; answers are expected to grow
        for `length_s`.
        """
        ...

    async def shrink(self, call: Call, ahead: int, after_s: float) -> None:
        """The service refused a call that was booked behind `ahead` others: it takes fewer at once
        than was guessed, and none before `after_s`.
        """
        ...

    async def release(self, team: str, turn: str) -> None:
        """No call needs to be kept for the end of this answer any more."""
        ...
