"""From an answer to the shapes of its messages, and to ever plainer ones where Slack refuses."""

from collections.abc import Iterator
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
from bridge.slack.outbound.answer_text import AnswerText, Written
from bridge.slack.outbound.footer import footer, notes, spoken, stop_row
from bridge.slack.outbound.quoted_question import quoted_question
from bridge.slack.rendering.pages import Page, paginate
from bridge.slack.rendering.pieces import Place

BLOCKS_LIMIT = 50  # in a message, Slack's


@dataclass(frozen=True, slots=True)
class MessageLayout:
    """The looks of one turn's answer. Each method begins the first message at `start`, where those
    end that are filled already.
    """

    turn: Turn
    translation: Translation
    text: AnswerText

    @classmethod
    async def begin(cls, turn: Turn, translator: Translator) -> Self:
        translation = await translator.for_ask(turn.ask)
        return cls(turn, translation, AnswerText(await quoted_question(turn.ask, translator)))

    async def read(self, answer: Answer) -> Written:
        # A sentence of the bridge that stands alone is the message itself, not a note under it.
        body = answer.markdown or "\n\n".join(answer.notices)
        return await self.text.whole(body, is_open=answer.is_cut)

    def growing(self, written: Written, start: Place) -> list[Message]:
        """While more is to come; under the last page it can be stopped."""
        *above, last = paginate(written.pieces, start)
        below = stop_row(self.turn, self.translation)
        return [
            *(_shape(written, page) for page in above),
            markdown_message(last.text, written.notification(last), footer=below),
        ]

    def forms(self, answer: Answer, written: Written, start: Place) -> Iterator[list[Message]]:
        """The best form first: whole, in smaller messages, without formatting and buttons, and with
        nothing but our own notices below. Each is made only when it is asked for.
        """
        below = footer(answer, self.turn, self.translation)
        yield self._stack(written, paginate(written.pieces, start), below)
        halves = paginate(written.pieces, start, limit=PAGE_LIMIT // 2, max_blocks=20)
        yield self._stack(written, halves, below)
        plain = [plain_message(half.text) for half in halves]
        for told in (
            spoken(answer, self.translation),
            notes(answer.notices if answer.markdown else ()),
        ):
            yield [*plain, *_alone(told)]

    def regret(self) -> list[Message]:
        """What is left to say where Slack takes the answer in no form."""
        return [short_message(self.translation.text_with_reference(self.turn.ask, "failed"))]

    def _stack(self, written: Written, parts: list[Page], below: list[Block]) -> list[Message]:
        """The footer under the last page, or in messages of its own where it has no room."""
        *others, last = parts
        above = [_shape(written, page) for page in others]
        is_short = last.blocks + len(below) <= BLOCKS_LIMIT
        if not below or (is_short and fits(last.text, below, limit=PAGE_LIMIT)):
            return [*above, markdown_message(last.text, written.notification(last), footer=below)]
        return [*above, _shape(written, last), *_alone(below)]


def _shape(written: Written, page: Page) -> Message:
    return markdown_message(page.text, written.notification(page))


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
