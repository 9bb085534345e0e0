"""Cuts a written text into pages, each a message of its own that never moves again."""

from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterator, Sequence
from enum import IntEnum
from itertools import takewhile
from math import inf
from typing import NamedTuple

from bridge.markup.tree import Block, CodeBlock, Table
from bridge.slack.rendering.escaping import GUARD

PAGE_LIMIT = 11_500  # characters; Slack's is 12,000
MOST_BLOCKS = 40  # of Slack's 50: what it makes of a page is users' measurement, not a promise
_MOST_ROWS = 97  # of Slack's 100
_MOST_IN_TABLES = 9_500  # characters, of Slack's 10,000
_RIPE = 3 / 4  # of its room or its time: from here on a stream ends at the next paragraph


class Rank(IntEnum):
    """How well a message may begin with a piece. Below PART it goes on with the block above."""

    NEVER = 0  # the first row of a table
    CHARACTER = 1
    WORD = 2
    SENTENCE = 3
    LINE = 4
    ROW = 5
    PART = 6  # a block in an item or a quote, or what a heading belongs to
    ITEM = 7
    BLOCK = 8


class Level(NamedTuple):
    """Of what a block stands in: a quote, or an item, whose first line begins with a marker."""

    first: str
    rest: str


class Piece(NamedTuple):
    r"""Some lines, or a part of one, between which a message may end, and the `block` that alone
    would show the same. Above it stands `lead`, None where it goes on with the line; of a blank
    line the first `outer` of its `levels` are the ends. Where a message begins with it, `head`
    opens again what it stands in (a fence, a table, marks); where one ends with it, `tail` closes
    that: lines within a block of Python have the head "```py\n" and the tail "\n```".
    """

    text: str
    block: Block
    rank: Rank = Rank.BLOCK
    lead: str | None = "\n\n"
    head: str = ""
    tail: str = ""
    levels: tuple[Level, ...] = ()
    outer: int = 0

    def count_blocks(self) -> int:
        """About as Slack does, which makes one of a list and its paragraphs, but none of code."""
        is_code = isinstance(self.block, CodeBlock) and self.rank >= Rank.PART
        return int(self.lead == "\n\n" or is_code)


class Page(NamedTuple):
    """The pieces from `start` to `end`; `blocks` are counted as Slack does."""

    text: str
    start: int
    end: int
    blocks: int


class Split(NamedTuple):
    """The last of a streamed message; it `may_wait` while the message still has room and time."""

    page: Page
    may_wait: bool = False


def text_from(pieces: Sequence[Piece], start: int = 0) -> str:
    """All that a message would hold that begins there."""
    return "".join(_texts(pieces[start:]))


def paginate(
    pieces: Sequence[Piece],
    start: int = 0,
    *,
    limit: int = PAGE_LIMIT,
    max_blocks: int = MOST_BLOCKS,
) -> list[Page]:
    """At least one page, which is empty where the text is. Where a page ends depends on nothing
    behind the piece that has no room any more.
    """
    pages: list[Page] = []
    while start < len(pieces) or not pages:
        rest = pieces[start:]
        sizes, fullness = _fill(rest, len, limit, max_blocks)
        pages.append(_page(rest[: _find_end(rest, sizes, fullness)], start))
        start = pages[-1].end
    return pages


def split_stream(
    pieces: Sequence[Piece], start: int, sent: int, *, room: int, age: float
) -> Split | None:
    """Where the streamed message that begins at `start` ends, of which `sent` characters stand
    already; None: it may go on growing. `room` is in UTF-8 bytes, `age` the share of its time that
    it has had.
    """
    rest = pieces[start:]
    sizes, fullness = _fill(rest, lambda text: len(text.encode()), room, MOST_BLOCKS)
    best, last = _find_end(rest, sizes, fullness), len(sizes) - 1
    texts, later, size = list[str](), list[int](), 0
    for end, text in enumerate(_texts(rest), 1):
        texts.append(text)
        size += len(text)
        if size >= sent and end < len(rest) and rest[end].rank:
            later.append(end)
        if size >= sent and end >= max(last, best) and (later or not sent):
            break  # what is further behind is never chosen
    fitting = later[: bisect_right(later, last)]
    paragraphs = [end for end in fitting if rest[end].rank is Rank.BLOCK]
    if fullness > 1 and best in later:
        chosen = best
    elif paragraphs and max(fullness, age) > _RIPE:
        chosen = paragraphs[-1]
    elif later and sent and max(fullness, age) > 1:
        chosen = later[0]
    else:
        return None
    page = _page(rest[:chosen], start)
    is_so_begun = page.text.startswith("".join(texts)[:sent])
    return Split(page, may_wait=max(fullness, age) <= 1) if is_so_begun else None


