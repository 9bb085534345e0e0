"""Two releases of the bridge on one Redis, as during a deploy: no question is lost or misread."""

import json

import pytest
from redis.asyncio import Redis

from bridge.emulators.beebot import typed
from bridge.emulators.slack.seed import BOT_USER, C_GENERAL, U_ALICE
from bridge.store import keys
from bridge.store.connection import open_redis
from tests.e2e.stage import BridgeProcess, Stage, events_url, ready
from tests.e2e.test_doctor import examined
from tests.e2e.test_refusing_redis import shows
from tests.e2e.test_start import run

pytestmark = pytest.mark.process
SENTENCE = "A newer release of the bridge works on this Redis: deploy that release here too"
NEWER = keys.SCHEMA_VERSION + 1
NEWER_PROGRAM = f"""
from bridge.store import keys
keys.SCHEMA_VERSION = {NEWER}
from bridge.__main__ import main
main()
"""
TEXT = "word " * 60


async def start_newer(stage: Stage) -> BridgeProcess:
    """This release, but for the version of what it stores."""
    bridge = await BridgeProcess.start(stage.environment, program=("-c", NEWER_PROGRAM, "serve"))
    stage.stack.push_async_callback(bridge.end)
    await ready(bridge.port)
    return bridge


async def ask(stage: Stage, bridge: BridgeProcess, text: str) -> str:
    stage.slack.request_url = events_url(bridge.port)
    return await stage.slack.post(C_GENERAL, U_ALICE, f"<@{BOT_USER}> {text}")


async def is_answered(stage: Stage, root: str, text: str) -> None:
    await stage.slack.until(
        lambda: "".join("".join(stage.texts(C_GENERAL, root)).split()) == "".join(text.split()),
    )


async def version(redis: Redis) -> int:
    return int(await redis.get(keys.SCHEMA) or 0)


async def test_the_older_one_ends_what_it_began_and_stores_for_the_newer_one(
    shared_stage: Stage,
) -> None:
    stage = shared_stage
    older = await stage.start_bridge()
    stage.beebot.default(typed(TEXT, step=4, delay_s=0.05))
    running = await ask(stage, older, "before")
    await stage.slack.until(lambda: len(stage.replies(C_GENERAL, running)) == 1)
    newer = await start_newer(stage)
    stage.beebot.default(typed("Short.", step=6, delay_s=0.01))
    waiting = await ask(stage, older, "after")
    await is_answered(stage, running, TEXT)
    await is_answered(stage, waiting, "Short.")
    await older.says("turn.finished")
    await newer.says("turn.finished")
    assert len([line for line in older.log if "turn.started" in line]) == 1
    assert len([line for line in newer.log if "turn.started" in line]) == 1
    await shows(older.port, 503, word="NEWER_RELEASE")
    await shows(newer.port, 200)
    told = [line for line in older.log if "service.lost" in line]
    assert len(told) == 1
    assert SENTENCE in told[0]
    report = await examined(stage, REDIS_URL=stage.environment["REDIS_URL"])
    assert report.line("redis").startswith("failure redis ")
    assert SENTENCE in report.line("redis")


async def test_the_older_one_does_not_start(shared_stage: Stage) -> None:
    async with open_redis(shared_stage.environment["REDIS_URL"]) as redis:
        await redis.set(keys.SCHEMA, NEWER)
        code, output, errors = await run("serve", env=shared_stage.environment)
        assert await version(redis) == NEWER
    assert code == 2
    assert [json.loads(line)["event"] for line in output.splitlines()] == ["bridge.refused"]
    assert errors.startswith(SENTENCE)
    assert len(errors.splitlines()) == 1


async def test_beside_releases_that_say_no_version_it_goes_on(shared_stage: Stage) -> None:
    stage = shared_stage
    bridge = await stage.start_bridge()
    async with open_redis(stage.environment["REDIS_URL"]) as redis:
        assert await version(redis) == keys.SCHEMA_VERSION, "said at the start"
        await redis.delete(keys.SCHEMA)
        stage.beebot.default(typed("Short.", step=6, delay_s=0.01))
        await is_answered(stage, await ask(stage, bridge, "question"), "Short.")
        assert await version(redis) == keys.SCHEMA_VERSION
