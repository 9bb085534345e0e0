"""Redis goes away: processes live, running answers end, new questions come again, all heals."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import Self

import pytest
from redis.asyncio import Redis

from bridge.core.background import cancel_and_wait
from bridge.core.model import ThreadKey
from bridge.emulators.beebot import Fault, typed
from bridge.emulators.slack.seed import BOT_USER, C_GENERAL, C_RANDOM, U_ALICE
from bridge.store import keys
from tests.conftest import RedisServer
from tests.e2e.stage import HANGS_S, Stage, open_stage

MENTION = f"<@{BOT_USER}>"
TEXT = "word " * 40
SLOW = typed(TEXT, step=4, delay_s=0.05)


@pytest.fixture
async def stage(own_redis: RedisServer) -> AsyncIterator[Stage]:
    async with open_stage(retry_delays_s=(0.0, 1.0, 3.0)) as stage:
        stage.environment |= {
            "REDIS_URL": own_redis.url,
            "BRIDGE_LEASE_S": "3",  # well above the 1.5 s after which a command gives up
            "BRIDGE_BEAT_S": "0.5",
        }
        yield stage


class SlowLine:
    """Stands before Redis: it does at once what it is told, and each reply takes `delay_s`."""

    def __init__(self, behind: Path, address: Path) -> None:
        self.url = f"unix://{address}"
        self.delay_s = 0.0
        self._behind = behind
        self._address = address
        self._ways: list[asyncio.Task[None]] = []
        self._ends: list[asyncio.StreamWriter] = []

    @asynccontextmanager
    async def opened(self) -> AsyncIterator[Self]:
        server = await asyncio.start_unix_server(self._serve, self._address)
        try:
            yield self
        finally:
            server.close()
            await cancel_and_wait(*self._ways)
            for writer in self._ends:
                writer.close()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        replies, commands = await asyncio.open_unix_connection(self._behind)
        self._ends += [commands, writer]
        for way in (self._carry(reader, commands), self._carry(replies, writer, is_reply=True)):
            self._ways.append(asyncio.create_task(way))

    async def _carry(
        self, source: asyncio.StreamReader, target: asyncio.StreamWriter, *, is_reply: bool = False
    ) -> None:
        with suppress(ConnectionError):  # whoever asked may have given up
            while data := await source.read(65536):
                if is_reply:
                    await asyncio.sleep(self.delay_s)
                target.write(data)
                await target.drain()
        target.close()


@pytest.fixture
async def line(own_redis: RedisServer, tmp_path: Path) -> AsyncIterator[SlowLine]:
    behind = Path(own_redis.url.removeprefix("unix://"))
    async with SlowLine(behind, tmp_path / "slow.sock").opened() as line:
        yield line


@pytest.fixture
async def slow_stage(line: SlowLine, stage: Stage) -> Stage:
    stage.environment["REDIS_URL"] = line.url
    return stage


async def begin(stage: Stage) -> str:
    """A question whose answer has begun to grow."""
    stage.beebot.script("one", SLOW)
    stage.beebot.default(typed("Fine."))
    root = await stage.slack.post(C_GENERAL, U_ALICE, f"{MENTION} one")
    await stage.slack.until(lambda: len(stage.replies(C_GENERAL, root)) == 1)
    return root


async def is_answered(stage: Stage, channel: str, root: str, *texts: str) -> None:
    await stage.slack.until(lambda: stage.texts(channel, root) == list(texts))


async def knows_session(url: str, thread: ThreadKey) -> None:
    """Wait until the turn is done: an emptied Redis does not know that one runs."""
    async with Redis.from_url(url) as redis, asyncio.timeout(HANGS_S):
        while not await redis.exists(keys.key(keys.SESSION, thread.encode())):  # noqa: ASYNC110
            await asyncio.sleep(0.02)


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


async def test_a_session_learned_while_redis_refused_writes_is_kept(
    stage: Stage, own_redis: RedisServer
) -> None:
    await stage.open_bridge()
    stage.beebot.script("one", typed("Fine.").under(Fault.slow_start(0.5)))
    stage.beebot.default(typed("Fine."))
    root = await stage.slack.post(C_GENERAL, U_ALICE, f"{MENTION} one")
    await stage.beebot.until(lambda: stage.beebot.questions)
    async with Redis.from_url(own_redis.url) as redis:
        await redis.replicaof("127.0.0.1", 1)
        await is_answered(stage, C_GENERAL, root, "Fine.")
        await redis.replicaof("NO", "ONE")
    await stage.slack.post(C_GENERAL, U_ALICE, "two", thread_ts=root)
    await is_answered(stage, C_GENERAL, root, "Fine.", "Fine.")
    one, two = stage.beebot.questions
    assert two.session_id == one.session_id


async def test_an_emptied_redis_ends_no_answer_nor_the_session_of_one_that_runs(
    stage: Stage, own_redis: RedisServer
) -> None:
    await stage.open_bridge()
    root = await begin(stage)
    own_redis.kill()
    own_redis.start()
    await is_answered(stage, C_GENERAL, root, TEXT.strip())
    await knows_session(own_redis.url, ThreadKey(stage.slack.team_id, C_GENERAL, root))
    await stage.slack.post(C_GENERAL, U_ALICE, f"{MENTION} two", thread_ts=root)
    await is_answered(stage, C_GENERAL, root, TEXT.strip(), "Fine.")
    one, two = stage.beebot.questions
    assert two.session_id == one.session_id


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


async def test_while_redis_is_slower_than_we_wait_answers_end_and_questions_come_again(
    slow_stage: Stage, line: SlowLine
) -> None:
    stage = slow_stage
    await stage.open_bridge()
    await stage.open_bridge()
    root = await begin(stage)
    line.delay_s = 2.0
    waiting = await stage.slack.post(C_RANDOM, U_ALICE, f"{MENTION} two")
    await stage.slack.until(lambda: [one for one in stage.slack.deliveries if one.status == 503])
    await is_answered(stage, C_GENERAL, root, TEXT.strip())
    line.delay_s = 0.0
    await is_answered(stage, C_RANDOM, waiting, "Fine.")
    await stage.slack.post(C_GENERAL, U_ALICE, f"{MENTION} three", thread_ts=root)
    await is_answered(stage, C_GENERAL, root, TEXT.strip(), "Fine.")
    asked = [question.utterance for question in stage.beebot.questions]
    assert sorted(asked) == ["one", "three", "two"]


async def test_while_redis_is_slow_but_answers_in_time_all_works_and_only_later(
    slow_stage: Stage, line: SlowLine
) -> None:
    stage = slow_stage
    await stage.open_bridge()
    stage.beebot.default(typed("Fine."))
    root = await stage.slack.post(C_GENERAL, U_ALICE, f"{MENTION} one")
    await stage.slack.post(C_GENERAL, U_ALICE, f"{MENTION} two", thread_ts=root)
    await is_answered(stage, C_GENERAL, root, "Fine.", "Fine.")
    line.delay_s = 0.5
    await stage.slack.post(C_GENERAL, U_ALICE, "three", thread_ts=root)
    await is_answered(stage, C_GENERAL, root, "Fine.", "Fine.", "Fine.")
    line.delay_s = 0.0
    assert {one.status for one in stage.slack.deliveries} == {200}
    assert len({question.session_id for question in stage.beebot.questions}) == 1
