"""Finds where a streamed message ends and the next one goes on."""

import re
from bisect import bisect_right
from dataclasses import dataclass

from bridge.core.blocks import Line, read_lines
from bridge.core.markdown import close_open
from bridge.core.paging import cut_pages

MOST_BLOCKS = 40  # as in a page that is posted
_RIPE = 3 / 4  # of its room or its time: from here on a message ends at the next paragraph
_BREAK = re.compile(r"\s|(?<=[。！？；，、])")
_SEARCHED = 300  # characters behind what stands, for the end of a word


@dataclass(frozen=True, slots=True)
class Seam:
    """The message holds the text up to `end` and then `tail`, the next one begins with `head`:
    they close and open again a code fence, or repeat the head of a table.
    """

    end: int
    tail: str = ""
    head: str = ""


def find_seam(page: str, sent: int, *, room: int, age: float) -> Seam | None:
    """None: `page`, of which the first `sent` characters stand already, may go on growing.

    `room` is in UTF-8 bytes, `age` the share of its time that the message has had.
    """
    lines = list(read_lines(page))
    blocks = sum(line.opens_block for line in lines)
    limit = len(page.encode()[:room].decode(errors="ignore"))
    is_full = limit < len(page) or blocks > MOST_BLOCKS
    fullness = max(len(page.encode()) / room, blocks / MOST_BLOCKS, age)
    borders = [line.start for line in lines if line.is_border and sent < line.start <= limit]
    if is_full:
        return _cut(page, sent, limit, lines)
    if fullness > _RIPE and borders:
        return Seam(borders[-1])
    return _break_off(page, sent, lines) if age >= 1 and sent else None


def _cut(page: str, sent: int, limit: int, lines: list[Line]) -> Seam | None:
    """Where a page would end, or later where more than that stands already."""
    first, *others = cut_pages(page, limit=limit, max_blocks=MOST_BLOCKS)
    if not others:
        return None
    if len(first.body) > sent:
        return Seam(len(first.body), first.tail, others[0].head)
    return _break_off(page, sent, lines)


def _break_off(page: str, sent: int, lines: list[Line]) -> Seam:
    """Right behind what stands there, or behind the word that is begun there."""
    line = lines[bisect_right([line.start for line in lines], sent) - 1]
    if line.fence and not line.is_glued:
        end = page.find("\n", sent) + 1 or len(page)
        newline = "" if page[:end].endswith("\n") else "\n"
        return Seam(end, newline + line.fence.tail, line.fence.head)
    for found in _BREAK.finditer(page, sent, sent + _SEARCHED):
        if close_open(said := page[: found.end()].rstrip()) == said:
            return Seam(found.end(), head=_table_head(lines, found.end()))
    return Seam(sent)


def _table_head(lines: list[Line], start: int) -> str:
    return next((line.table_head for line in lines if line.start == start), "")
