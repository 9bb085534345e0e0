"""Looks at every service that the bridge needs, and judges whether it can do its job with it."""

import asyncio
from collections.abc import Awaitable, Sequence
from dataclasses import replace
from itertools import chain
from uuid import uuid4

from bridge.beebot.faults import CONSOLE, ROBOT
from bridge.beebot.gateway import Gateway, ListedRobot
from bridge.beebot.tokens import StreamTokens
from bridge.cli.output import Finding, State
from bridge.cli.slack_checks import (
    CHECK_S,
    check_clock,
    check_handover,
    check_methods,
    check_policy,
    check_socket,
    check_workspace,
    wanted_scopes,
)
from bridge.core.errors import BridgeError
from bridge.core.model import Question, Robot
from bridge.core.ports import Bot
from bridge.core.robots import Robots
from bridge.resources import Beebot, open_resources, open_store
from bridge.settings import Settings
from bridge.slack.api.faults import APP_REFUSED
from bridge.store.connection import StoreFacts, inspect_store

ANSWER_S = 30.0  # a robot thinks before it speaks
SLOW_STORE_S = 0.3  # a command gives up after 1.5 s, and an event costs several
QUESTION = "你好"
MOST_NAMED = 5
TEXT_ROBOT = "scenario_im"
UNLISTED = "Nobody knows whether the robot exists: ask it with --ask."
WAIT = "Wait a minute and run this again."


async def run_checks(settings: Settings, *, with_question: bool) -> list[Finding]:
    """One finding for each check, those of different services made at once.

    Beebot is asked for a token of our own, kept in this process: one from the shared store would
    prove nothing about the credentials, and Redis may be away.
    """
    alone = settings.model_copy(update={"redis_url": None})
    async with open_resources(alone) as resources:
        found = await asyncio.gather(
            _check("redis", check_store(settings)),
            _check("slack", check_workspace(resources.slack, wanted_scopes(settings))),
            _check("slack methods", check_methods(resources.slack), failing=State.WARNING),
            _check("handover", check_handover(settings, resources.slack), failing=State.WARNING),
            _check("policy", check_policy(settings, resources.slack), failing=State.WARNING),
            _check("slack socket", check_socket(settings, resources.http), advice=APP_REFUSED),
            _check("clock", check_clock(settings, resources.http), failing=State.WARNING),
            check_beebot(resources.beebot, settings.robots, with_question=with_question),
        )
    return [*check_settings(settings), *chain.from_iterable(found)]


async def run_startup_checks(settings: Settings) -> list[Finding]:
    """What is wrong and does not keep a bridge from starting: Redis' policy, scopes, the clock."""
    alone = settings.model_copy(update={"redis_url": None})
    async with open_resources(alone) as resources:
        checks = [
            _check("slack", check_workspace(resources.slack, wanted_scopes(settings))),
            _check("policy", check_policy(settings, resources.slack), failing=State.WARNING),
            _check("clock", check_clock(settings, resources.http), failing=State.WARNING),
        ]
        if settings.bridge_handover:
            handover = check_handover(settings, resources.slack)
            checks.append(_check("handover", handover, failing=State.WARNING))
        if settings.redis_url is not None:  # else it was told already
            checks.insert(0, _check("redis", check_store(settings)))
        found = chain.from_iterable(await asyncio.gather(*checks))
    return [finding for finding in found if finding.state is not State.OK]


async def _check(
    name: str,
    check: Awaitable[list[Finding]],
    *,
    within_s: float = CHECK_S,
    advice: str = WAIT,
    failing: State = State.FAILURE,
) -> list[Finding]:
    """What the check finds, or why it could not be made."""
    try:
        async with asyncio.timeout(within_s):
            return await check
    except TimeoutError:
        return [Finding(name, failing, f"no answer within {within_s:.0f} s", advice)]
    except BridgeError as error:
        return [Finding(name, failing, error.description, error.advice or advice)]


