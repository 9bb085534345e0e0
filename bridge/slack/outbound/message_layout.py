"""From an answer to what its messages shall hold, and to ever plainer ones where Slack refuses."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Self

from bridge.core.model import Answer
from bridge.core.translator import Translation, Translator
from bridge.core.turn import Turn
from bridge.slack.message import (
    EXPANDED_LIMIT,
    PAGE_LIMIT,
    Block,
    Message,
    block_message,
    fits,
    markdown_message,
    plain_message,
    short_message,
)
from bridge.slack.outbound.answer_text import AnswerText, Written, quoted_question
from bridge.slack.outbound.footer import footer, notes, spoken, stop_row
from bridge.slack.outbound.native_stream import find_filled
from bridge.slack.outbound.posts import Posted
from bridge.slack.rendering.pages import Page, paginate

BLOCKS_LIMIT = 50  # in a message, Slack's


@dataclass(frozen=True, slots=True)
class MessageLayout:
    """Of one turn's answer. What streaming has filled of the messages that are `posted` stays as it
    is where the text still begins so.
    """

    turn: Turn
    translation: Translation
    text: AnswerText

    @classmethod
    async def begin(cls, turn: Turn, translator: Translator) -> Self:
        translation = await translator.for_ask(turn.ask)
        return cls(turn, translation, AnswerText(await quoted_question(turn.ask, translator)))

    async def growing(self, markdown: str, posted: Sequence[Posted]) -> list[Message]:
        """While more is to come; under the last page it can be stopped. Nothing of no text."""
        written = await self.text.whole(markdown, is_open=True)
        if not written.pieces:
            return []
        filled, start = find_filled(posted, written)
        *above, last = paginate(written.pieces, start)
        below = stop_row(self.turn, self.translation)
        return [
            *filled,
            *(_lay_out(written, page) for page in above),
            _lay_out(written, last, below),
        ]

    async def final(self, answer: Answer, posted: Sequence[Posted]) -> Iterator[list[Message]]:
        """The best form first: whole, in smaller messages, without formatting and buttons, and with
        nothing but our own notices below. Each is made only when it is asked for.
        """
        # A sentence of the bridge that stands alone is the message itself, not a note under it.
        body = answer.markdown or "\n\n".join(answer.notices)
        written = await self.text.whole(body, is_open=answer.is_cut)
        return self._forms(answer, written, posted)

    def apology(self) -> list[Message]:
        """What is left to say where Slack takes the answer in no form."""
        return [short_message(self.translation.text_with_reference(self.turn.ask, "failed"))]

    def _forms(
        self, answer: Answer, written: Written, posted: Sequence[Posted]
    ) -> Iterator[list[Message]]:
        filled, start = find_filled(posted, written)
        below = footer(answer, self.turn, self.translation)
        yield [*filled, *_stack(written, paginate(written.pieces, start), below)]
        halves = paginate(written.pieces, start, limit=PAGE_LIMIT // 2, max_blocks=20)
        yield [*filled, *_stack(written, halves, below)]
        plain = [plain_message(half.text) for half in halves]
        notices = answer.notices if answer.markdown else ()
        for below in (spoken(answer, self.translation), notes(notices)):
            yield [*filled, *plain, *_alone(below)]


def _stack(written: Written, pages: list[Page], below: list[Block]) -> list[Message]:
    """The footer under the last page, or in messages of its own where it has no room."""
    *others, last = pages
    above = [_lay_out(written, page) for page in others]
    is_short = last.blocks + len(below) <= BLOCKS_LIMIT
    if not below or (is_short and fits(last.text, below, limit=PAGE_LIMIT)):
        return [*above, _lay_out(written, last, below)]
    return [*above, _lay_out(written, last), *_alone(below)]


def _lay_out(written: Written, page: Page, below: Sequence[Block] = ()) -> Message:
    return markdown_message(page.text, written.notification(page), footer=below)


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
