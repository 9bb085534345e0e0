"""Writes the beginning of a text as Slack's mrkdwn, for notifications and small blocks."""

import re
import unicodedata
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace

from bridge.markup.tree import (
    Block,
    Blocks,
    Break,
    Code,
    CodeBlock,
    Formula,
    Heading,
    Inline,
    Item,
    Link,
    List,
    Paragraph,
    Quote,
    Row,
    Rule,
    Span,
    Style,
    Table,
    Text,
)
from bridge.slack.rendering.escaping import GUARD, clean, defuse, mend_tildes, write_address
from bridge.slack.rendering.links import find_host_to_name, is_allowed
from bridge.slack.rendering.tokens import words_of

_RULE = "──────────"
_TASKS = {None: "• ", False: "☐ ", True: "☑ "}
_MARKS = {Style.STRONG: "*", Style.EMPHASIS: "_", Style.STRIKE: "~"}
_SPACED_END = re.compile(r"[ \t]+\n")
_HALF_TOKEN = re.compile(r"(?:<[^>]*|&\w{0,8})\Z")
_ENTITY = re.compile(r"&[&#;\w]*\Z")
_LONGEST_ENTITY = 40  # characters
_CLOSE = "…\n```"


def escape(text: str) -> str:
    """Replace the three characters that Slack reads as control, and no others."""
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def write_mrkdwn(blocks: Blocks, limit: int = 3000, *, at: tuple[int, int] = (0, 0)) -> str:
    """At most `limit` characters, from a block and an item or row of it on; no more is read than
    they need. Every `<` in it begins a link of ours.
    """
    text = ""
    for part in _write_blocks(_read(blocks, *at, limit + 1)):
        text = f"{text}\n\n{part}" if text else part
        if len(text) > limit:
            kept = _HALF_TOKEN.sub("", text[: limit - len(_CLOSE)]).rstrip()
            return kept + (_CLOSE if kept.count("```") % 2 else "…")
    return text


def _read(blocks: Blocks, block: int, part: int, most: int) -> Iterator[Block]:
    """From there on, of each block no more than its first `most` characters need."""
    for index in range(block, len(blocks)):
        match one := blocks[index]:
            case List(items, first):
                yield replace(one, items=items[part : part + most], first=first and first + part)
            case Table(_, _, rows):
                yield replace(one, rows=rows[part : part + most // 4])
            case CodeBlock(text):
                yield replace(one, text=text[:most])
            case Paragraph(children):
                yield Paragraph(tuple(_take(children, most)))
            case _:
                yield one
        part = 0


def _take(inlines: Sequence[Inline], most: int) -> Iterator[Inline]:
    for inline in inlines:
        if most <= 0:
            return
        yield Text(inline.text[:most]) if isinstance(inline, Text) else inline
        most -= len(words_of([inline]))


def _write_blocks(blocks: Iterable[Block]) -> Iterator[str]:
    return filter(None, map(_write_block, blocks))


def _write_block(block: Block) -> str:
    text = ""
    match block:
        case Heading(_, children):
            text = _wrap("*", _write_inlines(children, frozenset({Style.STRONG})))
        case Paragraph(children):
            text = _SPACED_END.sub("\n", _write_inlines(children, frozenset()))
        case CodeBlock(code):
            text = _fence(code)
        case List(items, first):
            signs = (
                _TASKS[item.is_done]
                if first is None or item.is_done is not None
                else f"{first + index}. "
                for index, item in enumerate(items)
            )
            text = "\n".join(map(_write_item, items, signs))
        case Table():
            text = _write_table([block.head, *block.rows])
        case Quote(blocks):
            lines = "\n\n".join(_write_blocks(blocks)).split("\n")
            text = "\n".join(f"> {line}".rstrip() for line in lines)
        case Rule():
            text = _RULE
    return text


def _write_item(item: Item, sign: str) -> str:
    return sign + "\n".join(_write_blocks(item.blocks)).replace("\n", "\n    ")


def _fence(code: str) -> str:
    parted = defuse(clean(code)).replace("```", f"``{GUARD}`")
    return f"```\n{escape(parted)}\n```"


def _write_table(rows: Sequence[Row]) -> str:
    """In columns of a fixed-width font."""
    lines = [[words_of(cell, " · ") for cell in row] for row in rows]
    widths = [max(map(_width, column)) for column in zip(*lines, strict=True)]
    head, *body = (" | ".join(map(_pad, line, widths)).rstrip() for line in lines)
    return _fence("\n".join([head, "-|-".join("-" * width for width in widths), *body]))


def _pad(cell: str, width: int) -> str:
    return cell + " " * (width - _width(cell))


def _width(text: str) -> int:
    """Columns: Chinese counts two, accents none."""
    return sum(
        0 if unicodedata.combining(char) else 1 + (unicodedata.east_asian_width(char) in "WF")
        for char in text
    )


def _write_inlines(inlines: Sequence[Inline], styles: frozenset[Style]) -> str:
    """Slack sees a mark only where no word touches it from outside, and none within the same."""
    text, after_mark = "", False
    for inline in inlines:
        part, is_mark = _write_inline(inline, styles), isinstance(inline, Span | Code | Formula)
        if text and part and (after_mark or is_mark) and _touch(text[-1], part[0]):
            text += GUARD
        elif not (is_mark or after_mark) and part[:1] not in {" ", "\n", "<"}:
            text += GUARD * bool(_ENTITY.search(text[-_LONGEST_ENTITY:]))  # no token of two parts
        text, after_mark = text + part, is_mark if part else after_mark
    return text


def _touch(before: str, after: str) -> bool:
    return not (_is_gap(before) or _is_gap(after))


def _is_gap(character: str) -> bool:
    """Whitespace or punctuation, but no mark."""
    return not (character.isalnum() or character in "_*~`&<>" or unicodedata.combining(character))


def _write_inline(inline: Inline, styles: frozenset[Style]) -> str:
    match inline:
        case Text(text):
            return escape(mend_tildes(defuse(clean(text))))
        case Code(text) | Formula(text):
            return f"`{escape(defuse(clean(text)).replace('`', 'ˋ'))}`" if text.strip() else ""
        case Break():
            return "\n"
        case Span(style, children):
            inner = _write_inlines(children, styles | {style})
            return inner if style in styles else _wrap(_MARKS[style], inner)
        case Link():
            return _write_link(inline, styles)


def _wrap(sign: str, text: str) -> str:
    """A mark ends with its line, so each line gets its own."""
    lines = (line.strip(GUARD) for line in text.split("\n"))
    return "\n".join(f"{sign}{line}{sign}" if line.strip() else line for line in lines)


def _write_link(link: Link, styles: frozenset[Style]) -> str:
    target, words = write_address(link.address), clean(words_of(link.children))
    if not is_allowed(target):
        return _write_inlines(link.children, styles)
    host = find_host_to_name(words, target)
    named = f"{words} ({host})" if host else words
    url = escape(target)
    if words in {"", target}:
        return f"<{url}>"
    return f"<{url}|{escape(defuse(named))}>"
