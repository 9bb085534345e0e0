"""Reads HTML into the tree."""

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from bridge.markup.dom import Element, Scanner, elements, holds_table, number, parse, raw_text
from bridge.markup.flatten import flatten, flatten_row
from bridge.markup.tags import BLOCK_NAMES, is_transparent, make_inline
from bridge.markup.tidy import split, tidy
from bridge.markup.tree import (
    Align,
    Block,
    Break,
    CodeBlock,
    Heading,
    Inline,
    Item,
    List,
    Paragraph,
    Quote,
    Rule,
    Table,
    Text,
)  # fmt: skip

_DEEPEST_BLOCK = 12  # lists and quotes within each other; deeper ones flow into these
_MOST_COLUMNS, _MOST_FILLED = 30, 10_000  # of a cell; cells that a table may be filled up with
_LANGUAGE = re.compile(r"(?:language-|lang-|brush:\s*)([\w+#-]+)")
_MARK = re.compile(r"[\\`*~\[<&$\n]|://|www\.", re.IGNORECASE)
_TASK = re.compile(r"\[([ xX])\]\s+")

Piece = str | Inline


class ReadInline(Protocol):
    """Reads pieces of text, and nodes that stand between them, with the marks of Markdown."""

    def __call__(
        self, pieces: Sequence[Piece], *, is_html: bool, is_open: bool
    ) -> tuple[Inline, ...]: ...


def read_html(
    source: str, start: int, inline: ReadInline, *, is_open: bool = False
) -> tuple[Block, ...]:
    """All of a block of HTML, which begins at `start` of the whole text.

    With `is_open` the text may go on: half a tag at its end is left out, and what is open is
    closed there. A block's `start` is that of a tag from where it can be read again by itself.
    """
    blocks: list[Block] = []
    for offset, chunk, ends_open in Scanner(source, is_open=is_open).cut():
        # Words before the first tag are Markdown.
        is_html = offset > 0 or source.lstrip().startswith("<")
        reader = _Reader(inline, start + offset, is_html=is_html)
        blocks += reader.read_flow(parse(chunk, is_open=ends_open))
    return tuple(blocks)


