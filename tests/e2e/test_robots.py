"""One robot a channel: who answers where, and that nobody hears of what was said to another."""

import asyncio
import json
import signal
from collections import Counter

import aiohttp
import pytest
from redis.asyncio import Redis

from bridge.emulators.beebot import GatewayFault, Question, typed
from bridge.emulators.slack.blocks import elements_of
from bridge.emulators.slack.seed import (
    BOT_USER,
    C_ELSEWHERE,
    C_GENERAL,
    C_RANDOM,
    D_ALICE,
    U_ALICE,
)
from bridge.store import keys
from bridge.store.connection import open_redis
from tests.e2e.stage import HANGS_S, BridgeProcess, Stage, events_url
from tests.e2e.test_doctor import examined
from tests.e2e.test_start import run
from tests.e2e.test_ways_in import opened, posts

process = pytest.mark.process
DEFAULT, HR, DM = "chatbot-cn-Example", "chatbot-cn-Hr", "chatbot-cn-Dm"
SPACE = "4e7400028e6f4a7393ed3acf6a7b8927_p_beebot_public"
MAP = f"{C_GENERAL}|{HR}|{SPACE}|hr,travel; dm|{DM}"
ANSWER = typed("Rain falls.", step=5, delay_s=0.01)
SLOW = typed("word " * 60, step=4, delay_s=0.03)


@pytest.fixture
async def stage(stage: Stage) -> Stage:
    stage.beebot.add_robot(HR, SPACE, name="HR <!channel> *robot*")
    stage.beebot.add_robot(DM, name="Private robot")
    stage.beebot.default(ANSWER)
    stage.environment |= {"BEEBOT_ROBOTS": MAP, "BRIDGE_STREAMING": "edit"}
    return stage


@pytest.fixture
async def replicas(stage: Stage, shared_stage: Stage) -> Stage:
    stage.environment |= {
        "BRIDGE_LEASE_S": "1.5",
        "BRIDGE_BEAT_S": "0.3",
        "BRIDGE_RECALL_S": "4",
    }
    assert stage is shared_stage
    return stage


async def ask(stage: Stage, channel: str, text: str = "why?", *, root: str | None = None) -> str:
    mention = "" if channel == D_ALICE else f"<@{BOT_USER}> "
    return await stage.slack.post(channel, U_ALICE, f"{mention}{text}", thread_ts=root)


async def answered(stage: Stage, channel: str, root: str, *, answers: int = 1) -> None:
    def is_there() -> bool:
        replies = stage.replies(channel, root)
        return len(replies) == answers and "'new'" in str(replies[-1].blocks)

    await stage.slack.until(is_there)


async def asked_in(
    stage: Stage, channel: str, *, root: str | None = None, answers: int = 1
) -> Question:
    """The question that Beebot got of one in this channel, once it is answered."""
    place = root or await ask(stage, channel)
    if root:
        await ask(stage, channel, "and then?", root=root)
    await answered(stage, channel, place, answers=answers)
    return stage.beebot.questions[-1]


async def rate(stage: Stage, channel: str, root: str) -> None:
    message = stage.replies(channel, root)[-1]
    [buttons] = [one for _, one in elements_of(message.blocks) if one["action_id"] == "rate"]
    value = buttons["positive_button"]["value"]
    await stage.slack.click(U_ALICE, channel, message.ts, "rate", value=value)
    await stage.beebot.until(lambda: stage.beebot.feedbacks)


async def readiness(port: int) -> tuple[int, dict[str, str]]:
    url = f"http://127.0.0.1:{port}/readyz"
    async with aiohttp.ClientSession() as http, http.get(url) as answer:
        return answer.status, (await answer.json()).get("reasons", {})


async def start_unready(stage: Stage, **variables: str) -> BridgeProcess:
    bridge = await BridgeProcess.start({**stage.environment, **variables})
    stage.stack.push_async_callback(bridge.end)
    return bridge


# Who answers


