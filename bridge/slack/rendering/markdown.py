"""Writes the blocks of a text as Slack's Markdown, and what stands already only once."""

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import partial

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
from bridge.slack.rendering.inlines import Stretch, write_inlines
from bridge.slack.rendering.layout import BlockPlace, follow, place_of
from bridge.slack.rendering.pieces import Piece, Rank
from bridge.slack.rendering.tables import BETWEEN, MOST_COLUMNS, split_columns, write_row

_ROWS_OF_WIDE = 40  # of a table with more columns, before it goes on with the others
_LONGEST = 3_500  # bytes, of a heading or a row; what is longer becomes a paragraph
_HIGHEST_NUMBER = 900_000_000  # of an item; Markdown reads nine digits
_DELIMITERS = {Align.NONE: "---", Align.LEFT: ":--", Align.CENTER: ":-:", Align.RIGHT: "--:"}
_FENCE = re.compile(r"^[ \t]*(`{3,})", re.MULTILINE)
_LANGUAGE = re.compile(r"[\w+#.-]{1,30}")

# Of an item or a row, by its id: itself, what it depends on, and how it was written.
_Known = dict[int, tuple[object, object, list[Piece]]]


class MarkdownWriter:
    """From one call to the next it knows what stands above, and the items and rows of the last
    block, if they are the same objects.
    """

    def __init__(self) -> None:
        self._known: _Known = {}
        self._pieces: list[Piece] = []
        self._done: list[_Done] = []

    def write(self, blocks: Blocks, *, is_open: bool = False) -> list[Piece]:
        """`is_open`: the last block may grow. What the next character may change there is left out,
        so that the text is the beginning of any later one.
        """
        both = enumerate(zip(blocks, self._done, strict=False))
        kept = next((index for index, (one, done) in both if one is not done.block), None)
        del self._done[len(blocks) if kept is None else kept :]
        done = self._done[-1] if self._done else _Done(None, None, BlockPlace(), 0)
        writing = _Writing(self._known)
        pieces = self._pieces[: done.count]
        for index in range(len(self._done), len(blocks)):
            writing.at = (index, 0)
            place = follow(done.above, blocks[index], _TOP, done.place)
            is_last = is_open and index == len(blocks) - 1
            new = list(writing.write_block(blocks[index], place, is_open=is_last))
            pieces += new
            if not is_last:
                above = blocks[index] if new else done.above
                done = _Done(blocks[index], above, place, len(pieces))
                self._done.append(done)
        self._known, self._pieces = writing.kept, pieces
        return list(pieces)


@dataclass(frozen=True, slots=True)
class _Done:
    """A block that is written: the last one that shows, its place, and the pieces so far."""

    block: Block | None
    above: Block | None
    place: BlockPlace
    count: int


_TOP = place_of()
_NOTHING = Paragraph((Text(GUARD),))


