"""One line tells how long each step of a turn took, whichever clocks disagree."""

from hypothesis import given
from hypothesis import strategies as st

from bridge.core.model import Timeline, Times, draw_timeline

AT = st.floats(0, 2e9)


def test_each_step_counts_from_the_writing_of_the_question() -> None:
    times = Times(asked=103, first_frame=104, first_text=104.5)
    drawn = draw_timeline(100, 101, 102, times, 110)
    assert drawn == Timeline(1, 2, 3, 4, 4.5, 10)


def test_what_did_not_happen_is_not_told() -> None:
    assert draw_timeline(100, 0, 102, Times(), 103) == Timeline(taken_s=2, ended_s=3)


@given(AT, AT, AT, st.builds(Times, AT, AT, AT), AT)
def test_no_clock_makes_a_step_come_before_another(
    written: float, stored: float, taken: float, times: Times, ended: float
) -> None:
    line = draw_timeline(written, stored, taken, times, ended)
    told = [
        line.stored_s, line.taken_s, line.asked_s, line.first_frame_s, line.first_text_s,
        line.ended_s,
    ]  # fmt: skip
    known = [seconds for seconds in told if seconds is not None]
    assert known == sorted(known)
    assert all(seconds >= 0 for seconds in known)
