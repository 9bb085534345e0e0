"""When each step of a turn was done, by the clock of the store, which all replicas share."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Times:
    """Epoch seconds; 0 for what has not happened. The first time of each, on whichever replica."""

    asked: float = 0.0
    first_frame: float = 0.0
    first_text: float = 0.0


@dataclass(frozen=True, slots=True)
class Timeline:
    """Seconds from the writing of a question until each step; None for one that did not happen."""

    stored_s: float | None = None
    taken_s: float | None = None
    asked_s: float | None = None
    first_frame_s: float | None = None
    first_text_s: float | None = None
    ended_s: float | None = None


def draw_timeline(
    written_at: float, stored_at: float, taken_at: float, times: Times, ended_at: float
) -> Timeline:
    """`written_at` is by Slack's clock, which may differ from the store's: a step counts as no
    earlier than the one before it.
    """
    steps = (stored_at, taken_at, times.asked, times.first_frame, times.first_text, ended_at)
    seconds, latest = list[float | None](), written_at
    for at in steps:
        latest = max(latest, at)
        seconds.append(latest - written_at if at else None)
    return Timeline(*seconds)
