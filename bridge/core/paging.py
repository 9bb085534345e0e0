"""Cuts a long Markdown answer into pages, each a message of its own that never moves again."""

import re
import unicodedata
from bisect import bisect_left, bisect_right
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

from bridge.core.blocks import Line, read_lines
from bridge.core.markdown import Fence

_SENTENCE_END = re.compile(r"(?:[。！？!?…]|\.(?=\s))[\"'”’」』）)】]*")
_WORD_END = re.compile(r"[^\S\n]+")
_MOST_ROWS = 97  # Slack takes 100 rows; a repeated head and a delimiter row need room
_LONGEST_CLUSTER = 32  # characters; beyond that a "character" is noise and may be cut


@dataclass(frozen=True, slots=True)
class Page:
    """A part of the text, with what stands around it so that it can be shown alone."""

    head: str
    body: str
    tail: str

    def __str__(self) -> str:
        return self.head + self.body + self.tail


def paginate(text: str, *, limit: int = 11_500, max_blocks: int = 40) -> tuple[str, ...]:
    """Pages of at most `limit` characters and `max_blocks` of what Slack counts as blocks.

    Where a page ends depends on nothing behind its window of `limit` characters, so a page that
    has a successor stays as it is while the text grows. A fence that is cut is closed and opened
    again; a table that is cut gets its head again.
    """
    return tuple(str(page) for page in cut_pages(text, limit=limit, max_blocks=max_blocks))


def cut_pages(text: str, *, limit: int, max_blocks: int) -> list[Page]:
    """As `paginate`, in parts: the bodies joined are the text."""
    lines = list(read_lines(text))
    starts = [line.start for line in lines]
    pages = [_Window(text, lines, starts, 0, limit).cut(max_blocks)]
    position = len(pages[0].body)
    while position < len(text):
        pages.append(_Window(text, lines, starts, position, limit).cut(max_blocks))
        position += len(pages[-1].body)
    return pages


@dataclass
class _Window:
    """The part of the text that a page beginning at `start` could hold."""

    text: str
    lines: list[Line]
    starts: list[int]
    start: int
    limit: int

    def cut(self, max_blocks: int) -> Page:
        end = self._find_end(max_blocks)
        body = self.text[self.start : end]
        fence = self._fence_at(end)
        newline = "" if body.endswith("\n") else "\n"
        return Page(self.head, body, newline + self._glue(fence.tail) if fence else "")

    def _glue(self, glue: str) -> str:
        """What is added, or nothing where it would crowd out the text."""
        return glue if len(glue) <= self.limit // 4 else ""

    @cached_property
    def head(self) -> str:
        line = self._line_at(self.start)
        if fence := self._fence_at(self.start):
            return self._glue(fence.head)
        return self._glue(line.table_head) if line.start == self.start else ""

    @cached_property
    def top(self) -> int:
        """How far the page may reach, with room left to close a fence."""
        widest = self.start + self.limit - len(self.head)
        tails = {len(line.fence.tail) for line in self._lines_up_to(widest) if line.fence}
        room = max((size for size in tails if size <= self.limit // 4), default=0)
        return widest - room - bool(tails)

    def _find_end(self, max_blocks: int) -> int:
        full = self._find_full(max_blocks)
        if full is not None and full <= self.top:
            return full
        if len(self.text) <= self.top:
            return len(self.text)
        return next(end for end in self._borders() if end > self.start)

    def _find_full(self, max_blocks: int) -> int | None:
        """Where one block or row too many begins; a last line may yet turn into another kind."""
        blocks, rows = 1, int(self._line_at(self.start).kind == "table")
        last_line = self.text.rfind("\n") + 1
        for line in self._lines_up_to(min(self.top, last_line - 1)):
            blocks += line.opens_block
            rows += line.kind == "table"
            if (blocks > max_blocks or rows > _MOST_ROWS) and not line.is_glued:
                return line.start
        return None

    def _borders(self) -> Iterator[int]:
        """Ends for the page, the best first."""
        half = self.start + (self.top - self.start) // 2
        quarter = self.start + (self.top - self.start) // 4
        tears_block = self._line_at(self.top).kind in {"code", "table"}
        inside = [line for line in self._lines_up_to(self.top) if not line.is_glued]
        least = quarter if tears_block else half
        yield from _last(line.start for line in inside if line.is_border and line.start >= least)
        yield from _last(line.start for line in inside if line.start >= half)
        for pattern in (_SENTENCE_END, _WORD_END):
            yield from _last(found.end() for found in pattern.finditer(self.text, half, self.top))
        yield _before_cluster(self.text, self.top)

    def _lines_up_to(self, end: int) -> list[Line]:
        first, last = bisect_right(self.starts, self.start), bisect_right(self.starts, end)
        return self.lines[first:last]

    def _line_at(self, position: int) -> Line:
        return self.lines[bisect_right(self.starts, position) - 1]

    def _fence_at(self, position: int) -> Fence | None:
        index = bisect_left(self.starts, position)
        if index < len(self.lines) and self.starts[index] == position:
            return self.lines[index].fence
        line = self.lines[index - 1]
        return None if line.is_glued else line.fence


def _last(positions: Iterator[int]) -> Iterator[int]:
    yield from deque(positions, maxlen=1)


def _before_cluster(text: str, position: int) -> int:
    """Step back to where no accent, joiner, emoji modifier or surrogate is torn off."""
    for end in range(position, max(position - _LONGEST_CLUSTER, 0), -1):
        if not _is_torn(text[end - 1], text[end : end + 1]):
            return end
    return position


def _is_torn(before: str, after: str) -> bool:
    if not after or before == "\u200d":
        return bool(after)
    return (
        after == "\u200d"
        or unicodedata.category(after) in {"Mn", "Mc", "Me"}
        or "\U0001f3fb" <= after <= "\U0001f3ff"  # skin tones
        or (
            "\U0001f1e6" <= before <= "\U0001f1ff" and "\U0001f1e6" <= after <= "\U0001f1ff"
        )  # flags
        or "\udc00" <= after <= "\udfff"
        or before + after == "\r\n"
    )
