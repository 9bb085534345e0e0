"""The conversations of the demo robot go on where they were, and lead nowhere unknown."""

import pytest

from bridge.emulators.beebot.demo_robot import Conversation, DemoRobot, load_conversations
from bridge.emulators.beebot.values import Question

CONVERSATIONS = load_conversations()


def asked(utterance: str, session: str = "s") -> Question:
    return Question(
        message_id="m", session_id=session, utterance=utterance, sender_id="u", sender_nick="",
        at=0.0, token="t", turn=1, value={},
    )  # fmt: skip


def last_text(robot: DemoRobot, utterance: str, session: str = "s") -> str:
    return robot.answer(asked(utterance, session)).plan()[-1].text


def test_there_are_six_in_two_languages() -> None:
    assert [one.language for one in CONVERSATIONS].count("en") == 3
    assert [one.language for one in CONVERSATIONS].count("zh") == 3


@pytest.mark.parametrize("conversation", CONVERSATIONS, ids=[one.label for one in CONVERSATIONS])
def test_all_that_can_be_pressed_is_answered(conversation: Conversation) -> None:
    known = {turn.question for turn in conversation.turns}
    for turn in conversation.turns:
        options = turn.clarify.options if turn.clarify else ()
        assert {*turn.related, *options} <= known
        assert sum(map(bool, (turn.answer, turn.clarify, turn.handover))) == 1


@pytest.mark.parametrize("conversation", CONVERSATIONS, ids=[one.label for one in CONVERSATIONS])
def test_no_turn_hides_another_of_its_conversation(conversation: Conversation) -> None:
    robot = DemoRobot(0.0)
    for turn in (conversation.turns[0], *conversation.turns):
        got = robot.answer(asked(turn.question)).plan()[-1]
        assert got.body == turn.script(0.0).plan()[-1].body


def test_a_follow_up_means_what_the_thread_is_about() -> None:
    robot = DemoRobot(0.0)
    last_text(robot, "where is my order?", "shop")
    last_text(robot, "how much vacation is left?", "leave")
    assert "chair" in last_text(robot, "the chair please", "shop")
    assert "31 March" in last_text(robot, "do they expire?", "leave")
    assert "31 March" not in last_text(robot, "do they expire?", "shop")


def test_a_thread_may_change_its_subject() -> None:
    robot = DemoRobot(0.0)
    last_text(robot, "Where is my order?")
    assert "809" in last_text(robot, "And my vpn is broken")


def test_what_it_does_not_know_it_answers_in_general() -> None:
    assert "see other kinds of answers" in last_text(DemoRobot(0.0), "How do I begin?")
