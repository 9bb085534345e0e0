"""Every message has one shape, and Slack's limits hold for it whatever the text."""

import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bridge.markup.growing import read
from bridge.slack.block_kit.actions import ActionValue, pack, unpack
from bridge.slack.block_kit.message import (
    button,
    buttons,
    context_line,
    markdown_message,
    plain_message,
    short_message,
)
from bridge.slack.rendering.markdown import MarkdownWriter
from bridge.slack.rendering.pages import paginate

STOP = ActionValue("turn-1")
FOOTER = [context_line("sources: a, b"), buttons([button("Stop", "stop", STOP, style="danger")])]


def all_text(value: object) -> int:
    if isinstance(value, dict):
        return sum(
            len(part) if key == "text" and isinstance(part, str) else all_text(part)
            for key, part in value.items()
        )
    return sum(map(all_text, value)) if isinstance(value, list) else 0


def pages(markdown: str) -> list[str]:
    return [page.text for page in paginate(MarkdownWriter().write(read(markdown)))]


def test_a_message_is_a_markdown_block_the_footer_and_a_notification() -> None:
    message = markdown_message("**hi**", "*hi*", footer=FOOTER)
    assert message.blocks == [{"type": "markdown", "text": "**hi**"}, *FOOTER]
    assert message.text == "*hi*"


def test_a_sentence_is_a_message() -> None:
    message = short_message("**hi** <!here>")
    assert message.blocks == [{"type": "markdown", "text": "**hi** &lt;\u200b!here>"}]
    assert message.text == "*hi* &lt;\u200b!here&gt;"


@pytest.mark.parametrize(
    "text",
    [
        "中" * 11500,
        "中文。" * 20000,
        "<" * 11500,
        "<!here> " * 5000,
        "a & b\n\n" * 4000,
        "```\n" + "<!here>\n" * 5000,
        "| a | b |\n|---|---|\n" + "| < | & |\n" * 3000,
    ],
)
def test_every_page_of_any_answer_passes_slacks_limits(text: str) -> None:
    for page in pages(text):
        message = markdown_message(page, "notified", footer=FOOTER)
        assert message.blocks[0]["type"] == "markdown"
        assert len(message.blocks[0]["text"]) <= 12_000
        assert all_text(message.blocks) <= 13_200


def test_eleven_thousand_five_hundred_chinese_characters_are_one_message() -> None:
    assert pages("中" * 11_500) == ["中" * 11_500]


def test_a_page_that_is_too_long_is_shown_plain() -> None:
    message = markdown_message("&lt;" * 3_001, "notified", footer=FOOTER)
    assert message.blocks[0]["type"] == "section"
    assert all_text(message.blocks) <= 13_200


@given(st.text(alphabet="<>&a字\n*`", max_size=9000), st.booleans())
@settings(max_examples=25, deadline=None)
def test_a_plain_message_passes_slacks_limits_and_tears_no_entity(text: str, foot: bool) -> None:
    message = plain_message(text * 3, footer=FOOTER if foot else ())
    sections = [block for block in message.blocks if block["type"] == "section"]
    assert sections
    for section in sections:
        assert 0 < len(section["text"]["text"]) <= 3000
        assert not re.search(r"[<>]|&(?!(?:amp|lt|gt);)", section["text"]["text"])
    assert all_text(message.blocks) <= 13_200
    assert len(message.text) <= 3000


def test_an_empty_page_is_still_a_message() -> None:
    assert markdown_message("", "").blocks[0]["text"]
    assert markdown_message("", "").text
    assert short_message("").blocks[0]["text"]
    assert plain_message("").blocks[0]["text"]["text"]


def test_a_button_brings_back_what_was_packed() -> None:
    value = ActionValue("turn-1", '退货 "怎么" 办？')
    assert unpack(ActionValue, button("x", "ask", value)["value"]) == value


@pytest.mark.parametrize("packed", ["", "{}", "[]", "1", '{"turn":1,"words":""}', "no json"])
def test_a_foreign_value_is_refused(packed: str) -> None:
    with pytest.raises(ValueError, match=r".+"):
        unpack(ActionValue, packed)


def test_slacks_limits_on_buttons_are_kept() -> None:
    assert len(button("长" * 100, "ask", STOP)["text"]["text"]) == 75
    with pytest.raises(ValueError, match="action_id"):
        button("x", "a" * 256, STOP)
    with pytest.raises(ValueError, match="2000"):
        pack(ActionValue("turn", "x" * 2000))
    with pytest.raises(ValueError, match="25"):
        buttons([button("x", "ask", STOP)] * 26)


def test_a_note_is_literal() -> None:
    assert context_line("<!here> *x*")["elements"][0]["text"] == "&lt;!here&gt; *x*"
    assert len(context_line("&" * 3000)["elements"][0]["text"]) <= 3000
