"""Whatever Beebot writes, HTML, Markdown or plain words, becomes one text for Slack."""

import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bridge.markup.growing import Growing, read
from bridge.markup.html import read_html
from bridge.markup.plain import escape_plain
from bridge.markup.tree import CodeBlock, Item, List, Paragraph, Quote, Table, Text
from bridge.slack.rendering.markdown import MarkdownWriter
from bridge.slack.rendering.pages import text_from
from tests.unit import judge
from tests.unit.written import markdown

PAGE = (
    '<h2>标题</h2><p>第一段，<strong>加粗</strong> and <a href="https://x.example/a?b=1&amp;c=2">link'
    "</a>.<br>1 &lt; 2</p><ul><li>a<ul><li>b</li></ul></li></ul>"
    '<pre><code class="language-python">if a &lt; b:\n    pass</code></pre>'
    "<table><tr><th>名</th><th>B</th></tr><tr><td>1</td><td>2</td></tr></table>"
)


def test_a_page_of_html_becomes_markdown() -> None:
    assert markdown(PAGE) == (
        "## 标题\n\n第一段，**加粗** and [link](https://x.example/a?b=1&c=2).  \n1 &lt; 2\n\n"
        "- a\n  - b\n\n```python\nif a < b:\n    pass\n```\n\n"
        "| 名 | B |\n| --- | --- |\n| 1 | 2 |"
    )


def test_no_prefix_of_a_page_shows_a_tag_or_half_an_entity() -> None:
    growing, writer = Growing(), MarkdownWriter()
    for end in range(len(PAGE)):
        shown = text_from(writer.write(growing.read(PAGE[:end], is_open=True).blocks))
        assert not re.search(r"<[a-z/]|&lt;[a-z/]|&(?:gt|am|l|g)\b|code class", shown), shown


@pytest.mark.parametrize(
    "words",
    [
        "使用 <b> 标签加粗文字",
        "HTML 中 <a> 标签用于链接，<img> 用于图片",
        "a < b and c > d",
        "List<String> and Map<a, b>",
        "List<Table> 与 Set<Form>",
        "配置里的 <server> 与 </server>",
        "段落用 <p> 开始，表格用 <table>",
        "a </b> c",
        "注释以 <!-- 开头",
        "<script> 标签用于脚本",
        "a final text may end with a <b",
        "5 <6> 7",
        "<1> <-> <=>",
    ],
)
def test_tags_in_prose_that_nothing_closes_are_words(words: str) -> None:
    shown = markdown(words)
    assert judge.words(shown).replace("\u200b", "") == words
    assert not judge.faults(shown)


