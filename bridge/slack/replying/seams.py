"""Finds where a streamed message ends and the next one goes on."""

import re
from bisect import bisect_right
from dataclasses import dataclass

from bridge.core.blocks import Line, read_lines
from bridge.core.markdown import close_open
from bridge.core.paging import cut_pages

MOST_BLOCKS = 40  # as in a page that is posted
_RIPE = 3 / 4  # of its room or its time: from here on a message ends at the next paragraph
_OVERRIPE = 1.1  # from here on in the middle of a word
_BREAK = re.compile(r"\s|(?<=[。！？；，、])")
_SEARCHED = 300  # characters behind what stands, for the end of a word


@dataclass(frozen=True, slots=True)
class Seam:
    """The message holds the text up to `end` and then `tail`, the next one begins with `head`:
    they close and open again a code fence, or repeat the head of a table. It `may_wait` while the
    message still has room and time.
    """

    end: int
    tail: str = ""
    head: str = ""
    may_wait: bool = False


def find_seam(page: str, sent: int, *, room: int, age: float) -> Seam | None:
    """None: `page`, of which the first `sent` characters stand already, may go on growing.

    `room` is in UTF-8 bytes, `age` the share of its time that the message has had.
    """
    lines = list(read_lines(page))
    limit = len(page.encode()[:room].decode(errors="ignore"))
    blocks = sum(line.opens_block for line in lines)
    fullness = max(len(page.encode()) / room, blocks / MOST_BLOCKS, age)
    borders = [line.start for line in lines if line.is_border and sent < line.start <= limit]
    if fullness > 1 and (seam := _cut(page, sent, limit)):
        return seam
    if fullness > _RIPE and borders:
        return Seam(borders[-1], may_wait=fullness <= 1)
    if fullness <= 1 or not sent:
        return None
    found = _break_off(page, sent, lines, most_glue=room // 4)
    return found or (Seam(sent) if fullness > _OVERRIPE else None)


def _cut(page: str, sent: int, limit: int) -> Seam | None:
    """Where a page would end, unless more than that stands already."""
    first, *others = cut_pages(page, limit=limit, max_blocks=MOST_BLOCKS)
    if not others or len(first.body) <= sent:
        return None
    return Seam(len(first.body), first.tail, others[0].head)


def _break_off(page: str, sent: int, lines: list[Line], *, most_glue: int) -> Seam | None:
    """Behind the line of code, or the word, that is begun where the standing text ends."""
    line = lines[bisect_right([line.start for line in lines], sent) - 1]
    if line.fence and not line.is_glued:
        end = page.find("\n", sent) + 1 or len(page)
        newline = "" if page[:end].endswith("\n") else "\n"
        head = line.fence.head
        return Seam(end, newline + line.fence.tail, head if len(head) <= most_glue else "")
    for found in _BREAK.finditer(page, sent, sent + _SEARCHED):
        if close_open(said := page[: found.end()].rstrip()) == said:
            head = _table_head(lines, found.end())
            return Seam(found.end(), head=head if len(head) <= most_glue else "")
    return None


def _table_head(lines: list[Line], start: int) -> str:
    return next((line.table_head for line in lines if line.start == start), "")
