"""How well answers could grow under the limits for somebody who knows limits and ends beforehand.

Some answers are edited, some stream, the others are posted whole. Those that are edited, or stream,
share what their methods have left once every end is paid, and show evenly from start to end.
"""

from bisect import bisect_right
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from itertools import pairwise

FRAME_S = 0.2
PER_MINUTE = {
    "chat.postMessage": 60,  # in each channel
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


def forced_times(due: Sequence[float], per_minute: float, burst: int) -> list[float]:
    """When calls due at these times, in order, can go at the soonest, if the method has rested."""
    booked, went = 0.0, []
    for at in sorted(due):
        start = max(booked, at)
        went.append(max(at, start - (burst - 1) * 60 / per_minute))
        booked = start + 60 / per_minute
    return went


@dataclass(frozen=True, slots=True)
class Best:
    edited: int
    streamed: int
    staleness_s: float


def best(answers: int, bursts: Mapping[str, int], frames: int, *, streams: bool = True) -> Best:
    """The mix of edited and streamed answers whose mean staleness is lowest for the askers."""
    last_s = (frames - 1) * FRAME_S

    def room(method: str) -> int:
        """Calls of a method from the first text to the end, if it has rested before."""
        return int(bursts[method] + PER_MINUTE[method] / 60 * last_s)

    most_streamed = min(answers, bursts["chat.startStream"], bursts["chat.stopStream"])
    found = []
    for streamed in range(most_streamed + 1 if streams else 1):
        for edited in range(min(answers - streamed, bursts["chat.update"]) + 1):
            total = (answers - streamed - edited) * _grown(0, frames)
            total += _shared(edited, room("chat.update") - edited, frames)
            total += _shared(streamed, room("chat.appendStream"), frames)
            found.append(Best(edited, streamed, total / answers))
    return min(found, key=lambda one: one.staleness_s)


def _shared(answers: int, calls: int, frames: int) -> float:
    """The staleness of all of them together, when they share so many calls between."""
    if not answers:
        return 0.0
    each, more = divmod(max(calls, 0), answers)
    many, few = (_grown(min(each + shows, frames), frames) for shows in (2, 1))
    return more * many + (answers - more) * few


@cache
def _grown(shows: int, count: int) -> float:
    """The staleness of an answer shown so often before its end, evenly from its first frame on."""
    frames = [number * FRAME_S for number in range(count)]
    times = [frames[-1] * number / shows for number in range(shows)] + [frames[-1]]
    return staleness(frames, [(at, bisect_right(frames, at + 1e-9)) for at in times])
