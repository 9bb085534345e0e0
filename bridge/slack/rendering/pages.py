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
    """How well a message may begin with a piece. A piece below PART goes on with the block above
    it.
    """

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
    """A quote or a list item around a block. `first` is what its first line begins with, such as
    the marker of the item, `rest` what the other lines begin with.
    """

    first: str
    rest: str


class Piece(NamedTuple):
    r"""Some lines, or a part of one line. A message may end before and after it, and `block` is
    what it shows.

    `lead` stands between it and the piece above, None if it goes on in the same line. `levels` are
    what it stands in; a blank line in the `lead` is within the first `outer` of them alone.

    If a message begins with this piece, `head` opens again what it stands in: a fence, a table,
    marks. If one ends with it, `tail` closes that. Lines of Python code have the head "```py\n" and
    the tail "\n```".
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
        """How many blocks Slack counts, about: a list and its paragraphs are one, code is a block
        of its own.
        """
        is_code = isinstance(self.block, CodeBlock) and self.rank >= Rank.PART
        return int(self.lead == "\n\n" or is_code)


class Page(NamedTuple):
    """The pieces from `start` to `end`; `blocks` are counted as Slack does."""

    text: str
    start: int
    end: int
    blocks: int


class Split(NamedTuple):
    """The page at which a streamed message ends. It `may_wait` while the message still has room and
    time.
    """

    page: Page
    may_wait: bool = False


def text_from(pieces: Sequence[Piece], start: int = 0) -> str:
    """The text of a message that begins with the piece `start` and never ends."""
    return "".join(_texts(pieces[start:]))


def paginate(
    pieces: Sequence[Piece],
    start: int = 0,
    *,
    limit: int = PAGE_LIMIT,
    max_blocks: int = MOST_BLOCKS,
) -> list[Page]:
    """At least one page; it is empty if the text is. The end of a page depends only on its own
    pieces and the first one that has no room, so it stays while the text grows.
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
    """Where a streamed message ends that begins with the piece `start`; None if it may go on
    growing. `sent` characters of it have been streamed already. `room` is in UTF-8 bytes. `age` is
    the part of its time that is over, 1 for all of it.
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
    """Put pieces into a message while there is room. Returns its size before each piece, and how
    full it is; above 1 if the next piece has no room.
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
    """The best place to end the message. A piece that is longer than a message is not torn: then
    the message is too long.
    """
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
    """What each piece adds to a message that begins with the first one. If a list item began in the
    message above, its level is left out: an indent without its marker would be read as code.
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
    """A piece with what its levels put before each line."""
    if not levels:
        return lead + text if lead else text
    if lead == "\n\n":
        lead = f"\n{''.join([level.rest for level in levels[:outer]]).rstrip()}\n"
    if "\n" in text:
        text = text.replace("\n", "\n" + "".join([level.rest for level in levels]))
    return text if lead is None else lead + "".join([level.first for level in levels]) + text


def _count_begun(levels: Sequence[Level]) -> int:
    """How many of the levels are items that began in an earlier piece."""
    return sum(1 for _ in takewhile(lambda level: level.first.isspace(), levels))


def _begin(piece: Piece) -> str:
    if piece.lead is not None or piece.head.endswith("\n"):
        return piece.head + piece.text
    text = piece.text.lstrip(" ")
    # Where a line begins it might begin a block.
    return (piece.head or GUARD * (text[:1].isascii() and not text[:1].isalpha())) + text
