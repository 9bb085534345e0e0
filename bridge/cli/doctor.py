"""`bridge doctor`: whether the bridge can do its job here, and what to correct if not."""

import sys
from collections import Counter
from collections.abc import Callable, Sequence

from rich.console import Console
from rich.table import Table
from rich.text import Text

from bridge.cli.address import check_address
from bridge.cli.checks import Finding, State, examine
from bridge.cli.configured import configured
from bridge.cli.surroundings import look_around
from bridge.telemetry.logs import configure_logging
from bridge.telemetry.masking import masking

STYLES = {State.OK: "green", State.WARNING: "yellow", State.FAILURE: "bold red"}
PAPER_COLUMNS = 240  # into a file or a pipe: one line for each sentence, however long


async def doctor(*, with_question: bool, origin: str = "") -> int:
    """The exit code: 1 when something failed, 0 otherwise; wrong settings end it with 2.

    `origin` is where the bridge runs, `https://HOST`, or empty.
    """
    settings = configured()
    configure_logging("CRITICAL", "console", secrets=settings.secrets(), stream=sys.stderr)
    findings = [*look_around(settings), *await examine(settings, with_question=with_question)]
    if origin:
        findings.append(await check_address(settings, origin))
    _print(findings, masking(settings.secrets()))
    return 1 if any(finding.state is State.FAILURE for finding in findings) else 0


def _print(findings: Sequence[Finding], mask: Callable[[str], str]) -> None:
    console = Console(highlight=False)
    if not console.is_terminal:
        console = Console(width=PAPER_COLUMNS, highlight=False)
    table = Table.grid(padding=(0, 2))
    for finding in findings:
        style = STYLES[finding.state]
        table.add_row(Text(finding.state, style), finding.check, Text(mask(finding.said)))
        if finding.advice:
            table.add_row("", "", Text(f"→ {mask(finding.advice)}", style))
    console.print(table)
    console.print(_conclusion(findings))


def _conclusion(findings: Sequence[Finding]) -> str:
    count = Counter(finding.state for finding in findings)
    parts = [
        f"{count[state]} {state}{'s' if count[state] > 1 else ''}"
        for state in (State.FAILURE, State.WARNING)
        if count[state]
    ]
    return f"{' and '.join(parts)}." if parts else "All is well."
