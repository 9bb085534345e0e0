"""The text of one answer as Slack's Markdown, read and written on as it grows."""

import asyncio
from collections.abc import Iterator
from dataclasses import dataclass, field

from bridge.core.model import Ask
from bridge.core.translator import Translator
from bridge.markup.growing import Growing
from bridge.markup.tree import Block, Break, Inline, Paragraph, Quote, Text
from bridge.slack.message import TEXT_LIMIT
from bridge.slack.rendering.markdown import MarkdownWriter
from bridge.slack.rendering.mrkdwn import write_mrkdwn
from bridge.slack.rendering.pages import Page, paginate
from bridge.slack.rendering.pieces import Piece

MAX_IN_LOOP = 8_000  # characters that are read within the event loop
MAX_QUOTED = 600  # characters of the question; Beebot takes 512


@dataclass(frozen=True, slots=True)
class Written:
    """`pieces` is what people see of the `blocks`, of which the first `quoted` are no news."""

    blocks: tuple[Block, ...]
    pieces: list[Piece]
    quoted: int = 0

    @property
    def has_news(self) -> bool:
        return any(block != Paragraph((), block.start) for block in self.blocks[self.quoted :])

    def notification(self, page: Page) -> str:
        """What a page says to who is notified: what is new, not what was asked."""
        is_quote = page.at[0] < self.quoted < len(self.blocks)
        return write_mrkdwn(self.blocks, TEXT_LIMIT, at=(self.quoted, 0) if is_quote else page.at)


@dataclass(frozen=True, slots=True)
class _Writer:
    """Keeps what was finished the last time."""

    quoted: tuple[Block, ...]
    reader: Growing = field(default_factory=Growing)
    whole: MarkdownWriter = field(default_factory=MarkdownWriter)
    settled: MarkdownWriter = field(default_factory=MarkdownWriter)
    written: dict[bool, int] = field(default_factory=dict)  # characters, what is settled and whole

    def is_far_behind(self, source: str, is_settled: bool) -> bool:
        behind = len(source) - self.written.get(is_settled, 0)
        return max(behind, self.reader.unread(source)) > MAX_IN_LOOP

    def write(self, source: str, is_open: bool, is_settled: bool) -> Written:
        reading = self.reader.read(source, is_open=is_open)
        blocks = self.quoted + (reading.settled if is_settled else reading.blocks)
        writer = self.settled if is_settled else self.whole
        self.written[is_settled] = len(source)
        return Written(blocks, writer.write(blocks, is_open=is_settled), len(self.quoted))

    def write_long(self, source: str, is_open: bool, is_settled: bool) -> Written:
        """Also finds, and keeps for the next who asks, where its long paragraphs may be cut."""
        written = self.write(source, is_open, is_settled)
        paginate(written.pieces)
        return written


class AnswerText:
    """`quoted` is what each text begins with."""

    def __init__(self, quoted: tuple[Block, ...] = ()) -> None:
        self._writer = _Writer(quoted)

    async def whole(self, source: str, *, is_open: bool) -> Written:
        """All of a text, closed where it ends; `is_open`: it may go on there."""
        return await self._write(source, is_open, is_settled=False)

    async def settled(self, source: str) -> Written:
        """What of a growing text may be said for good."""
        return await self._write(source, is_open=True, is_settled=True)

    async def _write(self, source: str, is_open: bool, is_settled: bool) -> Written:
        writer = self._writer
        if not writer.is_far_behind(source, is_settled):
            return writer.write(source, is_open, is_settled)
        try:
            return await asyncio.to_thread(writer.write_long, source, is_open, is_settled)
        except asyncio.CancelledError:
            self._writer = _Writer(writer.quoted)  # the other one is still at work
            raise


async def quoted_question(ask: Ask, translator: Translator) -> tuple[Block, ...]:
    """The question and who asked it, to put before the answer; nothing where a message of the
    thread shows the question.
    """
    if not ask.is_quoted:
        return ()
    return quote(ask.text or ask.attached, await translator.name(ask.thread.team, ask.user))


def quote(question: str, name: str) -> tuple[Block, ...]:
    asked = question if len(question) <= MAX_QUOTED else question[: MAX_QUOTED - 1] + "…"
    said = Paragraph(tuple(_lines(asked)))
    signature = Paragraph((Text(f"— {_flat(name)}"),))
    return (Quote((said, signature) if name.strip() else (said,)),)


def _lines(words: str) -> Iterator[Inline]:
    """These words exactly, line by line."""
    for number, line in enumerate(line for line in words.splitlines() if line.strip()):
        if number:
            yield Break(is_hard=True)
        yield Text(_flat(line))


def _flat(text: str) -> str:
    return " ".join(text.split())
