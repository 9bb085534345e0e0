"""Under an answer stands what people can do with it, calm, and harmless whatever the robot says."""

from dataclasses import replace
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from bridge.core.messages import Locale
from bridge.core.model import Answer, Handover, Source, TurnRecord
from bridge.core.translator import Translation
from bridge.emulators.slack.blocks import check_blocks, elements_of, texts_of
from bridge.slack.block_kit.actions import VALUE_LIMIT, ActionValue, unpack
from bridge.slack.messages import SLACK_MESSAGES
from bridge.slack.outbound.footer import footer, spoken, stop_row
from tests.unit.turns import ask_of, turn_of

ENGLISH = Translation(Locale.EN, SLACK_MESSAGES)
WHOLE = Answer("Rain falls. [1]", answer_id="answer-1")


def below(answer: Answer, question: str = "how?") -> list[dict[str, Any]]:
    return footer(answer, turn_of(ask_of(question)), ENGLISH)


def pressable(blocks: list[dict[str, Any]]) -> dict[str, str]:
    """What each button asks, by its action_id."""
    shown = [element for _, element in elements_of(blocks) if element["type"] == "button"]
    return {element["action_id"]: unpack(ActionValue, element["value"]).words for element in shown}


def words_of(blocks: list[dict[str, Any]]) -> list[str]:
    return list(texts_of([block for block in blocks if block["type"] == "context"]))


def test_everything_stands_in_a_calm_order() -> None:
    answer = Answer(
        "Rain falls. [1]",
        sources=(Source(1, "Weather", "It rains."), Source(2, "Sky")),
        options=("Invoice",),
        related=("More?",),
        handover=Handover(),
        answer_id="answer-1",
        is_no_answer=True,
        notices=("Files were not read.",),
    )
    blocks = below(answer)
    kinds = ["actions", "actions", *["context"] * 4, "context_actions", "actions"]
    assert [block["type"] for block in blocks] == kinds
    assert words_of(blocks) == [
        "Sources: [1] Weather · [2] Sky",
        "The assistant asks for a human to take over here.",
        "The assistant found no answer to this. Other words may help.",
        "Files were not read.",
    ]
    asked = {"ask_0": "Invoice", "ask_1": "More?", "sources": "", "regenerate": "how?", "new": ""}
    assert pressable(blocks) == asked


def test_what_is_cited_is_told_in_the_language_of_who_asks() -> None:
    blocks = spoken(
        Answer("x", sources=(Source(1, "天气"),)), Translation(Locale.ZH, SLACK_MESSAGES)
    )
    assert words_of(blocks) == ["来源：[1] 天气"]


def test_feedback_names_the_answer_and_its_session() -> None:
    (row,) = [block for block in below(WHOLE) if block["type"] == "context_actions"]
    (thumbs,) = row["elements"]
    values = [
        unpack(ActionValue, thumbs[side]["value"])
        for side in ("positive_button", "negative_button")
    ]
    assert thumbs["action_id"] == "rate"
    assert [value.verdict for value in values] == ["good", "bad"]
    known = {(value.turn, value.session, value.answer_id) for value in values}
    assert known == {("turn-1", "session-1", "answer-1")}


def test_what_beebot_did_not_name_cannot_be_rated() -> None:
    nameless = footer(Answer("Rain."), turn_of(), ENGLISH)
    homeless = footer(WHOLE, turn_of(record=TurnRecord(asks=1)), ENGLISH)
    for blocks in (nameless, homeless):
        assert [block["type"] for block in blocks] == ["actions"]


def test_a_greeting_offers_nothing() -> None:
    greeting = Answer("", notices=("Hi!",))
    assert footer(greeting, turn_of(record=TurnRecord()), ENGLISH) == []


def test_quotes_are_offered_only_where_there_are_some() -> None:
    assert "sources" not in pressable(below(Answer("x", sources=(Source(1, "Weather"),))))


def test_words_that_no_button_shows_whole_stand_above_the_buttons() -> None:
    long, longer = "why " * 30, "how " * 600
    blocks = below(Answer("x", options=("Short", long, longer), related=tuple("abcdefg")))
    first, second, third = words_of(blocks)
    assert (first, third) == (f"• {long.strip()}", "• f\n• g")
    assert second.startswith("• how how")
    asked = pressable(blocks)
    assert [asked[f"ask_{number}"] for number in range(7)] == ["Short", long, *"abcde"]
    assert longer not in asked.values()


def test_without_buttons_the_same_words_are_there() -> None:
    answer = replace(WHOLE, options=("Invoice", "Refund"), related=("More?",), is_no_answer=True)
    said = words_of(spoken(answer, ENGLISH))
    assert said == [
        "• Invoice\n• Refund\n• More?",
        "The assistant found no answer to this. Other words may help.",
    ]


def test_a_question_too_long_for_a_button_is_not_offered_again() -> None:
    assert "regenerate" not in pressable(below(WHOLE, "长" * 2000))


def test_a_growing_answer_can_be_stopped() -> None:
    (row,) = stop_row(turn_of(), ENGLISH)
    (button,) = row["elements"]
    assert (button["action_id"], button["style"]) == ("stop", "danger")
    assert unpack(ActionValue, button["value"]).turn == "turn-1"


FOREIGN = st.lists(st.text(alphabet="<>!&@*`[]()\n字a ", max_size=90), max_size=8).map(tuple)


@given(FOREIGN, FOREIGN, FOREIGN, st.text(alphabet='"\\\n字', max_size=2100))
@settings(max_examples=60, deadline=None)
def test_whatever_the_robot_names_is_literal_and_within_slacks_limits(
    options: tuple[str, ...], related: tuple[str, ...], titles: tuple[str, ...], question: str
) -> None:
    sources = tuple(Source(number, title, title) for number, title in enumerate(titles))
    answer = Answer("x", sources, options, related, answer_id="a", handover=Handover("<!here>"))
    blocks = below(answer, question)
    check_blocks(blocks, at_most=50)
    assert not list(texts_of(blocks, plain=False)), "Slack looks for its tokens in none of them"
    assert not any("<" in text for text in texts_of(blocks))
    shown = [element for _, element in elements_of(blocks)]
    assert len({element["action_id"] for element in shown}) == len(shown)
    assert all(len(element.get("value", "")) <= VALUE_LIMIT for element in shown)


def test_where_nobody_is_told_no_human_is_promised() -> None:
    (said,) = words_of(below(Answer("x", handover=Handover(is_heard=False))))[:1]
    assert "Nobody is told" in said
    assert "take over" not in said
