"""How commands print: a table for people, JSON for programs, findings with what to do."""

import json
import os
import sys
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from io import BufferedWriter, FileIO, TextIOWrapper
from typing import Any

import typer
from rich.console import Console
from rich.table import Table
from rich.text import Text

NO_READER = 141  # the exit code of what SIGPIPE has ended
PAPER_COLUMNS = 240  # into a file or a pipe: one line for each sentence, however long


class State(StrEnum):
    OK = "ok"
    WARNING = "warning"
    FAILURE = "failure"


STYLES = {State.OK: "green", State.WARNING: "yellow", State.FAILURE: "bold red"}


@dataclass(frozen=True, slots=True)
class Finding:
    """What a check found. `advice` is the sentence for the operator, empty when all is well."""

    check: str
    state: State
    said: str
    advice: str = ""


class _Output(FileIO):
    """Ends the program when nobody reads it any more, wherever in the program that is noticed."""

    def write(self, data: Any, /) -> int:
        try:
            return super().write(data)
        except BrokenPipeError:
            os._exit(NO_READER)


def end_with_the_reader() -> None:
    """As other commands end behind `| head -1`. SIGPIPE itself would end the program for a
    connection, too.
    """
    old = sys.stdout
    if isinstance(old, TextIOWrapper):
        sys.stdout = TextIOWrapper(
            BufferedWriter(_Output(old.fileno(), "w", closefd=False)),
            encoding=old.encoding,
            errors=old.errors,
            line_buffering=old.line_buffering,
            write_through=old.write_through,
        )


def open_console() -> Console:
    """The standard output: as wide as the terminal, or as paper."""
    console = Console(highlight=False)
    return console if console.is_terminal else Console(width=PAPER_COLUMNS, highlight=False)


def print_json(value: Any) -> None:
    typer.echo(json.dumps(value, ensure_ascii=False, indent=2))


def confirm(question: str) -> bool:
    """Asks on a terminal; where nobody can answer, in a script or a pipe, it is taken as meant."""
    return not sys.stdin.isatty() or typer.confirm(question, err=True)


def grid(rows: Iterable[Sequence[str | Text]]) -> Table:
    """Columns without lines around them."""
    table = Table.grid(padding=(0, 2))
    for row in rows:
        table.add_row(*row)
    return table


def print_findings(findings: Sequence[Finding], mask: Callable[[str], str]) -> None:
    rows = list[tuple[str | Text, ...]]()
    for finding in findings:
        style = STYLES[finding.state]
        rows.append((Text(finding.state, style), finding.check, Text(mask(finding.said))))
        if finding.advice:
            rows.append(("", "", Text(f"→ {mask(finding.advice)}", style)))
    console = open_console()
    console.print(grid(rows))
    count = Counter(finding.state for finding in findings)
    parts = [
        f"{count[state]} {state}{'s' if count[state] > 1 else ''}"
        for state in (State.FAILURE, State.WARNING)
        if count[state]
    ]
    console.print(f"{' and '.join(parts)}." if parts else "All is well.")
