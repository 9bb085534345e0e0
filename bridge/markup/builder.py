"""Makes the tree of what markdown-it tells of the blocks of a text."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import ClassVar, cast

from markdown_it.token import Token

from bridge.markup import tree
from bridge.markup.html import read_html
from bridge.markup.inline import read_line


@dataclass(frozen=True, slots=True)
class Reading:
    """`blocks` is what is shown, closed where it ends; `settle` reads what stays so whatever
    follows: its last block may be the beginning of one.
    """

    blocks: tuple[tree.Block, ...] = ()
    settle: Callable[[], tuple[tree.Block, ...]] = tuple


def build(
    source: str,
    tokens: Sequence[Token],
    targets: Mapping[str, str],
    *,
    offset: int = 0,
    is_open: bool,
) -> Reading:
    """`offset` is where the source begins in the whole text."""
    builder = _Builder(source, tokens, targets, offset, is_open=is_open)
    blocks = tuple(builder.read_blocks())
    return Reading(blocks, partial(builder.settle, blocks))


def is_unclosed(token: Token) -> bool:
    """Whether it is a fence, and the text, or what the fence stands in, ends before it does."""
    start, end = token.map or (0, 0)
    lines = token.content.removesuffix("\n").count("\n") + 1 if token.content else 0
    return token.type == "fence" and end - start < lines + 2


def find_growing(tokens: Sequence[Token], source: str) -> Token | None:
    """The leaf where a text ends that may go on there; None where that would begin another."""
    places = range(len(tokens) - 1, -1, -1)
    leaves = (at for at in places if tokens[at].nesting == 0 and tokens[at].type != "hr")
    # Cells that are still to come are there already, and empty.
    at = next((at for at in leaves if tokens[at].content or tokens[at].type != "inline"), -1)
    if at < 0:
        return None
    token, content = tokens[at], source.rstrip(" \t")
    if token.map and token.map[1] < source.rstrip().count("\n") + 1:
        return None  # a divider or a definition stands behind it
    match token.type:
        case "fence":
            return token if is_unclosed(token) else None
        case "inline" if tokens[at - 1].type != "paragraph_open":
            return None if content.endswith("\n") else token
    is_ended = content.endswith("\n") and content[:-1].rstrip(" \t").endswith("\n")
    return None if is_ended else token


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
        self._source, self._targets, self._offset = source, targets, offset
        self._tokens = iter(tokens)
        self._growing = find_growing(tokens, source) if is_open else None
        self._settle_words: Callable[[], tree.Inlines] = tuple  # of what is growing
        self._grows_from = 0  # the start of its block
        self._starts = [0]
        while (end := source.find("\n", self._starts[-1]) + 1) > 0:
            self._starts.append(end)

    def read_blocks(self, closing: str = "") -> list[tree.Block]:
        """Up to the closing token."""
        blocks: list[tree.Block] = []
        for token in self._tokens:
            if token.type == closing:
                break
            blocks += self._read_block(token, self._start(token))
        return blocks

    def _start(self, token: Token) -> int:
        return self._offset + self._starts[token.map[0] if token.map else 0]

    def _read_block(self, token: Token, start: int) -> Sequence[tree.Block]:
        if token is self._growing:
            self._grows_from = start
        return self._readers[token.type](self, token, start)

    def _read_paragraph(self, _token: Token, start: int) -> Sequence[tree.Block]:
        return [tree.Paragraph(words, start) for words in tree.split(self._read_words(start))]

    def _read_heading(self, token: Token, start: int) -> Sequence[tree.Block]:
        words = self._read_words(start)
        return [tree.Heading(int(token.tag[1:]), words, start)] if words else []

    def _read_quote(self, _token: Token, start: int) -> Sequence[tree.Block]:
        blocks = tuple(self.read_blocks("blockquote_close"))
        return [tree.Quote(blocks, start)] if blocks else []

    def _read_rule(self, _token: Token, start: int) -> Sequence[tree.Block]:
        return [tree.Rule(start)]

    def _read_html(self, token: Token, start: int) -> Sequence[tree.Block]:
        return read_html(token.content, start, self._targets, is_open=token is self._growing)

    def _read_code(self, token: Token, start: int) -> Sequence[tree.Block]:
        text = token.content.removesuffix("\n")
        if token is self._growing:
            text = text.rstrip() if token.type == "code_block" else text
            if not text:
                return []
        return [tree.CodeBlock(text, next(iter(token.info.split()), ""), start)]

    def _read_words(self, start: int) -> tree.Inlines:
        token = next(self._tokens)
        line = read_line(token.content, self._targets, is_open=token is self._growing)
        if token is self._growing:
            self._settle_words, self._grows_from = line.settle, start
        next(self._tokens)
        return line.shown

    def _read_list(self, token: Token, start: int) -> Sequence[tree.Block]:
        items: list[tree.Item] = []
        while (opening := next(self._tokens)).type == "list_item_open":
            is_done, blocks = tree.take_task(tuple(self.read_blocks("list_item_close")))
            items.append(tree.Item(blocks, is_done, self._start(opening)))
        first = cast(int, token.attrs.get("start", 1)) if token.type[0] == "o" else None
        return [tree.List(tuple(items), first, start)]

    def _read_table(self, _token: Token, start: int) -> Sequence[tree.Block]:
        aligns: list[tree.Align] = []
        rows: list[tree.Row] = []
        while (token := next(self._tokens)).type != "table_close":
            if token.type != "tr_open":
                continue
            cells: list[tree.Inlines] = []
            while (cell := next(self._tokens)).type != "tr_close":
                if not rows:
                    style = str(cell.attrs.get("style", ""))
                    aligns.append(tree.Align(style.removeprefix("text-align:")))
                cells.append(self._read_words(start))
            rows.append(tuple(cells))
        head, *body = rows
        return [tree.Table(tuple(aligns), head, tuple(body), start)]

    def settle(self, blocks: tuple[tree.Block, ...]) -> tuple[tree.Block, ...]:
        """Without what the next characters may change: of what is growing some words, lines, rows
        or items stay.
        """
        if self._growing is None:
            return blocks
        last = blocks[-1] if blocks else tree.Paragraph((), -1)
        is_html = self._growing.type == "html_block"
        if last.start < self._grows_from and not isinstance(last, tree.List | tree.Quote):
            return (*blocks, tree.Paragraph((), self._grows_from))  # nothing is seen of it as yet
        is_growing = is_html and last.start >= self._grows_from
        kept = [] if is_growing else self._settle_block(last)
        is_parted = is_growing or isinstance(last, tree.Paragraph)
        above = tuple(one for one in blocks[:-1] if one.start < last.start or not is_parted)
        # An empty paragraph tells that what stands above it is finished.
        return (*above, *(kept or [tree.Paragraph((), last.start)]))

    def _settle_block(self, block: tree.Block) -> Sequence[tree.Block]:
        match block:
            case tree.Paragraph() | tree.Heading():
                parts = tree.split(self._settle_words())
                return [replace(block, children=words) for words in parts]
            case tree.List(items=(*done, item)):
                inner = tree.take_task(self.settle(item.blocks))[1]
                return [replace(block, items=(*done, replace(item, blocks=inner)))]
            case tree.Quote(inner):
                return [replace(block, blocks=self.settle(inner))]
            case tree.Table(rows=(*done, _)):
                return [replace(block, rows=tuple(done))]
            case tree.CodeBlock(text) if self._growing and self._growing.type == "fence":
                is_whole = self._growing.content.endswith("\n")  # its last line is
                whole = text if is_whole else text.rpartition("\n")[0]
                return [replace(block, text=whole)] if whole else []
        return []

    _readers: ClassVar[dict[str, Callable[["_Builder", Token, int], Sequence[tree.Block]]]] = {
        "paragraph_open": _read_paragraph,
        "heading_open": _read_heading,
        "fence": _read_code,
        "code_block": _read_code,
        "formula": _read_code,
        "blockquote_open": _read_quote,
        "bullet_list_open": _read_list,
        "ordered_list_open": _read_list,
        "table_open": _read_table,
        "html_block": _read_html,
        "hr": _read_rule,
    }
