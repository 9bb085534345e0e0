"""Who comes to see the bot is received: the Home tab, the Messages tab, a new channel."""

import asyncio

import pytest

from bridge.emulators.slack.seed import C_ELSEWHERE, D_ALICE, D_BOB, U_ALICE, U_BOB
from tests.e2e.stage import Stage, events_url

PROMPTS = "assistant.threads.setSuggestedPrompts"


def posts(stage: Stage, channel: str) -> list[str]:
    """What the bot has said in a channel, threads and all."""
    live = stage.slack.workspace.channel(channel).live()
    return [message.shown for message in live if message.bot_id]


async def opened(stage: Stage, user: str, port: int) -> None:
    """The person looks at the Messages tab, and this bridge has acknowledged it."""
    stage.slack.request_url = events_url(port)
    before = len(stage.slack.deliveries)
    await stage.slack.open_home(user, "messages")
    await stage.slack.until(lambda: len(stage.slack.deliveries) > before)
    assert stage.slack.deliveries[-1].succeeded


async def test_the_home_tab_is_furnished_in_the_language_of_its_visitor(stage: Stage) -> None:
    await stage.open_bridge()
    await asyncio.gather(stage.slack.open_home(U_ALICE), stage.slack.open_home(U_BOB))
    homes = stage.slack.workspace.homes
    await stage.slack.until(lambda: len(homes) == 2)
    assert "How to ask" in str(homes[U_ALICE]["blocks"])
    assert "如何提问" in str(homes[U_BOB]["blocks"])


@pytest.mark.assistant_methods
async def test_a_person_is_welcomed_once_by_all_replicas_together(shared_stage: Stage) -> None:
    slack, first = shared_stage.slack, await shared_stage.open_bridge()
    second = await shared_stage.open_bridge()
    for port in (first, second, second):
        await opened(shared_stage, U_ALICE, port)
    await slack.until(lambda: len(slack.calls_of(PROMPTS)) == 2)
    await slack.until(lambda: posts(shared_stage, D_ALICE))
    await shared_stage.stack.aclose()  # whatever else was begun ends with the bridges
    assert posts(shared_stage, D_ALICE) == [shared_stage.beebot.robot.welcome]
    prompts = slack.workspace.prompts[D_ALICE, None]
    assert prompts[0] == {"title": "What can you do?", "message": "What can you help me with?"}


@pytest.mark.assistant_methods
async def test_a_robot_without_words_leaves_them_to_the_operator(stage: Stage) -> None:
    stage.beebot.robot.welcome = ""
    port = await stage.open_bridge(
        BRIDGE_WELCOME="Ask the *people* team.", BRIDGE_PROMPTS="Leave|How much leave is left?"
    )
    await opened(stage, U_BOB, port)
    assert await stage.slack.until(lambda: posts(stage, D_BOB)) == ["Ask the *people* team."]
    await stage.slack.until(lambda: stage.slack.workspace.prompts)
    prompts = stage.slack.workspace.prompts[D_BOB, None]
    assert prompts == [{"title": "Leave", "message": "How much leave is left?"}]


async def test_a_channel_is_greeted_once_in_the_language_of_who_invited_the_bot(
    stage: Stage,
) -> None:
    slack = stage.slack
    await stage.open_bridge()
    await slack.invite(C_ELSEWHERE, U_BOB)
    (greeting,) = await slack.until(lambda: posts(stage, C_ELSEWHERE))
    assert "大家好" in greeting
    await slack.join(C_ELSEWHERE, slack.bot_user_id, inviter=U_ALICE)
    await slack.until(
        lambda: len(slack.deliveries) == 4
    )  # each time a join, and a line that says so
    await stage.stack.aclose()
    assert posts(stage, C_ELSEWHERE) == [greeting]
    assert slack.pings == []