@dataclass(slots=True)
class _Reader:
    inline: ReadInline
    start: int
    is_html: bool
    _around: list[Element] = field(default_factory=list)  # inline elements that hold blocks
    _depth: int = 0

    def read_flow(self, element: Element) -> list[Block]:
        blocks: list[Block] = []
        run: list[Piece] = []
        for child in element.children:
            if isinstance(child, str):
                run.append(child)
            elif child.name in BLOCK_NAMES or child.holds_block:
                blocks += self._read_run(run)
                run.clear()
                blocks += self.read_block(child)
            else:
                run += self._read_pieces(child)
        return blocks + self._read_run(run, is_open=element.is_last)

    def _read_run(self, run: list[Piece], *, is_open: bool = False) -> list[Block]:
        if all(isinstance(piece, str) and not piece.strip() for piece in run):
            return []
        inlines = self._read_inline(run, is_html=self.is_html, is_open=is_open)
        for element in reversed(self._around):
            inlines = make_inline(element.name, element.attributes, inlines)
        return [Paragraph(lines, self.start) for lines in split(inlines) if lines]

    def _read_inline(
        self, pieces: list[Piece], *, is_html: bool, is_open: bool
    ) -> tuple[Inline, ...]:
        squeezed = _squeeze(pieces)
        if is_open or any(isinstance(piece, str) and _MARK.search(piece) for piece in squeezed):
            return self.inline(squeezed, is_html=is_html, is_open=is_open)
        return tidy(Text(piece) if isinstance(piece, str) else piece for piece in squeezed)

    def _read_pieces(self, element: Element) -> list[Piece]:
        """Of an inline element."""
        name, attributes = element.name, element.attributes
        if name in ("code", "kbd", "samp", "tt"):
            text = "".join(raw_text(element, is_code=True))
            return list(make_inline(name, attributes, (Text(text),)))
        pieces: list[Piece] = []
        for child in element.children:
            pieces += [child] if isinstance(child, str) else self._read_pieces(child)
        if is_transparent(name, attributes):
            return pieces
        inlines = self._read_inline(pieces, is_html=True, is_open=element.is_last)
        made = make_inline(name, attributes, inlines)
        return [" " * _is_space(pieces[:1]), *made, " " * _is_space(pieces[-1:], -1)]

    def read_block(self, element: Element) -> list[Block]:
        if element.name not in BLOCK_NAMES:
            return self._read_within(element, element)
        return _READERS.get(element.name, _Reader.read_flow)(self, element)

    def read_heading(self, element: Element) -> list[Block]:
        inlines = flatten(self.read_flow(element))
        return [Heading(int(element.name[1]), inlines, self.start)] if inlines else []

    def read_term(self, element: Element) -> list[Block]:
        return self._read_within(Element("b", {}), element)

    def read_caption(self, element: Element) -> list[Block]:
        return self._read_within(Element("em", {}), element)

    def read_rule(self, _element: Element) -> list[Block]:
        return [Rule(self.start)]

    def _read_within(self, around: Element, element: Element) -> list[Block]:
        self._around.append(around)
        blocks = self.read_flow(element)
        self._around.pop()
        return blocks

    def read_code(self, element: Element) -> list[Block]:
        inner = next((child for child in element.children if isinstance(child, Element)), element)
        names = (part.attributes.get("class") or "" for part in (element, inner))
        language = next((found[1] for name in names if (found := _LANGUAGE.search(name))), "")
        text = "".join(raw_text(element)).strip("\n")
        return [CodeBlock(text, language, self.start)]

    def read_quote(self, element: Element) -> list[Block]:
        self._depth += 1
        blocks = self.read_flow(element)
        self._depth -= 1
        is_deep = self._depth >= _DEEPEST_BLOCK
        return blocks if is_deep or not blocks else [Quote(tuple(blocks), self.start)]

    def read_list(self, element: Element) -> list[Block]:
        is_ordered, is_tight = element.name == "ol", True
        items: list[tuple[list[Block], bool | None]] = []
        before: list[Block] = []
        self._depth += 1
        for child in element.children:
            if isinstance(child, str) and not child.strip():
                continue
            if isinstance(child, Element) and child.name == "li":
                is_done = _take_checkbox(child)
                blocks = self.read_flow(child)
                is_tight &= not any(
                    isinstance(p, Element) and p.name == "p" for p in child.children
                )
                items.append((blocks, is_done))
            else:  # people write lists directly into lists
                (items[-1][0] if items else before).extend(
                    self.read_flow(Element("div", {}, [child], holds_block=True))
                )
        self._depth -= 1
        if self._depth >= _DEEPEST_BLOCK:
            return [*before, *(block for blocks, _ in items for block in blocks)]
        while items and not items[-1][0]:
            items.pop()
        if not items:
            return before
        first = number(element, "start") if is_ordered else None
        made = tuple(_make_item(blocks, is_done, self.start) for blocks, is_done in items)
        return [*before, List(made, first, is_tight, self.start)]

    def read_table(self, element: Element) -> list[Block]:
        captions, rows = _read_parts(element)
        blocks = [block for caption in captions for block in self.read_block(caption)]
        cells = [cell for row in rows for cell in row]
        if len(cells) == 1 or (len(cells) == len(rows) and any(map(holds_table, cells))):
            return blocks + [block for cell in cells for block in self.read_flow(cell)]
        grid = self._read_rows(rows)
        width = max(map(len, grid), default=0)
        if sum(width - len(row) + row.count(()) for row in grid) > _MOST_FILLED:
            return blocks + [Paragraph(flatten_row(row), self.start) for row in grid if any(row)]
        if not width:
            return blocks
        made = [(*row, *[()] * (width - len(row))) for row in grid]
        aligns = (Align.NONE,) * width
        return [*blocks, Table(aligns, made[0], tuple(made[1:]), self.start)]

    def _read_rows(self, rows: list[list[Element]]) -> list[list[tuple[Inline, ...]]]:
        """Their cells; one that spans several leaves the others empty."""
        grid: list[list[tuple[Inline, ...]]] = []
        below: dict[int, int] = {}  # how many more rows a column is spanned
        filled = 0
        for row in rows:
            made: list[tuple[Inline, ...]] = []
            for cell in row:
                while below.get(len(made), 0) > 0 and filled < _MOST_FILLED:
                    below[len(made)] -= 1
                    made.append(())
                    filled += 1
                high, wide = number(cell, "rowspan"), number(cell, "colspan")
                below |= dict.fromkeys(range(len(made), len(made) + wide), high - 1)
                made += [flatten(self.read_flow(cell)), *[()] * (min(wide, _MOST_COLUMNS) - 1)]
            grid.append(made)
        return grid


