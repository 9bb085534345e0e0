"""One message as Slack takes it, for its post, its edits and its final text; and its blocks.

Limits are Slack's, in characters (docs/slack.md, Blocks).
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from bridge.markup.growing import read
from bridge.slack.block_kit.actions import ActionValue, pack
from bridge.slack.rendering.markdown import MarkdownWriter
from bridge.slack.rendering.mrkdwn import escape, write_mrkdwn
from bridge.slack.rendering.pages import paginate

Block = dict[str, Any]
View = dict[str, Any]  # a modal, or the Home tab

MARKDOWN_LIMIT = 12_000
EXPANDED_LIMIT = 13_200  # all texts of a message together; measured by users, promised by nobody
TEXT_LIMIT = 3000  # of `text`, where 4,000 are taken
SECTION_LIMIT = 3000
CONTEXT_LIMIT = 2000
BUTTONS_LIMIT = 25
LABEL_LIMIT = 75
ACTION_ID_LIMIT = 255

_EMPTY = "…"  # Slack refuses a block without text


@dataclass(frozen=True, slots=True)
class Message:
    """What every Slack call about a message carries: `blocks` to show, `text` to notify."""

    blocks: list[Block]
    text: str


def short_message(markdown: str) -> Message:
    """A sentence, or what has room on a page; the rest of it is left out."""
    pieces = MarkdownWriter().write(read(markdown))
    return markdown_message(paginate(pieces)[0].text, write_mrkdwn(pieces, TEXT_LIMIT))


def markdown_message(page: str, text: str, *, footer: Sequence[Block] = ()) -> Message:
    """A page, as our writer wrote it, above the footer; too long for Slack, as plain text."""
    markdown = page.strip("\n") or _EMPTY
    blocks = [{"type": "markdown", "text": markdown}, *footer]
    if len(markdown) > MARKDOWN_LIMIT or _count_text(blocks) > EXPANDED_LIMIT:
        return plain_message(page, footer=footer)
    return Message(blocks, text or _EMPTY)


def plain_message(page: str, *, footer: Sequence[Block] = ()) -> Message:
    """The last resort after `invalid_blocks`: the characters of the page, and no formatting.

    What exceeds Slack's total is cut off with `…`.
    """
    room = EXPANDED_LIMIT - _count_text(footer)
    plain = _cut_escaped(escape(page.strip("\n") or _EMPTY), room)
    sections = [section(plain_text(part)) for part in _chop(plain, SECTION_LIMIT)]
    return Message([*sections, *footer], _cut_escaped(plain, TEXT_LIMIT))


def block_message(blocks: Sequence[Block]) -> Message:
    """A message of our own blocks alone."""
    return Message(list(blocks), _cut_escaped(" ".join(_texts(list(blocks))), TEXT_LIMIT))


def fits(page: str, footer: Sequence[Block], *, limit: int) -> bool:
    """The page and the footer below it have room in one message."""
    return len(page) + _count_text(footer) <= limit


def section(text: Block) -> Block:
    return {"type": "section", "text": text}


def plain_text(text: str, *, emoji: bool = False) -> Block:
    return {"type": "plain_text", "text": text, "emoji": emoji}


def mrkdwn_text(text: str) -> Block:
    return {"type": "mrkdwn", "text": text}


def one_line(text: str) -> str:
    return " ".join(text.split())


def context_line(text: str) -> Block:
    """A small grey line; nothing in it is read as formatting."""
    line = _cut_escaped(escape(text) or _EMPTY, CONTEXT_LIMIT)
    return {"type": "context", "elements": [plain_text(line, emoji=True)]}


def button(label: str, action_id: str, value: ActionValue, *, style: str | None = None) -> Block:
    """A button element; `style` is `primary` or `danger`. A label too long for Slack is cut."""
    if not 0 < len(action_id) <= ACTION_ID_LIMIT:
        raise ValueError(f"an action_id holds 1 to {ACTION_ID_LIMIT} characters")
    element: Block = {
        "type": "button",
        "text": plain_text(_cut_escaped(escape(label) or _EMPTY, LABEL_LIMIT), emoji=True),
        "action_id": action_id,
        "value": pack(value),
    }
    return element | ({"style": style} if style else {})


def buttons(elements: Sequence[Block]) -> Block:
    """A row of buttons."""
    if not 0 < len(elements) <= BUTTONS_LIMIT:
        raise ValueError(f"a row holds 1 to {BUTTONS_LIMIT} buttons")
    return {"type": "actions", "elements": list(elements)}


def _count_text(blocks: Sequence[Block]) -> int:
    """Characters of all texts in the blocks, at any depth."""
    return sum(map(len, _texts(list(blocks))))


def _texts(value: object) -> Iterator[str]:
    if isinstance(value, dict):
        if isinstance(text := value.get("text"), str):
            yield text
        value = [part for part in value.values() if not isinstance(part, str)]
    if isinstance(value, list):
        for part in value:
            yield from _texts(part)


def _cut_escaped(text: str, limit: int) -> str:
    """Shorten escaped text without tearing an entity."""
    if len(text) <= limit:
        return text
    return text[: _entity_border(text, limit - 1)] + "…"


def _chop(text: str, size: int) -> list[str]:
    parts = []
    while text:
        end = _entity_border(text, size) if len(text) > size else len(text)
        parts.append(text[:end])
        text = text[end:]
    return parts


def _entity_border(text: str, end: int) -> int:
    """The last place up to `end` that is not within `&amp;`, `&lt;` or `&gt;`."""
    start = text.rfind("&", max(0, end - len("&amp")), end)
    return start if start >= 0 and ";" not in text[start:end] else end
