"""A long answer is cut into pages that lose nothing and never move again."""

import re

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bridge.markup.tree import Blocks
from bridge.slack.rendering.markdown import MarkdownWriter
from bridge.slack.rendering.pages import Page, paginate, split_stream, text_from
from tests.unit import judge, trees
from tests.unit.written import blocks_of, pages

PROPERTY = settings(
    max_examples=60,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow],
)
LIMIT = 700
NUMBER = re.compile(r"w\d+w")
PIECES = [
    *(
        "word ",
        "字句。",
        "一段很长的文字，没有空格也没有句号",
        "\n",
        "\n\n",
        "# head\n",
        "- item\n",
    ),
    *("| a | b |\n|---|---|\n", "| 1 | 2 |\n", "```py\n", "code = 1\n", "```\n", "> quote\n"),
    *("---\n", "👩‍👩‍👧", "e\u0301", "  - nested\n", "~~~\n", "🇨🇳🇩🇪", "1. one\n", "**bold**"),
]
SOME = st.lists(st.sampled_from(PIECES), max_size=120)
TEXTS = SOME.map("".join)
NUMBERED = SOME.map(
    lambda some: "".join(
        re.sub(r"word|one|[12ab]\b", f"w{n}w", part) for n, part in enumerate(some)
    )
)


def cut(blocks: Blocks, limit: int = LIMIT, max_blocks: int = 5) -> list[Page]:
    return paginate(MarkdownWriter().write(blocks), limit=limit, max_blocks=max_blocks)


@PROPERTY
@given(NUMBERED)
def test_nothing_is_lost(text: str) -> None:
    blocks = blocks_of(text)
    shown = "".join(page.text for page in cut(blocks, limit=120))
    whole = text_from(MarkdownWriter().write(blocks))
    assert list(dict.fromkeys(NUMBER.findall(shown))) == list(dict.fromkeys(NUMBER.findall(whole)))


@PROPERTY
@given(trees.documents)
def test_every_page_fits_and_stands_alone(blocks: Blocks) -> None:
    for page in cut(blocks):
        assert len(page.text) <= LIMIT or "|" in page.text  # a row longer than half a page
        assert not judge.faults(page.text)


@PROPERTY
@given(TEXTS, st.integers(min_value=0))
def test_a_page_with_a_successor_never_changes_while_the_text_grows(text: str, seed: int) -> None:
    blocks = blocks_of(text)
    earlier = cut(blocks[: seed % (len(blocks) + 1)], limit=120)
    later = cut(blocks, limit=120)
    assert later[: len(earlier) - 1] == earlier[:-1]


@PROPERTY
@given(TEXTS)
def test_no_page_holds_more_blocks_than_slack_takes(text: str) -> None:
    for page in cut(blocks_of(text)):
        assert len(next(judge.nodes(page.text)).children) <= 5


def test_a_short_text_is_one_page() -> None:
    assert pages("hello") == ["hello"]
    assert pages("") == [""]


def test_a_page_ends_at_a_paragraph_rather_than_in_a_sentence() -> None:
    text = "第一段。" * 15 + "\n\n" + "第二段。" * 20
    assert pages(text, limit=100) == ["第一段。" * 15, "第二段。" * 20]


def test_a_paragraph_without_borders_is_cut_behind_a_sentence() -> None:
    first, second = pages("这是一句话。" * 30, limit=100)[:2]
    assert first.endswith("。")
    assert second.startswith("这")


def test_words_stay_whole() -> None:
    assert all(page.strip().endswith("word") for page in pages("word " * 100, limit=98))


def test_a_heading_is_never_the_last_line_of_a_page() -> None:
    text = "a " * 30 + "\n\n" + "b " * 10 + "\n\n## Title\n\n" + "c " * 40
    assert pages(text, limit=105)[1].startswith("## Title")


def test_a_fence_that_is_cut_is_opened_again_with_its_language() -> None:
    shown = pages("```python\n" + "print(1)\n" * 40 + "```\nend", limit=150)
    assert all(page.startswith("```python\nprint") for page in shown[:-1])
    assert all("print(1)\n```" in page for page in shown)


def test_a_table_moves_to_the_next_page_whole_where_it_can() -> None:
    table = "| a | b |\n| --- | --- |\n" + "| 1 | 2 |\n" * 6
    assert pages("intro " * 6 + "\n\n" + table, limit=100)[1] == table.strip()


def test_a_table_that_is_cut_gets_its_head_again() -> None:
    head = "| a | b |\n| --- | --- |\n"
    shown = pages(head + "| 1 | 2 |\n" * 30, limit=120)
    assert len(shown) > 2
    assert all(page.startswith(head + "| 1 | 2 |") for page in shown)


@pytest.mark.parametrize("mark", ["**", "~~", "`"])
def test_marks_that_are_cut_are_closed_and_opened_again(mark: str) -> None:
    shown = pages(
        f"{mark}{'all words of it '.strip() + ' '}" + "are marked " * 30 + f"so{mark}", limit=100
    )
    assert len(shown) > 3
    assert all(page.startswith(mark) and page.endswith(mark) for page in shown)


def test_a_list_that_is_cut_within_goes_on_as_a_list() -> None:
    text = "- a\n" + "".join(f"  - point number {n}\n" for n in range(9))
    for page in pages(text, limit=90)[1:]:
        assert page.startswith("- point")


def test_items_behind_the_end_of_a_cut_one_are_items_still() -> None:
    """`2.` cannot follow a paragraph's line, and what stands in it is indented."""
    source = f"1. {'word ' * 60}\n2. ```\n   a <b>\n   ```\n\n   two\n3. three"
    _, last = pages(source, limit=200)
    assert last.endswith("word\n\n2. ```\n   a <b>\n   ```\n\n   two\n3. three")
    assert not judge.faults(last)


@pytest.mark.parametrize("cluster", ["👩‍👩‍👧", "e\u0301", "👍🏽", "❤\ufe0f"])
def test_what_is_read_as_one_character_is_not_torn(cluster: str) -> None:
    assert all(len(page) % len(cluster) == 0 for page in pages(cluster * 60, limit=50))


def test_many_small_blocks_make_a_page_before_many_characters_do() -> None:
    assert len(pages("# head\n\ntext\n\n" * 50)) == 3


@pytest.mark.parametrize(
    "source",
    [
        "|" + "字" * 30_000 + "|b|\n|-|-|\n|1|2|\n",  # a head that is longer than a page
        "|a|b|\n|-|-|\n|" + "字 " * 30_000 + "|2|\n|3|4|\n",
        "# " + "字" * 30_000,
        "```\n" + "字" * 30_000,
        "[" + "字" * 30_000 + "](https://x.example)",
        "> " * 40 + "字" * 30_000,
        "**" + "字" * 30_000 + "**",
    ],
)
def test_what_is_longer_than_a_page_is_shown_on_several_and_not_lost(source: str) -> None:
    shown = pages(source)
    assert len(shown) > 2
    assert all(len(page) <= 11_500 for page in shown)
    assert sum(page.count("字") for page in shown) == 30_000


@PROPERTY
@given(trees.documents, st.integers(0, 400), st.floats(0, 1.5))
def test_a_stream_splits_where_all_that_stands_may_stay(
    blocks: Blocks, sent: int, age: float
) -> None:
    pieces = MarkdownWriter().write(blocks)
    whole = text_from(pieces)
    sent = min(sent, len(whole))
    if split := split_stream(pieces, 0, sent, room=LIMIT, age=age):
        assert split.page.text.startswith(whole[:sent])
