"""Writes the beginning of a text as Slack's mrkdwn, for notifications and small blocks."""

import re
import unicodedata
from collections.abc import Iterable, Iterator, Sequence
from itertools import chain

from bridge.markup import tree
from bridge.slack.rendering.escaping import GUARD, clean, defuse, defuse_prose
from bridge.slack.rendering.markdown import BETWEEN
from bridge.slack.rendering.pages import Level, Piece, Rank, indent
from bridge.slack.rendering.simplify import simplify

_RULE = "──────────"
_MARKS = {tree.Style.STRONG: "*", tree.Style.EMPHASIS: "_", tree.Style.STRIKE: "~"}
_HALF_TOKEN = re.compile(r"(?:<[^>]*|&\w{0,8})\Z")
_SIGNS = {"[ ]": "☐", "[x]": "☑", "-": "•", "*": "•"}  # by how an item's marker ends
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
    for first, block in _blocks_of(pieces, limit):
        levels = [_level_of(level.first) for level in first.levels]
        text += indent(_write_block(block), first.lead if text else "", levels, first.outer)
        if len(text) > limit:
            kept = _HALF_TOKEN.sub("", text[: limit - len(_CLOSE)]).rstrip()
            return kept + (_CLOSE if kept.count("```") % 2 else "…")
    return text


def _blocks_of(pieces: Iterable[Piece], limit: int) -> Iterator[tuple[Piece, tree.Block]]:
    """Each block of which there are pieces, with its first piece. Of a long block only some pieces
    are read.
    """
    first: Piece | None = None
    parts: list[tree.Block] = []
    size = 0
    for piece in pieces:
        if first and piece.rank >= Rank.PART:
            yield first, _join(parts)
            first, parts, size = None, [], 0
        first = first or piece
        parts.append(piece.block)
        size += len(piece.text)
        if size > _MOST_ESCAPED * limit:
            break
    if first:
        yield first, _join(parts)


def _join(parts: Sequence[tree.Block]) -> tree.Block:
    """Parts of a block."""
    match parts[0]:
        case tree.Paragraph():
            lines = (part.children for part in parts if isinstance(part, tree.Paragraph))
            return tree.Paragraph(tuple(chain.from_iterable(lines)))
        case tree.CodeBlock():
            return tree.CodeBlock(
                "".join(part.text for part in parts if isinstance(part, tree.CodeBlock))
            )
        case tree.Table(aligns, head):
            rows = (part.rows for part in parts if isinstance(part, tree.Table))
            return tree.Table(aligns, head, tuple(chain.from_iterable(rows)))
    return parts[0]


def _level_of(marker: str) -> Level:
    if marker == "> ":
        return Level(marker, marker)
    marker = marker.replace(")", ".").strip()
    shown = next((shown for sign, shown in _SIGNS.items() if marker.endswith(sign)), marker)
    return Level(f"{shown} " if shown else _INDENT, _INDENT)


def _write_block(block: tree.Block) -> str:
    match block:
        case tree.Heading(_, children):
            return _write_inlines([tree.Span(tree.Style.STRONG, children)])
        case tree.Paragraph(children):
            return _write_inlines(children)
        case tree.CodeBlock(code):
            return _fence(code)
        case tree.Table(_, head, rows):
            return _write_table(
                [[clean(tree.words_of(cell, BETWEEN)) for cell in row] for row in (head, *rows)]
            )
    return _RULE


def _fence(code: str) -> str:
    parted = defuse(code.strip("\n")).replace("```", f"``{GUARD}`")
    return f"```\n{escape(parted)}\n```"


def _write_table(rows: Sequence[Sequence[str]]) -> str:
    """In columns of a fixed-width font."""
    widths = [max(map(_width, column)) for column in zip(*rows, strict=True)]
    rows = [
        [cell + " " * (width - _width(cell)) for cell, width in zip(row, widths, strict=True)]
        for row in rows
    ]
    head, *body = (" | ".join(row).rstrip() for row in rows)
    return _fence("\n".join([head, "-|-".join("-" * width for width in widths), *body]))


def _width(text: str) -> int:
    """Columns: Chinese counts two, accents none."""
    wide = sum(unicodedata.east_asian_width(sign) in "WF" for sign in text)
    return len(text) + wide - sum(bool(unicodedata.combining(sign)) for sign in text)


def _write_inlines(
    inlines: Iterable[tree.Inline], styles: frozenset[tree.Style] = frozenset()
) -> str:
    """Slack reads a mark only where no word touches it from outside, and not within a mark of the
    same kind. So U+200B parts a mark from words, and an inner one is left out.
    """
    text, is_behind_mark = "", False
    for inline in simplify(inlines) if not styles else inlines:
        part, is_mark = _write_inline(inline, styles), isinstance(inline, tree.Span | tree.Code)
        if (is_behind_mark or is_mark) and text and not (_is_gap(text[-1]) or _is_gap(part[0])):
            text += GUARD
        text, is_behind_mark = text + part, is_mark
    return text


def _write_inline(inline: tree.Inline, styles: frozenset[tree.Style]) -> str:
    match inline:
        case tree.Text(text):
            return escape(defuse_prose(text))
        case tree.Code(text):
            return f"`{escape(defuse(text).replace('`', 'ˋ'))}`"
        case tree.Span(style, children):
            inner = _write_inlines(children, styles | {style}).strip(GUARD)
            return inner if style in styles else f"{_MARKS[style]}{inner}{_MARKS[style]}"
        case tree.Link(target, children):
            words = tree.words_of(children, " ")
            label = "" if words == target else f"|{escape(defuse(words))}"
            return f"<{escape(target)}{label}>"
    return "\n"


def _is_gap(character: str) -> bool:
    """Whitespace or punctuation, but no mark."""
    return not (character.isalnum() or character in "_*~`&<>" or unicodedata.combining(character))
