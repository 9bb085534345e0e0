"""Cuts a written text into pages, each a message of its own that never moves again."""

import re
from collections.abc import Callable, Iterator, Sequence
from enum import IntEnum
from itertools import accumulate, takewhile
from typing import NamedTuple

from bridge.markup.tree import Block
from bridge.slack.rendering.escaping import GUARD

PAGE_LIMIT = 11_500  # characters; Slack's is 12,000
MOST_BLOCKS = 40  # of Slack's 50: what it makes of a page is users' measurement, not a promise
_MOST_ROWS = 97  # of Slack's 100
_MOST_IN_TABLES = 9_500  # characters, of Slack's 10,000
_RIPE = 3 / 4  # of its room or its time: from here on a stream ends at the next paragraph
_NEXT_LINE = re.compile(r"\n(?=[^\n])")


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
    """Some lines, or a part of one, between which a message may end, and the `block` that alone
    would show the same. It stands below or behind others by `lead`, in `levels`; the blank line
    above it belongs to the first `outer` of them. Where a message begins with it, `head` opens
    again what it stands in (a fence, a table, marks); where one ends with it, `tail` closes that.
    `blocks` and `rows` count as Slack does.
    """

    text: str
    block: Block
    rank: Rank = Rank.BLOCK
    lead: str = "\n\n"
    head: str = ""
    tail: str = ""
    levels: tuple[Level, ...] = ()
    outer: int = 0
    blocks: int = 1
    rows: int = 0

    @property
    def is_begun(self) -> bool:
        """Whether it goes on with a block that the piece above began."""
        return self.rank < Rank.PART


class Page(NamedTuple):
    """The pieces from `start` to `end`; `blocks` are counted as Slack does."""

    text: str
    start: int
    end: int
    blocks: int


class Split(NamedTuple):
    """Where a streamed message ends: it `may_wait` while it still has room and time."""

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
        pages.append(_page(pieces, start, _Message(pieces, start, len, limit, max_blocks).end))
        start = pages[-1].end
    return pages


def find_split(
    pieces: Sequence[Piece], start: int, sent: int, *, room: int, age: float
) -> Split | None:
    """None: the message that begins at `start`, of which `sent` characters stand already, may go on
    growing. `room` is in UTF-8 bytes, `age` the share of its time that it has had.
    """
    message = _Message(pieces, start, _count_bytes, room, MOST_BLOCKS)
    fullness = max(message.fullness, age)
    texts = list(_texts(pieces[start:]))
    lengths = accumulate(map(len, texts))
    later = [end for end, length in enumerate(lengths, start + 1) if length >= sent][:-1]
    later = [end for end in later if pieces[end].rank]
    borders = [end for end in later if end <= message.most and pieces[end].rank is Rank.BLOCK]
    if message.is_full and message.end in later:
        chosen, may_wait = message.end, False
    elif borders and fullness > _RIPE:
        chosen, may_wait = borders[-1], fullness <= 1
    elif later and sent and fullness > 1:
        chosen, may_wait = later[0], False
    else:
        return None
    page = _page(pieces, start, chosen)
    return Split(page, may_wait) if page.text.startswith("".join(texts)[:sent]) else None


def _count_bytes(text: str) -> int:
    return len(text.encode())


def _page(pieces: Sequence[Piece], start: int, end: int) -> Page:
    shown = pieces[start:end]
    text = "".join(_texts(shown, is_page=True))
    return Page(text, start, end, max(sum(piece.blocks for piece in shown), 1))


class _Message:
    """That begins at `start`, has room up to the piece `most`, and best ends at `end`."""

    def __init__(
        self,
        pieces: Sequence[Piece],
        start: int,
        measure: Callable[[str], int],
        room: int,
        max_blocks: int,
    ) -> None:
        sizes = [0]  # up to each piece
        used = blocks = rows = cells = 0
        self.is_full = False
        for piece, text in zip(pieces[start:], _texts(pieces[start:]), strict=True):
            used += measure(text)
            blocks += piece.blocks
            rows += piece.rows
            cells += len(piece.text) - 3 * piece.text.count("|") if piece.rows else 0
            is_long = used + len(piece.tail) > room
            if is_long or blocks > max_blocks or rows > _MOST_ROWS or cells > _MOST_IN_TABLES:
                self.is_full = True
                break
            sizes.append(used)
        self.fullness = 1.01 if self.is_full else max(used / room, blocks / max_blocks)
        self.most = start + len(sizes) - 1
        self.end = self.most
        if self.is_full:
            half = (room if used > room else sizes[-1]) // 2
            self.end = start + _find_end(pieces[start : self.most + 1], sizes, half)


_CHOICES = (
    *(Rank.BLOCK, Rank.PART, Rank.ROW, Rank.LINE, Rank.SENTENCE, Rank.WORD, Rank.CHARACTER),
)


def _find_end(pieces: Sequence[Piece], sizes: Sequence[int], half: int) -> int:
    """Before the last piece at the latest, which has no room; too long rather than torn."""
    for least in (half, 1):
        for rank in _CHOICES:
            # Code and tables are moved rather than cut.
            enough = half // 2 if rank is Rank.BLOCK and pieces[-1].head else least
            for end in range(len(pieces) - 1, 0, -1):
                if sizes[end] < enough:
                    break
                if pieces[end].rank >= rank:
                    return end
    return max(len(pieces) - 1, 1)


def _texts(pieces: Sequence[Piece], *, is_page: bool = False) -> Iterator[str]:
    """What each brings to a message that begins with the first. An item that began above it is
    left out, or its indent would be read as code's.
    """
    left_out = _count_begun(pieces[0].levels) if pieces else 0
    for number, piece in enumerate(pieces):
        text, lead = (piece.text, piece.lead) if number else (_begin(piece), "")
        if is_page and number == len(pieces) - 1:
            text = text.rstrip(" ") + piece.tail
        if not piece.levels:
            yield lead + text
            continue
        above = _count_begun(piece.levels[:left_out])
        levels = piece.levels[above:]
        rest = "".join(level.rest for level in levels)
        if "\n" in text:
            text = (
                _NEXT_LINE.sub(f"\n{rest}", text)
                if rest.isspace()
                else text.replace("\n", f"\n{rest}")
            )
        if lead == "\n\n":
            lead = (
                "\n"
                + "".join(level.rest for level in piece.levels[above : piece.outer]).rstrip()
                + "\n"
            )
        begins_line = not number or lead
        yield lead + "".join(level.first for level in levels) + text if begins_line else text


def _count_begun(levels: Sequence[Level]) -> int:
    """How many items began above."""
    return sum(1 for _ in takewhile(lambda level: level.first.isspace(), levels))


def _begin(piece: Piece) -> str:
    if not piece.is_begun or piece.head.endswith("\n"):
        return piece.head * piece.is_begun + piece.text
    text = piece.text.lstrip(" ")
    # Where a line begins it might begin a block.
    return (piece.head or GUARD * (text[:1].isascii() and not text[:1].isalpha())) + text
