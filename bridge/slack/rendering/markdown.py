"""Writes the blocks of a text as Slack's Markdown, and what stands already only once."""

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache, partial

from bridge.markup.tree import (
    Align,
    Block,
    Blocks,
    CodeBlock,
    Heading,
    Inline,
    Item,
    List,
    Paragraph,
    Quote,
    Row,
    Rule,
    Table,
    Text,
)
from bridge.slack.rendering.escaping import GUARD, write_code
from bridge.slack.rendering.inlines import write_inlines
from bridge.slack.rendering.pieces import Piece, Rank
from bridge.slack.rendering.tables import BETWEEN, MOST_COLUMNS, split_columns, write_row

_ROWS_OF_WIDE = 40  # of a table with more columns, before it goes on with the others
_LONGEST = 3_500  # bytes, of a heading or a row; what is longer becomes a paragraph
_HIGHEST_NUMBER = 900_000_000  # of an item; Markdown reads nine digits
_DELIMITERS = {Align.NONE: "---", Align.LEFT: ":--", Align.CENTER: ":-:", Align.RIGHT: "--:"}
_FENCE = re.compile(r"^[ \t]*(`{3,})", re.MULTILINE)
_LANGUAGE = re.compile(r"[\w+#.-]{1,30}")

_Known = dict[int, tuple[object, object, list[Piece]]]


class MarkdownWriter:
    """From one call to the next it knows the blocks, items and rows that are the same objects."""

    def __init__(self) -> None:
        self._known: _Known = {}

    def write(self, blocks: Blocks, *, is_open: bool = False) -> list[Piece]:
        """`is_open`: the last block may grow. What the next character may change there is left out,
        so that the text is the beginning of any later one.
        """
        writing = _Writing(self._known)
        pieces = list(writing.write_blocks(blocks, _Place(), _TOP, is_open=is_open))
        self._known = writing.kept
        return pieces


@dataclass(frozen=True, slots=True)
class _Place:
    """Of a block: what its lines begin with, and what stands above it. The first line of an item
    begins with the `outer` prefix and a `marker` instead.
    """

    prefix: str = ""
    gap: str | None = ""
    rank: Rank = Rank.BLOCK
    blocks: int = 1
    marker: str = ""
    outer: str = ""
    is_second: bool = False  # a list that follows another one of its kind

    def in_item(self, indent: int, marker: str) -> "_Place":
        outer = self.outer if self.marker else self.prefix
        return replace(
            self, prefix=self.prefix + " " * indent, marker=self.marker + marker, outer=outer
        )

    def in_quote(self) -> "_Place":
        marker = f"{self.marker}> " if self.marker else ""
        return replace(self, prefix=f"{self.prefix}> ", marker=marker)

    def below(self, rank: Rank) -> "_Place":
        return replace(self, marker="", outer="", gap=self.prefix, rank=rank, is_second=False)


@lru_cache(maxsize=256)  # one object for a place, quickly compared
def _place_of(
    prefix: str = "", rank: Rank = Rank.BLOCK, *, blocks: int = 1, is_beside: bool = False
) -> _Place:
    """Of what is not the first in its container. `is_beside`: no blank line stands above it."""
    return _Place(prefix, None if is_beside else prefix, rank, blocks)


_TOP = _place_of()
_NOTHING = Paragraph((Text(GUARD),))


