"""Forty answers, as Beebot writes them and as Slack gets them; tests/golden/README.md tells how."""

import html
import json
import os
import random
import re
from collections.abc import Collection, Iterator
from pathlib import Path

import pytest
from markdown_it import MarkdownIt
from markdown_it.token import Token

from bridge.beebot import wire
from bridge.core.draft import Draft
from bridge.slack.text.message import pages, shape

GOLDEN = Path(__file__).parents[1] / "golden"
ANSWERS = sorted(GOLDEN.glob("*.in.*"))
# HTML is laid out anew by each tag; in 29 links are defined below what they belong to.
STEADY = [path for path in ANSWERS if path.suffix != ".html" and "29-links" not in path.name]
WRITES_ANEW = os.environ.get("BRIDGE_WRITE_GOLDEN") == "1"  # a test itself sees no BRIDGE_…
LONGEST_STEP_BACK = 64  # characters: the words of a link whose target is still to come
PREFIXES = int(os.environ.get("BRIDGE_GOLDEN_PREFIXES", "80"))  # looked at of each answer
KINDS = {".html": "RICH_TEXT", ".md": "RICH_TEXT", ".txt": "PLAIN_TEXT"}


# What a reader sees of a mark that is not understood: none may show up in an unfinished text that
# the finished one does not show too.
MARKS = re.compile(
    r"\*+|`+|~~+|__+|\]\(|!\[|\|[\s:|]*--+|^\s*\||^#{1,6}\s|^-{3,}|</?[a-z][\w-]*|&[#\w]*;?",
    re.MULTILINE,
)
LIVE = re.compile(r"<(?:[!@#]|[a-z]+://|mailto:)", re.IGNORECASE)
PARSER = MarkdownIt("commonmark", {"html": False}).enable(["table", "strikethrough"])


def drafted(content: str, kind: str) -> Draft:
    """The content on the way that every answer takes: a payload, its frame, the draft."""
    body = {"ContentType": kind, "SentenceList": [{"Content": content}]}
    segment = {"MessageBody": {"Type": "Direct", "DirectMessageBody": body}}
    data = [{"type": "JSON_TEXT", "value": json.dumps(segment)}]
    frame = wire.decode(json.dumps({"success": True, "data": data}).encode())
    assert frame is not None
    draft = Draft()
    draft.take(frame)
    return draft


def shown(content: str, kind: str) -> str:
    """Each page, its markdown block above its notification, between lines that name them."""
    parts = []
    for number, page in enumerate(pages(drafted(content, kind).markdown), 1):
        message = shape(page)
        (block,) = message.blocks
        assert block["type"] == "markdown"
        parts.append(f"═══ page {number}: markdown block ═══\n{block['text']}")
        parts.append(f"═══ page {number}: notification ═══\n{message.text}")
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
def test_a_growing_answer_never_shows_a_broken_mark(path: Path) -> None:
    content, kind = path.read_text(encoding="utf-8"), KINDS[path.suffix]
    known = marks_in(drafted(content, kind).markdown, types={"text", "code_inline"})
    for end in moments_of(content, path.name):
        visible = drafted(content[:end], kind).visible()
        broken = [mark for mark in marks_in(visible) if not known_whole(mark, known)]
        assert not broken, (end, content[max(0, end - 60) : end])


@pytest.mark.parametrize("path", STEADY, ids=lambda path: path.name)
def test_a_growing_answer_takes_back_no_more_than_its_last_marks(path: Path) -> None:
    content, kind = path.read_text(encoding="utf-8"), KINDS[path.suffix]
    for end in moments_of(content, path.name):
        before, after = (drafted(content[:at], kind).visible() for at in (end - 1, end))
        kept = before[: len(before) - LONGEST_STEP_BACK] if len(before) > LONGEST_STEP_BACK else ""
        assert after.startswith(kept), (before[-80:], after[-80:])


def moments_of(content: str, seed: str) -> list[int]:
    """Every length that a short answer passes through, some of a long one."""
    every = range(1, len(content) + 1)
    if len(every) <= PREFIXES:
        return list(every)
    return sorted(random.Random(seed).sample(every, PREFIXES))  # noqa: S311 - no secret


def known_whole(mark: str, known: set[str]) -> bool:
    return any(whole.startswith(mark) for whole in known)


def marks_in(markdown: str, types: Collection[str] = ("text",)) -> set[str]:
    """The marks that a reader of the last page sees as characters."""
    block = shape(pages(markdown)[-1]).blocks[0]["text"]
    assert not LIVE.search(html.unescape(html.unescape(block)))
    return set(MARKS.findall("\n".join(words_of(PARSER.parse(block), types))))


def words_of(tokens: list[Token], types: Collection[str]) -> Iterator[str]:
    for token in tokens:
        if token.children is not None:
            yield "".join(
                child.content if child.type in types else "\n" * (child.tag == "br")
                for child in token.children
            )
