"""A growing answer is shown as closed Markdown at every moment, and what is settled stays."""

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bridge.markup.growing import Growing
from bridge.slack.rendering.markdown import MarkdownWriter
from bridge.slack.rendering.pages import text_from
from tests.unit import judge
from tests.unit.written import markdown

ANSWER = """# 标题

这是**加粗：**文字, *it _al_ ic* and `code` [link](http://a.b/c_(d) "t") end &amp; x

| a | b |
|---|---|
| 1 | **2** |

- item ~~gone~~
  ```py
  a = 1
  ```
1. ok ![p](http://x)

> q **b**

---
bye"""
WELL_FORMED = st.lists(
    st.sampled_from(
        (
            "**粗体**，", "word ", "*it **b** x* ", "`code` ", "[l](http://x.example/a_b) ",
            "~~no~~ ",
            "\n\n", "\n\n- item\n", "\n\n## head\n\n", "\n\n```py\nx\n```\n\n",
            "\n\n> **q** quote\n\n",
            "\n\n<p>Some <b>bold</b> words</p>\n\n", "\n\n| a | b |\n|---|---|\n| 1 | 2 |\n\n",
            "$x_1$，",
        )
    ),
    max_size=12,
).map("".join)  # fmt: skip
ODD = st.lists(
    st.sampled_from(
        (
            "a", "字", " ", "\n", "\n\n", "*", "**", "_", "~~", "`", "```", "```py\n", "~~~\n", "[",
            "](",
            ")", "http://x", "- ", "1. ", "> ", "# ", "| ", "|", "---", "<", "&", "amp;", "\\",
            "。", "!",
            "x [y", "$", "\\(", "\\[", "<b>", "</b>", "<p>",
        )
    ),
    max_size=25,
).map("".join)  # fmt: skip
# Most texts of marks alone make no tree, so many are drawn in vain.
PROPERTY = settings(
    max_examples=200,
    deadline=None,
    suppress_health_check=[HealthCheck.filter_too_much, HealthCheck.too_slow],
)


def shown(growing: str) -> str:
    return text_from(MarkdownWriter().write(Growing().read(growing, is_open=True).blocks))


@pytest.mark.parametrize(
    ("growing", "closed"),
    [
        ("a **bol", "a **bol**"),
        ("a **bold*", "a **bold**"),
        ("a **b *c", "a **b *c*\u200b**"),
        ("a **bold ", "a **bold**"),
        ("a **", "a"),
        ("文**加粗：", "文**加粗：**"),
        ("~~go", "~~go~~"),
        ("use `co", "use `co`"),
        ("use ``a`", "use `a`"),
        ("use `", "use"),
        ("see [lab", "see lab"),
        ("see [label](htt", "see label"),
        ("see [label](http://x_(y", "see label"),
        ("**see [label](htt", "**see label**"),
        ("see [label](http://x)", "see [label](http://x)"),
        ("an ![image](htt", "an image"),
        ("as proved [1]", "as proved [1]"),
        ("- [ ]", "- [ ] \u200b"),
        ("x <stro", "x"),
        ("a < b", "a &lt; b"),
        ('x <a href="http://x" ti', "x"),
        ("a <b and c", "a &lt;b and c"),
        ("x &hel", "x"),
        ("x &amp;l", "x"),
        ("see [label](<http://x y", "see label"),
        ("see ![]", "see"),
        ("> q\n>\n> | a | b |\n> |--", "> q"),
        ("不要__断", "不要**断**"),
        ("约**10%**的人", "约**10%\u200b**的人"),
        ("*a**b", "*a**b**\u200b*"),
        ("3*4", "3\\*4"),
        ("约 3~", "约 3"),
        ("x &nb", "x"),
        ("AT&T", "AT"),
        ("x \\", "x"),
        ("intro\n-", "intro"),
        ("intro\n---", "intro"),
        ("intro\n1.", "intro"),
        ("```py\nx = 1", "```py\nx = 1\n```"),
        ("```py\nx = 1\n``", "```py\nx = 1\n```"),
        ("intro\n```py", "intro"),
        ("> ```\n> x", "> ```\n> x\n> ```"),
        ("- a\n  ```\n  x", "- a\n  ```\n  x\n  ```"),
        ("intro\n\n| a | b |", "intro"),
        ("intro\n\n| a | b |\n|---|-", "intro"),
        ("| a | b |\n|---|---|", "| a | b |\n| --- | --- |"),
        ("| a \\| b |\n|---|", "| a \\| b |\n| --- |"),
        ("| a | b |\n|---|---|\n| 1 | **x", "| a | b |\n| --- | --- |\n| 1 | **x** |"),
        ("2 * 3 and snake_case", "2 * 3 and snake_case"),
    ],
)
def test_what_is_open_is_closed_and_only_a_dangling_mark_is_held_back(
    growing: str, closed: str
) -> None:
    assert shown(growing) == closed


def test_no_prefix_of_an_answer_flashes_a_broken_mark() -> None:
    for end in range(len(ANSWER) + 1):
        words = judge.words(shown(ANSWER[:end]))
        assert not any(mark in words for mark in ("*", "`", "~~", "](", "&amp;", "&am", "|")), words


def test_a_prefix_shows_all_that_is_finished() -> None:
    for end in range(len(ANSWER) + 1):
        finished = ANSWER[: ANSWER[:end].rfind("\n\n") + 1]
        assert shown(ANSWER[:end]).startswith(markdown(finished))


@PROPERTY
@given(WELL_FORMED, st.integers(min_value=0))
def test_no_prefix_of_well_formed_markdown_shows_a_mark(text: str, seed: int) -> None:
    words = judge.words(shown(text[: seed % (len(text) + 1)]))
    assert not any(mark in words for mark in ("*", "`", "~~", "[", "]", "#", "|", "<")), words


@PROPERTY
@given(WELL_FORMED)
def test_what_is_settled_stays_at_the_beginning(text: str) -> None:
    growing, writer, before = Growing(), MarkdownWriter(), ""
    for end in range(1, len(text) + 1):
        if end % 8 == 0:  # another replica takes over, and reads anew
            growing, writer = Growing(), MarkdownWriter()
        blocks = growing.read(text[:end], is_open=True).settle()
        now = text_from(writer.write(blocks, is_open=True))
        assert now.startswith(before), text[:end]
        before = now
    assert markdown(text).startswith(before)


@PROPERTY
@given(ODD, st.integers(min_value=0))
def test_any_text_can_be_closed(text: str, seed: int) -> None:
    assert not judge.faults(shown(text[: seed % (len(text) + 1)]))
