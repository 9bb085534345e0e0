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


@given(st.text(alphabet="a1字：“” *_~#`\n\\", max_size=40))
@settings(max_examples=200, deadline=None)
def test_mending_twice_changes_nothing(text: str) -> None:
    assert mend_emphasis(mend_emphasis(text)) == mend_emphasis(text)


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        ("3~5 天，8~10 天，约 ~2 天", "3∼5 天，8∼10 天，约 ∼2 天"),
        ("周一~周五", "周一∼周五"),
        ("~~gone~~ `3~5` ~/dir", "~~gone~~ `3~5` ~/dir"),
        ("https://x.example/~me/3~5", "https://x.example/~me/3~5"),
        ("2*3*4=24", "2\\*3\\*4=24"),
        ("不要__断电__，", "不要**断电**，"),
        ("__init__ and my__var__name", "**init** and my__var__name"),
        ("###标题\n#话题", "### 标题\n#话题"),
        ("```\n3~5 2*3 __粗__\n###x\n```", "```\n3~5 2*3 __粗__\n###x\n```"),
    ],
)
def test_marks_in_chinese_text_and_beside_numbers_are_read_as_meant(text: str, meant: str) -> None:
    assert mend_emphasis(text) == meant
    assert mend_emphasis(meant) == meant


def test_messages_and_notifications_are_mended() -> None:
    message = shape("**重点：**文字")
    assert message.blocks[0]["text"] == "**重点：\u200b**文字"
    assert message.text == to_mrkdwn("**重点：**文字") == "*重点：*\u200b文字"
