"""Cuts a written text into pages, each a message of its own that never moves again."""

import re
from bisect import bisect_left
from collections.abc import Callable, Iterator, Sequence
from dataclasses import astuple, dataclass
from functools import lru_cache
from operator import attrgetter
from typing import NamedTuple

from bridge.slack.rendering.clusters import before_cluster
from bridge.slack.rendering.escaping import GUARD
from bridge.slack.rendering.inlines import Stretch
from bridge.slack.rendering.pieces import BEGINNING, Part, Piece, Place, Rank, parts_from

PAGE_LIMIT = 11_500  # characters; Slack's is 12,000
MOST_BLOCKS = 40  # of Slack's 50: what it makes of a page is users' measurement, not a promise
_MOST_ROWS = 97  # of Slack's 100
_MOST_IN_TABLES = 9_500  # characters, of Slack's 10,000
_RIPE = 3 / 4  # of its room or its time: from here on a stream ends at the next paragraph
_OVERRIPE = 1.1  # from here on in the middle of a word
_SEARCHED = 300  # characters behind what stands in a stream, for the end of a word

_ENDS = (  # of lines, sentences and words
    re.compile(r"\n"),
    re.compile(r"(?:[。！？!?…]|\.(?=\s))[\"'”’」』）)】]*"),
    re.compile(r"[^\S\n]+|(?<=[；，、])"),
)
_ESCAPED = re.compile(r"\\[!-/:-@\[-`{-~]|&(?:lt|amp);\u200b?")
_LINE_END = re.compile(r"\n|\Z")
_WORD = re.compile(r"\s|(?<=[。！？；，、])")


@dataclass(frozen=True, slots=True)
class Page:
    """`end` is where the next one begins, None behind the last; `at` is the block, the item or
    row of it, and the character of that, that it begins with; `blocks` are counted as Slack does.
    """

    text: str
    start: Place
    end: Place | None
    at: tuple[int, int, int] = (0, 0, 0)
    blocks: int = 0
    length: int = 0  # characters without what closes a fence or marks at its end


class Split(NamedTuple):
    """Where a streamed message ends: it `may_wait` while it still has room and time."""

    page: Page
    may_wait: bool = False


def paginate(
    pieces: Sequence[Piece],
    start: Place = BEGINNING,
    *,
    limit: int = PAGE_LIMIT,
    max_blocks: int = MOST_BLOCKS,
) -> list[Page]:
    """At least one page, which is empty where the text is. Where a page ends depends on nothing
    behind the piece that has no room any more.
    """
    pages = []
    place: Place | None = start
    while place:
        pages.append(_Message(pieces, place, len, limit, max_blocks).cut())
        place = pages[-1].end
    return pages


def text_from(pieces: Sequence[Piece], start: Place = BEGINNING) -> str:
    """All that a message would hold that begins there."""
    return "".join(part.text for part in parts_from(pieces, start))


def find_split(
    pieces: Sequence[Piece], start: Place, sent: int, *, room: int, age: float
) -> Split | None:
    """None: the message that begins at `start`, of which `sent` characters stand already, may go on
    growing. `room` is in UTF-8 bytes, `age` the share of its time that it has had.
    """
    return _Message(pieces, start, _count_bytes, room, MOST_BLOCKS).split(sent, age)


def _count_bytes(text: str) -> int:
    return len(text.encode())


