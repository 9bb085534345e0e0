"""What a growing answer holds after each frame, and what people saw of it stays."""

from bridge.core.model import Answer, Frame, Source
from bridge.core.turn import Draft


def test_the_newest_text_replaces_the_one_before() -> None:
    draft = Draft()
    draft.update(Frame(markdown="I think"))
    draft.update(Frame(markdown="No: I know"))
    assert draft.answer() == Answer("No: I know")


def test_an_empty_or_absent_text_never_blanks_what_was_there() -> None:
    draft = Draft()
    draft.update(Frame(markdown="There."))
    draft.update(Frame(markdown=""))
    draft.update(Frame(markdown=None, is_end=True))
    assert draft.markdown == "There."


def test_sources_stay_when_a_later_frame_brings_none() -> None:
    draft = Draft()
    draft.update(Frame(markdown="Rain [1]", sources=(Source(1, "Weather"),)))
    draft.update(Frame(markdown="Rain [1]", is_end=True))
    assert draft.answer("note") == Answer(
        "Rain [1]", sources=(Source(1, "Weather"),), notices=("note",)
    )


def test_options_alone_are_an_answer_and_an_id_alone_is_none() -> None:
    draft = Draft()
    draft.update(Frame(answer_id="a1"))
    assert draft.is_empty
    draft.update(Frame(options=("Invoice",)))
    assert not draft.is_empty


def test_what_is_broken_off_says_so_and_keeps_what_people_saw() -> None:
    draft = Draft("This is **important")
    draft.update(Frame(markdown="This is **impor"))
    assert draft.broken_off() == Answer("This is **important", is_cut=True)
    assert draft.broken_off(seen="This is") == Answer("This is", is_cut=True)
