"""Redis goes away: processes live, running answers end, new questions come again, all heals."""

import asyncio
from collections.abc import AsyncIterator

import pytest
from redis.asyncio import Redis

from bridge.emulators.beebot import typed
from bridge.emulators.slack.fixtures import BOT_USER, C_GENERAL, C_RANDOM, U_ALICE
from tests.conftest import RedisServer
from tests.e2e.stage import Stage, open_stage

MENTION = f"<@{BOT_USER}>"
TEXT = "word " * 40
SLOW = typed(TEXT, step=4, delay_s=0.05)


@pytest.fixture
async def stage(own_redis: RedisServer) -> AsyncIterator[Stage]:
    async with open_stage(retry_delays_s=(0.0, 1.0, 3.0)) as stage:
        stage.environment |= {
            "REDIS_URL": own_redis.url,
            "BRIDGE_LEASE_S": "4",  # well above the 1.5 s after which a command gives up
            "BRIDGE_BEAT_S": "0.5",
        }
        yield stage


async def begin(stage: Stage) -> str:
    """A question whose answer has begun to grow."""
    stage.beebot.script("one", SLOW)
    stage.beebot.default(typed("Fine."))
    root = await stage.slack.post(C_GENERAL, U_ALICE, f"{MENTION} one")
    await stage.slack.until(lambda: len(stage.replies(C_GENERAL, root)) == 1)
    return root


async def is_answered(stage: Stage, channel: str, root: str, *texts: str) -> None:
    await stage.slack.until(lambda: stage.texts(channel, root) == list(texts), timeout_s=20)


async def test_while_redis_is_dead_answers_end_and_questions_are_refused_until_it_is_back(
    stage: Stage, own_redis: RedisServer
) -> None:
    await stage.open_bridge()
    await stage.open_bridge()
    root = await begin(stage)
    own_redis.kill()
    waiting = await stage.slack.post(C_RANDOM, U_ALICE, f"{MENTION} two")
    await stage.slack.until(lambda: [one for one in stage.slack.deliveries if one.status == 503])
    await is_answered(stage, C_GENERAL, root, TEXT.strip())
    own_redis.start()
    await is_answered(stage, C_RANDOM, waiting, "Fine.")
    await stage.slack.post(C_GENERAL, U_ALICE, f"{MENTION} three", thread_ts=root)
    await is_answered(stage, C_GENERAL, root, TEXT.strip(), "Fine.")


async def test_commands_that_sat_in_a_frozen_redis_double_nothing_when_it_thaws(
    stage: Stage, own_redis: RedisServer
) -> None:
    await stage.open_bridge()
    await stage.open_bridge()
    root = await begin(stage)
    own_redis.freeze()
    second = await stage.slack.post(C_RANDOM, U_ALICE, f"{MENTION} two")
    await stage.slack.until(lambda: [one for one in stage.slack.deliveries if one.status == 503])
    await is_answered(stage, C_GENERAL, root, TEXT.strip())
    own_redis.thaw()
    await is_answered(stage, C_RANDOM, second, "Fine.")
    await stage.slack.post(C_GENERAL, U_ALICE, f"{MENTION} three", thread_ts=root)
    await is_answered(stage, C_GENERAL, root, TEXT.strip(), "Fine.")
    asked = [question.utterance for question in stage.beebot.questions]
    assert sorted(asked) == ["one", "three", "two"]


async def test_an_emptied_redis_ends_no_answer_and_begins_new_sessions(
    stage: Stage, own_redis: RedisServer
) -> None:
    await stage.open_bridge()
    root = await begin(stage)
    own_redis.kill()
    own_redis.start()
    await is_answered(stage, C_GENERAL, root, TEXT.strip())
    await stage.slack.post(C_GENERAL, U_ALICE, f"{MENTION} two", thread_ts=root)
    await is_answered(stage, C_GENERAL, root, TEXT.strip(), "Fine.")
    assert len(stage.beebot.questions) == 2


async def test_out_of_memory_refuses_questions_and_heals(
    stage: Stage, own_redis: RedisServer
) -> None:
    await stage.open_bridge()
    root = await begin(stage)
    async with Redis.from_url(own_redis.url) as redis:
        await redis.config_set("maxmemory", "1")
        second = await stage.slack.post(C_RANDOM, U_ALICE, f"{MENTION} two")
        await stage.slack.until(
            lambda: [one for one in stage.slack.deliveries if one.status == 503]
        )
        await is_answered(stage, C_GENERAL, root, TEXT.strip())
        await redis.config_set("maxmemory", "0")
    await is_answered(stage, C_RANDOM, second, "Fine.")


async def test_a_failover_refuses_writes_and_heals(stage: Stage, own_redis: RedisServer) -> None:
    """A replica that was not promoted yet answers READONLY."""
    await stage.open_bridge()
    root = await begin(stage)
    async with Redis.from_url(own_redis.url) as redis:
        await redis.replicaof("127.0.0.1", 1)
        second = await stage.slack.post(C_RANDOM, U_ALICE, f"{MENTION} two")
        await stage.slack.until(
            lambda: [one for one in stage.slack.deliveries if one.status == 503]
        )
        await is_answered(stage, C_GENERAL, root, TEXT.strip())
        await redis.replicaof("NO", "ONE")
    await is_answered(stage, C_RANDOM, second, "Fine.")


async def test_the_loop_stays_free_while_redis_is_frozen(
    stage: Stage, own_redis: RedisServer
) -> None:
    await stage.open_bridge()
    own_redis.freeze()
    loop = asyncio.get_running_loop()
    began = loop.time()
    await stage.slack.post(C_GENERAL, U_ALICE, f"{MENTION} one")
    await stage.slack.until(lambda: [one for one in stage.slack.deliveries if one.status == 503])
    assert loop.time() - began < 2.9, "Slack waits three seconds for its answer"
    own_redis.thaw()
