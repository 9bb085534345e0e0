"""Rate limits of the chat service: what a call costs, and the port to where calls are counted."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Literal, Protocol

Part = Literal["begin", "grow", "end", ""]


class Priority(StrEnum):
    """Which calls go first when few are left, the highest first. Some calls are kept for high
    priorities: lower ones may not use these.
    """

    FINAL = "final"  # the end of an answer, and whatever somebody waits for
    FIRST = "first"  # the first text of an answer
    PROGRESS = "progress"  # an edit or append while it grows


@dataclass(frozen=True, slots=True)
class Call:
    """A call that somebody wants to make. `channel` is where it will be seen. `turn` is whose
    answer it serves, empty for none. The first call of an answer goes only if afterwards all
    answers, this one too, can still show progress every `longest_gap_s`.
    """

    team: str
    method: str
    channel: str
    priority: Priority
    turn: str = ""
    longest_gap_s: float = 0.0


@dataclass(frozen=True, slots=True)
class RateLimit:
    """How often a method may be called in a workspace, or in each of its channels."""

    per_minute: float
    burst: int  # calls that are taken at once after a pause: a guess, Slack publishes none
    is_per_channel: bool = False
    grows_by: str = ""  # the method that shows progress of an answer which this one began
    ended_by: str = ""  # the method that ends such an answer; one call of it is kept for that
    alike: str = ""  # a method that takes no more than one at once either, where this one does not
    proven: int = 1  # of the burst: calls at once that Slack is known to take

    @property
    def interval_s(self) -> float:
        return 60 / self.per_minute

    def part_of(self, call: Call) -> Part:
        """Which part of an answer a call of this method is, empty for none that counts."""
        if not call.turn or not self.ended_by:
            return ""
        if call.method == self.ended_by != self.grows_by:
            return "end"
        if call.method == self.grows_by:
            return "end" if call.priority is Priority.FINAL else "grow"
        return "begin" if call.priority is Priority.FIRST else ""


@dataclass(frozen=True, slots=True)
class AcquireResult:
    """Whether one of some calls may go."""

    wait_s: float = 0.0  # 0: one is booked; otherwise ask again after so many seconds
    which: int = 0  # of the calls is booked
    ahead: int = 0  # calls booked just before it: Slack has to take all of them at once
    left: float = 0.0  # calls that are left of the method `grows_by`
    answers: int = 0  # how many answers show progress by that method
    is_proven: bool = True  # of its burst more than half was taken at once


class Buckets(Protocol):
    """Counts the calls that are left of each limit, in one place for all replicas.

    Does not raise when the store is away: our own counting must not slow an answer down.
    """

    async def acquire(
        self, calls: Sequence[Call], length_s: float, waited_s: float
    ) -> AcquireResult:
        """Book the first of the calls that may go now, if one may. They serve one answer, which is
        expected to grow for `length_s`, and have been wanted for `waited_s`.
        """
        ...

    async def shrink(self, call: Call, ahead: int, after_s: float) -> None:
        """The service refused a call. `ahead` is how many calls were booked just before it: so many
        were taken at once, and no more. None is taken before `after_s`.
        """
        ...

    async def release(self, team: str, turn: str) -> None:
        """No call needs to be kept for the end of this answer any more."""
        ...
