"""From an answer to the shapes of its messages, and to ever plainer ones where Slack refuses."""

from collections.abc import Iterator

from bridge.core.model import Answer, Ask
from bridge.core.words import Words
from bridge.slack.replying.footer import footer, notes
from bridge.slack.text.message import (
    PAGE_LIMIT,
    Block,
    Shape,
    fits,
    pages,
    plain_shape,
    shape,
    split_again,
    standalone,
)


def compose(answer: Answer, words: Words) -> Iterator[list[Shape]]:
    """The best form first: whole, in smaller messages, without formatting and with nothing but
    our own notices below. Each is made only when it is asked for.
    """
    # A sentence of the bridge that stands alone is the message itself, not a note under it.
    body = answer.markdown or "\n\n".join(answer.notices)
    below = footer(answer, words)
    yield _stack(pages(body), below)
    yield _stack([half for page in pages(body) for half in split_again(page)], below)
    plain = [plain_shape(half) for page in pages(body) for half in split_again(page)]
    told = notes(answer.notices if answer.markdown else ())
    yield [*plain, standalone(told)] if told else plain


def regret(ask: Ask, words: Words) -> list[Shape]:
    """What is left to say where Slack takes the answer in no form."""
    return [shape(words.say_of(ask, "failed"))]


def _stack(parts: tuple[str, ...] | list[str], below: list[Block]) -> list[Shape]:
    """The footer under the last page, or in a message of its own where it has no room."""
    *others, last = parts or ("",)
    above = [shape(page) for page in others]
    if not below or fits(last, below, limit=PAGE_LIMIT):
        return [*above, shape(last, footer=below)]
    return [*above, shape(last), standalone(below)]
