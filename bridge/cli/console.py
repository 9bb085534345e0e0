"""Where commands print."""

from rich.console import Console

PAPER_COLUMNS = 240  # into a file or a pipe: one line for each sentence, however long


def open_console() -> Console:
    """The standard output: as wide as the terminal, or as paper."""
    console = Console(highlight=False)
    return console if console.is_terminal else Console(width=PAPER_COLUMNS, highlight=False)
