"""Closes a Markdown text that is still growing, so that it can be shown at any moment."""

import re
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass

from bridge.core.inline import close_inline

# What may stand before the content of a line: quote marks, list marks, indentation.
_LEAD = r"(?:[ \t>]|(?:[-*+]|\d{1,9}[.)])(?=[ \t]))*"
_FENCE_LINE = re.compile(
    rf"^(?P<lead>{_LEAD})(?P<mark>`{{3,}}|~{{3,}})(?P<info>[^\n]*)$", re.MULTILINE
)
_THINKING = re.compile(r"\s*<think(?:ing)?>(?:.*?</think(?:ing)?>\s*|.*\Z)", re.DOTALL)
_THINKING_HEAD = re.compile(r"\s*<(?:t(?:h(?:i(?:n(?:k(?:i(?:n(?:g)?)?)?)?)?)?)?)?\Z")

# A last line of nothing but these is a mark whose meaning is open: a divider, a list item without
# text, the underline that would turn the paragraph above into a heading.
_BARE_MARKS = re.compile(r"[-=*_+#>\s~`|:]+|[-*+>\s]*(?:\d{1,3}|\d{1,9}[.)]\s*)")
_DELIMITER_ROW = re.compile(r"[\s>]*\|?\s*:?-+:?\s*(?:\|\s*:?-+:?\s*)*\|?\s*")
_BLOCK_START = re.compile(r"\s*(?:#{1,6}\s|[-*+]\s|\d{1,9}[.)]\s|\|)")

_MOST_PASSES = 32  # cutting one mark can lay the next one bare; two or three are usual


@dataclass(frozen=True, slots=True)
class Fence:
    """An open code fence: what stands before its mark, the mark itself, the info string."""

    lead: str
    mark: str
    info: str

    @property
    def head(self) -> str:
        """The line that opens the same fence again."""
        return f"{_blank_list_marks(self.lead)}{self.mark}{self.info}\n"

    @property
    def tail(self) -> str:
        return _blank_list_marks(self.lead) + self.mark

    def is_closed_by(self, mark: str, info: str) -> bool:
        return mark.startswith(self.mark) and not info.strip()


def _blank_list_marks(lead: str) -> str:
    return re.sub(r"[^>\s]", " ", lead)


def strip_thinking(text: str) -> str:
    """Drop a leading `<think>…</think>`; while that is open nothing is left to show."""
    if _THINKING_HEAD.match(text):
        return ""
    found = _THINKING.match(text)
    return text[found.end() :] if found else text


def follow_fences(text: str) -> Iterator[tuple[int, int, Fence | None]]:
    """Yield `(start, end, fence)` of each fence line; `fence` is None where one closes."""
    fence: Fence | None = None
    for line in _FENCE_LINE.finditer(text):
        lead, mark, info = line["lead"], line["mark"], line["info"]
        if fence and fence.is_closed_by(mark, info):
            fence = None
        elif fence is None and not (mark[0] == "`" and "`" in info):
            fence = Fence(lead, mark, info.strip())
        else:
            continue
        yield line.start(), line.end(), fence


def close_open(text: str) -> str:
    """The whole of a growing answer as closed Markdown, for showing while it grows.

    What is open at the end is closed; only a mark, tag, entity or table head whose meaning the
    next characters decide is held back. Idempotent. Not for a final text: that has no next
    characters, so nothing of it may be held back.
    """
    for _ in range(_MOST_PASSES):
        if (closed := _close_once(text)) == text:
            break
        text = closed
    return text


def _close_once(text: str) -> str:
    nothing: tuple[int, int, Fence | None] = (0, 0, None)
    start, end, fence = next(iter(deque(follow_fences(text), maxlen=1)), nothing)
    if fence is None:
        return text[:end] + _close_prose(text[end:])
    if "\n" not in text[end:]:
        return text[:start]
    return _close_fence(text, fence)


def _close_fence(text: str, fence: Fence) -> str:
    """Close an open fence, in place of a closing line that is only half there."""
    body, _, last = text.rpartition("\n")
    mark = last.strip(" \t>")
    half_closed = not mark or fence.mark.startswith(mark)
    return f"{body if half_closed else text}\n{fence.tail}"


def _close_prose(text: str) -> str:
    body = _hold_table_head(text)
    head, newline, last = body.rpartition("\n")
    if _BARE_MARKS.fullmatch(last) and not _completes_table_head(head, last):
        return head + newline
    start = _find_paragraph(body)
    return body[:start] + close_inline(body[start:])


def _completes_table_head(above: str, line: str) -> bool:
    head = above.rpartition("\n")[2]
    columns = _count_columns(head) if _DELIMITER_ROW.fullmatch(line) else 0
    return columns > 0 and columns == _count_columns(line)


def _count_columns(row: str) -> int:
    """Columns of a row that is written to its end; 0 where it has no pipes or is still open."""
    row = row.strip(" \t>")
    return row.count("|") - row.count("\\|") - 1 if row[:1] == "|" == row[-1:] else 0


def _hold_table_head(text: str) -> str:
    """Cut a table that ends before its delimiter row does: until then it shows bare pipes."""
    rows: list[str] = []
    rest = text.removesuffix("\n")
    while (
        rest and len(rows) < 3 and (row := rest[rest.rfind("\n") + 1 :]).lstrip(" \t>")[:1] == "|"
    ):
        rows.insert(0, row)
        rest = rest[: max(rest.rfind("\n"), 0)]
    if not _is_table_head(rows):
        return text
    return rest + "\n" if rest else ""


def _is_table_head(rows: list[str]) -> bool:
    if len(rows) != 2:
        return len(rows) == 1
    return bool(_BARE_MARKS.fullmatch(rows[1])) and not _completes_table_head(*rows)


def _find_paragraph(text: str) -> int:
    """Where the last paragraph, heading, list item or table row begins."""
    start = len(text.rstrip(" \t"))
    start -= text.endswith("\n", 0, start)
    while start > 0:
        above = text.rfind("\n", 0, start)
        line = text[above + 1 : start]
        if not line.strip():
            return start
        if _BLOCK_START.match(line):
            return above + 1
        start = above
    return 0
