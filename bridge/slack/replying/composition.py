"""From an answer to the shapes of its messages, and to ever plainer ones where Slack refuses."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Self

from bridge.core.blocks import read_lines
from bridge.core.model import Answer
from bridge.core.turn import Turn
from bridge.core.words import Speech, Words
from bridge.slack.replying.footer import footer, notes, spoken, stop_row
from bridge.slack.replying.lead import lead
from bridge.slack.text.message import (
    EXPANDED_LIMIT,
    PAGE_LIMIT,
    TEXT_LIMIT,
    Block,
    Shape,
    fits,
    pages,
    plain_shape,
    shape,
    split_again,
    standalone,
)
from bridge.slack.text.mrkdwn import fallback_text

BLOCKS_LIMIT = 50  # in a message, Slack's


@dataclass(frozen=True, slots=True)
class Composition:
    """The looks of one turn's answer. `lead` is what each of its texts begins with: the question,
    where the thread does not show it.
    """

    turn: Turn
    words: Words
    lead: str = ""

    @classmethod
    async def begin(cls, turn: Turn, speech: Speech) -> Self:
        return cls(turn, await speech.answering(turn.ask), await lead(turn.ask, speech))

    def growing(self, markdown: str) -> list[Shape]:
        """While more is to come; under the last page it can be stopped."""
        *above, last = pages(self.lead + markdown)
        below = stop_row(self.turn, self.words)
        return [*map(self._shape, above), self._shape(last, below)]

    def forms(self, answer: Answer) -> Iterator[list[Shape]]:
        """The best form first: whole, in smaller messages, without formatting and buttons, and with
        nothing but our own notices below. Each is made only when it is asked for.
        """
        # A sentence of the bridge that stands alone is the message itself, not a note under it.
        body = self.lead + (answer.markdown or "\n\n".join(answer.notices))
        below = footer(answer, self.turn, self.words)
        yield self._stack(pages(body), below)
        yield self._stack([half for page in pages(body) for half in split_again(page)], below)
        plain = [plain_shape(half) for page in pages(body) for half in split_again(page)]
        for told in (spoken(answer, self.words), notes(answer.notices if answer.markdown else ())):
            yield [*plain, *_alone(told)]

    def regret(self) -> list[Shape]:
        """What is left to say where Slack takes the answer in no form."""
        return [shape(self.words.say_of(self.turn.ask, "failed"))]

    def _stack(self, parts: Sequence[str], below: list[Block]) -> list[Shape]:
        """The footer under the last page, or in messages of its own where it has no room."""
        *others, last = parts or ("",)
        above = [self._shape(page) for page in others]
        is_short = _count_blocks(last) + len(below) <= BLOCKS_LIMIT
        if not below or (is_short and fits(last, below, limit=PAGE_LIMIT)):
            return [*above, self._shape(last, below)]
        return [*above, self._shape(last), *_alone(below)]

    def _shape(self, page: str, below: Sequence[Block] = ()) -> Shape:
        """Whoever is notified reads what is new, not what was asked."""
        whole, answer = shape(page, footer=below), page.removeprefix(self.lead)
        if answer in {page, ""}:
            return whole
        return replace(whole, text=fallback_text(answer, TEXT_LIMIT))


def _count_blocks(page: str) -> int:
    """As Slack counts what it makes of a page."""
    return sum(line.opens_block for line in read_lines(page))


def _alone(blocks: Sequence[Block]) -> Iterator[Shape]:
    """As few messages as hold them."""
    part: list[Block] = []
    for block in blocks:
        whole = [*part, block]
        if part and (len(whole) > BLOCKS_LIMIT or not fits("", whole, limit=EXPANDED_LIMIT)):
            yield standalone(part)
            whole = [block]
        part = whole
    if part:
        yield standalone(part)
