"""A growing answer is shown as closed Markdown at every moment."""

import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from bridge.core.markdown import close_open, follow_fences, strip_thinking

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

PIECES = st.sampled_from(
    [
        "a",
        "字",
        " ",
        "\n",
        "\n\n",
        "*",
        "**",
        "_",
        "~~",
        "`",
        "```",
        "```py\n",
        "~~~\n",
        "[",
        "](",
        ")",
        "http://x",
        "- ",
        "1. ",
        "> ",
        "# ",
        "| ",
        "|",
        "---",
        "<",
        "&",
        "amp;",
        "\\",
        "。",
        "!",
        "x [y",
    ]
)
TEXTS = st.lists(PIECES, max_size=25).map("".join)
PROPERTY = settings(max_examples=150, deadline=None)


def rendered(markdown: str) -> str:
    return str(MarkdownIt("commonmark").enable(["table", "strikethrough"]).render(markdown))


def ends_inside_a_fence(text: str) -> bool:
    fences = [fence for _, _, fence in follow_fences(text)]
    return bool(fences) and fences[-1] is not None


@pytest.mark.parametrize(
    ("growing", "shown"),
    [
        ("a **bol", "a **bol**"),
        ("a **bold*", "a **bold**"),
        ("a **b *c", "a **b *c***"),
        ("a **bold ", "a **bold**"),
        ("a **", "a "),
        ("文**加粗：", "文**加粗：**"),
        ("~~go", "~~go~~"),
        ("use `co", "use `co`"),
        ("use ``a`", "use ``a``"),
        ("use `", "use "),
        ("see [lab", "see lab"),
        ("see [label](htt", "see label"),
        ("see [label](http://x_(y", "see label"),
        ("**see [label](htt", "**see label**"),
        ("see [label](http://x)", "see [label](http://x)"),
        ("an ![image](htt", "an image"),
        ("as proved [1]", "as proved [1]"),
        ("- [ ]", "- [ ]"),
        ("x <stro", "x "),
        ("a < b", "a < b"),
        ('x <a href="http://x" ti', "x "),
        ("a <b and c", "a <b and c"),
        ("x &hel", "x "),
        ("x &amp;l", "x "),
        ("see [label](<http://x y", "see label"),
        ("see ![]", "see "),
        ("> q\n>\n> | a | b |\n> |--", "> q\n>\n"),
        ("不要__断", "不要__断__"),
        ("约**10%**的人", "约**10%**的人"),
        ("*a**b", "*a**b***"),
        ("3*4", "3*4"),
        ("约 3~", "约 3"),
        ("x &nb", "x "),
        ("AT&T", "AT&T"),
        ("x \\", "x "),
        ("intro\n-", "intro\n"),
        ("intro\n---", "intro\n"),
        ("intro\n1.", "intro\n"),
        ("```py\nx = 1", "```py\nx = 1\n```"),
        ("```py\nx = 1\n``", "```py\nx = 1\n```"),
        ("intro\n```py", "intro\n"),
        ("> ```\n> x", "> ```\n> x\n> ```"),
        ("- a\n  ```\n  x", "- a\n  ```\n  x\n  ```"),
        ("intro\n\n| a | b |", "intro\n\n"),
        ("intro\n\n| a | b |\n|---|-", "intro\n\n"),
        ("| a | b |\n|---|---|", "| a | b |\n|---|---|"),
        ("| a | b |\n|---|---|\n| 1 | **x", "| a | b |\n|---|---|\n| 1 | **x**"),
        ("2 * 3 and snake_case", "2 * 3 and snake_case"),
    ],
)
def test_what_is_open_is_closed_and_only_a_dangling_mark_is_held_back(
    growing: str, shown: str
) -> None:
    assert close_open(growing) == shown


def test_no_prefix_of_an_answer_flashes_a_broken_mark() -> None:
    for end in range(len(ANSWER) + 1):
        html = rendered(close_open(ANSWER[:end]).replace("：**", "：\u200b**"))
        prose = html.replace("a = 1", "")
        assert not any(mark in prose for mark in ("*", "`", "~~", "](", "&amp;am", "|")), html


def test_a_prefix_shows_all_but_a_few_characters_of_its_last_line() -> None:
    for end in range(len(ANSWER) + 1):
        prefix = ANSWER[:end]
        finished = prefix[: prefix.rfind("\n\n") + 1]
        assert close_open(prefix).startswith(finished)


@PROPERTY
@given(TEXTS)
def test_closing_twice_changes_nothing(text: str) -> None:
    assert close_open(close_open(text)) == close_open(text)


@PROPERTY
@given(TEXTS)
def test_no_fence_is_left_open(text: str) -> None:
    assert not ends_inside_a_fence(close_open(text))


WELL_FORMED = st.lists(
    st.sampled_from(
        [
            "**粗体**，",
            "word ",
            "*it **b** x* ",
            "`code` ",
            "[l](http://x/a_b) ",
            "~~no~~ ",
            "\n\n",
            "\n\n- item\n",
            "\n\n## head\n\n",
            "\n\n```py\nx\n```\n\n",
            "\n\n> **q** quote\n\n",
        ]
    ),
    max_size=12,
).map("".join)


@PROPERTY
@given(WELL_FORMED, st.integers(min_value=0))
def test_no_prefix_of_well_formed_markdown_shows_a_mark(text: str, seed: int) -> None:
    prefix = text[: seed % (len(text) + 1)]
    html = rendered(close_open(prefix))
    assert not any(mark in html for mark in ("*", "`", "~~", "[", "]", "#")), (prefix, html)


@PROPERTY
@given(st.text(max_size=200))
def test_any_text_can_be_closed(text: str) -> None:
    assert close_open(close_open(text)) == close_open(text)


@pytest.mark.parametrize(
    "unit", ["[", "*_", "`a``b", "**a *b ", "[a](", "](", "> ", "a\n", "| a |\n", "<a"]
)
def test_a_hostile_text_costs_no_more_than_its_length(unit: str) -> None:
    text = unit * (40_000 // len(unit))
    start = time.perf_counter()
    close_open(text)
    assert time.perf_counter() - start < 5


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("<think>hm\n\nso</think>\n\nAnswer", "Answer"),
        ("<thinking>hm</thinking>Answer", "Answer"),
        ("<think>still at it", ""),
        ("<thi", ""),
        ("Answer <think>x</think>", "Answer <think>x</think>"),
        ("<thing> is a tag", "<thing> is a tag"),
    ],
)
def test_leading_thinking_is_never_shown(text: str, shown: str) -> None:
    assert strip_thinking(text) == shown
