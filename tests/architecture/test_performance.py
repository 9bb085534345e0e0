"""The page on performance tells the targets of `bench`, in the tables that it prints."""

import re
from pathlib import Path

import pytest

from bench.tables import UNDER_LIMITS, WITHOUT_LIMITS, WRONG_BURSTS
from bench.targets import ALWAYS, AT_ONCE, FEW, LIMITED, MANY, THOUSAND

PAGE = (Path(__file__).parents[2] / "docs/performance.md").read_text()
# What a column of the table of targets holds, by the columns of `bench/pace.py`.
COLUMNS = (
    *(("status",), ("first", "first95"), ("asker", "others"), ("end", "end95")),
    *(("refused",), ("calls",), ("cpu",)),
)


def rows(head: str) -> list[list[str]]:
    """The cells of the table that begins so, without its head."""
    lines = PAGE[PAGE.index(f"| {head}") :].split("\n\n", 1)[0].splitlines()[2:]
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in lines]


def targets_in(cells: list[str]) -> dict[str, float]:
    names = [name for column in COLUMNS for name in column]
    told = [part.replace(",", "") for cell in cells for part in cell.split(" / ")]
    pairs = zip(names, told, strict=True)
    return {name: float(most) for name, most in pairs if most != "–"}


def test_the_targets_of_answers_at_once_are_those_of_the_bench() -> None:
    table = rows("at once | status | first text, p50 / p95 | staleness: asker / others | end late")
    assert {int(at_once): targets_in(cells) for at_once, *cells in table} == AT_ONCE


def test_the_other_targets_are_those_of_the_bench() -> None:
    told = [float(most) for *_, most in rows("where | what | the most")]
    assert told == [
        most for targets in (LIMITED, FEW, MANY, THOUSAND, ALWAYS) for most in targets.values()
    ]


@pytest.mark.parametrize("columns", [UNDER_LIMITS, WITHOUT_LIMITS, WRONG_BURSTS])
def test_each_table_has_the_columns_that_are_printed(columns: dict[str, object]) -> None:
    assert len(rows(" | ".join(columns))) > 1


def test_a_figure_is_bold_where_its_target_is_missed() -> None:
    table = rows(" | ".join(UNDER_LIMITS))
    at_cpu = list(UNDER_LIMITS).index("CPU")
    for cells in table:
        if target := AT_ONCE[int(re.split(r"\D", cells[0])[0])].get("cpu"):
            is_missed = float(cells[at_cpu].strip("*")) > target
            assert cells[at_cpu].startswith("**") is is_missed, cells