async def test_each_channel_has_its_robot_and_all_others_the_default_one(stage: Stage) -> None:
    await stage.open_bridge()
    in_general = await asked_in(stage, C_GENERAL)
    in_random = await asked_in(stage, C_RANDOM)
    in_dm = await asked_in(stage, D_ALICE)
    assert [q.instance_id for q in (in_general, in_random, in_dm)] == [HR, DEFAULT, DM]
    assert in_general.value["VendorParam"] == '{"docLabels":"hr,travel"}'
    assert "VendorParam" not in in_random.value
    assert not stage.beebot.refusals


@process
async def test_fifty_first_questions_on_two_replicas_cause_one_application_a_space(
    replicas: Stage,
) -> None:
    replicas.beebot.break_gateway(GatewayFault.slow(0.3).during("ApplyForStreamAccessToken"))
    first, second = await asyncio.gather(*(start_unready(replicas) for _ in range(2)))
    questions = []
    for number in range(50):
        bridge = (first, second)[number % 2]
        replicas.slack.request_url = events_url(bridge.port)
        questions.append(ask(replicas, (C_GENERAL, C_RANDOM)[number // 2 % 2], f"why {number}?"))
    await asyncio.gather(*questions)
    await replicas.finished(50)
    asked = Counter(question.instance_id for question in replicas.beebot.questions)
    assert sum(asked.values()) == 50
    assert set(asked) == {HR, DEFAULT}
    assert sorted(one.agent_key for one in replicas.beebot.applications) == ["", SPACE]


# Sessions


async def test_a_thread_goes_on_with_its_robot_in_its_session(replicas: Stage) -> None:
    await replicas.open_bridge()
    root = await ask(replicas, C_GENERAL)
    await answered(replicas, C_GENERAL, root)
    again = await asked_in(replicas, C_GENERAL, root=root, answers=2)
    first = replicas.beebot.questions[0]
    assert (again.instance_id, again.value["SessionId"]) == (HR, first.session_id)


async def test_when_the_map_changes_a_thread_starts_anew_with_the_other_robot(
    replicas: Stage,
) -> None:
    await replicas.open_bridge()
    root = await ask(replicas, C_GENERAL)
    await answered(replicas, C_GENERAL, root)
    await replicas.open_bridge(BEEBOT_ROBOTS="")
    other = await asked_in(replicas, C_GENERAL, root=root, answers=2)
    assert other.instance_id == DEFAULT
    assert "SessionId" not in other.value
    again = await asked_in(replicas, C_GENERAL, root=root, answers=3)
    assert again.value["SessionId"] == other.session_id
    assert not replicas.beebot.refusals


@pytest.mark.parametrize(("robots", "goes_on"), [("", True), (MAP, False)])
async def test_a_session_of_the_release_before_belongs_to_the_default_robot(
    replicas: Stage, robots: str, goes_on: bool
) -> None:
    """That release stored the session alone."""
    await replicas.open_bridge(BEEBOT_ROBOTS="")
    root = await ask(replicas, C_GENERAL)
    await answered(replicas, C_GENERAL, root)
    async with open_redis(replicas.environment["REDIS_URL"]) as redis:
        await forget_robots(redis)
    await replicas.open_bridge(BEEBOT_ROBOTS=robots)
    asked = await asked_in(replicas, C_GENERAL, root=root, answers=2)
    assert asked.instance_id == (DEFAULT if goes_on else HR)
    assert ("SessionId" in asked.value) is goes_on
    assert not replicas.beebot.refusals


async def forget_robots(redis: Redis) -> None:
    """Once the turn is done, which is a moment after Slack has all of its answer."""
    async with asyncio.timeout(HANGS_S):
        while not (  # noqa: ASYNC110 - the store cannot tell us
            known := [key async for key in redis.scan_iter(f"{keys.ROBOT}*")]
        ):
            await asyncio.sleep(0.01)
    await redis.delete(*known)


# What follows an answer goes to who gave it


@process
async def test_who_takes_over_asks_the_robot_that_was_asked_whatever_the_map_says(
    replicas: Stage,
) -> None:
    replicas.beebot.default(SLOW)
    first = await replicas.start_bridge()
    root = await ask(replicas, C_GENERAL)
    await replicas.slack.until(lambda: replicas.replies(C_GENERAL, root))
    first.send(signal.SIGKILL)
    second = await replicas.start_bridge(BEEBOT_ROBOTS="")
    await second.says("turn.finished")
    assert {question.instance_id for question in replicas.beebot.questions} == {HR}
    assert {query.instance_id for query in replicas.beebot.logs} == {HR}
    assert HR in second.said("turn.finished")
    assert not replicas.beebot.refusals


async def test_a_rating_reaches_who_answered_though_the_map_names_another(replicas: Stage) -> None:
    await replicas.open_bridge()
    root = await ask(replicas, C_GENERAL)
    await answered(replicas, C_GENERAL, root)
    await replicas.open_bridge(BEEBOT_ROBOTS="")
    await rate(replicas, C_GENERAL, root)
    [feedback] = replicas.beebot.feedbacks
    assert feedback.instance_id == HR
    _, ratings, _ = await run("ratings", "--all", "--json", env=replicas.environment)
    assert [one["robot"] for one in json.loads(ratings)] == [HR]
    assert not replicas.beebot.refusals


async def test_a_stop_is_told_to_the_robot_that_writes(stage: Stage) -> None:
    stage.beebot.default(typed("word " * 400, step=5, delay_s=0.03))
    await stage.open_bridge(BRIDGE_BEAT_S="0.1")
    root = await ask(stage, C_GENERAL)
    await stage.slack.until(lambda: stage.replies(C_GENERAL, root))
    await stage.slack.post(C_GENERAL, U_ALICE, "stop", thread_ts=root)
    await stage.beebot.until(lambda: stage.beebot.cancellations)
    [cancellation] = stage.beebot.cancellations
    assert (cancellation.instance_id, cancellation.worked) == (HR, True)


# Who they are


async def test_home_welcome_and_greeting_name_the_robot_and_ping_nobody(stage: Stage) -> None:
    port = await stage.open_bridge(BEEBOT_ROBOTS=f"{C_ELSEWHERE}|{HR}|{SPACE}; dm|{DM}")
    await stage.slack.until(lambda: stage.slack.calls_of("auth.test"))

    async def home() -> str:
        await stage.slack.open_home(U_ALICE)
        await stage.slack.until(lambda: stage.slack.workspace.homes)
        return str(stage.slack.workspace.homes[U_ALICE]["blocks"])

    assert "In direct messages Private robot answers." in await home()
    assert "Some channels have a robot of their own." in await home()
    await opened(stage, U_ALICE, port)
    (welcome,) = await stage.slack.until(lambda: posts(stage, D_ALICE))
    assert "Private robot answers here." in welcome
    await stage.slack.invite(C_ELSEWHERE, U_ALICE)
    (greeting,) = await stage.slack.until(lambda: posts(stage, C_ELSEWHERE))
    assert "HR " in greeting
    assert " answers here." in greeting
    assert stage.slack.pings == []


@process
async def test_a_robot_that_does_not_exist_is_told_at_the_start_without_a_question(
    stage: Stage,
) -> None:
    wrong = "chatbot-cn-Nobody"
    bridge = await start_unready(stage, BEEBOT_INSTANCE_ID=wrong, BEEBOT_ROBOTS="")
    await bridge.says("service.lost")
    told = bridge.said("service.lost")
    assert wrong in told
    assert "Check BEEBOT_INSTANCE_ID and BEEBOT_ROBOTS" in told
    status, reasons = await readiness(bridge.port)
    assert status == 503
    assert reasons["beebot_robots"] == "the business space has no such robot"
    assert stage.beebot.questions == []
    assert len([line for line in bridge.log if "service.lost" in line]) == 1


@process
async def test_one_wrong_robot_of_several_is_told_and_the_others_answer(stage: Stage) -> None:
    bridge = await stage.start_bridge(BEEBOT_ROBOTS=f"{C_GENERAL}|chatbot-cn-Nobody")
    await bridge.says("service.lost")
    assert "chatbot-cn-Nobody" in bridge.said("service.lost")
    assert (await asked_in(stage, C_RANDOM)).instance_id == DEFAULT
    assert (await readiness(bridge.port))[0] == 200


@process
async def test_a_wrong_agent_key_is_told_with_its_robot_and_the_others_answer(
    stage: Stage,
) -> None:
    bridge = await stage.start_bridge(BEEBOT_ROBOTS=f"{C_GENERAL}|{HR}|no_p_space_public")
    await bridge.says("service.lost")
    told = bridge.said("service.lost")
    assert HR in told
    assert "or that in BEEBOT_ROBOTS" in told
    assert "no_p_space_public" not in "".join(bridge.log)
    assert (await asked_in(stage, C_RANDOM)).instance_id == DEFAULT
    assert (await readiness(bridge.port))[0] == 200


@process
async def test_a_map_that_cannot_be_read_ends_the_start_with_one_sentence(stage: Stage) -> None:
    for written in (f"#general|{HR}", f"{SPACE}|{HR}|{C_GENERAL}"):
        code, _, errors = await run("serve", env=stage.environment | {"BEEBOT_ROBOTS": written})
        assert code == 2
        assert errors.startswith("BEEBOT_ROBOTS must begin with ids of channels")
        assert len(errors.splitlines()) == 1
        assert SPACE not in errors


@process
async def test_the_doctor_looks_at_each_robot(stage: Stage) -> None:
    stage.beebot.robot.name = "Everybody's"
    robots = f"{C_GENERAL}|{HR}|{SPACE}; {C_RANDOM}|chatbot-cn-Nobody"
    report = await examined(stage, "--ask", BEEBOT_ROBOTS=robots)
    assert report.code == 1
    said = [" ".join(line.split()) for line in report.output.splitlines()]
    assert f"ok beebot robot {DEFAULT}: Everybody's, zh-cn" in said
    assert f"ok beebot robot {HR}: HR <!channel> *robot*, zh-cn" in said
    [missing] = [line for line in said if line.startswith("failure")]
    assert missing.startswith("failure beebot robot chatbot-cn-Nobody: its business space has no")
    assert f"Everybody's ({DEFAULT})" in missing
    assert len([line for line in said if line.startswith("ok beebot answer")]) == 2
    assert {question.instance_id for question in stage.beebot.questions} == {DEFAULT, HR}


@process
async def test_channels_of_the_map_that_slack_does_not_know_are_told(stage: Stage) -> None:
    robots = f"{C_GENERAL},C0NOWHERE0,{C_ELSEWHERE},dm|{HR}|{SPACE}"
    report = await examined(stage, BEEBOT_ROBOTS=robots)
    assert report.code == 0
    told = [" ".join(one.split()) for one in report.output.splitlines() if " policy " in one]
    hidden = "is not known to Slack, or is private and the bot is not in it"
    assert told == [
        f"warning policy BEEBOT_ROBOTS: {C_ELSEWHERE} is a channel that the bot is not in",
        f"warning policy BEEBOT_ROBOTS: C0NOWHERE0 {hidden}",
    ]


@process
async def test_a_question_from_the_terminal_is_for_the_robot_of_a_channel(stage: Stage) -> None:
    code, output, _ = await run("ask", "why?", "--channel", C_GENERAL, env=stage.environment)
    assert (code, output) == (0, "Rain falls.\n")
    for channel in ("#general", C_GENERAL.lower()):
        code, _, errors = await run("ask", "why?", "--channel", channel, env=stage.environment)
        assert code == 2
        assert errors.startswith("--channel is no id of a channel.")
    for direct in (D_ALICE, "dm"):
        code, _, _ = await run("ask", "why?", "--channel", direct, env=stage.environment)
    assert [question.instance_id for question in stage.beebot.questions] == [HR, DM, DM]