class _Writing:
    def __init__(self, known: _Known) -> None:
        self.kept: _Known = {}
        self._known = known
        self._at = (0, 0)

    def _recall(
        self, thing: object, context: object, write: Callable[[], Iterator[Piece]]
    ) -> list[Piece]:
        known = self._known.get(id(thing))
        if not known or known[1] != context:
            known = (thing, context, list(write()))
        self.kept[id(thing)] = known
        return known[2]

    def _count(self, place: _Place, part: int) -> None:
        if not (place.prefix or place.marker):
            self._at = (self._at[0], part)

    def write_blocks(
        self, blocks: Blocks, first: _Place, other: _Place, *, is_open: bool
    ) -> Iterator[Piece]:
        """`first` is the place of the first block that is not empty."""
        above: Block | None = None
        place = first
        for index, block in enumerate(blocks):
            if other is _TOP:
                self._at = (index, 0)
            if above is not None:
                place = _follow(above, block, other, is_second=place.is_second)
            if is_open and index == len(blocks) - 1:
                yield from self._write_block(block, place, is_open=True)
                return
            write = partial(self._write_block, block, place, is_open=False)
            pieces = self._recall(block, (place, self._at), write)
            yield from pieces
            above = block if pieces else above

    def _write_block(self, block: Block, place: _Place, *, is_open: bool) -> Iterator[Piece]:
        match block:
            case Heading(level, children):
                yield from self._write_heading(level, children, place, is_open=is_open)
            case Paragraph(children):
                yield from self._put(
                    write_inlines(children, is_open=is_open), place, inlines=children
                )
            case CodeBlock(text, language):
                yield from self._write_code(text, language, place, is_open=is_open)
            case List():
                yield from self._write_list(block, place, is_open=is_open)
            case Table():
                yield from self._write_table(block, place, is_open=is_open)
            case Quote(blocks):
                inside = place.in_quote()
                other = _place_of(inside.prefix, Rank.ITEM, blocks=0)
                yield from self.write_blocks(blocks, inside, other, is_open=is_open)
            case Rule():
                yield from self._put("___" if place.marker else "---", place)

    def _write_list(self, block: List, place: _Place, *, is_open: bool) -> Iterator[Piece]:
        number = block.first
        if number is not None and not 0 <= number < _HIGHEST_NUMBER:
            number = 1
        sign = ("*" if place.is_second else "-") if number is None else ".)"[place.is_second]
        other = _place_of(place.prefix, Rank.ITEM, blocks=0, is_beside=True)
        for index, item in enumerate(block.items):
            marker = f"{sign} " if number is None else f"{number + index}{sign} "
            at = other if index else place
            self._count(place, index)
            if is_open and index == len(block.items) - 1:
                yield from self._write_item(item, marker, at, is_open=True)
            else:
                write = partial(self._write_item, item, marker, at, is_open=False)
                yield from self._recall(item, (marker, at, self._at), write)

    def _write_item(self, item: Item, marker: str, at: _Place, *, is_open: bool) -> Iterator[Piece]:
        task = "" if item.is_done is None else "[x] " if item.is_done else "[ ] "
        place = at.in_item(len(marker), marker + task)
        other = _place_of(place.prefix, Rank.PART, blocks=0)
        blocks, is_task = item.blocks, item.is_done is not None
        if is_task and not isinstance(blocks[0], Paragraph) if blocks else not is_open:
            blocks = (_NOTHING, *blocks)
        yield from self.write_blocks(blocks, place, other, is_open=is_open)

    def _write_table(self, table: Table, place: _Place, *, is_open: bool) -> Iterator[Piece]:
        if len(table.aligns) <= MOST_COLUMNS:
            yield from self._write_narrow(table, place)
            return
        # Some rows at a time: those above stay where they are while the table grows.
        for start in range(0, max(len(table.rows), 1), _ROWS_OF_WIDE):
            rows = table.rows[start : start + _ROWS_OF_WIDE]
            if is_open and len(rows) < _ROWS_OF_WIDE:
                return
            for part in split_columns(replace(table, rows=rows)):
                yield from self._write_narrow(part, place)
                place = place.below(place.rank)

    def _write_narrow(self, table: Table, place: _Place) -> Iterator[Piece]:
        head = write_row(table.head)
        if len(head.encode()) > _LONGEST:
            for row in (table.head, *table.rows):
                yield from self._write_as_paragraph(row, place)
                place = place.below(Rank.ITEM)
            return
        head += f"\n| {' | '.join(_DELIMITERS[align] for align in table.aligns)} |\n"
        yield from self._put(head[:-1], place, rows=2)
        is_begun, rank = True, Rank.NEVER
        for index, row in enumerate(table.rows):
            self._count(place, index)
            write = partial(self._write_row_piece, row, place, rank, head)
            (piece,) = self._recall(row, (head, rank, place.prefix, self._at), write)
            if not piece.rows:
                is_begun = False
            elif not is_begun:
                yield from self._put(head[:-1], place.below(Rank.ITEM), rows=2)
                (piece,) = self._write_row_piece(row, place, Rank.NEVER, head)
                is_begun = True
            yield piece
            rank = Rank.ITEM

    def _put(
        self,
        text: str,
        place: _Place,
        *,
        inlines: Sequence[Inline] = (),
        rows: int = 0,
        head: str = "",
    ) -> Iterator[Piece]:
        if text:
            yield Piece(
                place.marker + text,
                place.outer if place.marker else place.prefix,
                place.prefix,
                place.gap,
                place.rank,
                place.blocks,
                rows,
                head,
                len(place.marker),
                self._at,
                inlines,
            )

    def _write_heading(
        self, level: int, children: tuple[Inline, ...], place: _Place, *, is_open: bool
    ) -> Iterator[Piece]:
        text = write_inlines(children, line_break=" ", begins_line=False, is_open=is_open)
        text = f"{text[:-1]}\\#" if text.endswith("#") else text
        if len(text.encode()) > _LONGEST:
            yield from self._write_block(Paragraph(children), place, is_open=is_open)
        elif text:
            yield from self._put(f"{'#' * level} {text}", place)

    def _write_code(
        self, text: str, language: str, place: _Place, *, is_open: bool
    ) -> Iterator[Piece]:
        """In a fence that is longer than what it holds."""
        code = write_code(text).strip("\n")
        fence = "`" * (max(map(len, _FENCE.findall(code)), default=2) + 1)
        found = _LANGUAGE.match(language)
        head = f"{fence}{found[0] if found else ''}\n"
        if is_open:
            code = code.rstrip()
            yield from self._put(head + code if code else "", place, head=head)
        else:
            yield from self._put(f"{head}{code}\n{fence}", place, head=head)

    def _write_row_piece(self, row: Row, place: _Place, rank: Rank, head: str) -> Iterator[Piece]:
        text = write_row(row)
        if len(text.encode()) > _LONGEST:
            yield from self._write_as_paragraph(row, place.below(Rank.ITEM))
        else:
            yield Piece(text, place.prefix, place.prefix, None, rank, 0, 1, head, 0, self._at)

    def _write_as_paragraph(self, row: Row, place: _Place) -> Iterator[Piece]:
        inlines = [inline for cell in row for inline in (Text(BETWEEN), *cell)][1:]
        yield from self._put(write_inlines(inlines), place, inlines=inlines)


def _follow(above: Block, block: Block, other: _Place, *, is_second: bool) -> _Place:
    """The place of a block that stands below another one."""
    rank = min(other.rank, Rank.PART) if isinstance(above, Heading) else other.rank
    is_block = other.rank is Rank.BLOCK or not isinstance(block, Paragraph | List)
    is_beside = (
        other.rank is Rank.PART
        and isinstance(above, Paragraph)
        and (isinstance(block, CodeBlock) or (isinstance(block, List) and block.first in {None, 1}))
    )
    place = _place_of(other.prefix, rank, blocks=int(is_block), is_beside=is_beside)
    if isinstance(above, List) and isinstance(block, List) and not is_second:
        return replace(place, is_second=(above.first is None) == (block.first is None))
    return place
