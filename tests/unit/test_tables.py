"""A table with more columns than Slack takes becomes several."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bridge.core.paging import paginate
from bridge.core.tables import narrow_tables


def table(columns: int, rows: int) -> str:
    head = [f"h{column}" for column in range(columns)]
    body = [[f"r{row}c{column}" for column in range(columns)] for row in range(rows)]
    lines = [head, ["---"] * columns, *body]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def test_a_wide_table_becomes_two_that_both_name_their_rows() -> None:
    assert narrow_tables("| a | b \\| c | d |\n|---|:-:|---|\n| 1 | 2 | 3 |\nend", columns=2) == (
        "| a | b \\| c |\n| --- | :-: |\n| 1 | 2 |\n\n| a | d |\n| --- | --- |\n| 1 | 3 |\nend"
    )


@pytest.mark.parametrize("text", [table(20, 3), f"```\n{table(30, 3)}\n```", "a | b\n" * 40])
def test_all_else_stays(text: str) -> None:
    assert narrow_tables(text) == text


@given(st.integers(1, 70), st.integers(0, 90))
@settings(max_examples=40, deadline=None)
def test_no_cell_is_lost_and_no_table_is_too_wide(columns: int, rows: int) -> None:
    narrow = narrow_tables(table(columns, rows))
    assert max(line.count("|") - 1 for line in narrow.split("\n")) <= 20
    assert all(f" r{row}c{column} |" in narrow for row in range(rows) for column in range(columns))
    assert narrow_tables(narrow) == narrow


def test_the_rows_above_stay_while_a_wide_table_grows() -> None:
    earlier, later = narrow_tables(table(30, 85)), narrow_tables(table(30, 95))
    assert later.startswith(earlier[: earlier.index("r80c0")])


def test_no_page_holds_more_rows_than_slack_takes_and_each_has_its_head() -> None:
    pages = paginate(table(3, 250) + "\n\n" + table(2, 120))
    assert max(page.count("\n|") + 1 for page in pages) <= 100
    assert all(page.startswith("| h0 |") and "\n| --- |" in page for page in pages)
    assert sum(page.count("c0 |") for page in pages) == 250 + 120
