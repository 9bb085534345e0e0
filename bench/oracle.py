"""How well answers could grow under the limits for somebody who knows limits and ends beforehand.

Some answers are edited, some stream, the others are posted whole. Those that are edited, or stream,
share what their methods have left once every end is paid, and show evenly from start to end.
"""

from bisect import bisect_right
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

FRAMES, FRAME_S = 60, 0.2
LAST_S = (FRAMES - 1) * FRAME_S
PER_MINUTE = {
    "chat.update": 50,
    "chat.appendStream": 100,
    "chat.startStream": 20,
    "chat.stopStream": 20,
}


def staleness(frames: Sequence[float], shows: Sequence[tuple[float, int]]) -> float:
    """Mean age of the oldest frame that is not shown yet, from the first frame to the last.

    `frames` are the times at which they were sent; each show is a time and how many it holds.
    """
    start, end = frames[0], frames[-1]
    times = [at for at, _ in shows]
    marks = sorted({start, end, *(at for at in (*frames, *times) if start < at < end)})
    area = 0.0
    for begin, stop in pairwise(marks):
        known = bisect_right(times, begin)
        held = shows[known - 1][1] if known else 0
        if held < len(frames) and frames[held] <= begin:
            area += ((begin + stop) / 2 - frames[held]) * (stop - begin)
    return area / (end - start)


@dataclass(frozen=True, slots=True)
class Best:
    edited: int
    streamed: int
    staleness_s: float

    def told(self) -> str:
        return f"{self.edited}+{self.streamed}: {self.staleness_s:.2f}"


def best(answers: int, bursts: Mapping[str, int] | int, *, streams: bool = True) -> Best:
    """The mix of edited and streamed answers whose mean staleness is lowest for the askers."""

    def room(method: str) -> int:
        """Calls of a method from the first text to the end, if it has rested before."""
        size = bursts if isinstance(bursts, int) else bursts[method]
        return int(size + PER_MINUTE[method] / 60 * LAST_S)

    def at_once(method: str) -> int:
        return bursts if isinstance(bursts, int) else bursts[method]

    most_streamed = min(answers, at_once("chat.startStream"), at_once("chat.stopStream"))
    found = []
    for streamed in range(most_streamed + 1 if streams else 1):
        for edited in range(min(answers - streamed, at_once("chat.update")) + 1):
            whole = answers - streamed - edited
            total = whole * grown(0)
            total += shared(edited, room("chat.update") - edited)
            total += shared(streamed, room("chat.appendStream"))
            found.append(Best(edited, streamed, total / answers))
    return min(found, key=lambda one: one.staleness_s)


def shared(answers: int, calls: int) -> float:
    """The staleness of all of them together, when they share so many calls between."""
    if not answers:
        return 0.0
    each, more = divmod(max(calls, 0), answers)
    return more * grown(min(each + 2, FRAMES)) + (answers - more) * grown(min(each + 1, FRAMES))


def grown(shows: int) -> float:
    """The staleness of an answer shown so often before its end, evenly from its first frame on."""
    frames = [number * FRAME_S for number in range(FRAMES)]
    times = [LAST_S * number / shows for number in range(shows)] + [LAST_S]
    return staleness(frames, [(at, bisect_right(frames, at + 1e-9)) for at in times])