class _Message:
    """The one that begins at `start`: all parts that fit, and the first that does not."""

    def __init__(
        self,
        pieces: Sequence[Piece],
        start: Place,
        measure: Callable[[str], int],
        room: int,
        max_blocks: int,
    ) -> None:
        self._start, self._measure, self._room = start, measure, room
        self._count = len(pieces)
        self._parts: list[Part] = []
        self._ends: list[int] = []  # of each part, by `measure`
        self._is_full = True
        blocks = rows = in_tables = used = 0
        for part in parts_from(pieces, start):
            size = measure(part.text)
            used += size
            blocks += part.piece.blocks
            rows += part.piece.rows
            in_tables += _count_cells(part.piece)
            self._parts.append(part)
            self._ends.append(used)
            fits = blocks <= max_blocks and rows <= _MOST_ROWS and in_tables <= _MOST_IN_TABLES
            if used > room or (not fits and len(self._parts) > 1):
                break
        else:
            self._is_full = False
        self._fullness = max(used / room, blocks / max_blocks, rows / _MOST_ROWS)

    def cut(self) -> Page:
        if not self._is_full:
            return self._page(len(self._parts), None)
        last = len(self._parts) - 1
        room = self._room if self._ends[last] > self._room else self._ends[last - 1]
        tears = self._parts[last].piece.rows or self._parts[last].piece.is_code
        return (
            self._cut_between(Rank.BLOCK, room // 4 if tears else room // 2)
            or self._cut_between(Rank.PART, room // 2)
            or self._cut_within(room // 2)
            or self._cut_between(Rank.PART, 0)
            or self._cut_within(0)
            or self._cut_hard()
        )

    def split(self, sent: int, age: float) -> Split | None:
        fullness = max(self._fullness, 1.01 if self._is_full else 0, age)
        if self._is_full and (page := self.cut()).length > sent:
            return Split(page)
        starts = self._starts()
        if fullness > _RIPE:
            for index in range(len(self._parts) - 1, 0, -1):
                is_border = self._parts[index].piece.rank is Rank.BLOCK
                if is_border and starts[index] > sent:
                    return Split(self._before(index), may_wait=fullness <= 1)
        if fullness <= 1 or not sent:
            return None
        broken = self._break_off(sent, starts, is_late=fullness > _OVERRIPE)
        return Split(broken) if broken else None

    def _starts(self) -> list[int]:
        """Where each part begins, in characters."""
        starts = [0]
        for part in self._parts:
            starts.append(starts[-1] + len(part.text))
        return starts

    def _page(self, count: int, end: Place | None, partial: str = "", tail: str = "") -> Page:
        """Of the first parts, and some of the next one."""
        text = "".join(part.text for part in self._parts[:count]) + partial
        shown = self._parts[: count + bool(partial)]
        first = self._parts[0] if self._parts else None
        at = (*first.piece.at, self._start.said * bool(first.offset)) if first else (0, 0, 0)
        blocks = max(sum(part.piece.blocks for part in shown), 1)
        return Page(text, self._start, end, at, blocks, len(text) - len(tail))

    def _before(self, index: int) -> Page:
        return self._page(index, Place(self._parts[index].index))

    def _cut_between(self, rank: Rank, least: int) -> Page | None:
        for index in range(len(self._parts) - 1, 0, -1):
            if self._ends[index - 1] < least:
                break
            if self._parts[index].piece.rank >= rank:
                return self._before(index)
        return None

    def _cut_within(self, least: int) -> Page | None:
        """The last part, where it is one that may be cut."""
        count = len(self._parts) - 1
        part = self._parts[count]
        used = self._ends[count - 1] if count else 0
        if part.piece.rows or self._ends[count] <= self._room:
            return None
        lead = self._measure(part.text[: part.lead])
        first = part.offset + self._fit(part.piece, part.offset, max(least - used - lead, 0))
        bounds = max(first, part.offset + 1), self._room - used - lead
        text = part.piece.text
        for pattern in _ENDS:
            for stretch, low, high in self._regions(part, *bounds):
                ends = [m.end() for m in pattern.finditer(text, low - 1, high)]
                if found := [end for end in ends if low <= end <= high]:
                    return self._within(count, found[-1], stretch)
        for stretch, low, high in self._regions(part, *bounds):
            if (end := before_cluster(text, high)) >= low:
                return self._within(count, end, stretch)
        return None

    def _regions(self, part: Part, first: int, room: int) -> Iterator[tuple[Stretch, int, int]]:
        """Where it may be cut, from behind; at marks they would stand empty."""
        limits: dict[str, int] = {"": part.offset + self._fit(part.piece, part.offset, room)}
        stretches = _stretches(part.piece)
        low, high = (bisect_left(stretches, at, key=_end) for at in (first, limits[""]))
        for stretch in reversed(stretches[low : high + 1]):
            is_marked = bool(stretch.tail) and not part.piece.is_code
            if stretch.tail not in limits:
                tail = self._measure(part.piece.hang_in(stretch.tail)) + 3 * is_marked
                limits[stretch.tail] = part.offset + self._fit(part.piece, part.offset, room - tail)
            low = max(stretch.start + is_marked, first)
            high = min(stretch.end - is_marked, limits[stretch.tail])
            if low <= high:
                yield stretch, low, high

    def _fit(self, piece: Piece, offset: int, room: int) -> int:
        """How many of its characters have room."""
        if room <= 0:
            return 0
        text = piece.text[offset : offset + room]
        if self._measure is not len:
            text = text.encode()[:room].decode(errors="ignore")
        over = self._measure(piece.hang_in(text)) - room
        return max(len(text) - max(over, 0), 0)

    def _within(self, count: int, offset: int, stretch: Stretch | None = None) -> Page:
        part = self._parts[count]
        piece, text = part.piece, part.piece.text
        start, _, said, tail, head = astuple(stretch or Stretch(offset, offset, 0))
        if part.offset > start:
            start, said = part.offset, self._start.said
        said += len(text[start:offset] if piece.is_code else _ESCAPED.sub(".", text[start:offset]))
        if tail and piece.is_code and text[offset - 1] == "\n":
            tail = tail[1:]
        if tail[:1] in {"*", "~"}:
            tail = GUARD * text[offset - 1].isspace() + tail
            head += GUARD * text[offset : offset + 1].isspace()
        partial = part.text[: part.lead] + piece.hang_in(text[part.offset : offset] + tail)
        return self._page(count, Place(part.index, offset, head, said), partial, tail)

    def _cut_hard(self) -> Page:
        """Too long for its page rather than torn; the writer makes no piece so long."""
        count = max(len(self._parts) - 1, 1)
        last = self._parts[count - 1].index
        return self._page(count, Place(last + 1) if last + 1 < self._count else None)

    def _break_off(self, sent: int, starts: Sequence[int], *, is_late: bool) -> Page | None:
        """Behind the line of code, or the word, that is begun where the standing text ends."""
        count = next(i for i in range(len(self._parts)) if starts[i + 1] >= sent)
        part = self._parts[count]
        piece = part.piece
        has_next = count + 1 < len(self._parts) and self._parts[count + 1].piece.rank
        offset = part.offset + sent - starts[count] - part.lead
        if has_next and starts[count + 1] <= sent + _SEARCHED:
            return self._before(count + 1)
        ends = _LINE_END if piece.is_code else _WORD
        for stretch in _stretches(piece):
            if stretch.end >= offset and not piece.rows:
                for found in ends.finditer(piece.text, max(stretch.start, offset), stretch.end):
                    return self._within(count, found.end(), stretch)
        return self._within(count, max(offset, part.offset + 1)) if is_late else None


def _count_cells(piece: Piece) -> int:
    return len(piece.text) - 3 * piece.text.count("|") if piece.rows else 0


_end = attrgetter("end")


@lru_cache(maxsize=8)
def _stretches(piece: Piece) -> Sequence[Stretch]:
    return piece.stretches()
