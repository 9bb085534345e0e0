"""The asker's own words are never cut; what they attach is, at a row or a line."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bridge.core.model import Ask, ThreadKey, TurnId
from bridge.core.utterance import Utterance, compose, cut, with_before

ASK = Ask(TurnId("t"), ThreadKey("T1", "C1", "1.0"), "U1", "1.0", "why?")
ROWS = "| a | b |\n| --- | --- |\n" + "\n".join(f"| {n} | x |" for n in range(10, 60))


def asked(text: str, attached: str, limit: int) -> Utterance:
    return compose(replace(ASK, text=text, attached=attached), limit)


def test_words_and_what_is_attached_are_one_question() -> None:
    assert asked("why?", "", 20) == Utterance("why?")
    assert asked("why?", "Disk full", 20) == Utterance("why?\n\nDisk full", 9)
    assert asked("", "Disk full", 20) == Utterance("Disk full", 9)


def test_lines_are_kept_whole() -> None:
    said = asked("why?", "one line\nanother line\nlast", 29)
    assert said == Utterance("why?\n\none line\nanother line", 21, is_cut=True)


def test_rows_of_a_table_are_kept_whole() -> None:
    said = asked("sum?", ROWS, 60)
    assert said.text == "sum?\n\n| a | b |\n| --- | --- |\n| 10 | x |\n| 11 | x |"
    assert said.is_cut


def test_a_table_without_room_for_a_row_is_left_out() -> None:
    assert asked("sum?", ROWS, 36) == Utterance("sum?", 0, is_cut=True)


def test_one_long_line_is_cut_between_words() -> None:
    said = asked("", "one two three four", 12)
    assert said == Utterance("one two…", 8, is_cut=True)


def test_words_that_leave_no_room_stay_whole() -> None:
    assert asked("x" * 20, "Disk full", 20) == Utterance("x" * 20, 0, is_cut=True)
    assert asked("x" * 30, "Disk full", 20) == Utterance("x" * 30, 0, is_cut=True)


def test_what_was_cut_before_counts_as_cut() -> None:
    assert compose(replace(ASK, attached="a", is_cut=True), 20).is_cut


TEXTS = st.text("ab|\n -你", max_size=60)


@given(TEXTS, TEXTS.filter(str.strip), st.integers(1, 80))
def test_the_words_stand_whole_and_the_rest_within_the_limit(
    words: str, attached: str, limit: int
) -> None:
    said = asked(words, attached, limit)
    assert said.text.startswith(words)
    assert len(said.text) <= max(limit, len(words))


@given(TEXTS, st.integers(-5, 80))
def test_what_is_kept_is_the_beginning(text: str, room: int) -> None:
    kept = cut(text, room)
    assert text.startswith(kept.removesuffix("…"))
    assert len(kept) <= max(room, 0)


@pytest.mark.parametrize("limit", [9, 40, 128, 512])
def test_no_row_is_ever_cut_in_two(limit: int) -> None:
    kept = cut(ROWS, limit)
    assert set(kept.splitlines()) <= set(ROWS.splitlines())


BEFORE = "@Bob: the newest words\n@Ann: the words before them\n@Bob: the oldest"


def test_what_was_said_before_fills_the_room_beside_the_question_from_the_newest_on() -> None:
    said = with_before(Utterance("why?"), "Before:", BEFORE, 40)
    assert said == Utterance("why?\n\nBefore:\n@Bob: the newest words", has_before=True)
    whole = with_before(Utterance("why?"), "Before:", BEFORE, 400)
    assert whole.text == f"why?\n\nBefore:\n{BEFORE}"


def test_where_there_is_hardly_any_room_nothing_of_it_goes_along() -> None:
    asked = Utterance("why?", 2, is_cut=True)
    assert with_before(asked, "Before:", BEFORE, 33) == asked
    assert with_before(asked, "Before:", "", 400) == asked


@given(st.text(max_size=40), st.text(max_size=80), st.integers(0, 100))
def test_with_it_a_question_never_exceeds_the_limit_that_it_kept(
    text: str, before: str, limit: int
) -> None:
    asked = with_before(Utterance(text), "Before:", before, limit)
    assert asked.text.startswith(text)
    assert len(asked.text) <= max(limit, len(text))