@pytest.mark.parametrize(
    ("said", "shown"),
    [
        ("<p>a</p>", "a"),
        ("a<br/>b<br>\nc", "a  \nb  \nc"),
        ("a<br><br>b", "a\n\nb"),
        ("<p>a<br><br>b<br></p>", "a\n\nb"),
        ("文字<b>粗</b>", "文字**粗**"),
        ("<P>A<BR>B</P>", "A  \nB"),
        ("1. <b>x</b>\n2. y<br>\n   - z", "1. **x**\n2. y\n   - z"),
        ('<p>a<a href="javascript:alert(1)">l</a></p>', "al"),
        ('<p><a href="java&#115;cript:x">l</a></p>', "l"),
        ('<p>x<img src="data:image/png;base64,AA" alt="pic"></p>', "xpic"),
        ('<p>x<img src="https://x.example/p" alt="pic"></p>', "x[pic](https://x.example/p)"),
        ("<p>a</p><script>alert(1)</script><style>p{}</style><p>b</p>", "a\n\nb"),
        ("<p>half a tag <a hre", "half a tag"),
        ("<p>half <b>bo", "half **bo**"),
        ("<p>a</p>\n\n## b\n- **c** <u>d</u>\n", "a\n\n## b\n\n- **c** d"),
        ("<div>\n\n- a\n- **b**\n\n</div>", "- a\n- **b**"),
        ("<div>\n- a\n- **b**\n</div>", "- a\n- **b**"),
        ("<details><summary>More</summary>\n\n- a\n</details>", "**More**\n\n- a"),
        (
            '<details><summary>代码</summary>\n```py\nprint("<b>")\n```\n</details>',
            '**代码**\n\n```py\nprint("<b>")\n```',
        ),
        (
            "| a | b |\n|---|---|\n| 1<br>2 | <b>3</b><br> |",
            "| a | b |\n| --- | --- |\n| 1 · 2 | **3** |",
        ),
        ("<dl><dt>T</dt><dd>x</dd></dl>", "**T**\n\nx"),
        ("<dl><dt>A<dd>B</dl>", "**A**\n\nB"),
        ("10<sup>6</sup> m<sup>2</sup> H<sub>2</sub>O 5<sup>th</sup>", "10⁶ m² H₂O 5th"),
        ("a&nbsp;b &copy; &lt;b&gt; `&copy;`", "a b © &lt;b> `&copy;`"),
        (
            "<table><tr><td>a<br>b</td><td><ul><li>c</li><li>d</li></ul></td></tr></table>",
            "| a · b | c · d |\n| --- | --- |",
        ),
        (
            "<p>x</p>\n\n```py\nif a < b:\n    y\n```\n\n<p>z</p>",
            "x\n\n```py\nif a < b:\n    y\n```\n\nz",
        ),
        ("<ol start='3'><li>a</li><li>b</li></ol>", "3. a\n4. b"),
        ("<p>一</p><p>二</p>", "一\n\n二"),
        ("<p>a<p>b", "a\n\nb"),
        ("<div><p>a</div>b<p>c", "a\n\nb\n\nc"),
        ("<P ALIGN=center>a</P>tail", "a\n\ntail"),
        (
            "您好<table><tr><td>a</td><td>b</td></tr></table>再见",
            "您好\n\n| a | b |\n| --- | --- |\n\n再见",
        ),
        (
            "<table>\n\n<tr><td>a</td>\n\n<td>b</td></tr>\n\n</table>\n\n**c**",
            "| a | b |\n| --- | --- |\n\n**c**",
        ),
        (
            "<table><tr><td><table><tr><td>x</td><td>y</td></tr></table></td><td>z</td></tr></table>",
            "| x y | z |\n| --- | --- |",
        ),
        (
            "<table><caption>C</caption><tr><th>a</th></tr><tr><td>b</td></tr></table>",
            "*C*\n\n| a |\n| --- |\n| b |",
        ),
        ("<div>\n        您好\n\n        <p>x</p>\n</div>", "您好\n\nx"),
        ("<p>a</p>\n*强调*", "a\n\n*强调*"),
        ("<b><p>x</p><p>y</p></b>", "**x**\n\n**y**"),
        (
            '<a href="https://x.example"><h2>t</h2><p>b</p></a>',
            "## [t](https://x.example)\n\n[b](https://x.example)",
        ),
        ("<p>x<b> y </b>z</p>", "x **y** z"),
        ("<p>x <u>**y</u> z** w</p>", "x **y z** w"),
        ("<strong>红</strong><strong>色</strong>", "**红色**"),
        ('<span style="font-weight:700">a</span> <b style="font-weight:normal">b</b>', "**a** b"),
        ('<span style="font-style:italic">a</span>', "*a*"),
        ('<span style="text-decoration: line-through red">a</span>', "~~a~~"),
        ('<p>a<span style="display:none">b</span><i hidden>c</i></p>', "a"),
        ("<p>a <!-- b --> c</p><!-- d", "a c\n\n&lt;\u200b!-- d"),
        ("<!DOCTYPE html><html><head><title>t</title></head><body><p>a</p></body></html>", "a"),
        ("<p>x<code>a*b*c</code></p>", "x`a*b*c`"),
        ("<div><code>line 1<br>line 2</code></div>", "`line 1`  \n`line 2`"),
        ("<pre>a<br>b</pre>", "```\na\nb\n```"),
        ("<pre class='brush: js'>a</pre>", "```js\na\n```"),
        ("<p>汉<ruby>字<rp>(</rp><rt>zì</rt><rp>)</rp></ruby></p>", "汉字(zì)"),
        ("<p>a<q>b</q></p>", 'a"b"'),
        (
            '<video controls><source src="https://x.example/v.mp4">no</video>',
            "[video](https://x.example/v.mp4)",
        ),
        ("<ul><p>x</p><li>y</li></ul>", "x\n\n- y"),
        ("<ul><li>a</li><ul><li>b</li></ul><li>c</li></ul>", "- a\n  - b\n- c"),
        ("<li>alone</li>", "- alone"),
        ("<p>5 * 3 * 2，C:\\temp\\*.log，_x_ **b** ~~d~~</p>", None),
        (
            "<p>see https://x.example/a。后</p>",
            "see [https://x.example/a](https://x.example/a)。后",
        ),
        ("<p>当 \\(x_1>0\\) 时，$y_2$</p>", "当 `x_1>0` 时，`y_2`"),
        (
            '<p><a href="https://x.example/产品 手册.pdf">产品</a></p>',
            "[产品](https://x.example/产品%20手册.pdf)",
        ),
        (
            '<a href="https://x.example"><img src="https://x.example/b.png" alt="买"></a>',
            "[买](https://x.example)",
        ),
        ("", ""),
    ],
)
def test_html_becomes_what_it_means(said: str, shown: str | None) -> None:
    if shown is None:  # `*`, `_` and backslashes in HTML are characters
        assert judge.words(markdown(said)) == "5 * 3 * 2，C:\\temp\\*.log，_x_ b d"
    else:
        assert markdown(said) == shown
    assert not judge.faults(markdown(said))


