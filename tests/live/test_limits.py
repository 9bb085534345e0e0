"""Asks Slack's `blocks.validate` whether it takes the largest that the bridge sends; posts nothing.

Where one fails, a limit of `docs/slack.md` is not what we take it for.
"""

import json

import pytest

from bridge.core.messages import Locale
from bridge.core.model import Answer, Source
from bridge.core.translator import Translation
from bridge.markup.growing import read
from bridge.resources import Resources
from bridge.slack.block_kit.actions import ActionValue, ModalMetadata
from bridge.slack.block_kit.message import (
    BUTTONS_LIMIT,
    CONTEXT_LIMIT,
    LABEL_LIMIT,
    MARKDOWN_LIMIT,
    SECTION_LIMIT,
    Block,
    View,
    button,
    buttons,
    context_line,
    markdown_message,
    plain_message,
    plain_text,
    section,
)
from bridge.slack.block_kit.views import (
    AskQuestion,
    AskReason,
    home_view,
    question_view,
    reason_view,
    sources_view,
)
from bridge.slack.messages import SLACK_MESSAGES
from bridge.slack.outbound.footer import footer
from bridge.slack.outbound.message_layout import BLOCKS_LIMIT
from bridge.slack.rendering.markdown import MarkdownWriter
from bridge.slack.rendering.pages import paginate
from tests.unit.turns import turn_of

pytestmark = [pytest.mark.live, pytest.mark.timeout(60)]
WORDS = Translation(Locale.ZH, SLACK_MESSAGES)
ROW = "|" + "一|" * 20 + "\n"
TABLE = ROW + ROW.replace("一", "---") + ROW * 120 + "\n"
METADATA = ModalMetadata("C0123456789", "1763800000.000100")
ANSWER = Answer(
    "It is so.",
    sources=tuple(Source(number, "题" * 150, "引" * 3000) for number in range(1, 51)),
    options=tuple("选" * 150 for _ in range(9)),
    related=tuple("问" * 150 for _ in range(9)),
    answer_id="a" * 40,
    notices=tuple("句" * 300 for _ in range(5)),
)


def page_of(markdown: str) -> list[Block]:
    """The first message that the bridge makes of an answer."""
    return markdown_message(paginate(MarkdownWriter().write(read(markdown)))[0].text, "").blocks


def press(number: int) -> Block:
    return button("键" * LABEL_LIMIT, f"press:{number}", ActionValue("5b0f6c0e", words="文" * 1500))


MESSAGES: dict[str, list[Block]] = {
    "a markdown block": [{"type": "markdown", "text": "字" * MARKDOWN_LIMIT}],
    "a page of words": page_of("词 " * 20_000),
    "a page of headings": page_of("## Heading\n\nwords\n\n" * 200),
    "a page with tables": page_of(TABLE * 2),
    "a page as plain text": plain_message("字" * 20_000).blocks,
    "sections": [section(plain_text("字" * SECTION_LIMIT)) for _ in range(4)],
    "a context line": [context_line("字" * CONTEXT_LIMIT)],
    "a row of buttons": [buttons([press(number) for number in range(BUTTONS_LIMIT)])],
    "as many blocks as there may be": [{"type": "divider"}] * BLOCKS_LIMIT,
    "the footer of an answer": page_of("So.") + footer(ANSWER, turn_of(), WORDS),
}  # fmt: skip
VIEWS: dict[str, View] = {
    "the Home tab": home_view(WORDS),
    "the sources": sources_view(ANSWER.sources, WORDS),
    "the reason": reason_view(AskReason(METADATA), WORDS),
    "the question": question_view(AskQuestion(METADATA, "引文\n" * 1000, 512), WORDS),
}


async def validate(resources: Resources, **payload: object) -> None:
    """By a form: the SDK's own method puts all of it into the address, which is too long then."""
    form = {name: json.dumps(value) for name, value in payload.items()}
    assert (await resources.slack.api_call("blocks.validate", data=form))["ok"]


@pytest.mark.parametrize("name", list(MESSAGES))
async def test_slack_takes_the_largest_message(resources: Resources, name: str) -> None:
    await validate(resources, message={"blocks": MESSAGES[name]})


@pytest.mark.parametrize("name", list(VIEWS))
async def test_slack_takes_the_largest_view(resources: Resources, name: str) -> None:
    await validate(resources, view=VIEWS[name])
