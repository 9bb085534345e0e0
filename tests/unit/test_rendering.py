"""What is written is read as the same words, marks, links and blocks by a reader not ours."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from markdown_it import MarkdownIt
from markdown_it.token import Token
from markdown_it.tree import SyntaxTreeNode

from bridge.markup import tree
from bridge.slack.rendering.escaping import clean, write_address
from bridge.slack.rendering.markdown import MarkdownWriter
from bridge.slack.rendering.pages import text_from
from bridge.slack.rendering.simplify import find_host_to_name, is_allowed
from tests.unit import judge, trees

PROPERTY = settings(
    max_examples=100,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow],
)
READER = MarkdownIt("commonmark", {"html": True}).enable(["table", "strikethrough"])
READER.validateLink = bool  # type: ignore[assignment,method-assign]
NAMES = {"strong": tree.Style.STRONG, "em": tree.Style.EMPHASIS, "s": tree.Style.STRIKE}
INVISIBLE = re.compile(r"[\s\u200b]")

Seen = tuple[str, frozenset[str]]  # a character, and what it is: its styles, code, an address


def written(blocks: tree.Blocks, *, is_open: bool = False) -> str:
    return text_from(MarkdownWriter().write(blocks, is_open=is_open))


@PROPERTY
@given(trees.documents)
def test_no_tree_can_ping_or_forge_a_link(blocks: tree.Blocks) -> None:
    assert not judge.faults(written(blocks))


@example((tree.Link("https://www.google.com/x", (tree.Code("["), tree.Text("]"))),))
@PROPERTY
@given(trees.inlines)
def test_words_marks_and_links_are_read_as_they_were_written(
    inlines: tuple[tree.Inline, ...],
) -> None:
    paragraph, inline, end = READER.parse(written((tree.Paragraph(inlines),)))
    assert (paragraph.type, end.type) == ("paragraph_open", "paragraph_close")
    assert list(seen_in(inline.children or [])) == list(told_by(inlines))
    shown = [link.address for link in judge.links(written((tree.Paragraph(inlines),)))]
    # An address in words, which readers make a link of, would take in what touches it.
    if not any("http:" in text for text in texts_in(inlines)):
        assert all(address in shown for address in addresses_in(inlines))


@PROPERTY
@given(trees.documents)
def test_blocks_are_read_as_they_were_written(blocks: tree.Blocks) -> None:
    root = SyntaxTreeNode(READER.parse(written(blocks)))
    assert [kind_of(node) for node in root.children] == [kind_in(block) for block in blocks]


@PROPERTY
@given(trees.documents, st.data())
def test_what_is_written_of_a_text_that_grows_is_the_beginning_of_it(
    blocks: tree.Blocks, data: st.DataObject
) -> None:
    # A fence grows with what it holds, and a star alone is escaped once emphasis follows: edits.
    contradicts = "```" in str(blocks) or tree.Style.EMPHASIS.name in str(blocks)
    count = data.draw(st.integers(1, len(blocks)))
    last = beginning_of(blocks[count - 1], data)
    if last is not None:
        begun = written((*blocks[: count - 1], last), is_open=True)
        assert contradicts or written(blocks).startswith(begun)


def test_what_is_the_same_is_written_once() -> None:
    writer = MarkdownWriter()
    rows = tuple(((tree.Text(str(number)),),) for number in range(3))
    paragraph, table = (
        tree.Paragraph((tree.Text("a"),)),
        tree.Table((tree.Align.NONE,), ((tree.Text("a"),),), rows),
    )
    before = writer.write((paragraph, table))
    after = writer.write(
        (paragraph, replace(table, rows=(*rows, ((tree.Text("3"),),)))), is_open=True
    )
    assert len(after) == len(before) + 1
    for index in (0, 3, 4):  # the head of a table is written anew
        assert before[index] is after[index]


@pytest.mark.parametrize(
    ("inlines", "shown"),
    [
        ("5 * 3 * 2, a_b, C:\\temp, A&B, x=1&y=2, #1, [1] [2][3]",) * 2,
        ("a < b > c", "a &lt; b > c"),
        ("<!here> &lt;!here>", "&lt;\u200b!here> &\u200blt;!here>"),
        ("&copy; &copy", "&amp;copy; &copy"),
        ("- a", "\\- a"),
        ("1. a", "1\\. a"),
        ("2025.", "2025\\."),
        ("# a", "\\# a"),
        ("#a", "#a"),
        ("[a](http://x)", "[a]\\(http:\u200b//x)"),
        ("[a]: http://x", "[a]\\: http:\u200b//x"),
        ("3~5 天，8~10 天 ~/dir", "3∼5 天，8∼10 天 ~/dir"),
        ("2*3*4", "2\\*3\\*4"),
        ("*VIP*", "*VIP\\*"),
        ("__init__", "__init\\_\\_"),
    ],
)
def test_ordinary_words_have_few_backslashes(inlines: str, shown: str) -> None:
    assert written((tree.Paragraph((tree.Text(inlines),)),)) == shown


@pytest.mark.parametrize(
    ("address", "label", "shown"),
    [
        (
            "https://x.example/a?b=1&c=2",
            "https://x.example/a?b=1&c=2",
            "[https://x.example/a?b=1&c=2](https://x.example/a?b=1&c=2)",
        ),
        (
            "https://x.example/~me",
            "https://x.example/~me",
            "[https://x.example/~me](https://x.example/~me)",
        ),
        ("http://evil.com/x", "google.com", "[google.com (evil.com)](http://evil.com/x)"),
        ("https://www.google.com/x", "google.com", "[google.com](https://www.google.com/x)"),
        ("http://google.com@e.com", "google.com", "[google.com (e.com)](http://google.com@e.com)"),
        ("http://e.com", "http://127.0.0.1/a", "[http://127.0.0.1/a (e.com)](http://e.com)"),
        ("http://e.com", "ｇoogle.com", "[ｇoogle.com (e.com)](http://e.com)"),
        ("http://\u200be.com", "google.com", "[google.com (e.com)](http://e.com)"),
        ("http://e。ｃom/ａ", "google.com", "[google.com (e.com)](http://e.com/ａ)"),
        ("http://google.com／@e.com", "google.com", "google.com"),
        ("http://e.com", "google\u034f.com", "[google\u034f.com (e.com)](http://e.com)"),
        ("http://e.com", "google.\U000e0001com", "[google.\U000e0001com (e.com)](http://e.com)"),
        ("http://e.com", "goo\u00adgle.com", "[goo\u00adgle.com (e.com)](http://e.com)"),
        ("https://x.cn/产品 手册.pdf", "手册", "[手册](https://x.cn/产品%20手册.pdf)"),
        ("https://x.example/a_(b)", "w", "[w](https://x.example/a_%28b%29)"),
        ("https://x.example/?a=1&copy;=2", "w", "[w](https://x.example/?a=1%26copy;=2)"),
        ("javascript:alert(1)", "click", "click"),
        ("/relative", "click", "click"),
        ("http://[", "click", "click"),
        ("mailto:me@x.example", "me@x.example", "[me@x.example](mailto:me@x.example)"),
        ("https://x.example/p.png", "", "[https://x.example/p.png](https://x.example/p.png)"),
        ("https://x.example", "a [b] c", "[a [b] c](https://x.example)"),
        ("https://x.example", "a ] c", "[a \\] c](https://x.example)"),
        ("http://x.example/1", "manual.pdf", "[manual.pdf](http://x.example/1)"),
    ],
)
def test_a_link_shows_where_it_leads(address: str, label: str, shown: str) -> None:
    link = tree.Link(address, (tree.Text(label),) if label else ())
    assert written((tree.Paragraph((tree.Text("见 "), link)),)) == f"见 {shown}"


@pytest.mark.parametrize("behind", ["。", "，或", "`", "a", "<b>"])
def test_a_bare_address_ends_where_it_ends(behind: str) -> None:
    address = "https://x.cn/a"
    inlines = (tree.Link(address, (tree.Text(address),)), tree.Text(behind))
    assert written((tree.Paragraph(inlines),)).startswith(f"[{address}]({address})")


def seen_in(tokens: Sequence[Token]) -> Iterator[Seen]:
    """Links are looked at by the other reader, which knows bare ones."""
    inside: list[str] = []
    for token in tokens:
        if token.nesting > 0:
            inside.append(NAMES.get(token.tag, ""))
        elif token.nesting < 0:
            inside.pop()
        code = {"code"} if token.type == "code_inline" else set()
        for sign in signs(token.content):
            yield sign, frozenset({*inside, *code} - {""})


def told_by(inlines: Sequence[tree.Inline], inside: frozenset[str] = frozenset()) -> Iterator[Seen]:
    for inline in inlines:
        match inline:
            case tree.Text(text):
                yield from ((sign, inside) for sign in signs(text))
            case tree.Code(text) | tree.Formula(text) if text.strip():
                yield from ((sign, inside | {"code"}) for sign in signs(text))
            case tree.Span(style, children):
                yield from told_by(children, inside | {style})
            case tree.Link(address, children):
                target, words = write_address(address), tree.words_of(children, " ")
                yield from told_by(children, inside)
                if is_allowed(target) and (host := find_host_to_name(words, target)):
                    yield from ((sign, inside) for sign in f"({host})")


def signs(text: str) -> str:
    return INVISIBLE.sub("", clean(text).replace("∼", "~"))


def texts_in(inlines: Sequence[tree.Inline]) -> Iterator[str]:
    for inline in inlines:
        match inline:
            case tree.Text(text):
                yield text
            case tree.Span(_, children) | tree.Link(_, children):
                yield from texts_in(children)


def addresses_in(inlines: Sequence[tree.Inline]) -> Iterator[str]:
    for inline in inlines:
        match inline:
            case tree.Link(address) if is_allowed(write_address(address)):
                yield write_address(address)
            case tree.Span(_, children) | tree.Link(_, children):
                yield from addresses_in(children)


def kind_of(node: SyntaxTreeNode) -> Any:
    match node.type:
        case "blockquote":
            return "quote", [kind_of(child) for child in node.children]
        case "bullet_list" | "ordered_list":
            items = [[kind_of(child) for child in item.children] for item in node.children]
            return node.attrs.get("start", 1) if node.type == "ordered_list" else None, items
        case "table":
            return "table", sum(len(part.children) for part in node.children)
    return node.type


def kind_in(block: tree.Block) -> Any:
    match block:
        case tree.Quote(blocks):
            return "quote", [kind_in(child) for child in blocks]
        case tree.List(items, first):
            return first, [kinds_in(item) for item in items]
        case tree.Table(_, _, rows):
            return "table", 1 + len(rows)
        case tree.CodeBlock():
            return "fence"
        case tree.Rule():
            return "hr"
    return type(block).__name__.lower()


def kinds_in(item: tree.Item) -> list[Any]:
    """An item begins with a paragraph where it is a task, or empty."""
    kinds = [kind_in(block) for block in item.blocks]
    needs_one = not kinds or (item.is_done is not None and kinds[0] != "paragraph")
    return ["paragraph"] * needs_one + kinds


def beginning_of(block: tree.Block, data: st.DataObject) -> tree.Block | None:
    """What a growing text may have shown of it."""

    def some(things: tuple[Any, ...]) -> tuple[Any, ...]:
        return things[: data.draw(st.integers(0, len(things)))]

    match block:
        case tree.Paragraph(children) | tree.Heading(_, children):
            return replace(block, children=some(children))
        case tree.CodeBlock(text):
            return replace(block, text="".join(some(tuple(text))))
        case tree.List(items):
            return replace(block, items=some(items))
        case tree.Table(_, _, rows):
            return replace(block, rows=some(rows))
        case tree.Quote(blocks):
            return replace(block, blocks=some(blocks))
    return None
