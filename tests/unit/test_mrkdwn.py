"""Markdown becomes mrkdwn that Slack shows as it was meant."""

import re
from collections.abc import Iterator

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bridge.markup.tree import Blocks, CodeBlock, Link, Paragraph, Text
from bridge.slack.rendering.markdown import MarkdownWriter
from bridge.slack.rendering.mrkdwn import write_mrkdwn
from bridge.slack.rendering.pages import Piece, paginate
from tests.unit import judge, trees
from tests.unit.written import blocks_of
from tests.unit.written import mrkdwn as to_mrkdwn

PROPERTY = settings(max_examples=120, deadline=None)
TOKEN = re.compile(r"<(?:https?://|mailto:)[^\s<>|]+(?:\|[^<>]*)?>", re.IGNORECASE)
PIECES = [
    *("word", "字", " ", "\n", "\n\n", "**", "*", "`", "```\n", "<!channel>", "<", ">", "&", "|"),
    *("[a](http://x.example/a)", "[", "](", ")", "- ", "1. ", "> ", "# ", "~~", "&lt;!here&gt;"),
    *("| a | b |\n|---|---|\n| <@U1> | 2 |\n", "![p](http://x.example/<b>)", "[x](javascript:1)"),
]
TEXTS = st.lists(st.sampled_from(PIECES), max_size=25).map("".join)


@PROPERTY
@given(TEXTS | st.text(max_size=100))
def test_no_bare_angle_bracket_survives_but_in_links(text: str) -> None:
    assert "<" not in TOKEN.sub("", to_mrkdwn(text))


@PROPERTY
@given(trees.documents)
def test_no_tree_can_ping_or_forge_a_link(blocks: Blocks) -> None:
    assert not judge.faults_of_mrkdwn(write_mrkdwn(MarkdownWriter().write(blocks)))


@PROPERTY
@given(trees.documents, st.integers(min_value=20, max_value=80))
def test_a_fallback_fits_and_tears_no_token(blocks: Blocks, limit: int) -> None:
    fallback = write_mrkdwn(MarkdownWriter().write(blocks), limit)
    assert len(fallback) <= limit
    assert "<" not in TOKEN.sub("", fallback)
    assert not re.search(r"&(?!(?:amp|lt|gt);)", fallback)


def test_words_that_meet_where_a_link_is_dropped_make_no_token() -> None:
    inlines = (Text("<"), Link("javascript:x", (Text("!channel>"),)))
    assert not judge.faults_of_mrkdwn(write_mrkdwn(MarkdownWriter().write((Paragraph(inlines),))))


def test_what_stands_behind_the_beginning_is_not_read() -> None:
    def pieces() -> Iterator[Piece]:
        yield from MarkdownWriter().write((Paragraph((Text("a" * 50),)),) * 2)
        pytest.fail("more is read than has room")

    assert write_mrkdwn(pieces(), 40)


@pytest.mark.parametrize(
    ("markdown", "mrkdwn"),
    [
        ("**bold** *it* ~~no~~ `co`", "*bold* _it_ ~no~ `co`"),
        ("文**加粗**字", "文\u200b*加粗*\u200b字"),
        ("文，**加粗**。", "文，*加粗*。"),
        ("a**b**c", "a\u200b*b*\u200bc"),
        ("***both***", "_*both*_"),
        ("# A **b** c", "*A b c*"),
        ("two\nlines **a\nb**", "two\nlines *a*\n*b*"),
        ("a & b < c > d", "a &amp; b &lt; c &gt; d"),
        ("`a && <b>`", "`a &amp;&amp; &lt;b&gt;`"),
        ("```py\nif a < b:\n  x\n```", "```\nif a &lt; b:\n  x\n```"),
        ("- a\n- b\n  - c\n    1. d", "• a\n• b\n    • c\n        1. d"),
        ("3. a\n4. b", "3. a\n4. b"),
        ("- [ ] a\n- [x] b", "☐ a\n☑ b"),
        ("> a\n> b", "> a\n> b"),
        ("> a\n>\n> b", "> a\n>\n> b"),
        ("---", "──────────"),
        ("[l](http://x.example 't')", "<http://x.example|l>"),
        ("[a|b](http://x.example/a|b)", "<http://x.example/a%7Cb|a|b>"),
        ("[l](http://x.example/?a=1&b=2)", "<http://x.example/?a=1&amp;b=2|l>"),
        ("[l](javascript:alert(1))", "l"),
        ("[google.com](http://e.example)", "<http://e.example|google.com (e.example)>"),
        ("![alt](http://x.example/p.png)", "<http://x.example/p.png|alt>"),
        ("<https://x.example>", "<https://x.example>"),
        ("<!channel> <@U1>", "&lt;\u200b!channel&gt; &lt;\u200b@U1&gt;"),
        ("\\*no\\*", "*no*"),
        (
            "| Name | Qty |\n|---|---|\n| 苹果 | **3** |",
            "```\nName | Qty\n-----|----\n苹果 | 3\n```",
        ),
        ("| 名称 | b |\n|---|---|\n| x | 2 |", "```\n名称 | b\n-----|--\nx    | 2\n```"),
    ],
)
def test_each_construct_has_its_mrkdwn(markdown: str, mrkdwn: str) -> None:
    assert to_mrkdwn(markdown) == mrkdwn


def test_a_long_answer_becomes_a_short_notification_with_closed_fences() -> None:
    fallback = write_mrkdwn(MarkdownWriter().write((CodeBlock("print(1 < 2)\n" * 1000),)), 300)
    assert len(fallback) <= 300
    assert fallback.count("```") == 2


def test_a_notification_begins_where_its_page_does() -> None:
    source = "intro\n\n1. a\n2. b\n3. c\n\n| h |\n|---|\n| x |\n| y |"
    pieces = MarkdownWriter().write(blocks_of(source))
    assert write_mrkdwn(pieces[2:]).startswith("2. b\n3. c\n\n```\nh\n")
    assert write_mrkdwn(pieces[-1:]) == "```\nh\n-\ny\n```"


@pytest.mark.parametrize(
    "source",
    [
        "这是**一句**话，a*b 见[手册](https://x.cn/a)和`code`。\n" * 40,
        "```\n" + "".join(f"line {number}: x\n" for number in range(120)),
    ],
)
def test_so_it_does_within_a_paragraph_or_code(source: str) -> None:
    pieces = MarkdownWriter().write(blocks_of(source))
    pages = paginate(pieces, limit=400)
    assert len(pages) > 2
    for page in pages:
        notification = write_mrkdwn(pieces[page.start :])
        told, shown = (re.findall(r"\w+", text) for text in (notification, page.text))
        assert told[:3] == shown[:3]
