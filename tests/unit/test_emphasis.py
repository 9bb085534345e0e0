"""Emphasis that ends in Chinese punctuation is shown as emphasis."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from bridge.core.emphasis import mend_emphasis
from bridge.slack.text.message import shape
from bridge.slack.text.mrkdwn import to_mrkdwn


@pytest.mark.parametrize(
    "text", ["**重点：**文字", "文字**“重点”**文字", "a**(b)**c", "*注意！*请"]
)
def test_marks_beside_punctuation_work(text: str) -> None:
    assert "*" in MarkdownIt("commonmark").render(text)
    assert "*" not in MarkdownIt("commonmark").render(mend_emphasis(text))


@pytest.mark.parametrize(
    "text",
    [
        "**bold** word",
        "`**重点：**文字`",
        "```\n**重点：**文字\n```",
        "2 * 3 * 4",
        "\\**a：**b",
        "a*b*c",
    ],
)
def test_all_else_stays(text: str) -> None:
    assert mend_emphasis(text) == text


@given(st.text(alphabet="a字：“” *`\n\\", max_size=40))
@settings(max_examples=200, deadline=None)
def test_mending_twice_changes_nothing(text: str) -> None:
    assert mend_emphasis(mend_emphasis(text)) == mend_emphasis(text)


def test_messages_and_notifications_are_mended() -> None:
    message = shape("**重点：**文字")
    assert message.blocks[0]["text"] == "**重点：\u200b**文字"
    assert message.text == to_mrkdwn("**重点：**文字") == "*重点：*\u200b文字"