def _page(pieces: Sequence[Piece], start: int) -> Page:
    lasts = [piece._replace(text=piece.text.rstrip(" ") + piece.tail) for piece in pieces[-1:]]
    blocks = sum(piece.count_blocks() for piece in pieces)
    return Page(text_from([*pieces[:-1], *lasts]), start, start + len(pieces), blocks)


def _fill(
    pieces: Sequence[Piece], measure: Callable[[str], int], room: int, max_blocks: int
) -> tuple[list[int], float]:
    """The sizes of a message that ends before each piece, as far as it has room, and how full it is
    then: above 1 where it has none for the next one.
    """
    sizes, blocks, rows, cells = [0], 0, 0, 0
    for piece, text in zip(pieces, _texts(pieces), strict=True):
        size, blocks = sizes[-1] + measure(text), blocks + piece.count_blocks()
        if isinstance(piece.block, Table):
            rows += piece.text.count("\n") + 1
            cells += len(piece.text) - 3 * piece.text.count("|")
        is_full = blocks > max_blocks or rows > _MOST_ROWS or cells > _MOST_IN_TABLES
        if is_full or size + len(piece.tail) > room:
            return sizes, inf
        sizes.append(size)
    return sizes, max(sizes[-1] / room, blocks / max_blocks, rows / _MOST_ROWS)


def _find_end(pieces: Sequence[Piece], sizes: Sequence[int], fullness: float) -> int:
    """Where the message best ends; too long rather than torn."""
    last = len(sizes) - 1
    if fullness <= 1:
        return last
    for least in (sizes[last] // 2, 1):
        for rank in list(Rank)[:0:-1]:
            # Code and tables are moved rather than cut.
            enough = least // 2 if rank is Rank.BLOCK and pieces[last].head else least
            for end in range(last, bisect_left(sizes, enough) - 1, -1):
                if end and pieces[end].rank >= rank:
                    return end
    return max(last, 1)


def _texts(pieces: Sequence[Piece]) -> Iterator[str]:
    """What each brings to a message that begins with the first. An item that began above it is
    left out, or its indent would be read as code's.
    """
    left_out = _count_begun(pieces[0].levels) if pieces else 0
    for number, piece in enumerate(pieces):
        text, lead = (piece.text, piece.lead) if number else (_begin(piece), "")
        above = _count_begun(piece.levels[:left_out]) if left_out else 0
        if above < left_out and lead == "\n":
            lead = "\n\n"  # `2.` would go on with the words of the item above
        left_out = above
        yield indent(text, lead, piece.levels[above:], piece.outer - above)


def indent(text: str, lead: str | None, levels: Sequence[Level], outer: int) -> str:
    """A piece in its levels."""
    if not levels:
        return lead + text if lead else text
    if lead == "\n\n":
        lead = f"\n{''.join([level.rest for level in levels[:outer]]).rstrip()}\n"
    if "\n" in text:
        text = text.replace("\n", "\n" + "".join([level.rest for level in levels]))
    return text if lead is None else lead + "".join([level.first for level in levels]) + text


def _count_begun(levels: Sequence[Level]) -> int:
    """How many items began above."""
    return sum(1 for _ in takewhile(lambda level: level.first.isspace(), levels))


def _begin(piece: Piece) -> str:
    if piece.lead is not None or piece.head.endswith("\n"):
        return piece.head + piece.text
    text = piece.text.lstrip(" ")
    # Where a line begins it might begin a block.
    return (piece.head or GUARD * (text[:1].isascii() and not text[:1].isalpha())) + text
