"""Writes the blocks of a text as Slack's Markdown, in pieces between which a page may end."""

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from itertools import compress
from math import ceil
from operator import itemgetter

from bridge.markup import tree
from bridge.slack.rendering.escaping import GUARD, clean, defuse
from bridge.slack.rendering.inlines import fence_of, write_inlines, write_line
from bridge.slack.rendering.pages import Level, Piece, Rank

BETWEEN = " · "  # the lines of a cell
_MOST_COLUMNS = 20  # Slack's
_ROWS_OF_WIDE = 40  # of a table with more columns, before it goes on with the others
_LONGEST = 3_500  # bytes, of a heading or a row; what is longer becomes a paragraph
_LONGEST_LANGUAGE = 30  # characters
_HIGHEST_NUMBER = 900_000_000  # of an item; Markdown reads nine digits
_DELIMITERS = {"": "---", "left": ":--", "center": ":-:", "right": "--:"}
_TASKS = {None: "", False: "[ ] ", True: "[x] "}
# Some lines at a time, between which a page may end, or a part of a very long one.
_LINES = re.compile(r".{60,160}?\n|(?P<cut>.{160})|.+\Z|\A\Z", re.DOTALL)
_NOTHING = tree.Paragraph((tree.Text(GUARD),))


class MarkdownWriter:
    """From one call to the next it knows how blocks, items and rows were written, if they are the
    same objects.
    """

    def __init__(self) -> None:
        self._known: dict[int, tuple[object, object, list[Piece]]] = {}
        self._kept = self._known

    def write(self, blocks: tree.Blocks, *, is_open: bool = False) -> list[Piece]:
        """`is_open`: the last block may grow. What the next character may change there is left out,
        so that the text is the beginning of any later one.
        """
        self._known, self._kept = self._kept, {}
        return self._write_blocks(blocks, Rank.BLOCK, is_open=is_open)

    def _recall(self, thing: object, context: object) -> list[Piece]:
        known = self._known.get(id(thing))
        return self._keep(*known) if known and known[1] == context else []

    def _keep(self, thing: object, context: object, pieces: list[Piece]) -> list[Piece]:
        self._kept[id(thing)] = (thing, context, pieces)
        return pieces

    def _write_blocks(self, blocks: tree.Blocks, rank: Rank, *, is_open: bool) -> list[Piece]:
        """`rank` is that of all but the first."""
        written: list[Piece] = []
        above: tree.Block | None = None
        sign = ""
        for index, block in enumerate(blocks):
            sign = _choose_sign(block, sign)
            is_last = is_open and index == len(blocks) - 1
            context = (type(above), rank, sign, is_last)
            pieces = self._recall(block, context) or self._keep(
                block, context, self._write_below(above, block, rank, sign, is_open=is_last)
            )
            written += pieces
            above = block if pieces else above
        return written

    def _write_below(
        self, above: tree.Block | None, block: tree.Block, rank: Rank, sign: str, *, is_open: bool
    ) -> list[Piece]:
        pieces = list(self._write_block(block, sign, is_open=is_open))
        if pieces:
            is_list = isinstance(block, tree.List) and block.first in {None, 1}
            may_join = rank is Rank.PART and isinstance(above, tree.Paragraph)
            is_joined = may_join and (is_list or isinstance(block, tree.CodeBlock))
            rank = min(rank, Rank.PART) if isinstance(above, tree.Heading) else rank
            pieces[0] = pieces[0]._replace(rank=rank, lead="\n" if is_joined else "\n\n")
        return pieces

    def _write_block(self, block: tree.Block, sign: str, *, is_open: bool) -> Iterator[Piece]:
        match block:
            case tree.Heading():
                yield from _write_heading(block, is_open=is_open)
            case tree.Paragraph(children):
                yield from write_inlines(children, is_open=is_open)
            case tree.CodeBlock():
                yield from _write_code(block, is_open=is_open)
            case tree.List():
                yield from self._write_list(block, sign, is_open=is_open)
            case tree.Table():
                yield from self._write_table(block, is_open=is_open)
            case tree.Quote(blocks):
                pieces = self._write_blocks(blocks, Rank.ITEM, is_open=is_open)
                yield from _put_in(Level("> ", "> "), pieces)
            case tree.Rule():
                yield Piece("---", block)

    def _write_list(self, block: tree.List, sign: str, *, is_open: bool) -> Iterator[Piece]:
        first = block.first if 0 <= (block.first or 0) < _HIGHEST_NUMBER else 1
        for index, item in enumerate(block.items):
            marker = f"{sign} " if first is None else f"{first + index}{sign} "
            is_last = is_open and index == len(block.items) - 1
            yield from self._recall(item, (marker, is_last)) or self._keep(
                item, (marker, is_last), self._write_item(item, marker, is_open=is_last)
            )

    def _write_item(self, item: tree.Item, marker: str, *, is_open: bool) -> list[Piece]:
        blocks, is_task = item.blocks, item.is_done is not None
        if is_task and not isinstance(blocks[0], tree.Paragraph) if blocks else not is_open:
            blocks = (_NOTHING, *blocks)
        level = Level(marker + _TASKS[item.is_done], " " * len(marker))
        pieces = list(_put_in(level, self._write_blocks(blocks, Rank.PART, is_open=is_open)))
        if pieces:
            # `- ---` would be a rule alone.
            text = "___" if isinstance(pieces[0].block, tree.Rule) else pieces[0].text
            pieces[0] = pieces[0]._replace(text=text, rank=Rank.ITEM, lead="\n")
        return pieces

    def _write_table(self, table: tree.Table, *, is_open: bool) -> Iterator[Piece]:
        """As paragraphs, where a row is too long."""
        for part in _fit_columns(table, is_open=is_open):
            delimiters = " | ".join(_DELIMITERS[align] for align in part.aligns)
            head = f"{_write_row(part.head)}\n| {delimiters} |"
            rows = [Piece(head, replace(part, rows=()))]
            for row in part.rows:
                rows += self._recall(row, head) or self._keep(
                    row, head, [_write_body_row(part, row, f"{head}\n")]
                )
            if max(len(piece.text.encode()) for piece in rows) > _LONGEST:
                for row in (part.head, *part.rows):
                    cells = [inline for cell in row for inline in (tree.Text(BETWEEN), *cell)]
                    yield from write_inlines(cells[1:])
            else:
                rows[1:2] = [piece._replace(rank=Rank.NEVER) for piece in rows[1:2]]
                yield from rows


