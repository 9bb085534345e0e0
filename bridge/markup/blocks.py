"""Makes the tree of what markdown-it tells of the blocks of a text."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import ClassVar, cast

from markdown_it.token import Token

from bridge.markup.html import read_html
from bridge.markup.html_rule import begins_with_block
from bridge.markup.inline import Pieces, read_inline, read_line
from bridge.markup.items import make_item
from bridge.markup.parsed import Parsed, Resume
from bridge.markup.rules import is_unclosed
from bridge.markup.tidy import split
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
)  # fmt: skip

Pair = tuple[Block | None, Block | None]  # as it is shown, and what of it is settled


def build(
    source: str,
    tokens: Sequence[Token],
    targets: Mapping[str, str],
    *,
    offset: int = 0,
    is_open: bool,
) -> Parsed:
    """`offset` is where the source begins in the whole text."""
    return _Builder(source, tokens, targets, offset, is_open=is_open).build()


class _Builder:
    def __init__(
        self,
        source: str,
        tokens: Sequence[Token],
        targets: Mapping[str, str],
        offset: int,
        *,
        is_open: bool,
    ) -> None:
        self._source = source
        self._tokens = tokens
        self._targets = targets
        self._offset = offset
        self._is_open = is_open
        # A blank line ends what stands above it, a line end all that is no paragraph.
        self._has_line_end = source.endswith("\n")
        content = source.rstrip(" \t")
        self._is_ended = content.endswith("\n") and content[:-1].rstrip(" \t").endswith("\n")
        self._end = source.rstrip().count("\n") + 1
        self._next = 0
        # Cells that are still to come are there already, and empty.
        leaves = (at for at in range(len(tokens) - 1, -1, -1) if _is_leaf(tokens[at]))
        self._last_leaf = next(leaves, -1)
        self._starts = [0]
        while (end := source.find("\n", self._starts[-1]) + 1) > 0:
            self._starts.append(end)

    def build(self) -> Parsed:
        blocks: list[Block] = []
        settled: list[Block] = []
        firsts: list[int] = []
        while self._next < len(self._tokens):
            firsts.append(self._next)
            self._add_pair(blocks, settled)
        resume = self._find_resume(firsts, blocks) if blocks else Resume(self._offset)
        return Parsed(tuple(blocks), tuple(settled), resume)

    def _add_pair(self, blocks: list[Block], settled: list[Block]) -> None:
        if self._tokens[self._next].type == "html_block":
            self._add_html(blocks, settled)
            return
        shown, steady = self._read_block()
        blocks += _part(shown)
        # An empty paragraph tells that what stands above it is finished.
        settled += _part(steady or (Paragraph((), shown.start) if shown else None))

    def _add_html(self, blocks: list[Block], settled: list[Block]) -> None:
        is_open = self._is_open and self._next == self._last_leaf
        token = self._take()
        made = read_html(token.content, self._start(token), self._read_pieces, is_open=is_open)
        blocks += made
        settled += [block for block in made if block.start < made[-1].start] if is_open else made

    def _read_pieces(self, pieces: Pieces, *, is_html: bool, is_open: bool) -> tuple[Inline, ...]:
        return read_inline(pieces, is_html=is_html, is_open=is_open, targets=self._targets)

    def _take(self) -> Token:
        self._next += 1
        return self._tokens[self._next - 1]

    def _start(self, token: Token) -> int:
        return self._offset + self._starts[token.map[0] if token.map else 0]

    def _opens_here(self) -> bool:
        """Whether the next token is where the text may go on."""
        return self._is_open and self._next == self._last_leaf and self._is_last(self._next)

    def _is_last(self, leaf: int) -> bool:
        """Whether nothing stands behind it, as a blank line or a definition."""
        place = self._tokens[leaf].map
        return not self._is_ended and (place is None or place[1] >= self._end)

    def _read_block(self) -> Pair:
        token = self._take()
        read = self._readers.get(token.type)
        start = self._start(token)
        return read(self, token, start) if read else (Rule(start), Rule(start))

    def _read_formula(self, token: Token, start: int) -> Pair:
        code = CodeBlock(token.content, "", start)
        return code, None if self._was_open() else code

    def _read_quote(self, _token: Token, start: int) -> Pair:
        shown, settled = self._read_inside("blockquote_close")
        return (
            Quote(tuple(shown), start) if shown else None,
            Quote(tuple(settled), start) if settled else None,
        )

    def _was_open(self) -> bool:
        return (
            self._is_open and self._next - 1 == self._last_leaf and self._is_last(self._last_leaf)
        )

    def _read_inside(self, closing: str) -> tuple[list[Block], list[Block]]:
        blocks: list[Block] = []
        settled: list[Block] = []
        while self._tokens[self._next].type != closing:
            self._add_pair(blocks, settled)
        self._take()
        return blocks, settled

    def _read_words(self, *, ends_with_line: bool = True) -> tuple[tuple[Inline, ...], ...]:
        """The next token's words, shown and settled."""
        is_open = self._opens_here() and not (ends_with_line and self._has_line_end)
        line = read_line(self._take().content, is_open=is_open, targets=self._targets)
        return line.shown, line.settled if is_open else line.shown

    def _read_heading(self, token: Token, start: int) -> Pair:
        level = int(token.tag[1:])
        shown, settled = self._read_words()
        self._take()
        return (
            Heading(level, shown, start) if shown else None,
            Heading(level, settled, start) if settled else None,
        )

    def _read_paragraph(self, _token: Token, start: int) -> Pair:
        shown, settled = self._read_words(ends_with_line=False)
        self._take()
        return (
            Paragraph(shown, start) if shown else None,
            Paragraph(settled, start) if settled else None,
        )

    def _read_code(self, token: Token, start: int) -> Pair:
        language = token.info.split()[0] if token.info.split() else ""
        text = token.content.removesuffix("\n")
        code = CodeBlock(text, language, start)
        if not self._was_open() or (token.type == "fence" and not is_unclosed(token)):
            return code, code
        if token.type == "code_block":
            text = text.rstrip()
        elif token.map and token.map[0] + 1 >= len(self._starts):
            return None, None  # its info string is not whole
        above, _, last = text.rpartition("\n")
        mark = last.strip(" \t>")
        is_whole_line = self._has_line_end
        if not is_whole_line and mark and token.markup.startswith(mark):
            text, is_whole_line = above, True
        steady = text if is_whole_line else above
        shown = CodeBlock(text, language, start) if text else None
        return shown, CodeBlock(steady, language, start) if steady else None

    def _read_list(self, token: Token, start: int) -> Pair:
        closing = token.type.replace("open", "close")
        items: list[Item] = []
        steady: list[Item] = []
        is_tight = True
        while self._tokens[self._next].type != closing:
            opening = self._take()
            is_tight &= self._is_tight(self._next)
            shown, settled = self._read_inside("list_item_close")
            at = self._start(opening)
            items.append(make_item(shown, at))
            steady.append(make_item(settled, at))
        self._take()
        first = cast(int, token.attrs.get("start", 1)) if token.type[0] == "o" else None
        whole = List(tuple(items), first, is_tight, start)
        return whole, replace(whole, items=tuple(steady)) if steady else None

    def _is_tight(self, at: int) -> bool:
        token = self._tokens[at]
        return token.type != "paragraph_open" or token.hidden

    def _read_table(self, _token: Token, start: int) -> Pair:
        aligns: list[Align] = []
        rows: list[tuple[tuple[Inline, ...], ...]] = []
        while self._tokens[self._next].type != "table_close":
            if self._take().type == "tr_open":
                rows.append(self._read_row(aligns if not rows else None))
        self._take()
        head, *body = rows
        table = Table(tuple(aligns), head, tuple(body), start)
        is_half = self._is_open and self._next > self._last_leaf and not self._has_line_end
        if not is_half:
            return table, table
        return table, replace(table, rows=tuple(body[:-1])) if body else None

    def _read_row(self, aligns: list[Align] | None) -> tuple[tuple[Inline, ...], ...]:
        cells: list[tuple[Inline, ...]] = []
        while self._tokens[self._next].type != "tr_close":
            opening = self._take()
            if aligns is not None:
                aligns.append(
                    Align(str(opening.attrs.get("style", "")).removeprefix("text-align:"))
                )
            cells.append(self._read_words()[0])
            self._take()
        self._take()
        return tuple(cells)

    def _find_resume(self, firsts: list[int], blocks: Sequence[Block]) -> Resume:
        """At the last item, row or line of a list, table or fence, else at the last block."""
        block, first = blocks[-1], firsts.pop()
        opening = self._tokens[first]
        if opening.type in {"html_block", "formula"} and not begins_with_block(opening.content):
            return Resume(self._find_doubt(opening, firsts, block.start))
        match block:
            case List(items, _, _, _) if opening.type.endswith("list_open") and len(items) > 1:
                return Resume(items[-1].start, done=replace(block, items=items[:-1]))
            case Table(_, _, rows, _) if opening.type == "table_open" and len(rows) > 1:
                last = next(
                    token for token in reversed(self._tokens[first:]) if token.type == "tr_open"
                )
                head = self._lines(opening, 2)
                return Resume(self._start(last), head, replace(block, rows=rows[:-1]))
            case CodeBlock(text, _, start) if opening.type == "fence" and self._is_long(text):
                lines = text.split("\n")
                head = self._lines(opening, 1)
                done = replace(block, text="\n".join(lines[:-1]))
                position = start + len(head) + len(done.text) + 1
                if self._source.startswith(lines[-1], position - self._offset):
                    return Resume(position, head, done)
        return Resume(block.start)

    def _find_doubt(self, last: Token, firsts: list[int], start: int) -> int:
        """What turns out to be no tag, or no formula, belongs to the words above it."""
        while firsts and (above := self._tokens[firsts.pop()]).map and last.map:
            if above.map[1] < last.map[0]:
                break
            last, start = above, self._start(above)
        return start

    def _lines(self, token: Token, count: int) -> str:
        """The first lines of a block."""
        line = token.map[0] if token.map else 0
        return self._source[self._starts[line] : self._starts[line + count]]

    def _is_long(self, code: str) -> bool:
        return self._is_open and code.count("\n") > 20

    _readers: ClassVar[dict[str, Callable[["_Builder", Token, int], Pair]]] = {
        "heading_open": _read_heading,
        "paragraph_open": _read_paragraph,
        "fence": _read_code,
        "code_block": _read_code,
        "formula": _read_formula,
        "blockquote_open": _read_quote,
        "bullet_list_open": _read_list,
        "ordered_list_open": _read_list,
        "table_open": _read_table,
    }


def _is_leaf(token: Token) -> bool:
    return token.nesting == 0 and bool(token.content or token.type != "inline")


def _part(block: Block | None) -> Sequence[Block]:
    """Two line breaks part paragraphs."""
    if isinstance(block, Paragraph) and any(isinstance(one, Break) for one in block.children):
        return [replace(block, children=words) for words in split(block.children) if words]
    return [block] if block else []
