"""Whatever Beebot writes, HTML, Markdown or plain words, becomes one Markdown."""

import html
import re
import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from bridge.beebot.html import escape_plain, looks_like_html, to_markdown
from bridge.core.markdown import close_open

PAGE = (
    '<h2>标题</h2><p>第一段，<strong>加粗</strong> and <a href="https://x.example/a?b=1&amp;c=2">link'
    "</a>.<br>1 &lt; 2</p><ul><li>a<ul><li>b</li></ul></li></ul>"
    '<pre><code class="language-python">if a &lt; b:\n    pass</code></pre>'
    "<table><tr><th>名</th><th>B</th></tr><tr><td>1</td><td>2</td></tr></table>"
)


def test_a_page_of_html_becomes_markdown() -> None:
    assert re.sub(r" +\|", " |", to_markdown(PAGE)) == (
        "## 标题\n\n第一段，**加粗** and [link](https://x.example/a?b=1&c=2).  \n1 < 2\n\n"
        "- a\n  - b\n\n```python\nif a < b:\n    pass\n```\n\n"
        "| 名 | B |\n| --- | --- |\n| 1 | 2 |"
    )


def test_no_prefix_of_a_page_shows_a_tag_or_half_an_entity() -> None:
    for end in range(len(PAGE)):
        shown = close_open(to_markdown(PAGE[:end]))
        assert not re.search(r"<[a-z/]|&(?:lt|gt|am|l|g)\b|code class", shown), shown


@pytest.mark.parametrize(
    ("content", "is_html"),
    [
        ("<p>a</p>", True),
        ("a<br>b", True),
        ("文字<b>粗</b>", True),
        ("H<sub>2</sub>O", True),
        ('<a href="x">', True),
        ("a < b and c > d", False),
        ("List<String> and Map<a, b>", False),
        ("List<a>", False),
        ("use `<p>` here", False),
        ("```html\n<p>x</p>\n```", False),
        ("<https://x.example>", False),
        ("**bold**", False),
    ],
)
def test_only_real_tags_look_like_html(content: str, is_html: bool) -> None:
    assert looks_like_html(content) is is_html


@pytest.mark.parametrize(
    ("content", "markdown"),
    [
        ("line 1\nline 2\n\n- a\n  - b", "line 1\nline 2\n\n- a\n  - b"),
        ("a < b && c", "a < b && c"),
        ("a<br/>b<br>\nc", "a  \nb  \nc"),
        ("a<br><br>b", "a  \n\nb"),
        ("1. <b>x</b>\n2. y<br>\n   - z", "1. **x**\n2. y  \n   - z"),
        ('<p>a<a href="javascript:alert(1)">l</a></p>', "al"),
        ('<p><a href="java&#115;cript:x">l</a></p>', "l"),
        ('<p>x<img src="data:image/png;base64,AA" alt="pic"></p>', "xpic"),
        ('<p>x<img src="https://x.example/p" alt="pic"></p>', "x![pic](https://x.example/p)"),
        ("<p>a</p><script>alert(1)</script><style>p{}</style><p>b</p>", "a\n\nb"),
        ("<p>a</p><script>alert(1", "a"),
        ("a final text may end with a <b", "a final text may end with a <b"),
        ("<p>half <b>bo</p> a <b", "half **bo**\n\na <b"),
        ("<p>half a tag <a hre", "half a tag"),
        ("<p>a</p>\n\n## b\n- **c** <u>d</u>\n", "a\n\n## b\n- **c** d"),
        (
            "`Map<K, V>` is <b>typed</b>, see <me@x.example>",
            "`Map<K, V>` is **typed**, see <me@x.example>",
        ),
        ("<div>\n\n- a\n- **b**\n\n</div>", "- a\n- **b**"),
        ("<details><summary>More</summary>\n\n- a\n</details>", "**More**\n\n- a"),
        (
            "| a | b |\n|---|---|\n| 1<br>2 | <b>3</b><br> |",
            "| a | b |\n|---|---|\n| 1 · 2 | **3** |",
        ),
        (
            "$$\n\\frac{a}{b}\n$$\n\\(x_1\\), $y^2$, $P$",
            "```\n\\frac{a}{b}\n```\n`x_1`, `y^2`, `P`",
        ),
        ("- a\n  \\[ x = 1 \\]\n- \\( y", "- a\n  ```\n  x = 1\n  ```\n- `y`"),
        ("$100 or $a and `$x_1$` \\\\(z\\\\)", "$100 or $a and `$x_1$` \\\\(z\\\\)"),
        (
            "see [a b][X], [x] and [y]\n\n[x]: http://x.example 'T'\n```\n[x]\n```",
            "see [a b](<http://x.example>), [x](<http://x.example>) and [y]\n\n```\n[x]\n```",
        ),
        ("as said [1]\n\n[1]: http://x.example", "as said [\\[1\\]](<http://x.example>)"),
        ("<dl><dt>T</dt><dd>x</dd></dl>", "**T**\n\nx"),
        ("10<sup>6</sup> m<sup>2</sup> H<sub>2</sub>O 5<sup>th</sup>", "10⁶ m² H₂O 5th"),
        ("a&nbsp;b &copy; &lt;b&gt; &#42;c&#42; `&copy;`", "a b © &lt;b&gt; &#42;c&#42; `&copy;`"),
        (
            "<table><tr><td>a<br>b</td><td><ul><li>c</li><li>d</li></ul></td></tr></table>",
            "| a · b | c · d |\n| --- | --- |",
        ),
        ("AT&T", "AT&T"),
        ("<p>half <b>bo", "half **bo**"),
        (
            "<p>x</p>\n\n```py\nif a < b:\n    y\n```\n\n<p>z</p>",
            "x\n\n```py\nif a < b:\n    y\n```\n\nz",
        ),
        ("<ol start='3'><li>a</li><li>b</li></ol>", "3. a\n4. b"),
        ("<p>一</p><p>二</p>", "一\n\n二"),
        ("", ""),
    ],
)
def test_tags_become_marks_and_all_else_stays(content: str, markdown: str) -> None:
    assert to_markdown(content) == markdown


@pytest.mark.parametrize(
    "unit", ["<b>", "<a href='", "`a``b", "$a_", "\\(", "[x][", "<td><br>", "&amp;"]
)
def test_a_hostile_content_costs_no_more_than_its_length(unit: str) -> None:
    start = time.perf_counter()
    to_markdown(unit * (20_000 // len(unit)))
    assert time.perf_counter() - start < 5


@given(st.text(max_size=200) | st.text(alphabet='<>/pbr ali&;`\n"=', max_size=60))
@settings(max_examples=150, deadline=None)
def test_any_content_is_converted_and_no_plain_words_are_lost(content: str) -> None:
    shown = to_markdown(content)
    if not looks_like_html(content) and not re.search(r"&\S+;|<!|\$|\\|\]:", content):
        assert shown == content


@given(st.text(alphabet="ab1字 \n*_`~[]()<>&;#-+=.!|\\\"'{}:/", max_size=60))
@settings(max_examples=300, deadline=None)
def test_plain_text_shows_exactly_its_characters(content: str) -> None:
    parser = MarkdownIt("commonmark").enable(["table", "strikethrough"])
    rendered = str(parser.render(escape_plain(content)))
    assert set(re.findall(r"</?(\w+)", rendered)) <= {"p", "br"}
    words = html.unescape(re.sub(r"</?p>|<br />", " ", rendered))
    assert words.split() == content.split()