class _Writing:
    def __init__(self, known: _Known) -> None:
        self.kept: _Known = {}
        self._known = known
        self.at = (0, 0)

    def _recall(
        self, thing: object, context: object, write: Callable[[], Iterator[Piece]]
    ) -> list[Piece]:
        known = self._known.get(id(thing))
        if not known or known[1] != context:
            known = (thing, context, list(write()))
        self.kept[id(thing)] = known
        return known[2]

    def _count(self, place: BlockPlace, part: int) -> None:
        if not (place.prefix or place.marker):
            self.at = (self.at[0], part)

    def write_blocks(
        self, blocks: Blocks, place: BlockPlace, other: BlockPlace, *, is_open: bool
    ) -> Iterator[Piece]:
        """`place` is that of the first block that shows."""
        above: Block | None = None
        for index, block in enumerate(blocks):
            place = follow(above, block, other, place)
            is_last = is_open and index == len(blocks) - 1
            for piece in self.write_block(block, place, is_open=is_last):
                above = block
                yield piece

    def write_block(self, block: Block, place: BlockPlace, *, is_open: bool) -> Iterator[Piece]:
        match block:
            case Heading(level, children):
                yield from self._write_heading(level, children, place, is_open=is_open)
            case Paragraph(children):
                yield from self._put(*write_inlines(children, is_open=is_open), place)
            case CodeBlock(text, language):
                yield from self._write_code(text, language, place, is_open=is_open)
            case List():
                yield from self._write_list(block, place, is_open=is_open)
            case Table():
                yield from self._write_table(block, place, is_open=is_open)
            case Quote(blocks):
                inside = place.in_quote()
                other = place_of(inside.prefix, Rank.ITEM, blocks=0)
                yield from self.write_blocks(blocks, inside, other, is_open=is_open)
            case Rule():
                yield from self._put("___" if place.marker else "---", (), place)

    def _write_list(self, block: List, place: BlockPlace, *, is_open: bool) -> Iterator[Piece]:
        number = block.first
        if number is not None and not 0 <= number < _HIGHEST_NUMBER:
            number = 1
        sign = ("*" if place.is_second else "-") if number is None else ".)"[place.is_second]
        other = place_of(place.prefix, Rank.ITEM, blocks=0, is_beside=True)
        for index, item in enumerate(block.items):
            marker = f"{sign} " if number is None else f"{number + index}{sign} "
            at = other if index else place
            self._count(place, index)
            if is_open and index == len(block.items) - 1:
                yield from self._write_item(item, marker, at, is_open=True)
            else:
                write = partial(self._write_item, item, marker, at, is_open=False)
                yield from self._recall(item, (marker, at, self.at), write)

    def _write_item(
        self, item: Item, marker: str, at: BlockPlace, *, is_open: bool
    ) -> Iterator[Piece]:
        task = "" if item.is_done is None else "[x] " if item.is_done else "[ ] "
        place = at.in_item(len(marker), marker + task)
        other = place_of(place.prefix, Rank.PART, blocks=0)
        blocks, is_task = item.blocks, item.is_done is not None
        if is_task and not isinstance(blocks[0], Paragraph) if blocks else not is_open:
            blocks = (_NOTHING, *blocks)
        yield from self.write_blocks(blocks, place, other, is_open=is_open)

    def _write_table(self, table: Table, place: BlockPlace, *, is_open: bool) -> Iterator[Piece]:
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

    def _write_narrow(self, table: Table, place: BlockPlace) -> Iterator[Piece]:
        head = write_row(table.head)
        if len(head.encode()) > _LONGEST:
            for row in (table.head, *table.rows):
                yield from self._write_as_paragraph(row, place)
                place = place.below(Rank.ITEM)
            return
        head += f"\n| {' | '.join(_DELIMITERS[align] for align in table.aligns)} |\n"
        yield from self._put(head[:-1], (), place, rows=2)
        is_begun, rank = True, Rank.NEVER
        for index, row in enumerate(table.rows):
            self._count(place, index)
            write = partial(self._write_row_piece, row, place, rank, head)
            (piece,) = self._recall(row, (head, rank, place.prefix, self.at), write)
            if not piece.rows:
                is_begun = False
            elif not is_begun:
                yield from self._put(head[:-1], (), place.below(Rank.ITEM), rows=2)
                (piece,) = self._write_row_piece(row, place, Rank.NEVER, head)
                is_begun = True
            yield piece
            rank = Rank.ITEM

    def _put(
        self,
        text: str,
        inner: Sequence[Stretch],
        place: BlockPlace,
        *,
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
                self.at,
                inner,
            )

    def _write_heading(
        self, level: int, children: tuple[Inline, ...], place: BlockPlace, *, is_open: bool
    ) -> Iterator[Piece]:
        text, _ = write_inlines(children, line_break=" ", begins_line=False, is_open=is_open)
        text = f"{text[:-1]}\\#" if text.endswith("#") else text
        if len(text.encode()) > _LONGEST:
            yield from self.write_block(Paragraph(children), place, is_open=is_open)
        elif text:
            yield from self._put(f"{'#' * level} {text}", (), place)

    def _write_code(
        self, text: str, language: str, place: BlockPlace, *, is_open: bool
    ) -> Iterator[Piece]:
        """In a fence that is longer than what it holds."""
        code = write_code(text).strip("\n")
        fence = "`" * (max(map(len, _FENCE.findall(code)), default=2) + 1)
        found = _LANGUAGE.match(language)
        head = f"{fence}{found[0] if found else ''}\n"
        if is_open:
            code = code.rstrip()
            yield from self._put(head + code if code else "", (), place, head=head)
        else:
            yield from self._put(f"{head}{code}\n{fence}", (), place, head=head)

    def _write_row_piece(
        self, row: Row, place: BlockPlace, rank: Rank, head: str
    ) -> Iterator[Piece]:
        text = write_row(row)
        if len(text.encode()) > _LONGEST:
            yield from self._write_as_paragraph(row, place.below(Rank.ITEM))
        else:
            yield Piece(text, place.prefix, place.prefix, None, rank, 0, 1, head, 0, self.at)

    def _write_as_paragraph(self, row: Row, place: BlockPlace) -> Iterator[Piece]:
        inlines = [inline for cell in row for inline in (Text(BETWEEN), *cell)][1:]
        yield from self._put(*write_inlines(inlines), place)
