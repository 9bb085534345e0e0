"""Lays a table with more columns than Slack takes out as several, each with the first column."""

import re
from collections.abc import Iterator
from math import ceil

from bridge.core.markdown import follow_fences

_TABLE = re.compile(
    r"^[ ]{0,3}\|.*\|[ \t]*\n[ ]{0,3}\|(?:[ \t]*:?-+:?[ \t]*\|)+[ \t]*(?:\n[ ]{0,3}\|.*)*",
    re.MULTILINE,
)
_ROWS = 40
_PIPE = re.compile(r"(?<!\\)\|")


def narrow_tables(markdown: str, *, columns: int = 20) -> str:
    """The same text with no table of more than `columns` columns, outside code. Idempotent."""
    if markdown.count("|") <= columns:
        return markdown
    parts: list[str] = []
    position, in_code = 0, False
    for start, end, fence in follow_fences(markdown):
        border = start if fence else end
        parts.append(_narrow(markdown[position:border], columns, in_code=in_code))
        position, in_code = border, fence is not None
    return "".join([*parts, _narrow(markdown[position:], columns, in_code=in_code)])


def _narrow(text: str, columns: int, *, in_code: bool) -> str:
    if in_code:
        return text
    return _TABLE.sub(lambda table: _split(table[0], columns), text)


def _split(table: str, columns: int) -> str:
    head, delimiter, *body = (_cells(row) for row in table.split("\n"))
    if len(head) <= columns:
        return table
    # Some rows at a time: those above stay where they are while the table grows.
    groups = [body[at : at + _ROWS] for at in range(0, len(body), _ROWS)] or [[]]
    parts = (_split_rows([head, delimiter, *group], columns) for group in groups)
    return "\n\n".join(part for group in parts for part in group)


def _split_rows(rows: list[list[str]], columns: int) -> Iterator[str]:
    """Tables of about the same width."""
    rest = len(rows[0]) - 1
    count = ceil(rest / (columns - 1))
    step = ceil(rest / count)
    for first in range(1, rest + 1, step):
        yield "\n".join(_write([row[0], *row[first : first + step]]) for row in rows)


def _cells(row: str) -> list[str]:
    cells = _PIPE.split(row.strip().removeprefix("|"))
    if not cells[-1].strip():
        cells.pop()
    return [cell.strip() for cell in cells] or [""]


def _write(cells: list[str]) -> str:
    return f"| {' | '.join(cells)} |"
