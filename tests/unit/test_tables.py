"""Tables within Slack's limits, whatever they hold."""

import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.unit import judge
from tests.unit.written import markdown, pages


def table(columns: int, rows: int) -> str:
    head = [f"h{column}" for column in range(columns)]
    body = [[f"r{row}c{column}" for column in range(columns)] for row in range(rows)]
    lines = [head, ["---"] * columns, *body]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def test_a_wide_table_becomes_two_that_both_name_their_rows() -> None:
    head, delimiters, row = (
        [f"{sign}{number}" for number in range(22)] for sign in ("h", "-", "r")
    )
    delimiters[1:3] = ":-:", "-"
    delimiters = [one.rstrip("0123456789") for one in delimiters]
    first, second = markdown(
        "\n".join(f"|{'|'.join(line)}|" for line in (head, delimiters, row))
    ).split("\n\n")
    assert first.startswith("| h0 | h1 | h2 |")
    assert "| --- | :-: | --- |" in first
    assert second.startswith("| h0 | h12 |")
    assert second.endswith("| r21 |")


@pytest.mark.parametrize("text", [table(20, 3), f"```\n{table(30, 3)}\n```"])
def test_all_else_stays(text: str) -> None:
    assert markdown(text) == text


@given(st.integers(1, 70), st.integers(0, 90))
@settings(max_examples=30, deadline=None)
def test_no_cell_is_lost_and_no_table_is_too_wide(columns: int, rows: int) -> None:
    narrow = markdown(table(columns, rows))
    assert max(line.count("|") - 1 for line in narrow.split("\n")) <= 20
    cells = {f"r{row}c{column}" for row in range(rows) for column in range(columns)}
    assert cells <= set(re.findall(r"(?<= )r\d+c\d+(?= \|)", narrow))


def test_the_rows_above_stay_while_a_wide_table_grows() -> None:
    earlier, later = markdown(table(30, 85)), markdown(table(30, 95))
    assert later.startswith(earlier[: earlier.index("r80c0")])


def test_no_page_holds_more_than_slack_takes_of_tables_and_each_has_its_head() -> None:
    shown = pages(table(3, 250) + "\n\n" + table(2, 120))
    assert max(page.count("\n|") + 1 for page in shown) <= 100
    assert all(page.startswith("| h0 |") and "\n| --- |" in page for page in shown)
    assert sum(page.count("c0 |") for page in shown) == 250 + 120
    wide = table(20, 95).replace("c", "column ")
    cells = [re.sub(r"[| \n]+", "", page) for page in pages(wide, limit=99_999)]
    assert len(cells) > 1
    assert max(map(len, cells)) <= 10_000


@pytest.mark.parametrize(
    "cell", ["a \\| b", "`a \\| b`", "\\\\\\| b", "`\\\\|`", "[a \\| b](http://x.example/\\|)"]
)
def test_a_pipe_in_a_cell_parts_no_cells(cell: str) -> None:
    written = markdown(f"| x | y |\n|---|---|\n| {cell} | end |")
    last = list(judge.nodes(written))
    assert written.split("\n")[-1].endswith("| end |")
    assert sum(type(node.node_value).__name__ == "TableCell" for node in last) == 4
