"""Forty answers, as Beebot writes them and as Slack gets them; tests/golden/README.md tells how."""

import json
import os
from pathlib import Path

import pytest

from bridge.beebot import wire
from bridge.core.draft import Draft
from bridge.slack.text.message import pages, shape

GOLDEN = Path(__file__).parents[1] / "golden"
ANSWERS = sorted(GOLDEN.glob("*.in.*"))
WRITES_ANEW = os.environ.get("BRIDGE_WRITE_GOLDEN") == "1"  # a test itself sees no BRIDGE_…
KINDS = {".html": "RICH_TEXT", ".md": "RICH_TEXT", ".txt": "PLAIN_TEXT"}


def canonical(content: str, kind: str) -> str:
    """The content on the way that every answer takes: a payload, its frame, the draft."""
    body = {"ContentType": kind, "SentenceList": [{"Content": content}]}
    segment = {"MessageBody": {"Type": "Direct", "DirectMessageBody": body}}
    data = [{"type": "JSON_TEXT", "value": json.dumps(segment)}]
    frame = wire.decode(json.dumps({"success": True, "data": data}).encode())
    assert frame is not None
    draft = Draft()
    draft.take(frame)
    return draft.markdown


def shown(content: str, kind: str) -> str:
    """Each page, its markdown block above its notification, between lines that name them."""
    parts = []
    for number, page in enumerate(pages(canonical(content, kind)), 1):
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
