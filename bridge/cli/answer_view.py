"""An answer of Beebot in the terminal: finished blocks are printed once, the last is redrawn."""

import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from types import TracebackType
from typing import Self

from rich.console import Console, ConsoleOptions, RenderResult
from rich.live import Live
from rich.markdown import Markdown
from rich.segment import Segment, SegmentLines
from rich.text import Text

from bridge.core.model import Answer
from bridge.markup.growing import Growing, read
from bridge.markup.tree import Block
from bridge.slack.rendering.escaping import GUARD, clean
from bridge.slack.rendering.markdown import MarkdownWriter
from bridge.slack.rendering.pages import text_from

SILENCE_S = 3.0  # within an answer; before its first text each second is told
BELOW = 3  # lines of the screen that the growing block leaves free


def print_markdown(console: Console, text: str) -> None:
    """Drawn in a terminal; in a file or a pipe as it is, each paragraph in one line."""
    text = clean(text)
    if console.is_terminal:
        console.print(Markdown(text))
    else:
        print(text, file=console.file)


def to_markdown(source: str) -> str:
    """What Beebot wrote, HTML or Markdown, as Markdown for people."""
    return _write(read(source))


def _write(blocks: Sequence[Block]) -> str:
    return text_from(MarkdownWriter().write(tuple(blocks))).replace(GUARD, "").strip()


class AnswerView:
    """Draws a growing text on a terminal, within a `with` block: nothing above its last block is
    ever drawn again, however long the answer is.
    """

    def __init__(self, console: Console) -> None:
        self._console = console
        self._reader = Growing()
        self._printed: tuple[Block, ...] = ()
        self._last: tuple[Block, ...] = ()
        self._source = ""
        self._news_at = time.monotonic()
        self._live = Live(self, console=console, auto_refresh=False, transient=True)

    def __enter__(self) -> Self:
        self._live.__enter__()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """What is left of the text stays where it is, also of one that broke off."""
        self._take(self._reader.read(self._source, is_open=False).blocks)
        self._print(self._last)
        self._live.__exit__(kind, error, trace)

    def draw(self, source: str) -> None:
        """The whole text so far."""
        if source != self._source:
            self._source, self._news_at = source, time.monotonic()
            self._take(self._reader.read(source, is_open=True).blocks)
        self._live.refresh()

    def _take(self, blocks: tuple[Block, ...]) -> None:
        count = len(self._printed)
        if blocks[:count] != self._printed:
            self._console.print("[dim]What stands above has changed. It reads now:[/]")
            self._printed, count = (), 0
        self._last = blocks[-1:] if len(blocks) > count else ()
        self._print(blocks[count : len(blocks) - len(self._last)])

    def _print(self, blocks: tuple[Block, ...]) -> None:
        """All at once: each print draws the last block again."""
        options = self._console.options
        lines = [line for block in blocks for line in _render(self._console, options, block)]
        if lines:
            self._console.print(SegmentLines(lines, new_lines=True))
        self._printed += blocks
        if blocks == self._last:
            self._last = ()

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        """The last block, its end where it is higher than the screen; under it how long it has been
        silent.
        """
        most = max(console.height - BELOW, 1)
        for block in self._last:
            yield SegmentLines(_render(console, options, block)[-most:], new_lines=True)
        silent_s = time.monotonic() - self._news_at
        if silent_s >= SILENCE_S or not self._source:
            yield Text(f"thinking… {silent_s:.0f} s", style="dim")


def _render(console: Console, options: ConsoleOptions, block: Block) -> list[list[Segment]]:
    """With one empty line below, and none above."""
    lines = console.render_lines(Markdown(_write([block])), options, pad=False)
    filled = [n for n, line in enumerate(lines) if "".join(part.text for part in line).strip()]
    return [*lines[filled[0] : filled[-1] + 1], []] if filled else []


def describe_rest(answer: Answer, quote: Callable[[str], str]) -> str:
    """What goes with a text, as Markdown: sources, options, related questions, a handover. `quote`
    makes Markdown of plain words.
    """
    return "\n\n".join(part for part in _describe(answer, quote) if part)


def _describe(answer: Answer, quote: Callable[[str], str]) -> Iterator[str]:
    if answer.is_no_answer:
        yield "*Beebot says that it found no answer to this.*"
    if answer.sources:
        yield "**Sources**"
    for source in answer.sources:
        yield f"{source.number}. {quote(source.title)}"
        yield "\n".join(f"   > {line}" for line in to_markdown(source.quote).splitlines())
    if not all(option in answer.markdown for option in answer.options):
        yield _list("It asks which is meant", map(quote, answer.options))
    if answer.related:
        yield _list("Related questions", map(quote, answer.related))
    if answer.handover:
        group = quote(answer.handover.skill_group) or "none"
        why = quote(answer.handover.reason) or "no reason given"
        yield f"**It asks for a human** (skill group: {group}): {why}"


def _list(title: str, items: Iterable[str]) -> str:
    return "\n".join((f"**{title}**\n", *(f"- {item}" for item in items)))
