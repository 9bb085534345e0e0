"""The text of one answer as Slack's Markdown, read and written on as it grows."""

import asyncio
from dataclasses import dataclass, field

from bridge.markup.growing import Growing
from bridge.markup.tree import Block
from bridge.slack.message import TEXT_LIMIT
from bridge.slack.rendering.markdown import MarkdownWriter
from bridge.slack.rendering.mrkdwn import write_mrkdwn
from bridge.slack.rendering.pages import Page, paginate
from bridge.slack.rendering.pieces import Piece

MOST_AT_ONCE = 8_000  # characters that are read within the event loop


@dataclass(frozen=True, slots=True)
class Written:
    """`pieces` is what people see of the `blocks`, of which the first `quoted` are no news."""

    blocks: tuple[Block, ...]
    pieces: list[Piece]
    quoted: int = 0

    def notification(self, page: Page) -> str:
        """What a page says to who is notified: what is new, not what was asked."""
        at = (
            page.at
            if page.at[0] >= self.quoted or len(self.blocks) == self.quoted
            else (self.quoted, 0)
        )
        return write_mrkdwn(self.blocks, TEXT_LIMIT, at=at)


@dataclass(frozen=True, slots=True)
class _Hand:
    """Knows what was finished at the last time."""

    quoted: tuple[Block, ...]
    reader: Growing = field(default_factory=Growing)
    whole: MarkdownWriter = field(default_factory=MarkdownWriter)
    stable: MarkdownWriter = field(default_factory=MarkdownWriter)
    written: dict[bool, int] = field(default_factory=dict)  # characters, what is settled and whole

    def is_far_behind(self, source: str, is_settled: bool) -> bool:
        behind = len(source) - self.written.get(is_settled, 0)
        return max(behind, self.reader.unread(source)) > MOST_AT_ONCE

    def write(self, source: str, is_open: bool, is_settled: bool) -> Written:
        reading = self.reader.read(source, is_open=is_open)
        blocks = self.quoted + (reading.settled if is_settled else reading.blocks)
        writer = self.stable if is_settled else self.whole
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
        self._hand = _Hand(quoted)

    async def whole(self, source: str, *, is_open: bool) -> Written:
        """All of a text, closed where it ends; `is_open`: it may go on there."""
        return await self._write(source, is_open=is_open, is_settled=False)

    async def settled(self, source: str) -> Written:
        """What of a growing text may be said for good."""
        return await self._write(source, is_open=True, is_settled=True)

    async def _write(self, source: str, *, is_open: bool, is_settled: bool) -> Written:
        hand = self._hand
        if not hand.is_far_behind(source, is_settled):
            return hand.write(source, is_open, is_settled)
        try:
            return await asyncio.to_thread(hand.write_long, source, is_open, is_settled)
        except asyncio.CancelledError:
            self._hand = _Hand(hand.quoted)  # the other one is still at work
            raise
