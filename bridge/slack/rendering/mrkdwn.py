"""Writes the beginning of a text as Slack's mrkdwn, for notifications and small blocks."""

import re
import unicodedata
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from itertools import islice
from typing import TypeVar

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

T = TypeVar("T")


def escape(text: str) -> str:
    """Replace the three characters that Slack reads as control, and no others."""
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def write_mrkdwn(blocks: Blocks, limit: int = 3000, *, at: tuple[int, ...] = ()) -> str:
    """At most `limit` characters, from a block, an item or row of it and a character of that on; no
    more is read than they need. Every `<` in it begins a link of ours.
    """
    writer = _Writer(limit + 1)
    text = writer.write(_from(blocks, *at))
    if len(text) <= limit and writer.left > 0:
        return text
    kept = _HALF_TOKEN.sub("", text[: limit - len(_CLOSE)]).rstrip()
    return kept + (_CLOSE if kept.count("```") % 2 else "…")


def _from(blocks: Blocks, block: int = 0, part: int = 0, offset: int = 0) -> Iterator[Block]:
    match first := next(islice(blocks, block, None), None):
        case List(items, number):
            yield replace(first, items=items[part:], first=number and number + part)
        case Table(_, _, rows):
            yield replace(first, rows=rows[part:])
        case CodeBlock(text):
            yield replace(first, text=text[offset:])
        case Paragraph(children) if offset:
            yield Paragraph(tuple(_skip(children, offset)))
        case None:
            pass
        case _:
            yield first
    yield from islice(blocks, block + 1, None)


def _skip(inlines: Sequence[Inline], offset: int) -> Iterator[Inline]:
    left = iter(inlines)
    for inline in left:
        match inline:
            case Text(words):
                pass
            case Break():
                words = " "
            case _:
                words = words_of([inline])
        if len(words) > offset:
            yield Text(words[offset:])
            break
        offset -= len(words)
    yield from left


class _Writer:
    """`left` are the characters of words that may yet be read."""

    def __init__(self, left: int) -> None:
        self.left = left

    def write(self, blocks: Iterable[Block], separator: str = "\n\n") -> str:
        return separator.join(filter(None, map(self._write_block, self._some(blocks))))

    def _some(self, things: Iterable[T]) -> Iterator[T]:
        for thing in things:
            if self.left <= 0:
                return
            self.left -= 1
            yield thing

    def _take(self, text: str) -> str:
        taken = defuse(clean(text[: max(self.left, 0)]))
        self.left -= len(text)
        return taken

    def _write_block(self, block: Block) -> str:
        text = ""
        match block:
            case Heading(_, children):
                text = _wrap("*", self._write_inlines(children, frozenset({Style.STRONG})))
            case Paragraph(children):
                text = _SPACED_END.sub("\n", self._write_inlines(children, frozenset()))
            case CodeBlock(code):
                text = _fence(self._take(code))
            case List(items, first):
                numbered = enumerate(self._some(items), first or 0)
                text = "\n".join(
                    self._write_item(item, first is not None, number) for number, item in numbered
                )
            case Table(_, head, rows):
                lines = [self._write_row(row) for row in self._some((head, *rows))]
                text = _write_table(lines) if lines else ""
            case Quote(blocks):
                lines_in = self.write(blocks).split("\n")
                text = "\n".join(f"> {line}".rstrip() for line in lines_in)
            case Rule():
                text = _RULE
        return text

    def _write_item(self, item: Item, is_numbered: bool, number: int) -> str:
        is_task = item.is_done is not None
        sign = f"{number}. " if is_numbered and not is_task else _TASKS[item.is_done]
        return sign + self.write(item.blocks, "\n").replace("\n", "\n    ")

    def _write_row(self, row: Row) -> list[str]:
        return [self._take(words_of(cell, " · ")) for cell in row]

    def _write_inlines(self, inlines: Sequence[Inline], styles: frozenset[Style]) -> str:
        """Slack sees a mark only where no word touches it from outside, none within the same."""
        text, after_mark = "", False
        for inline in self._some(inlines):
            part, is_mark = self._write(inline, styles), isinstance(inline, Span | Code | Formula)
            if text and part and (after_mark or is_mark) and _touch(text[-1], part[0]):
                text += GUARD
            elif not (is_mark or after_mark) and part[:1] not in {" ", "\n", "<"}:
                text += GUARD * bool(_ENTITY.search(text[-_LONGEST_ENTITY:]))  # no token of two
            text, after_mark = text + part, is_mark if part else after_mark
        return text

    def _write(self, inline: Inline, styles: frozenset[Style]) -> str:
        match inline:
            case Text(text):
                return escape(mend_tildes(self._take(text)))
            case Code(text) | Formula(text):
                code = self._take(text)
                return f"`{escape(code.replace('`', 'ˋ'))}`" if code.strip() else ""
            case Break():
                return "\n"
            case Span(style, children):
                inner = self._write_inlines(children, styles | {style})
                return inner if style in styles else _wrap(_MARKS[style], inner)
            case Link(address, children):
                target, words = write_address(address), clean(words_of(children))
                if not is_allowed(target):
                    return self._write_inlines(children, styles)
                host = find_host_to_name(words, target)
                self.left -= len(words)
                label = escape(defuse(f"{words} ({host})" if host else words))
                is_bare = words in {"", target}
                return f"<{escape(target)}>" if is_bare else f"<{escape(target)}|{label}>"


def _fence(code: str) -> str:
    parted = code.replace("```", f"``{GUARD}`")
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


def _touch(before: str, after: str) -> bool:
    return not (_is_gap(before) or _is_gap(after))


def _is_gap(character: str) -> bool:
    """Whitespace or punctuation, but no mark."""
    return not (character.isalnum() or character in "_*~`&<>" or unicodedata.combining(character))


def _wrap(sign: str, text: str) -> str:
    """A mark ends with its line, so each line gets its own."""
    lines = (line.strip(GUARD) for line in text.split("\n"))
    return "\n".join(f"{sign}{line}{sign}" if line.strip() else line for line in lines)
