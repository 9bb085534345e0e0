"""Who waits for an answer is told of it, and not for longer than it can still come."""

import time

import pytest

from bridge.emulators.beebot import Fault, Script, typed
from bridge.emulators.slack.seed import BOT_USER, C_GENERAL, U_ALICE
from tests.e2e.stage import Stage

ANSWER = typed("Fine.")
QUICK = {
    "BRIDGE_SLOW_S": "0.5",
    "BRIDGE_FIRST_FRAME_S": "2",
    "BRIDGE_THROTTLE_S": "5",
}


async def ask(stage: Stage, script: Script) -> str:
    stage.beebot.default(script)
    return await stage.slack.post(C_GENERAL, U_ALICE, f"<@{BOT_USER}> question")


async def says(stage: Stage, root: str, words: str) -> None:
    await stage.slack.until(lambda: words in "".join(stage.texts(C_GENERAL, root)))


def statuses(stage: Stage) -> list[str]:
    """What the status has said, one after the other."""
    return [call.args["status"] for call in stage.slack.calls_of("assistant.threads.setStatus")]


@pytest.mark.assistant_methods
async def test_a_silent_beebot_is_told_of_twice_and_then_given_up(stage: Stage) -> None:
    await stage.open_bridge(**QUICK)
    root = await ask(stage, ANSWER.under(Fault.slow_start(60)))
    await says(stage, root, "cannot be reached")
    thinking, slow, very_slow = statuses(stage)
    assert thinking == "is thinking…"
    assert "takes longer than usual" in slow
    assert "much longer than usual" in very_slow
    assert len(stage.beebot.questions) == 1
    assert stage.beebot.repeats == [], "once, not after two such tries"


@pytest.mark.assistant_methods
async def test_what_is_told_of_the_waiting_is_told_in_chinese_too(stage: Stage) -> None:
    await stage.open_bridge(**QUICK, BRIDGE_LOCALE="zh")
    root = await ask(stage, ANSWER.under(Fault.slow_start(60)))
    await says(stage, root, "暂时无法连接助手")
    thinking, slow, very_slow = statuses(stage)
    assert thinking == "正在思考…"
    assert "比平时长" in slow
    assert "停止" in very_slow


@pytest.mark.assistant_methods
async def test_frames_without_a_text_are_no_answer_yet(stage: Stage) -> None:
    await stage.open_bridge(**QUICK)
    root = await ask(stage, ANSWER.under(Fault.stall(after=1, pause_s=0.8)))
    await says(stage, root, "Fine.")
    assert [status for status in statuses(stage) if "longer than usual" in status]


async def test_a_connection_that_broke_is_tried_again_within_the_same_patience(
    stage: Stage,
) -> None:
    await stage.open_bridge(**QUICK)
    began = time.monotonic()
    root = await ask(stage, ANSWER.under(Fault.hang_up().once(), Fault.slow_start(60)))
    await says(stage, root, "cannot be reached")
    assert time.monotonic() - began < 30, "not as long as Beebot is silent"
    assert len(stage.beebot.questions) == 1, "the second try, under the same id"


async def test_a_connection_that_broke_costs_no_answer(stage: Stage) -> None:
    await stage.open_bridge(**QUICK)
    root = await ask(stage, ANSWER.under(Fault.hang_up().once()))
    await says(stage, root, "Fine.")


@pytest.mark.assistant_methods
async def test_after_a_throttle_the_status_says_that_beebot_thinks(stage: Stage) -> None:
    await stage.open_bridge(**QUICK | {"BRIDGE_SLOW_S": "5", "BRIDGE_FIRST_FRAME_S": "20"})
    root = await ask(stage, ANSWER.under(Fault.status(429).once(), Fault.slow_start(2.0)))
    await stage.slack.until(lambda: "in line" in stage.slack.status(C_GENERAL, root))
    await stage.slack.until(lambda: stage.slack.status(C_GENERAL, root) == "is thinking…")
    assert not stage.replies(C_GENERAL, root)
    await says(stage, root, "Fine.")


async def test_throttling_costs_nothing_of_the_patience(stage: Stage) -> None:
    await stage.open_bridge(**QUICK)
    faults = [Fault.status(429).times(2), Fault.slow_start(1.0)]  # pauses of 1 s and 1.5 s
    root = await ask(stage, ANSWER.under(*faults))
    await says(stage, root, "Fine.")


async def test_where_there_is_no_status_the_placeholder_tells_of_the_waiting(
    stage: Stage,
) -> None:
    stage.slack.retire_assistant_methods()
    stage.declare_no_agent()
    process = await stage.start_bridge(
        **QUICK | {"BRIDGE_SLOW_S": "2", "BRIDGE_FIRST_FRAME_S": "9"}
    )
    root = await ask(stage, ANSWER.under(Fault.slow_start(4)))
    await says(stage, root, "is thinking")
    await says(stage, root, "longer than usual")
    await says(stage, root, "Fine.")
    assert len(stage.replies(C_GENERAL, root)) == 1
    await process.says("turn.finished")
    (shown,) = [line for line in process.log if "text.shown" in line]
    assert '"after_s": 4' in shown, "the placeholder was no text"
