"""What the operator adds to each question arrives, and no name that is not to be known."""

import json
from collections.abc import Mapping
from typing import Any

from bridge.core.model import sender_id
from bridge.emulators.slack.seed import BOT_USER, C_GENERAL, TEAM, U_ALICE
from tests.e2e.stage import Stage

KEY = "a-key-that-nobody-else-knows"


async def asked(stage: Stage, **variables: str) -> Mapping[str, Any]:
    """The decoded value of the request that a question causes."""
    await stage.open_bridge(**variables)
    await stage.slack.post(C_GENERAL, U_ALICE, f"<@{BOT_USER}> why?")
    await stage.finished(1)
    [question] = stage.beebot.questions
    assert not stage.beebot.refusals
    return question.value


async def test_by_default_a_request_says_no_more_than_it_must(stage: Stage) -> None:
    value = await asked(stage)
    assert value == {
        "InstanceId": "chatbot-cn-Example",
        "Utterance": "why?",
        "SenderId": sender_id(TEAM, U_ALICE),
    }


async def test_what_the_operator_adds_arrives_as_beebot_reads_it(stage: Stage) -> None:
    value = await asked(
        stage,
        BEEBOT_LABELS="hr,travel",
        BEEBOT_PERSPECTIVE="FZJBY3raWr",
        BEEBOT_VENDOR_PARAM='{"tenant": "北京", "level": 3}',
        BEEBOT_SANDBOX="true",
        BRIDGE_SEND_ASKER_NAME="true",
        BRIDGE_PSEUDONYM_KEY=KEY,
    )
    vendor_param = json.loads(value["VendorParam"])
    assert vendor_param == {"tenant": "北京", "level": 3, "docLabels": "hr,travel"}
    assert value["Perspective"] == ["FZJBY3raWr"]
    assert value["SandBox"] is True
    assert value["SenderNick"] == stage.slack.workspace.users[U_ALICE].name
    assert value["SenderId"] == sender_id(TEAM, U_ALICE, KEY)


async def test_a_robot_that_is_not_published_is_asked_in_the_sandbox(stage: Stage) -> None:
    stage.beebot.robot.is_published = False
    value = await asked(stage, BEEBOT_SANDBOX="true")
    assert value["SandBox"] is True


async def test_a_robot_that_is_not_published_is_told_with_what_helps(stage: Stage) -> None:
    stage.beebot.robot.is_published = False
    bridge = await stage.start_bridge()
    await stage.slack.post(C_GENERAL, U_ALICE, f"<@{BOT_USER}> why?")
    await bridge.says("turn.error")
    assert "must be published" in bridge.said("turn.error")
