"""Who is answered where, and how often, as people see it: with the real program, on both ways."""

import re
from collections.abc import AsyncIterator
from dataclasses import replace

import aiohttp
import pytest

from bridge.emulators.slack.seed import (
    BOT,
    BOT_USER,
    C_ELSEWHERE,
    C_GENERAL,
    C_RANDOM,
    D_ALICE,
    OTHER_BOT,
    U_ALICE,
    U_BOB,
)
from tests.e2e.stage import Stage, events_url, open_stage

MENTION = f"<@{BOT_USER}>"
METRICS_TOKEN = "what-prometheus-has"


@pytest.fixture(params=["http", "socket mode"])
def transport(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
async def http_stage() -> AsyncIterator[Stage]:
    """For what does not depend on the way."""
    async with open_stage() as stage:
        yield stage


def ephemerals(stage: Stage) -> list[tuple[str | None, str]]:
    return [(told.ephemeral_to, told.text) for told in stage.slack.workspace.ephemerals]


async def told(stage: Stage, count: int = 1) -> list[tuple[str | None, str]]:
    await stage.slack.until(lambda: len(ephemerals(stage)) >= count)
    return ephemerals(stage)


async def answered(stage: Stage, channel: str, root: str, *, answers: int = 1) -> None:
    await stage.slack.until(
        lambda: sum("'new'" in str(one.blocks) for one in stage.replies(channel, root)) == answers
    )


async def heard(stage: Stage, ts: str) -> None:
    """Wait until the bridge has taken both events of a post that mentions it."""

    def taken() -> bool:
        events = [one.body.get("event", {}) for one in stage.slack.deliveries if one.succeeded]
        kinds = {event.get("type") for event in events if event.get("ts") == ts}
        return {"message", "app_mention"} <= kinds

    await stage.slack.until(taken)


async def test_who_asks_in_a_channel_that_is_denied_is_told_once_and_alone(stage: Stage) -> None:
    await stage.open_bridge(BRIDGE_DENY_CHANNELS=C_RANDOM)
    for question in ("one", "two"):
        await heard(stage, await stage.slack.post(C_RANDOM, U_ALICE, f"{MENTION} {question}"))
    root = await stage.slack.post(C_GENERAL, U_ALICE, f"{MENTION} three")
    await answered(stage, C_GENERAL, root)
    assert await told(stage) == [(U_ALICE, "I do not answer in this channel.")]
    assert len(stage.beebot.questions) == 1


async def test_of_channels_that_are_allowed_only_these_are_answered(stage: Stage) -> None:
    await stage.open_bridge(BRIDGE_ALLOW_CHANNELS=f"{C_GENERAL}, C0ANOTHER0")
    await stage.slack.post(C_RANDOM, U_BOB, f"{MENTION} one")
    assert await told(stage) == [(U_BOB, "我不在此频道中回答问题。")]
    root = await stage.slack.post(C_GENERAL, U_BOB, f"{MENTION} two")
    await answered(stage, C_GENERAL, root)
    direct = await stage.slack.post(D_ALICE, U_ALICE, "three")
    await answered(stage, D_ALICE, direct)


async def test_commands_presses_and_shortcuts_obey_the_same_policy(http_stage: Stage) -> None:
    stage = http_stage
    await stage.open_bridge(BRIDGE_DENY_USERS=U_BOB)
    root = await stage.slack.post(C_GENERAL, U_ALICE, f"{MENTION} one")
    await answered(stage, C_GENERAL, root)
    (answer,) = stage.replies(C_GENERAL, root)
    for typed in ("two", "help", "three " * 100):
        await stage.slack.command(U_BOB, C_GENERAL, "/beebot", typed)
    await stage.slack.click(U_BOB, C_GENERAL, answer.ts, "regenerate")
    await stage.slack.shortcut(U_BOB, "ask_about_message", channel=C_GENERAL, message_ts=root)
    await stage.slack.post(C_GENERAL, U_BOB, f"{MENTION} three")
    said = await told(stage, 6)
    assert said == [(U_BOB, "我未被设置为回答您的问题，如有需要请联系管理员。")] * 6
    assert stage.slack.workspace.modals(U_BOB) == []
    await stage.slack.open_home(U_BOB)
    await stage.slack.until(lambda: U_BOB in stage.slack.workspace.homes)
    assert "如何提问" not in str(stage.slack.workspace.homes[U_BOB])
    assert len(stage.beebot.questions) == 1


async def test_without_direct_messages_they_are_declined_and_nothing_is_offered(
    stage: Stage,
) -> None:
    await stage.open_bridge(BRIDGE_ALLOW_DMS="false")
    await stage.slack.open_home(U_ALICE, "messages")
    await stage.slack.post(D_ALICE, U_ALICE, "hello?")
    assert await told(stage) == [
        (U_ALICE, "I do not answer direct messages. Please mention me in a channel.")
    ]
    await stage.stack.aclose()
    assert [one for one in stage.slack.workspace.channel(D_ALICE).live() if one.bot_id] == []
    assert stage.slack.workspace.prompts == {}


async def test_a_channel_that_is_denied_is_not_greeted(http_stage: Stage) -> None:
    stage = http_stage
    await stage.open_bridge(BRIDGE_DENY_CHANNELS=C_ELSEWHERE)
    await stage.slack.invite(C_ELSEWHERE, U_BOB)
    await stage.slack.until(lambda: stage.slack.deliveries)
    await stage.stack.aclose()
    assert [one for one in stage.slack.workspace.channel(C_ELSEWHERE).live() if one.bot_id] == []


async def test_a_guest_is_told_so_and_their_follow_ups_are_passed_over(stage: Stage) -> None:
    people = stage.slack.workspace.users
    people[U_BOB] = replace(people[U_BOB], is_restricted=True)
    await stage.open_bridge(BRIDGE_ALLOW_GUESTS="false")
    root = await stage.slack.post(C_GENERAL, U_BOB, f"{MENTION} one")
    assert await told(stage) == [(U_BOB, "我不回答访客的问题。")]
    await stage.slack.post(C_GENERAL, U_BOB, "two", root)
    mine = await stage.slack.post(C_GENERAL, U_ALICE, f"{MENTION} three", root)
    await answered(stage, C_GENERAL, root)
    assert mine
    assert len(ephemerals(stage)) <= 2  # who waits behind another is told that
    assert "访客" not in str(ephemerals(stage)[1:])
    assert len(stage.beebot.questions) == 1


async def test_a_guest_ends_no_conversation_and_uses_up_no_quota(http_stage: Stage) -> None:
    stage = http_stage
    people = stage.slack.workspace.users
    people[U_BOB] = replace(people[U_BOB], is_restricted=True)
    await stage.open_bridge(BRIDGE_ALLOW_GUESTS="false", BRIDGE_WORKSPACE_PER_DAY="2")
    root = await stage.slack.post(C_GENERAL, U_ALICE, f"{MENTION} one")
    await answered(stage, C_GENERAL, root)
    (answer,) = stage.replies(C_GENERAL, root)
    refused = (U_BOB, "我不回答访客的问题。")
    await stage.slack.post(C_GENERAL, U_BOB, f"{MENTION} new", root)
    await stage.slack.click(U_BOB, C_GENERAL, answer.ts, "new")
    await stage.slack.click(U_BOB, C_GENERAL, answer.ts, "regenerate")
    await stage.slack.until(lambda: ephemerals(stage).count(refused) == 3)
    await stage.slack.command(U_BOB, C_RANDOM, "/beebot", "two")
    await stage.slack.until(lambda: ephemerals(stage).count(refused) == 4)
    await stage.slack.post(C_GENERAL, U_ALICE, "three", root)
    await answered(stage, C_GENERAL, root, answers=2)
    first, second = stage.beebot.questions
    assert second.session_id == first.session_id


async def test_a_quota_is_counted_over_replicas_and_tells_the_wait(shared_stage: Stage) -> None:
    stage = shared_stage
    quotas = {"BRIDGE_USER_PER_MINUTE": "2", "BRIDGE_METRICS_TOKEN": METRICS_TOKEN}
    ports = [await stage.open_bridge(**quotas) for _ in range(2)]
    for number, port in enumerate((*ports, *ports)):
        stage.slack.request_url = events_url(port)
        await heard(stage, await stage.slack.post(C_GENERAL, U_ALICE, f"{MENTION} {number}"))
    said = await told(stage, 2)
    waits = [re.fullmatch(r"You have asked .* again in (\d+) s\.", text) for _, text in said]
    assert all(wait and 50 < int(wait[1]) <= 60 for wait in waits), said
    root = await stage.slack.post(C_GENERAL, U_BOB, f"{MENTION} mine")
    await answered(stage, C_GENERAL, root)
    await stage.finished(3)
    assert len(stage.beebot.questions) == 3
    assert len(ephemerals(stage)) == 2
    assert await metric(ports, 'bridge_declined_total{reason="person_quota"}') == 2


async def metric(ports: list[int], name: str) -> float:
    """Of all replicas together."""
    total = 0.0
    headers = {"Authorization": f"Bearer {METRICS_TOKEN}"}
    async with aiohttp.ClientSession(headers=headers) as http:
        for port in ports:
            async with http.get(f"http://127.0.0.1:{port}/metrics") as answer:
                text = await answer.text()
            total += sum(float(line.split()[-1]) for line in text.splitlines() if name in line)
    return total


async def test_asking_again_counts_and_a_command_counts_once(http_stage: Stage) -> None:
    stage = http_stage
    await stage.open_bridge(BRIDGE_WORKSPACE_PER_DAY="2")
    await stage.slack.command(U_BOB, C_GENERAL, "/beebot", "one")
    root = await stage.slack.until(
        lambda: next((m for m in stage.slack.workspace.channel(C_GENERAL).live() if m.bot_id), None)
    )
    assert root
    await stage.slack.until(
        lambda: any("'new'" in str(one.blocks) for one in stage.replies(C_GENERAL, root.ts))
    )
    answer = stage.replies(C_GENERAL, root.ts)[-1]
    await stage.slack.click(U_ALICE, C_GENERAL, answer.ts, "regenerate")
    await stage.finished(2)
    await stage.slack.post(C_GENERAL, U_ALICE, f"{MENTION} three")
    words = "This workspace has asked as many questions as it may. Please ask again in 24 h."
    await stage.slack.until(lambda: (U_ALICE, words) in ephemerals(stage))
    await stage.slack.command(U_BOB, C_GENERAL, "/beebot", "four")
    words = "本工作区的提问次数已达上限，请在 24 小时后再问。"
    await stage.slack.until(lambda: (U_BOB, words) in ephemerals(stage))
    assert len(stage.beebot.questions) == 2


async def test_two_bots_do_not_talk_for_ever_whichever_replica_hears_them(
    shared_stage: Stage,
) -> None:
    stage = shared_stage
    ports = [
        await stage.open_bridge(BRIDGE_ALLOW_BOTS=OTHER_BOT, BRIDGE_BOT_TURNS="2") for _ in range(2)
    ]
    root = await stage.slack.post_by_bot(C_GENERAL, f"{MENTION} one")
    await answered(stage, C_GENERAL, root)
    for number, port in enumerate(reversed(ports), start=2):
        stage.slack.request_url = events_url(port)
        await heard(stage, await stage.slack.post_by_bot(C_GENERAL, f"{MENTION} {number}", root))
        await answered(stage, C_GENERAL, root, answers=2)
    await stage.slack.post(C_GENERAL, U_ALICE, f"{MENTION} and mine?", root)
    await answered(stage, C_GENERAL, root, answers=3)
    await stage.slack.post_by_bot(C_GENERAL, f"{MENTION} thanks", root)
    await answered(stage, C_GENERAL, root, answers=4)
    assert len(stage.beebot.questions) == 4
    assert ephemerals(stage) == []


async def test_a_bot_that_is_not_allowed_is_named_in_the_log(http_stage: Stage) -> None:
    stage = http_stage
    bridge = await stage.start_bridge(BRIDGE_ALLOW_BOTS=BOT)
    await stage.slack.post_by_bot(C_GENERAL, f"{MENTION} one")
    await bridge.says(OTHER_BOT)
    line = bridge.said(OTHER_BOT)
    assert '"event": "payload.dropped"' in line
    assert '"why": "bot"' in line
    assert stage.beebot.questions == []


async def test_in_a_channel_that_is_excepted_a_reply_needs_a_mention(stage: Stage) -> None:
    await stage.open_bridge(BRIDGE_FOLLOW_THREADS_EXCEPT=C_RANDOM)
    roots = {}
    for channel in (C_GENERAL, C_RANDOM):
        roots[channel] = await stage.slack.post(channel, U_ALICE, f"{MENTION} one")
        await answered(stage, channel, roots[channel])
    await stage.slack.post(C_RANDOM, U_ALICE, "two", roots[C_RANDOM])
    await stage.slack.post(C_GENERAL, U_ALICE, "two", roots[C_GENERAL])
    await answered(stage, C_GENERAL, roots[C_GENERAL], answers=2)
    await stage.slack.post(C_RANDOM, U_ALICE, f"{MENTION} three", roots[C_RANDOM])
    await answered(stage, C_RANDOM, roots[C_RANDOM], answers=2)
    assert len(stage.beebot.questions) == 4
