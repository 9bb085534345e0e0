"""A long answer is cut into pages that lose nothing and never move again."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bridge.core.blocks import read_lines
from bridge.core.markdown import follow_fences
from bridge.core.paging import cut_pages, paginate

PIECES = [
    *(
        "word ",
        "字句。",
        "一段很长的文字，没有空格也没有句号",
        "\n",
        "\n\n",
        "# head\n",
        "- item\n",
        "1. one\n",
    ),
    *(
        "| a | b |\n|---|---|\n",
        "| 1 | 2 |\n",
        "```py\n",
        "code = 1\n",
        "```\n",
        "> quote\n",
        "---\n",
    ),
    *("👩‍👩‍👧", "e\u0301", "  - nested\n", "~~~\n", "🇨🇳🇩🇪"),
]
TEXTS = st.lists(st.sampled_from(PIECES), max_size=120).map("".join)
PROPERTY = settings(max_examples=120, deadline=None)
LIMIT = 120


def ends_inside_a_fence(text: str) -> bool:
    fences = [fence for _, _, fence in follow_fences(text)]
    return bool(fences) and fences[-1] is not None


@PROPERTY
@given(TEXTS)
def test_nothing_is_lost(text: str) -> None:
    assert "".join(page.body for page in cut_pages(text, limit=LIMIT, max_blocks=5)) == text


@PROPERTY
@given(TEXTS)
def test_every_page_fits_and_closes_its_fences(text: str) -> None:
    for page in paginate(text, limit=LIMIT, max_blocks=5):
        assert len(page) <= LIMIT
        assert not ends_inside_a_fence(page)


@PROPERTY
@given(TEXTS, st.integers(min_value=0))
def test_a_page_with_a_successor_never_changes_while_the_text_grows(text: str, seed: int) -> None:
    earlier = paginate(text[: seed % (len(text) + 1)], limit=LIMIT, max_blocks=5)
    later = paginate(text, limit=LIMIT, max_blocks=5)
    assert later[: len(earlier) - 1] == earlier[:-1]


@PROPERTY
@given(TEXTS)
def test_no_page_holds_more_blocks_than_slack_takes(text: str) -> None:
    for page in paginate(text, limit=LIMIT, max_blocks=5):
        assert sum(line.opens_block for line in read_lines(page)) <= 5 + 1  # a last, open line


@given(st.text(max_size=400))
@settings(max_examples=60, deadline=None)
def test_any_text_is_cut_without_loss(text: str) -> None:
    pages = cut_pages(text, limit=LIMIT, max_blocks=5)
    assert "".join(page.body for page in pages) == text


def test_a_short_text_is_one_page() -> None:
    assert paginate("hello") == ("hello",)
    assert paginate("") == ("",)


def test_a_page_ends_at_a_paragraph_rather_than_in_a_sentence() -> None:
    text = "第一段。" * 15 + "\n\n" + "第二段。" * 20
    assert paginate(text, limit=100) == ("第一段。" * 15 + "\n\n", "第二段。" * 20)


def test_a_paragraph_without_borders_is_cut_behind_a_sentence() -> None:
    first, second = paginate("这是一句话。" * 30, limit=100)[:2]
    assert first.endswith("。")
    assert second.startswith("这")


def test_words_stay_whole() -> None:
    assert all(page.endswith("word ") for page in paginate("word " * 100, limit=98))


def test_a_heading_is_never_the_last_line_of_a_page() -> None:
    text = "a " * 30 + "\n\n" + "b " * 10 + "\n\n## Title\n\n" + "c " * 40
    assert paginate(text, limit=105)[1].startswith("## Title")


def test_a_fence_that_is_cut_is_opened_again_with_its_language() -> None:
    text = "```python\n" + "print(1)\n" * 40 + "```\nend"
    pages = paginate(text, limit=150)
    assert all(page.startswith("```python\nprint") for page in pages[:-1])
    assert all(page.endswith("print(1)\n```") for page in pages[:-1])


def test_a_table_moves_to_the_next_page_whole_where_it_can() -> None:
    table = "| a | b |\n|---|---|\n" + "| 1 | 2 |\n" * 6
    assert paginate("intro " * 6 + "\n\n" + table, limit=100) == ("intro " * 6 + "\n\n", table)


def test_a_table_that_is_cut_gets_its_head_again() -> None:
    head = "| a | b |\n|---|---|\n"
    pages = paginate(head + "| 1 | 2 |\n" * 30, limit=120)
    assert len(pages) > 2
    assert all(page.startswith(head + "| 1 | 2 |\n") for page in pages)


@pytest.mark.parametrize("cluster", ["👩‍👩‍👧", "e\u0301", "👍🏽", "❤\ufe0f"])
def test_what_is_read_as_one_character_is_not_torn(cluster: str) -> None:
    pages = paginate(cluster * 60, limit=50)
    assert all(len(page) % len(cluster) == 0 for page in pages)


def test_many_small_blocks_make_a_page_before_many_characters_do() -> None:
    pages = paginate("# head\n\ntext\n\n" * 50, max_blocks=40)
    assert len(pages) == 3
