"""Turns the text of an answer into contents for its messages, while it grows and at its end."""

import asyncio
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Self

from bridge.core.model import Answer, Ask
from bridge.core.translator import Translation, Translator
from bridge.core.turn import Turn
from bridge.markup.growing import Growing
from bridge.markup.tree import Block as TextBlock
from bridge.markup.tree import Break, Inline, Paragraph, Quote, Text
from bridge.slack.block_kit.message import (
    EXPANDED_LIMIT,
    TEXT_LIMIT,
    Block,
    Message,
    block_message,
    fits,
    markdown_message,
    one_line,
    plain_message,
    short_message,
)
from bridge.slack.outbound.footer import context_blocks, footer, spoken, stop_row
from bridge.slack.outbound.native_stream import (
    Filled,
    StreamTiming,
    filled_messages,
    find_filled,
    plan_stream,
)
from bridge.slack.outbound.posts import Content, Posted, Streaming
from bridge.slack.rendering.markdown import MarkdownWriter
from bridge.slack.rendering.mrkdwn import write_mrkdwn
from bridge.slack.rendering.pages import PAGE_LIMIT, Page, Piece, paginate

BLOCKS_LIMIT = 50  # in a message, Slack's
MAX_IN_LOOP = 8_000  # characters that are read within the event loop
MAX_QUOTED = 600  # characters of the question; Beebot takes 512


@dataclass(frozen=True, slots=True)
class Written:
    """`pieces` is what people see, of which the first `quoted` are the question."""

    pieces: list[Piece]
    quoted: int = 0

    @property
    def has_news(self) -> bool:
        return len(self.pieces) > self.quoted

    def message(
        self, page: Page, below: Sequence[Block] = (), *, notification: str = ""
    ) -> Message:
        """Unless there is a `notification`, it begins behind the quoted question."""
        if not notification:
            start = max(page.start, self.quoted) if self.has_news else page.start
            shown = self.pieces[start : max(page.end, start + 1)]
            notification = write_mrkdwn(shown, TEXT_LIMIT)
        return markdown_message(page.text, notification, footer=below)


@dataclass(slots=True)
class _Writer:
    """Keeps the parts that were finished the last time."""

    quoted: tuple[TextBlock, ...]
    reader: Growing = field(default_factory=Growing)
    writer: MarkdownWriter = field(default_factory=MarkdownWriter)
    settled: int = 0  # characters of the text whose settled part was written last
    whole: int = 0  # and of the one that was written as a whole

    def is_far_behind(self, markdown: str, is_settled: bool) -> bool:
        behind = len(markdown) - (self.settled if is_settled else self.whole)
        return max(behind, self.reader.unread(markdown)) > MAX_IN_LOOP

    def write(self, markdown: str, is_open: bool, is_settled: bool) -> Written:
        reading = self.reader.read(markdown, is_open=is_open)
        blocks = self.quoted + (reading.settle() if is_settled else reading.blocks)
        if is_settled:
            self.settled = len(markdown)
        else:
            self.whole = len(markdown)
        pieces = self.writer.write(blocks, is_open=is_settled)
        return Written(pieces, len(MarkdownWriter().write(self.quoted)))

    def write_long(self, markdown: str, is_open: bool, is_settled: bool) -> Written:
        """Also finds, for whoever paginates in the event loop, where long paragraphs may be cut."""
        written = self.write(markdown, is_open, is_settled)
        paginate(written.pieces)
        return written


class AnswerText:
    """The text of one answer, read and written as it grows, behind the `quoted` question."""

    def __init__(self, quoted: tuple[TextBlock, ...] = ()) -> None:
        self._writer = _Writer(quoted)

    async def whole(self, markdown: str, *, is_open: bool) -> Written:
        """All of a text, with open marks closed; `is_open`: it may go on."""
        return await self._write(markdown, is_open, is_settled=False)

    async def settled(self, markdown: str) -> Written:
        """What of a growing text reads the same whatever follows."""
        return await self._write(markdown, is_open=True, is_settled=True)

    async def _write(self, markdown: str, is_open: bool, is_settled: bool) -> Written:
        writer = self._writer
        if not writer.is_far_behind(markdown, is_settled):
            return writer.write(markdown, is_open, is_settled)
        try:
            return await asyncio.to_thread(writer.write_long, markdown, is_open, is_settled)
        except asyncio.CancelledError:
            self._writer = _Writer(writer.quoted)  # a thread still works on the old one
            raise


@dataclass(frozen=True, slots=True)
class Progress:
    """The contents of a growing answer's messages, or `meanwhile` if the rate limit does not allow
    them. `markdown` is the text of the bot that people then see, empty for none.
    """

    contents: Sequence[Content]
    markdown: str
    meanwhile: Sequence[Content] = ()