def _write_body_row(table: tree.Table, row: tree.Row, head: str) -> Piece:
    block = tree.Table(table.aligns, table.head, (row,))
    return Piece(_write_row(row), block, Rank.ROW, "\n", head)


def _fit_columns(table: tree.Table, *, is_open: bool) -> Iterator[tree.Table]:
    """Split a table that has too many columns into tables of about the same width; each has the
    first column. Rows are split, too, so that finished tables stay where they are while the last
    one grows.
    """
    rest = len(table.aligns) - 1
    if rest < _MOST_COLUMNS:
        yield table
        return
    step = ceil(rest / ceil(rest / (_MOST_COLUMNS - 1)))
    for start in range(0, max(len(table.rows), 1), _ROWS_OF_WIDE):
        rows = table.rows[start : start + _ROWS_OF_WIDE]
        for first in range(1, rest + 1, step):
            pick = itemgetter(0, *range(first, min(first + step, rest + 1)))
            if not is_open or len(rows) == _ROWS_OF_WIDE:
                yield tree.Table(pick(table.aligns), pick(table.head), tuple(map(pick, rows)))


def _choose_sign(block: tree.Block, above: str) -> str:
    """Another marker than the list above, if that is of the same kind: else the two would be read
    as one list.
    """
    if not isinstance(block, tree.List):
        return ""
    first, second = "-*" if block.first is None else ".)"
    return second if above == first else first


def _write_heading(heading: tree.Heading, *, is_open: bool) -> list[Piece]:
    text = write_line(heading.children, " ", is_open=is_open)
    if len(text.encode()) > _LONGEST:
        return write_inlines(heading.children, is_open=is_open)
    text = f"{text[:-1]}\\#" if text.endswith("#") else text
    return [Piece(f"{'#' * heading.level} {text}", heading)] if text else []


def _put_in(level: Level, pieces: Iterable[Piece]) -> Iterator[Piece]:
    for index, piece in enumerate(pieces):
        yield piece._replace(levels=(level, *piece.levels), outer=piece.outer + bool(index))
        level = Level(level.rest, level.rest)


def _write_code(block: tree.CodeBlock, *, is_open: bool) -> Iterator[Piece]:
    """In a fence that is longer than what it holds."""
    code = defuse(clean(block.text)).strip("\n")
    if is_open and not (code := code.rstrip()):
        return
    fence = fence_of(code, least=3)
    is_name = (sign.isalnum() or sign in "_+#.-" for sign in block.language[:_LONGEST_LANGUAGE])
    begin, tail = f"{fence}{''.join(compress(block.language, is_name))}\n", f"\n{fence}"
    piece = Piece(begin, block)
    for found in _LINES.finditer(code):
        is_last, is_cut = found.end() == len(code), found.lastgroup == "cut"
        text = piece.text + found[0].removesuffix("\n") + tail * (is_last and not is_open)
        part = tree.CodeBlock(found[0], block.language)
        yield piece._replace(text=text, block=part, tail="" if is_last else tail)
        rank, lead = (Rank.CHARACTER, None) if is_cut else (Rank.LINE, "\n")
        piece = Piece("", block, rank, lead, begin)


def _write_row(cells: tree.Row) -> str:
    return f"| {' | '.join(map(_write_cell, cells))} |"


def _write_cell(cell: Sequence[tree.Inline]) -> str:
    """Pipes are escaped. If the text has a backslash before a pipe, `GUARD` goes between the two:
    readers differ in what two backslashes before a pipe mean.
    """
    text = write_line(cell, BETWEEN)
    return text.replace("\\|", f"\\{GUARD}|").replace("|", "\\|")