def check_settings(settings: Settings) -> list[Finding]:
    """They are complete, or there would be no settings; some are good for a while only."""
    way = "Socket Mode" if settings.is_socket_mode else "HTTP"
    found = Finding("settings", State.OK, f"complete, events come by {way}")
    if settings.alibaba_cloud_security_token:
        said = f"{found.said}; Alibaba's key is a temporary one"
        advice = "Nothing renews it: set a lasting key, or let the host's RAM role be found."
        found = Finding("settings", State.WARNING, said, advice)
    if settings.bridge_pseudonym_key:
        return [found]
    said = (
        "made of ids alone: who knows team and user can tell whom Beebot was asked by, unless "
        "BRIDGE_PSEUDONYM_KEY is set to a long random text"
    )
    return [found, Finding("pseudonyms", State.OK, said)]


async def check_store(settings: Settings) -> list[Finding]:
    if settings.redis_url is None:
        said = "in-process store: one process only, and a restart forgets everything"
        return [Finding("redis", State.WARNING, said, "Set REDIS_URL.")]
    async with open_store(settings) as redis:
        return [judge_store(await inspect_store(redis))]


def judge_store(facts: StoreFacts) -> Finding:
    policy = facts.policy or "unknown"
    said = (
        f"Redis {facts.version or 'of unknown version'}, {facts.round_trip_s * 1000:.1f} ms there "
        f"and back, maxmemory-policy {policy}"
    )
    if facts.policy != "noeviction":
        advice = "Set maxmemory-policy to noeviction: an evicted key is a forgotten question."
        return Finding("redis", State.WARNING, said, advice)
    if facts.round_trip_s > SLOW_STORE_S:
        advice = "Run Redis nearer to the bridge: Slack waits 3 s for a question to be stored."
        return Finding("redis", State.WARNING, said, advice)
    return Finding("redis", State.OK, said)


async def check_beebot(beebot: Beebot, robots: Robots, *, with_question: bool) -> list[Finding]:
    """Of each robot a token, what it is and, `with_question`, an answer to a real one."""
    found = await asyncio.gather(
        *(_check_robot(beebot, robot, with_question=with_question) for robot in robots)
    )
    if not robots.are_several:
        return found[0]
    return [
        replace(finding, said=f"{robot.id}: {finding.said}")
        for robot, findings in zip(robots, found, strict=True)
        for finding in findings
    ]


async def _check_robot(beebot: Beebot, robot: Robot, *, with_question: bool) -> list[Finding]:
    found = await _check("beebot", check_token(beebot.tokens.of(robot)))
    if found[0].state is not State.OK:
        return found
    listing = check_listing(beebot.gateway, robot)
    found += await _check("beebot robot", listing, failing=State.WARNING, advice=UNLISTED)
    if with_question and found[-1].state is not State.FAILURE:
        answer = check_answer(beebot.bot, robot)
        found += await _check("beebot answer", answer, within_s=ANSWER_S, advice=CONSOLE)
    return found


async def check_token(tokens: StreamTokens) -> list[Finding]:
    await tokens.current()
    return [Finding("beebot", State.OK, "Alibaba gives a stream token")]


async def check_listing(gateway: Gateway, robot: Robot) -> list[Finding]:
    return [judge_listing(robot, await gateway.list_robots(robot.space))]


def judge_listing(robot: Robot, listed: Sequence[ListedRobot]) -> Finding:
    one = next((one for one in listed if one.id == robot.id), None)
    if one is None:
        there = ", ".join(f"{one.name} ({one.id})" for one in listed[:MOST_NAMED])
        said = f"its business space has no such robot; there: {there or 'none'}"
        return Finding("beebot robot", State.FAILURE, said, ROBOT)
    said = f"{one.name or robot.id}, {one.language or 'of unknown language'}"
    if one.kind not in {"", TEXT_ROBOT}:
        advice = "Take one for texts (scenario_im): this one is for telephones."
        return Finding("beebot robot", State.WARNING, f"{said}, {one.kind}", advice)
    return Finding("beebot robot", State.OK, said)


async def check_answer(bot: Bot, robot: Robot) -> list[Finding]:
    now = asyncio.get_running_loop().time
    began = now()
    async with bot.ask(Question(str(uuid4()), QUESTION, None, robot, "doctor")) as stream:
        frame = await stream.newer()
        first_s = now() - began
        while not frame.is_end:
            frame = await stream.newer()
    said = f"first frame after {first_s:.2f} s, the whole after {now() - began:.2f} s"
    return [Finding("beebot answer", State.OK, said)]
