"""Nothing costs more than its length, whatever a model says in a bad moment.

Steps are counted, not seconds: calls of Python and of C functions. What a regular expression does
within one call they do not tell, so there is a generous limit in seconds too.
"""

import gc
import time
from collections.abc import Callable, Sequence
from cProfile import Profile
from itertools import pairwise
from typing import Protocol, TypeVar

import pytest

from bridge.markup.growing import Growing, read
from bridge.slack.rendering.markdown import MarkdownWriter
from bridge.slack.rendering.mrkdwn import write_mrkdwn
from bridge.slack.rendering.pages import paginate, split_stream, text_from
from tests.unit.hostile import UNITS

SIZES = (2_000, 14_000)  # the larger one fills more than a page
SIZES_WITHIN = (1_000, 6_000)
LIMIT_S = 0.5
# The steps of a longer text: in proportion, and some for what a short one has no need of, such as
# pages, or of half a link's target, which is held back only for a while. A square's would be 49
# and 36 times as many.
MOST_GROWTH, MORE_PER_CHARACTER = 1.6, 40
AROUND = {"in a page": "<p>", "in a quote": "> "}

T = TypeVar("T")


class Measure(Protocol):
    def __call__(self, name: str, work: Callable[[], T], /) -> T: ...


class Answer:
    """Taken to Slack through each public function on the way of a text: whole, and as it grows
    from one size to the next.
    """

    def __init__(self) -> None:
        self._growing, self._writer = Growing(), MarkdownWriter()

    def take_to_slack(self, text: str, measure: Measure) -> None:
        blocks = measure("read", lambda: read(text))
        pieces = measure("write", lambda: MarkdownWriter().write(blocks))
        measure("paginate", lambda: paginate(pieces))
        measure("join", lambda: text_from(pieces))
        measure("split a stream", lambda: split_stream(pieces, 0, 0, room=9_000, age=0.5))
        measure("notify", lambda: write_mrkdwn(pieces))
        reading = measure("read on", lambda: self._growing.read(text, is_open=True))
        measure("write on", lambda: self._writer.write(reading.settle(), is_open=True))


class Steps:
    """Counts calls of Python's and of C's functions."""

    def __init__(self) -> None:
        self.counted: dict[str, int] = {}

    def __call__(self, name: str, work: Callable[[], T], /) -> T:
        profile = Profile(subcalls=False)
        made = profile.runcall(work)
        self.counted[name] = sum(entry.callcount for entry in profile.getstats())
        return made


def no_slower(name: str, work: Callable[[], T], /) -> T:
    gc.disable()  # what thousands of tests leave behind is not collected on the text's account
    try:
        start = time.process_time()
        made = work()
    finally:
        gc.enable()
    assert time.process_time() - start < LIMIT_S, name
    return made


@pytest.mark.parametrize("unit", UNITS)
def test_steps_grow_as_the_text_does(unit: str) -> None:
    check(count_steps(unit, SIZES), SIZES)


@pytest.mark.parametrize("around", AROUND.values(), ids=AROUND.keys())
@pytest.mark.parametrize("unit", UNITS)
def test_so_they_do_within_others(unit: str, around: str) -> None:
    check(count_steps(unit, SIZES_WITHIN, around), SIZES_WITHIN)


def count_steps(unit: str, sizes: Sequence[int], around: str = "") -> list[dict[str, int]]:
    answer, counts = Answer(), list[dict[str, int]]()
    for size in sizes:
        steps = Steps()
        answer.take_to_slack(around + unit * (size // len(unit)), steps)
        counts.append(steps.counted)
    return counts


def check(steps: list[dict[str, int]], sizes: Sequence[int]) -> None:
    for name in steps[0]:
        counted = [each[name] for each in steps]
        for (small, fewer), (large, more) in pairwise(zip(sizes, counted, strict=True)):
            most = fewer * large / small * MOST_GROWTH + MORE_PER_CHARACTER * large
            assert more <= most, (name, counted)


@pytest.mark.parametrize("around", ["", *AROUND.values()], ids=["alone", *AROUND])
@pytest.mark.parametrize("unit", UNITS)
def test_no_text_holds_up_the_others(unit: str, around: str) -> None:
    Answer().take_to_slack(around + unit * (10_000 // len(unit)), no_slower)
