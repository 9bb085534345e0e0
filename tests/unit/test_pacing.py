from hypothesis import given
from hypothesis import strategies as st

from bridge.core.pacing import Pace


def test_edits_begin_a_second_apart_and_end_three_apart() -> None:
    pace = Pace(first_s=1, last_s=3, settle_s=5)
    assert [pace.gap(shown_s) for shown_s in (0, 5, 7.5, 10, 300)] == [1, 1, 2, 3, 3]


@given(st.floats(0, 1000), st.floats(0, 1000))
def test_the_gap_never_shrinks_while_an_answer_goes_on(early_s: float, later_s: float) -> None:
    pace = Pace()
    early_s, later_s = sorted((early_s, later_s))
    assert pace.first_s <= pace.gap(early_s) <= pace.gap(later_s) <= pace.last_s
