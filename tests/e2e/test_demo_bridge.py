"""The demo's switch that kills a process of the bridge in mid-answer."""

import asyncio
import os
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

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
    async with open_stage(frame_delay_s=0.25) as stage:
        stage.environment |= {"BRIDGE_LEASE_S": "1.5", "BRIDGE_BEAT_S": "0.4"}
        yield stage


@dataclass
class Bridge:
    """The demo's bridge, and what it told in English of what happened to it."""

    demo: DemoBridge
    told: list[str] = field(default_factory=list)
    news: asyncio.Queue[str] = field(default_factory=asyncio.Queue)

    def kill_replica(self) -> asyncio.Task[int | None]:
        return self.demo.kill_replica(self._tell)

    def _tell(self, english: str, _chinese: str) -> None:
        self.told.append(english)
        self.news.put_nowait(english)

    async def until_told(self, pattern: str) -> None:
        async with asyncio.timeout(80):
            while not re.fullmatch(pattern, await self.news.get()):
                pass


@asynccontextmanager
async def open_bridge(stage: Stage, **of_replicas: str) -> AsyncIterator[Bridge]:
    with serve_in_process() as url:
        environment = {**stage.environment, "REDIS_URL": url}
        demo = DemoBridge(stage.slack, is_verbose=False)
        settings = load_settings(environment, env_file=None)
        async with demo.open(settings, environment | of_replicas):
            yield Bridge(demo)


async def until_said(stage: Stage, root: str, *words: str) -> None:
    """Until the thread's last message has all of them."""
    await stage.slack.until(
        lambda: all(each in stage.texts(C_GENERAL, root)[-1] for each in words), 60
    )


async def test_the_answer_of_a_killed_process_ends_in_the_same_message(stage: Stage) -> None:
    mention = f"<@{stage.slack.bot_user_id}>"
    async with open_bridge(stage) as bridge:
        root = await stage.slack.post(C_GENERAL, U_ALICE, f"{mention} question 1")
        await stage.finished(1)
        for number in (2, 3):  # a second press works as the first one
            killing = bridge.kill_replica()
            assert bridge.kill_replica() is killing
            await bridge.until_told(r"Replicas \d and \d run\. Ask now\.")
            await stage.slack.post(C_GENERAL, U_ALICE, f"{mention} question {number}", root)
            async with asyncio.timeout(80):
                victim = await killing
            assert victim
            assert not exists(victim)
            assert re.fullmatch(r"Replica \d killed in mid-answer\.", bridge.told[-2])
            assert re.fullmatch(r"Replica \d went on after \d+ s\.", bridge.told[-1])
            assert bridge.told[-2].split()[:2] != bridge.told[-1].split()[:2]
            context = f"This is question {number} of our conversation."
            await until_said(stage, root, context, LAST_WORDS)
            assert len(stage.replies(C_GENERAL, root)) == number


async def test_a_process_that_cannot_start_is_told_and_the_bridge_goes_on(stage: Stage) -> None:
    async with open_bridge(stage, BRIDGE_LEASE_S="long") as bridge:
        assert await bridge.kill_replica() is None
        assert bridge.told[-2:] == [
            "Replica 1 did not start: exit code 2.",
            "Replica 2 did not start: exit code 2.",
        ]
        root = await stage.slack.post(C_GENERAL, U_ALICE, f"<@{stage.slack.bot_user_id}> hello")
        await stage.slack.until(lambda: LAST_WORDS in "".join(stage.texts(C_GENERAL, root)), 60)


async def test_no_process_outlives_the_demo(stage: Stage) -> None:
    async with open_bridge(stage) as bridge:
        bridge.kill_replica()
        await bridge.until_told(".*Ask now.")
        processes = bridge.demo.processes
        assert len(processes) == 2
    assert not any(map(exists, processes))


def exists(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True
