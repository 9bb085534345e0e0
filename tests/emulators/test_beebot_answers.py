"""What the robot says: demo answers by word and language, and the ready-made scripts."""

import json
from itertools import pairwise
from typing import Any

import pytest

from bridge.emulators.beebot import (
    BeebotEmulator,
    Question,
    Script,
    clarify,
    empty,
    handover,
    no_answer,
    related,
    unknown_type,
    with_sources,
)
from bridge.emulators.beebot.demo_answers import demo_answer
from tests.emulators.beebot_witness import visiting


def asked(utterance: str, turn: int = 1) -> Question:
    return Question(
        message_id="m",
        session_id="s",
        utterance=utterance,
        sender_id="",
        sender_nick="",
        at=0.0,
        token="t",
        turn=turn,
        value={},
    )


async def last_value(script: Script) -> dict[str, Any]:
    async with visiting(beebot := BeebotEmulator()) as visitor:
        beebot.default(script)
        return (await visitor.ask("hello")).values[-1]


@pytest.mark.parametrize(
    ("utterance", "piece"),
    [
        ("Show me a table", "|---"),
        ("给我一个表格", "|---"),
        ("a list please", "- **Tests**"),
        ("来一个列表", "- **测试**"),
        ("some code?", "```python"),
        ("写一段代码", "```python"),
        ("how are you", "3. **Try"),
        ("你好", "3. **从"),
        ("listen to me", "3. **Try"),
    ],
)
def test_a_word_in_the_question_selects_the_answer(utterance: str, piece: str) -> None:
    text = demo_answer(asked(utterance), 0.12).plan()[-1].text
    assert piece in text
    assert utterance in text


def test_a_demo_answer_tells_how_many_questions_the_session_has_had() -> None:
    assert "question 3 of" in demo_answer(asked("hi", turn=3), 0.12).plan()[-1].text
    assert "第 3 个" in demo_answer(asked("你好", turn=3), 0.12).plan()[-1].text


@pytest.mark.parametrize("utterance", ["hi", "你好", "a table", "a long story", "来源？"])
def test_a_demo_answer_grows_for_three_to_six_seconds_and_is_always_the_same(
    utterance: str,
) -> None:
    plan = demo_answer(asked(utterance), 0.16).plan()
    assert 20 <= len(plan) <= 28
    assert 3 <= sum(frame.pause_s or 0.0 for frame in plan) <= 6
    assert plan == demo_answer(asked(utterance), 0.16).plan()
    texts = [frame.text for frame in plan]
    assert all(new.startswith(old) for old, new in pairwise(texts))


def test_a_long_answer_is_longer_than_a_page() -> None:
    for utterance in ("a long one", "详细说说"):
        assert len(demo_answer(asked(utterance), 0.12).plan()[-1].text) > 12_000


async def test_the_other_words_select_errors_delays_and_bodies() -> None:
    async with visiting(BeebotEmulator(frame_delay_s=0.0)) as visitor:
        assert (await visitor.ask("an error")).envelopes[0]["success"] is False
        clarified = (await visitor.ask("clarify that")).values[-1]["MessageBody"]
        assert clarified["ClarifyMessageBody"]["ClarifyList"][0] == {"Title": "Annual leave"}
        human = (await visitor.ask("转人工")).values[-1]["MessageBody"]
        assert "sysToAgent" in human["Commands"]
        cited = (await visitor.ask("sources?")).values[-1]["MessageBody"]["DirectMessageBody"]
        assert cited["AnswerReference"]["ItemList"][0]["Number"] == 1
        offered = (await visitor.ask("相关问题")).values[-1]["MessageBody"]["DirectMessageBody"]
        assert len(offered["RelatedQuestionList"]) == 3
    assert demo_answer(asked("slow one"), 0.12).faults


async def test_sources_come_with_the_last_frame() -> None:
    value = await last_value(with_sources("See [1].", ["Handbook", {"Title": "FAQ", "Id": "7"}]))
    body = value["MessageBody"]["DirectMessageBody"]
    titles = [(item["Number"], item["Title"]) for item in body["AnswerReference"]["ItemList"]]
    assert titles == [(1, "Handbook"), (2, "FAQ")]
    assert body["SentenceList"] == [{"Content": "See [1].", "ReferNumber": 1}]


async def test_a_clarification_carries_its_options() -> None:
    body = (await last_value(clarify("Which?", ["A", "B"])))["MessageBody"]
    assert body["Type"] == "Clarify"
    assert body["ClarifyMessageBody"]["ClarifyContent"] == "Which?\n1. A\n2. B"


async def test_related_questions_come_with_the_last_frame() -> None:
    body = (await last_value(related("Yes.", ["Why?"])))["MessageBody"]["DirectMessageBody"]
    assert body["RelatedQuestionList"] == ["Why?"]


async def test_a_handover_is_a_command_in_a_string() -> None:
    value = await last_value(handover("One moment.", "42"))
    command = json.loads(value["MessageBody"]["Commands"]["sysToAgent"])
    assert (command["skillGroup"], value["Source"]) == ("42", "TASK_DRIVEN_DIALOGUE")


async def test_a_fallback_phrase_names_its_policy() -> None:
    value = await last_value(no_answer("I do not know."))
    assert value["Source"] == "SYSTEM_ASK_CONFIG"
    assert value["MessageBody"]["DirectMessageBody"]["HitSystemAskConfig"] == "NO_ANSWER"


async def test_an_answer_can_end_without_a_word_or_be_of_an_unknown_type() -> None:
    value = await last_value(empty())
    assert value["StreamEnd"] is True
    assert value["MessageBody"]["DirectMessageBody"]["SentenceList"] == [{"Content": ""}]
    assert (await last_value(unknown_type()))["MessageBody"]["Type"] == "Hologram"
