"""Writes the beginning of a text as Slack's mrkdwn, for notifications and small blocks."""

import re
import unicodedata
from collections.abc import Iterable, Iterator, Sequence
from itertools import chain

from bridge.markup.tree import (
    Block,
    Code,
    CodeBlock,
    Heading,
    Inline,
    Link,
    Paragraph,
    Span,
    Style,
    Table,
    Text,
)
from bridge.slack.rendering.escaping import GUARD, defuse, defuse_prose
from bridge.slack.rendering.inlines import simplify, words_of
from bridge.slack.rendering.markdown import BETWEEN
from bridge.slack.rendering.pages import Level, Piece

_RULE = "──────────"
_MARKS = {Style.STRONG: "*", Style.EMPHASIS: "_", Style.STRIKE: "~"}
_HALF_TOKEN = re.compile(r"(?:<[^>]*|&\w{0,8})\Z")
_SIGNS = {"[ ]": "☐ ", "[x]": "☑ ", "-": "• ", "*": "• "}  # by what an item's marker ends with
_INDENT = " " * 4
_CLOSE = "…\n```"
_MOST_ESCAPED = 3  # times its length, at most, is a text in Slack's Markdown


def escape(text: str) -> str:
    """Replace the three characters that Slack reads as control, and no others."""
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def write_mrkdwn(pieces: Iterable[Piece], limit: int = 3000) -> str:
    """At most `limit` characters; no more pieces are read than they need. Every `<` in it begins a
    link of ours.
    """
    text = ""
    for shown in _group(pieces, limit):
        levels = [_as_shown(level) for level in shown[0].levels]
        if text and shown[0].lead == "\n\n":
            text += "\n" + "".join(level.rest for level in levels[: shown[0].outer]).rstrip()
        body = _write_block(_join([piece.block for piece in shown]))
        rest = "".join(level.rest for level in levels)
        begin = "\n" * bool(text) + "".join(level.first for level in levels)
        text += begin + body.replace("\n", f"\n{rest}")
        if len(text) > limit:
            kept = _HALF_TOKEN.sub("", text[: limit - len(_CLOSE)]).rstrip()
            return kept + (_CLOSE if kept.count("```") % 2 else "…")
    return text


def _group(pieces: Iterable[Piece], limit: int) -> Iterator[list[Piece]]:
    """By blocks; of a long one no more than has room."""
    group: list[Piece] = []
    size = 0
    for piece in pieces:
        if group and not piece.is_begun:
            yield group
            group, size = [], 0
        size += len(piece.text)
        group.append(piece)
        if size > _MOST_ESCAPED * limit:
            break
    if group:
        yield group


def _join(blocks: Sequence[Block]) -> Block:
    """Parts of a block."""
    match blocks[0]:
        case Paragraph():
            some = (block.children for block in blocks if isinstance(block, Paragraph))
            return Paragraph(tuple(chain.from_iterable(some)))
        case CodeBlock():
            return CodeBlock(
                "".join(block.text for block in blocks if isinstance(block, CodeBlock))
            )
        case Table(aligns, head):
            rows = (block.rows for block in blocks if isinstance(block, Table))
            return Table(aligns, head, tuple(chain.from_iterable(rows)))
    return blocks[0]


def _as_shown(level: Level) -> Level:
    if level.first == "> ":
        return level
    marker = level.first.replace(")", ".").strip()
    for sign, shown in _SIGNS.items():
        if marker.endswith(sign):
            return Level(shown, _INDENT)
    return Level(f"{marker} " if marker else _INDENT, _INDENT)


def _write_block(block: Block) -> str:
    match block:
        case Heading(_, children):
            return _write_inlines([Span(Style.STRONG, children)])
        case Paragraph(children):
            return _write_inlines(children)
        case CodeBlock(code):
            return _fence(code)
        case Table(_, head, rows):
            return _write_table(
                [[words_of(cell, BETWEEN) for cell in row] for row in (head, *rows)]
            )
    return _RULE


def _fence(code: str) -> str:
    parted = defuse(code.strip("\n")).replace("```", f"``{GUARD}`")
    return f"```\n{escape(parted)}\n```"


def _write_table(rows: Sequence[Sequence[str]]) -> str:
    """In columns of a fixed-width font."""
    widths = [max(map(_width, column)) for column in zip(*rows, strict=True)]
    head, *body = (" | ".join(map(_pad, line, widths)).rstrip() for line in rows)
    return _fence("\n".join([head, "-|-".join("-" * width for width in widths), *body]))


def _pad(cell: str, width: int) -> str:
    return cell + " " * (width - _width(cell))


def _width(text: str) -> int:
    """Columns: Chinese counts two, accents none."""
    return sum(
        0 if unicodedata.combining(char) else 1 + (unicodedata.east_asian_width(char) in "WF")
        for char in text
    )


def _write_inlines(inlines: Iterable[Inline], styles: frozenset[Style] = frozenset()) -> str:
    """Slack sees a mark only where no word touches it from outside, none within the same."""
    text, is_behind_mark = "", False
    for inline in simplify(inlines) if not styles else inlines:
        part, is_mark = _write_inline(inline, styles), isinstance(inline, Span | Code)
        if (is_behind_mark or is_mark) and text and not (_is_gap(text[-1]) or _is_gap(part[0])):
            text += GUARD
        text, is_behind_mark = text + part, is_mark
    return text


def _write_inline(inline: Inline, styles: frozenset[Style]) -> str:
    match inline:
        case Text(text):
            return escape(defuse_prose(text))
        case Code(text):
            return f"`{escape(defuse(text).replace('`', 'ˋ'))}`"
        case Span(style, children):
            inner = _write_inlines(children, styles | {style}).strip(GUARD)
            return inner if style in styles else f"{_MARKS[style]}{inner}{_MARKS[style]}"
        case Link(target, children):
            words = words_of(children)
            label = "" if words == target else f"|{escape(defuse(words))}"
            return f"<{escape(target)}{label}>"
    return "\n"


def _is_gap(character: str) -> bool:
    """Whitespace or punctuation, but no mark."""
    return not (character.isalnum() or character in "_*~`&<>" or unicodedata.combining(character))
