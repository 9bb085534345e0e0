"""How long an answer waits between two texts, alone and beside others."""

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from bridge.slack.api.pacing import Pace, Share

ALONE = Share(left=20, per_s=50 / 60, answers=1, length_s=12)
PACE = Pace(first_s=1, last_s=3)


def crowd(answers: int, left: float = 20) -> Share:
    return Share(left, 50 / 60, answers, 12)


def test_an_answer_alone_is_shown_each_second_and_a_long_one_less_often() -> None:
    pace = Pace(first_s=1, last_s=3, steady_s=20)
    assert [pace.gap(shown_s, ALONE) for shown_s in (0, 5, 30, 40, 300)] == [1, 1, 2, 3, 3]


def test_a_text_that_grows_fast_is_shown_sooner_while_calls_are_plenty() -> None:
    assert PACE.gap(0, ALONE, 5_000) == 1, "after a second it is known how fast"
    assert PACE.gap(1, ALONE, 200) == 0.7
    assert PACE.gap(2, ALONE, 250) == 0.8
    assert PACE.gap(2, ALONE, 100) == 1
    assert PACE.gap(2, replace(ALONE, left=9), 5_000) == 1


def test_without_a_store_that_tells_its_share_an_answer_goes_at_its_own_pace() -> None:
    assert PACE.gap(0, Share(0, 50 / 60, 0, 12)) == 1


def test_answers_together_spend_what_they_have_evenly_up_to_their_ends() -> None:
    gap = PACE.gap(0, crowd(8))
    assert 8 * 12 / gap == 20 + 10


def test_a_guess_that_was_never_tried_is_spent_sooner() -> None:
    guessed = replace(crowd(8), is_proven=False)
    assert PACE.gap(0, guessed) == 0.9 * PACE.gap(0, crowd(8))
    assert PACE.gap(0, replace(ALONE, is_proven=False)) == 1


def test_who_goes_on_for_longer_than_others_leaves_more_to_the_young() -> None:
    assert PACE.gap(13, crowd(8)) > 1.5 * PACE.gap(8, crowd(8))


@given(st.floats(0, 100), st.integers(1, 60), st.floats(-5, 20))
def test_the_more_share_the_less_each_has(age_s: float, answers: int, left: float) -> None:
    gap = PACE.gap(age_s, crowd(answers, left))
    assert PACE.first_s <= gap <= PACE.gap(age_s, crowd(answers + 1, left))
