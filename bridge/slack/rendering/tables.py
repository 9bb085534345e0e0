"""Writes the rows of a table, and parts one that has too many columns."""

import re
from collections.abc import Iterator, Sequence
from math import ceil

from bridge.markup.tree import Inline, Row, Table
from bridge.slack.rendering.escaping import GUARD
from bridge.slack.rendering.inlines import write_inlines

MOST_COLUMNS = 20  # Slack's
BETWEEN = " · "  # the lines of a cell
_PIPE = re.compile(r"(\\*)\|")


def write_row(cells: Row) -> str:
    return f"| {' | '.join(map(_write_cell, cells))} |"


def _write_cell(cell: Sequence[Inline]) -> str:
    text = write_inlines(cell, line_break=BETWEEN, begins_line=False).text
    return _PIPE.sub(_escape_pipe, text) if "|" in text else text


def _escape_pipe(found: re.Match[str]) -> str:
    """One backslash is left of two, except in code."""
    return f"{found[1]}{GUARD * (len(found[1]) % 2)}\\|"


def split_columns(table: Table) -> Iterator[Table]:
    """Tables of about the same width, each with the first column."""
    rest = len(table.aligns) - 1
    step = ceil(rest / ceil(rest / (MOST_COLUMNS - 1)))
    for first in range(1, rest + 1, step):
        chosen = slice(first, first + step)
        yield Table(
            (table.aligns[0], *table.aligns[chosen]),
            (table.head[0], *table.head[chosen]),
            tuple((row[0], *row[chosen]) for row in table.rows),
        )
