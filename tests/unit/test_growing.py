"""A text that grows is read on from its last block, and reads as if it were read anew."""

import random
from pathlib import Path

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from bridge.markup.builder import Reading
from bridge.markup.growing import Growing, read
from bridge.markup.tree import Blocks, CodeBlock, Heading, List, Paragraph, Quote, Table, words_of

ANSWERS = sorted((Path(__file__).parents[1] / "golden").glob("*.in.*"))
PIECES = (
    "- a\n", "1. b\n", "  - c\n", "\n", "\n\n", "| a | b |\n", "|---|---|\n", "| 1 |\n", "```\n",
    "code\n", "> q\n", "# h\n", "**b", "**", " words ", "<p>", "</p>", "<ul><li>", "</ul>", "$$\n",
    "[x](http://a.example)", "[y]", "[y]: http://b.example\n", "---\n", "=", "<b>", "</b>", "`",
    "    indented\n", "\\(x", "\\)", "&lt;", "<div>\n\n", "</div>\n", "~~~\n", "3. d\n", "text\n",
)  # fmt: skip


def grow(text: str, ends: list[int], *, settles_alike: bool = True) -> Reading:
    growing = Growing()
    reading = Reading()
    for end in ends:
        reading, anew = (
            growing.read(text[:end], is_open=True),
            Growing().read(text[:end], is_open=True),
        )
        assert reading.blocks == anew.blocks, text[:end]
        assert not settles_alike or reading.settle() == anew.settle(), text[:end]
    assert growing.read(text, is_open=False).blocks == read(text)
    return reading


@pytest.mark.parametrize("path", ANSWERS, ids=lambda path: path.name)
def test_read_on_or_anew_it_is_the_same(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    every = range(1, len(text) + 1)
    grow(text, sorted(random.Random(path.name).sample(every, min(len(every), 60))))  # noqa: S311


@given(st.lists(st.sampled_from(PIECES), max_size=20), st.lists(st.integers(0, 200), max_size=12))
@example(["- a\n", "- a\n", "**b", "<ul><li>"], [7, 19, 19])
@example(["- a\n", "- a\n", "$$\n", "- a\n"], [7, 14])
@example(["\\(x", "<ul><li>", "- a\n", "- a\n", "</ul>"], [18, 23])  # `</` comes a block later
@example(["<p>", "**b", "<ul><li>", "- a\n", "- a\n"], [15, 21])  # nor does it begin a line
@example(["\\(x", "<ul><li>", "```\n", "```\n"], [19, 19])
@example(["- a\n", "$$\n", "<div>\n\n"], [12, 14])  # a formula is none after all
@example(["text\n", "| 1 |\n", "|---|---|\n"], [16])  # a table until its line grows
@example(["> - <ul>\n", "> "], [9, 11])  # a line that ends before what it stands in is indented
@settings(deadline=None, max_examples=300)
def test_so_it_is_however_odd_the_text(pieces: list[str], ends: list[int]) -> None:
    # What is settled may come a read sooner or later where HTML begins in mid-line.
    grow("".join(pieces), sorted(ends), settles_alike="<" not in "".join(pieces))


@pytest.mark.parametrize("block", ["Some words, **bold** too.\n\n", "<p>Some <b>words</b></p>\n"])
def test_finished_blocks_are_never_read_again(block: str) -> None:
    growing = Growing()
    before = growing.read(block * 50 + "wor", is_open=True).blocks
    after = growing.read(block * 50 + "words and", is_open=True).blocks
    assert all(one is other for one, other in zip(before[:-1], after[:-1], strict=True))
    assert growing.unread(block * 50 + "words and") < 2 * len(block) + 20


@pytest.mark.parametrize(
    ("head", "row"),
    [("", "- an item\n"), ("", "7. an item\n\n"), ("| a | b |\n|---|---|\n", "| 1 | 2 |\n")],
)
def test_nor_are_finished_items_and_rows(head: str, row: str) -> None:
    growing = Growing()
    (before,) = growing.read(head + row * 50 + row[:5], is_open=True).blocks
    (after,) = growing.read(head + row * 51, is_open=True).blocks
    assert len(parts_of(after)) == 51
    assert all(
        one is other for one, other in zip(parts_of(before)[:50], parts_of(after), strict=False)
    )
    assert growing.unread(head + row * 51) < 3 * len(row)


def test_nor_are_lines_of_code() -> None:
    growing, code = Growing(), "```py\n" + "a = 1\n" * 200
    growing.read(code, is_open=True)
    (block,) = growing.read(code + "b", is_open=True).blocks
    assert block == CodeBlock("a = 1\n" * 200 + "b", "py")
    assert growing.unread(code + "b") < 20


def parts_of(block: object) -> tuple[object, ...]:
    if isinstance(block, List):
        return block.items
    assert isinstance(block, Table)
    return block.rows


@pytest.mark.parametrize(
    ("text", "shown", "settled"),
    [
        ("It is **impor", "It is impor", "It is"),
        ("It is **impor*", "It is impor", "It is"),
        ("It is **important** and", "It is important and", "It is important and"),
        ("Run `ls -", "Run ls -", "Run"),
        ("See [the page](https://exa", "See the page", "See"),
        ("See [1", "See 1", "See"),
        ("See [1]", "See [1]", "See"),
        ("See https://example.cn/a", "See https://example.cn/a", "See"),
        ("See http", "See http", "See"),
        ("a < b &am", "a < b", "a < b"),
        ("a <span sty", "a", "a"),
        ("a <b>bold", "a bold", "a"),
        ("a 👍", "a 👍", "a"),
        ("One.\n\n- two\n- thr", "One. two thr", "One. two thr"),
        ("One.\n\n- two\n- ", "One. two", "One. two"),
        ("One.\n--", "One.", "One."),
        ("One.\n\n| a |", "One.", "One."),
        ("One.\n\n| a |\n|--", "One.", "One."),
        ("| a |\n|---|\n| 1 |\n| 2", "a 1 2", "a 1"),
        ("```\none\ntw", "one\ntw", "one"),
        ("```\none\n``", "one", "one"),
        ("```\none\n  ", "one", "one"),
        ("x <code>**a", "x **a", "x"),
        ("One.\n\n```py", "One.", "One."),
        ("当 \\(x_1 >", "当 x_1 >", "当"),
        ("<p>One.</p><p>Two <b>thr", "One. Two thr", "One."),
        ("[x]: https://exam", "[x]: https://exam", "[x]:"),
    ],
)
def test_what_is_open_is_closed_and_not_yet_said_for_good(
    text: str, shown: str, settled: str
) -> None:
    reading = Growing().read(text, is_open=True)
    assert (said(reading.blocks), said(reading.settle())) == (shown, settled)


def said(blocks: Blocks) -> str:
    """The words alone."""
    parts = []
    for block in blocks:
        match block:
            case Heading(_, children) | Paragraph(children):
                parts.append(words_of(children))
            case CodeBlock(text):
                parts.append(text)
            case List(items):
                parts += [said(item.blocks) for item in items]
            case Quote(inner):
                parts.append(said(inner))
            case Table(_, head, rows):
                parts += [words_of(cell) for row in (head, *rows) for cell in row]
    return " ".join(filter(None, parts))


def test_a_link_that_is_defined_late_is_found() -> None:
    growing = Growing()
    growing.read("See [the page][p].\n\nMore.\n\n[p]: https://example.cn/", is_open=True)
    text = "See [the page][p].\n\nMore.\n\n[p]: https://example.cn/a\n"
    assert growing.read(text, is_open=True).blocks == read(text)
    assert "https://example.cn/a" in str(read(text)[0])
