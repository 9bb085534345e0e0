"""What Redis holds before, during and after many questions.

    .venv/bin/python bench/memory.py --questions 20000 --redis redis://127.0.0.1:6379

Empties that Redis first. Questions come to a thousand threads of as many channels as the pace of
one post a second and channel asks for; answers are short.
"""

import argparse
import asyncio
from collections import Counter

from redis.asyncio import Redis

from bridge.emulators.beebot import typed
from bridge.emulators.slack import SlackEmulator
from bridge.emulators.slack.seed import BOT_USER, U_ALICE
from bridge.emulators.slack.workspace import Channel
from bridge.store.inbox import RedisInbox
from tests.e2e.stage import open_stage

THREADS = 1000
CHANNELS = 250


async def count_keys(redis: Redis) -> Counter[str]:
    kinds: Counter[str] = Counter()
    without_end: Counter[str] = Counter()
    async for key in redis.scan_iter(count=5000):
        kind = str(key).split(":")[1]
        kinds[kind] += 1
        if await redis.ttl(key) == -1:  # -2: gone since the scan saw it
            without_end[kind] += 1
    kinds.update({f"{kind} (no TTL)": count for kind, count in without_end.items()})
    return kinds


async def report(redis: Redis, when: str) -> None:
    memory = await redis.info("memory")
    print(f"{when:28} {memory['used_memory'] / 1e6:6.1f} MB  {dict(await count_keys(redis))}")


def make_workspace(slack: SlackEmulator) -> list[str]:
    rooms = [f"C0ROOM{number:04}" for number in range(CHANNELS)]
    members = {U_ALICE, slack.bot_user_id}
    for room in rooms:
        slack.workspace.channels[room] = Channel(room, room.lower(), "channel", members)
    return rooms


async def run(questions: int, url: str) -> None:
    async with Redis.from_url(url, decode_responses=True) as redis, open_stage() as stage:
        await redis.flushall()
        await report(redis, "empty")
        stage.environment |= {"REDIS_URL": url, "BRIDGE_LOG_LEVEL": "INFO"}
        stage.beebot.default(typed("A short answer.", step=20, delay_s=0.002))
        await stage.start_bridge()
        inbox = RedisInbox(redis)
        rooms, roots = make_workspace(stage.slack), list[str]()
        for number in range(questions):
            root = roots[number % THREADS] if number >= THREADS else None
            text, room = f"<@{BOT_USER}> question {number}", rooms[number % CHANNELS]
            ts = await stage.slack.post(room, U_ALICE, text, thread_ts=root)
            if root is None:
                roots.append(ts)
            if number % 50 == 0:
                await drained(inbox, at_most=200)
            if number in {questions // 4, questions // 2}:
                await report(redis, f"at {number} questions")
        while len(stage.beebot.questions) < questions:
            await asyncio.sleep(0.5)
        await drained(inbox, at_most=0)
        await report(redis, f"after {len(stage.beebot.questions)} questions")


async def drained(inbox: RedisInbox, *, at_most: int) -> None:
    await asyncio.sleep(0.05)  # deliveries are under way
    while (await inbox.depth()).open > at_most:
        await asyncio.sleep(0.02)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--questions", type=int, default=20_000)
    parser.add_argument("--redis", required=True)
    given = parser.parse_args()
    asyncio.run(run(given.questions, given.redis))
