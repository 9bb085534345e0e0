"""Nothing costs more than its length, whatever a model says in a bad moment.

Steps are counted, not seconds: calls of Python and of C functions. What a regular expression does
within one call they do not tell, so there is a generous limit in seconds too.
"""

import sys
import time
from collections import defaultdict
from collections.abc import Callable, Iterator
from itertools import pairwise

import pytest

from bridge.markup.growing import Growing, read
from bridge.slack.rendering.markdown import MarkdownWriter
from bridge.slack.rendering.mrkdwn import write_mrkdwn
from bridge.slack.rendering.pages import Place, find_split, paginate, text_from
from tests.unit.hostile import UNITS

SIZES = (2_000, 10_000, 40_000)
LIMIT_S = 0.5
FRAMES = 8
# A multiple of its length, and a little: what a square does is 25 and 16 times.
MOST_GROWTH, FEW = 1.6, 3_000
AROUND = {"alone": "", "in a page": "<p>", "in a table": "<table><tr><td>", "in a quote": "> "}


Work = Callable[[], object]


def stages(text: str) -> Iterator[tuple[str, Work]]:
    """Each public function on the way of a text to Slack, after what it needs is made."""
    yield "read", lambda: read(text)
    blocks = read(text)
    yield "write", lambda: MarkdownWriter().write(blocks)
    pieces = MarkdownWriter().write(blocks)
    yield "write open", lambda: MarkdownWriter().write(blocks, is_open=True)
    yield "paginate", lambda: paginate(pieces)
    yield "join", lambda: text_from(pieces)
    yield "split a stream", lambda: find_split(pieces, Place(), 0, room=9_000, age=0.5)
    yield "notify", lambda: write_mrkdwn(blocks)
    yield "grow", lambda: grow(text)


def grow(text: str) -> None:
    growing, writer = Growing(), MarkdownWriter()
    for frame in range(1, FRAMES + 1):
        reading = growing.read(text[: len(text) * frame // FRAMES], is_open=frame < FRAMES)
        writer.write(reading.blocks)
        writer.write(reading.settled, is_open=True)


def count_steps(work: Work) -> int:
    steps = 0

    def see(_frame: object, event: str, _argument: object) -> None:
        nonlocal steps
        steps += event in ("call", "c_call")

    sys.setprofile(see)
    try:
        work()
    finally:
        sys.setprofile(None)
    return steps


@pytest.mark.parametrize("around", AROUND.values(), ids=AROUND.keys())
@pytest.mark.parametrize("unit", UNITS)
def test_steps_grow_as_the_text_does(unit: str, around: str) -> None:
    steps: dict[str, list[int]] = defaultdict(list)
    for size in SIZES:
        for name, work in stages(around + unit * (size // len(unit))):
            steps[name].append(count_steps(work))
    for name, counted in steps.items():
        for (small, fewer), (large, more) in pairwise(zip(SIZES, counted, strict=True)):
            assert more <= fewer * large / small * MOST_GROWTH + FEW, (name, counted)


@pytest.mark.parametrize("around", AROUND.values(), ids=AROUND.keys())
@pytest.mark.parametrize("unit", UNITS)
def test_no_text_holds_up_the_others(unit: str, around: str) -> None:
    for name, work in stages(around + unit * (10_000 // len(unit))):
        start = time.process_time()
        work()
        assert time.process_time() - start < LIMIT_S * (FRAMES if name == "grow" else 1), name