_READERS: dict[str, Callable[[_Reader, Element], list[Block]]] = {
    **{f"h{level}": _Reader.read_heading for level in range(1, 7)},
    **dict.fromkeys(("dt", "summary"), _Reader.read_term),
    **dict.fromkeys(("caption", "figcaption"), _Reader.read_caption),
    **dict.fromkeys(("ol", "ul"), _Reader.read_list),
    "blockquote": _Reader.read_quote,
    "hr": _Reader.read_rule,
    "li": lambda reader, item: reader.read_list(Element("ul", {}, [item])),
    "pre": _Reader.read_code,
    "table": _Reader.read_table,
}


def _is_space(pieces: list[Piece], end: int = 0) -> bool:
    return bool(pieces) and isinstance(piece := pieces[end], str) and piece[end:][:1].isspace()


def _squeeze(pieces: Iterable[Piece]) -> list[Piece]:
    """No space stands twice or beside a break."""
    squeezed: list[Piece] = []
    for piece in pieces:
        last = squeezed[-1] if squeezed else ""
        if isinstance(piece, str):
            is_double = isinstance(last, str) and last[-1:].isspace()
            text = piece.lstrip() if isinstance(last, Break) else piece
            squeezed += filter(None, [text.lstrip(" ") if is_double else text])
            continue
        if isinstance(piece, Break) and isinstance(last, str) and last:
            squeezed[-1] = last.rstrip()
        squeezed.append(piece)
    return squeezed


def _make_item(blocks: list[Block], is_done: bool | None, start: int) -> Item:
    """A task is known by its checkbox, or by the marks of one."""
    first = blocks[0] if blocks else None
    if is_done is None and isinstance(first, Paragraph) and isinstance(first.children[0], Text):
        words = first.children[0].text
        if task := _TASK.match(words):
            rest = (Text(words[task.end() :]), *first.children[1:])
            return Item((Paragraph(rest, start), *blocks[1:]), task[1] != " ", start)
    return Item(tuple(blocks), is_done, start)


def _take_checkbox(element: Element) -> bool | None:
    """Whether the box is checked that stands first in it."""
    for index, child in enumerate(element.children):
        if isinstance(child, Element):
            if child.attributes.get("type") != "checkbox":
                return _take_checkbox(child)
            del element.children[index]
            return "checked" in child.attributes
        if child.strip():
            break
    return None


def _read_parts(table: Element) -> tuple[list[Element], list[list[Element]]]:
    """Its captions, and the cells of its rows: the head's first, the foot's last."""
    parts: dict[str, list[Element]] = {"caption": [], "thead": [], "tbody": [], "tfoot": []}
    for child in table.children:
        if isinstance(child, Element) and child.name in parts:
            parts[child.name] += [child] if child.name == "caption" else elements(child)
    captions, *sections = parts.values()
    return captions, [elements(row) for rows in sections for row in rows]
