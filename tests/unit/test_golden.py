"""Forty answers, as Beebot writes them and as Slack gets them; tests/golden/README.md tells how."""

import json
import os
import random
import re
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import pytest

from bridge.beebot import wire
from bridge.markup.growing import Growing, read
from bridge.slack.rendering.markdown import MarkdownWriter
from bridge.slack.rendering.mrkdwn import write_mrkdwn
from bridge.slack.rendering.pages import paginate, text_from
from tests.unit import judge

GOLDEN = Path(__file__).parents[1] / "golden"
ANSWERS = sorted(GOLDEN.glob("*.in.*"))
# A table with too many columns is laid out anew by each row; in 29 and 32 links are defined below
# what they belong to, in 37 a line below makes a heading of words, in 25 a row below makes a table
# of them: these a writer cannot foresee.
LAID_OUT_ANEW = ("04", "26", "29", "32", "37")
CONTRADICTED = ("25", "29", "32", "37")
WRITES_ANEW = os.environ.get("BRIDGE_WRITE_GOLDEN") == "1"  # a test itself sees no BRIDGE_…
LONGEST_STEP_BACK = 64  # characters: the words of a link whose target is still to come
SHORT = 400  # characters: of a shorter answer all moments are looked at
PREFIXES = int(os.environ.get("BRIDGE_GOLDEN_PREFIXES", "80"))  # looked at of each answer
KINDS = {".html": "RICH_TEXT", ".md": "RICH_TEXT", ".txt": "PLAIN_TEXT"}


# What a reader sees of a mark that is not understood: none may show up in an unfinished text that
# the finished one does not show too.
MARKS = re.compile(
    r"\*+|`+|~~+|__+|\]\(|!\[|\|[\s:|]*--+|^\s*\||^#{1,6}\s|^-{3,}|</?[a-z][\w-]*|&[#\w]*;?",
    re.MULTILINE,
)


def said(content: str, kind: str) -> str:
    """The content on the way that every answer takes: a payload, and its frame."""
    body = {"ContentType": kind, "SentenceList": [{"Content": content}]}
    segment = {"MessageBody": {"Type": "Direct", "DirectMessageBody": body}}
    data = [{"type": "JSON_TEXT", "value": json.dumps(segment)}]
    frame = wire.decode(json.dumps({"success": True, "data": data}).encode())
    assert frame is not None
    return frame.markdown or ""


def shown(content: str, kind: str) -> str:
    """Each page, its markdown block above its notification, between lines that name them."""
    pieces = MarkdownWriter().write(read(said(content, kind)))
    parts = []
    for number, page in enumerate(paginate(pieces), 1):
        notification = write_mrkdwn(pieces[page.start :], 3000)
        parts.append(f"═══ page {number}: markdown block ═══\n{page.text}")
        parts.append(f"═══ page {number}: notification ═══\n{notification}")
    return "\n".join(parts) + "\n"


@pytest.mark.parametrize("path", ANSWERS, ids=lambda path: path.name)
def test_an_answer_looks_as_it_was_approved(path: Path) -> None:
    approved = path.with_name(path.name.split(".")[0] + ".out.md")
    text = shown(path.read_text(encoding="utf-8"), KINDS[path.suffix])
    if WRITES_ANEW:
        approved.write_text(text, encoding="utf-8")
    assert text == approved.read_text(encoding="utf-8")


def test_there_are_forty_answers() -> None:
    assert len(ANSWERS) == 40


@pytest.mark.parametrize("path", ANSWERS, ids=lambda path: path.name)
def test_nothing_of_it_pings_or_forges(path: Path) -> None:
    blocks = read(said(path.read_text(encoding="utf-8"), KINDS[path.suffix]))
    pieces = MarkdownWriter().write(blocks)
    for page in paginate(pieces):
        assert not judge.faults(page.text)
    assert not judge.faults_of_mrkdwn(write_mrkdwn(pieces))


class Growth(NamedTuple):
    """At some moments: the length of an answer, what is shown of it, and what may be streamed for
    good. `whole` is what is shown in the end.
    """

    path: Path
    content: str
    whole: str
    moments: list[tuple[int, str, str]]


@pytest.fixture(scope="module", params=ANSWERS, ids=lambda path: path.name)
def growth(request: pytest.FixtureRequest) -> Growth:
    path: Path = request.param
    content, kind = path.read_text(encoding="utf-8"), KINDS[path.suffix]
    whole = text_from(MarkdownWriter().write(read(said(content, kind))))
    return Growth(path, content, whole, list(grow(content, kind, path.name)))


def test_a_growing_answer_never_shows_a_broken_mark(growth: Growth) -> None:
    known = set(MARKS.findall(judge.words(growth.whole)))
    for end, visible, _settled in growth.moments:
        marks = MARKS.findall(judge.words(visible))
        broken = [mark for mark in marks if not any(whole.startswith(mark) for whole in known)]
        assert not broken, (end, growth.content[max(0, end - 60) : end])


def test_a_growing_answer_takes_back_no_more_than_its_last_marks(growth: Growth) -> None:
    before = ""
    for _end, visible, _settled in growth.moments:
        kept = before[: max(len(before) - LONGEST_STEP_BACK, 0)]
        assert visible.startswith(kept) or growth.path.name.startswith(LAID_OUT_ANEW), (
            before[-80:],
            visible[-80:],
        )
        before = visible


def test_what_is_settled_is_a_beginning_of_all_that_follows(growth: Growth) -> None:
    said_so_far = ""
    is_contradicted = growth.path.name.startswith(CONTRADICTED)
    for end, _visible, settled in growth.moments:
        assert settled.startswith(said_so_far) or is_contradicted, (end, settled[-80:])
        said_so_far = settled
    assert growth.whole.startswith(said_so_far) or is_contradicted


def grow(content: str, kind: str, seed: str) -> Iterator[tuple[int, str, str]]:
    growing, whole, steady = Growing(), MarkdownWriter(), MarkdownWriter()
    every = range(1, len(content) + 1)
    count = len(every) if len(every) <= SHORT else PREFIXES
    some = random.Random(seed).sample(every, min(len(every), count))  # noqa: S311 - no secret
    for end in sorted(some):
        reading = growing.read(said(content[:end], kind), is_open=True)
        settled = steady.write(reading.settle(), is_open=True)
        yield end, text_from(whole.write(reading.blocks)), text_from(settled)
