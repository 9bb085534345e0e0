"""The demo's switch that kills a process of the bridge in mid-answer."""

import asyncio
import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from bridge.cli.demo_bridge import DemoBridge
from bridge.emulators.slack import C_GENERAL, U_ALICE
from bridge.settings.loading import load_settings
from bridge.store.connection import serve_in_process
from tests.e2e.stage import Stage, open_stage

LAST_WORDS = "to see other kinds of answers."

pytestmark = pytest.mark.process


@pytest.fixture
async def stage() -> AsyncIterator[Stage]:
    async with open_stage(frame_delay_s=0.1) as stage:
        stage.environment |= {"BRIDGE_LEASE_S": "1.5", "BRIDGE_BEAT_S": "0.4"}
        yield stage


@asynccontextmanager
async def open_bridge(stage: Stage) -> AsyncIterator[DemoBridge]:
    with serve_in_process() as url:
        environment = {**stage.environment, "REDIS_URL": url}
        bridge = DemoBridge(stage.slack, is_verbose=False)
        settings = load_settings(environment, env_file=None)
        async with bridge.open(settings, environment):
            yield bridge


async def test_the_answer_of_a_killed_process_ends_in_the_same_message(stage: Stage) -> None:
    mention = f"<@{stage.slack.bot_user_id}>"
    async with open_bridge(stage) as bridge:
        root = await stage.slack.post(C_GENERAL, U_ALICE, f"{mention} question 1")
        await stage.finished(1)
        for number in (2, 3):  # a second press works as the first one
            killing = bridge.kill_replica()
            assert bridge.kill_replica() is killing
            await stage.slack.post(C_GENERAL, U_ALICE, f"{mention} question {number}", root)
            async with asyncio.timeout(20):
                assert not exists(await killing)
            await stage.slack.until(lambda: LAST_WORDS in stage.texts(C_GENERAL, root)[-1], 20)
            context = f"This is question {number} of our conversation."
            assert context in stage.texts(C_GENERAL, root)[-1]
            assert len(stage.replies(C_GENERAL, root)) == number


async def test_no_process_outlives_the_demo(stage: Stage) -> None:
    async with open_bridge(stage) as bridge:
        bridge.kill_replica()
        await stage.slack.post(C_GENERAL, U_ALICE, f"<@{stage.slack.bot_user_id}> hello")
        await stage.slack.until(lambda: stage.slack.calls_of("chat.postMessage"), 20)
        processes = bridge.processes
        assert processes
    assert not any(map(exists, processes))


def exists(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True
