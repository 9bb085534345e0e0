"""The line that ends a turn has all its times, also those of a replica that died."""

import json
from typing import Any

import pytest

from bridge.emulators.beebot import typed
from bridge.emulators.slack.seed import BOT_USER, C_GENERAL, U_ALICE
from tests.e2e.stage import BridgeProcess, Stage

pytestmark = pytest.mark.process
STEPS = ("stored_s", "taken_s", "asked_s", "first_frame_s", "first_text_s", "ended_s")


async def ask(stage: Stage) -> str:
    return await stage.slack.post(C_GENERAL, U_ALICE, f"<@{BOT_USER}> question")


async def finished(bridge: BridgeProcess) -> dict[str, Any]:
    await bridge.says("turn.finished")
    line: dict[str, Any] = json.loads(bridge.said("turn.finished"))
    return line


async def test_each_step_is_told_in_its_order(shared_stage: Stage) -> None:
    bridge = await shared_stage.start_bridge()
    shared_stage.beebot.default(typed("word " * 10, delay_s=0.05).at_pace(0.05, 1.0))
    await ask(shared_stage)
    line = await finished(bridge)
    times = [line[step] for step in STEPS]
    assert times == sorted(times)
    assert line["first_frame_s"] - line["asked_s"] > 0.9
    assert line["ended_s"] - line["first_text_s"] > 0.4
    assert line["ended_s"] < 60


async def test_what_was_not_done_has_no_time(stage: Stage) -> None:
    bridge = await stage.start_bridge()
    await stage.slack.post(C_GENERAL, U_ALICE, f"<@{BOT_USER}>")
    line = await finished(bridge)
    assert line["outcome"] == "declined"
    assert {"stored_s", "taken_s", "first_text_s", "ended_s"} <= line.keys()
    assert {"asked_s", "first_frame_s"} & line.keys() == set()


async def test_a_clock_of_slack_that_is_ahead_makes_nothing_negative(stage: Stage) -> None:
    bridge = await stage.start_bridge()
    stage.beebot.default(typed("Yes."))
    stage.slack.clock.advance(30)
    await ask(stage)
    line = await finished(bridge)
    assert [line[step] for step in STEPS] == [0.0] * len(STEPS)


async def test_whoever_takes_over_tells_the_times_of_who_died(shared_stage: Stage) -> None:
    stage = shared_stage
    stage.environment |= {"BRIDGE_LEASE_S": "1.5", "BRIDGE_BEAT_S": "0.3", "BRIDGE_RECALL_S": "4"}
    first = await stage.start_bridge()
    stage.beebot.default(typed("word " * 60, step=4, delay_s=0.1))
    root = await ask(stage)
    await first.says("text.shown")
    shown_s = json.loads(first.said("text.shown"))["after_s"]
    await stage.slack.until(lambda: len(stage.replies(C_GENERAL, root)[0].history) > 3)
    await first.end()
    second = await stage.start_bridge()
    line = await finished(second)
    assert line["outcome"] == "answered"
    assert line["first_text_s"] < shown_s + 1.5, "not when the second replica showed its first"
    assert line["ended_s"] - line["first_text_s"] > 1.5, "a lease had to lapse in between"