@dataclass(frozen=True, slots=True)
class MessageLayout:
    """Of one turn's answer. Of the `posted` messages, those that a stream has filled stay as they
    are if the text still begins with theirs.
    """

    turn: Turn
    translation: Translation
    text: AnswerText
    stop_row: list[Block]
    notifications: dict[int, str] = field(default_factory=dict)  # of the page that grows, by page

    @classmethod
    async def begin(cls, turn: Turn, translator: Translator) -> Self:
        translation = await translator.for_ask(turn.ask)
        text = AnswerText(await quoted_question(turn.ask, translator))
        return cls(turn, translation, text, stop_row(turn, translation))

    async def streamed(
        self, markdown: str, posted: Sequence[Posted], timing: StreamTiming
    ) -> Progress:
        """The settled part of a text, by appending. Raises `CannotStream`."""
        written = await self.text.settled(markdown)
        plan = plan_stream(written.pieces, posted, timing)
        full = [_fill(written, page) for page in plan.pages]
        contents: list[Content] = [*filled_messages(posted), *full]
        text = plan.text_meanwhile
        meanwhile = [*contents[:-1], Streaming(text)] if text else []
        if plan.text or len(posted) > len(contents):
            contents.append(Streaming(plan.text))
        return Progress(contents, markdown if written.has_news else "", meanwhile)

    async def edited(
        self, markdown: str, posted: Sequence[Posted], *, has_stop_button: bool = True
    ) -> Progress | None:
        """The whole text, with open marks closed and perhaps a stop button below. None where
        nothing of it can be seen. Nobody is notified of an edit: a message that grows keeps its
        notification.
        """
        written = await self.text.whole(markdown, is_open=True)
        if not written.pieces:
            return None
        filled, start = find_filled(posted, written.pieces)
        *above, last = paginate(written.pieces, start)
        pages = [written.message(page) for page in above]
        at = len(filled) + len(pages)
        kept = self.notifications.get(at, "")
        row = self.stop_row if has_stop_button else []
        growing = written.message(last, row, notification=kept)
        self.notifications[at] = growing.text
        return Progress([*filled, *pages, growing], markdown)

    async def final(self, answer: Answer, posted: Sequence[Posted]) -> Iterator[list[Message]]:
        """Forms to try one after another: whole, in smaller messages, as plain text without
        buttons, and with only our own notices below. Each is made when it is asked for.
        """
        # A sentence of the bridge that stands alone is the message itself, not a note under it.
        body = answer.markdown or "\n\n".join(answer.notices)
        written = await self.text.whole(body, is_open=answer.is_cut)
        return self._forms(answer, written, posted)

    def apology(self) -> list[Message]:
        """What is said if Slack takes no form of the answer."""
        return [short_message(self.translation.text_with_reference(self.turn.ask, "failed"))]

    def _forms(
        self, answer: Answer, written: Written, posted: Sequence[Posted]
    ) -> Iterator[list[Message]]:
        filled, start = find_filled(posted, written.pieces)
        below = footer(answer, self.turn, self.translation)
        yield [*filled, *_stack(written, paginate(written.pieces, start), below)]
        halves = paginate(written.pieces, start, limit=PAGE_LIMIT // 2, max_blocks=20)
        yield [*filled, *_stack(written, halves, below)]
        plain = [plain_message(half.text) for half in halves]
        notices = answer.notices if answer.markdown else ()
        for below in (spoken(answer, self.translation), context_blocks(notices)):
            yield [*filled, *plain, *_alone(below)]


def _fill(written: Written, page: Page) -> Filled:
    message = written.message(page)
    return Filled(message.blocks, message.text, written.pieces[: page.end])


def _stack(written: Written, pages: list[Page], below: list[Block]) -> list[Message]:
    """The footer under the last page, or in messages of its own where it has no room."""
    *others, last = pages
    above = [written.message(page) for page in others]
    is_short = last.blocks + len(below) <= BLOCKS_LIMIT
    if not below or (is_short and fits(last.text, below, limit=PAGE_LIMIT)):
        return [*above, written.message(last, below)]
    return [*above, written.message(last), *_alone(below)]


def _alone(blocks: list[Block]) -> Iterator[Message]:
    """As few messages as hold them."""
    part: list[Block] = []
    for block in blocks:
        whole = [*part, block]
        if part and (len(whole) > BLOCKS_LIMIT or not fits("", whole, limit=EXPANDED_LIMIT)):
            yield block_message(part)
            whole = [block]
        part = whole
    if part:
        yield block_message(part)


async def quoted_question(ask: Ask, translator: Translator) -> tuple[TextBlock, ...]:
    """The question and who asked it, to put before the answer; nothing where a message of the
    thread shows the question.
    """
    if not ask.is_quoted:
        return ()
    return quote(ask.text or ask.attached, await translator.name(ask.thread.team, ask.user))


def quote(question: str, name: str) -> tuple[TextBlock, ...]:
    asked = question if len(question) <= MAX_QUOTED else question[: MAX_QUOTED - 1] + "…"
    said = Paragraph(tuple(_lines(asked)))
    signature = Paragraph((Text(f"— {one_line(name)}"),))
    return (Quote((said, signature) if name.strip() else (said,)),)


def _lines(words: str) -> Iterator[Inline]:
    """These words exactly, line by line."""
    for number, line in enumerate(line for line in words.splitlines() if line.strip()):
        if number:
            yield Break(is_hard=True)
        yield Text(one_line(line))