@pytest.mark.parametrize(
    ("said", "tasks"),
    [
        ("<ul><li>[x] a</li><li>[ ] b</li><li>c</li></ul>", [True, False, None]),
        ("<ul><li><input type='checkbox' checked> a</li></ul>", [True]),
        ("<ul><li><label><input type='checkbox'> a</label></li></ul>", [False]),
    ],
)
def test_a_checkbox_makes_a_task(said: str, tasks: list[bool | None]) -> None:
    (block,) = read_html(said)
    assert isinstance(block, List)
    assert [item.is_done for item in block.items] == tasks


def test_a_block_tells_where_it_can_be_read_again() -> None:
    said = "<div><p>one</p><ul><li>two</li></ul>three</div><p>four"
    blocks = read_html(said, 100)
    assert [said[block.start - 100 :][:5] for block in blocks] == [
        "<p>on",
        "<ul><",
        "</ul>",
        "<p>fo",
    ]
    again = read_html(said[blocks[-1].start - 100 :], blocks[-1].start)
    assert again == blocks[-1:]


@pytest.mark.parametrize("tag", ["div", "b", "blockquote", "ul><li", "table><tr><td", "span", "p"])
def test_depth_breaks_nothing_and_loses_no_words(tag: str) -> None:
    blocks = read_html(f"<{tag}>" * 10_000 + "words")
    assert "words" in "".join(_words(blocks))


def _words(blocks: tuple[object, ...]) -> list[str]:
    found: list[str] = []
    for block in blocks:
        match block:
            case Paragraph():
                found.append(repr(block.children))
            case Quote():
                found += _words(block.blocks)
            case List():
                found += [word for item in block.items for word in _words(item.blocks)]
            case Item():
                found += _words(block.blocks)
            case Table():
                found.append(repr(block))
    return found


def test_a_table_cannot_be_blown_up() -> None:
    (table,) = read_html("<table><tr><td colspan=1000>a<td rowspan=60000>b</table>")
    assert isinstance(table, Table)
    assert len(table.aligns) < 50
    wide = "<table><tr>" + "<td>a" * 2_000 + "</tr>" + "<tr><td>b" * 2_000 + "</table>"
    blocks = read_html(wide)
    assert not any(isinstance(block, Table) for block in blocks)
    assert blocks[-1] == Paragraph((Text("b"),), 0)


@given(st.text(max_size=200) | st.text(alphabet='<>/pbr ali&;`\n"=', max_size=60))
@settings(max_examples=150, deadline=None)
def test_any_content_can_be_written(content: str) -> None:
    assert not judge.faults(markdown(content))


@given(st.text(alphabet="ab1字 \n*_`~[]()<>&;#-+=.!|\\\"'{}:/$", max_size=60))
@settings(max_examples=300, deadline=None)
def test_plain_text_shows_exactly_its_characters(content: str) -> None:
    shown = judge.words(markdown(escape_plain(content)))
    seen = shown.replace("\u200b", "").replace("\u00a0", " ").replace("∼", "~")
    assert seen.split() == content.split()


@pytest.mark.parametrize(
    ("source", "code"),
    [
        ("<pre><p>line one</p><p>line two</p></pre>", "line one\nline two"),
        ("<pre><code><table><tr><td>a</td></tr></table></code></pre>", "a"),
        ("<pre>alpha<p>bravo</p>charlie</pre>", "alpha\nbravo\ncharlie"),
        ("<pre><div>a</div><div>b</div></pre>", "a\nb"),
    ],
)
def test_blocks_within_code_are_lines_of_it(source: str, code: str) -> None:
    (block,) = read(source)
    assert isinstance(block, CodeBlock)
    assert block.text == code


@pytest.mark.parametrize(
    "words",
    [
        "see [the appendix](chapter three, and all of the rest of this.",
        "使用 [附录](第三章 及以后",
        "a <!-- b c",
        "a &am",
        "a \\(x and more",
    ],
)
def test_what_a_finished_text_leaves_open_is_said_whole(words: str) -> None:
    assert read(f"<p>{words}") == (Paragraph((Text(words),)),)


def test_characters_of_an_icon_font_mean_nothing() -> None:
    assert read("<p>\ue000b>a\ue002 [b](rest</p>") == (Paragraph((Text("b>a [b](rest"),)),)
