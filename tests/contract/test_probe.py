"""The probe of the store: it tries all that the bridge needs of Redis, and leaves nothing."""

import asyncio
import re
from pathlib import Path

import pytest
from redis.asyncio import Redis

from bridge.core.background import cancel_and_wait
from bridge.core.errors import Unusable
from bridge.core.events import Event, ServiceLost, ServiceRestored
from bridge.store import connection
from bridge.store.connection import RedisWatch, probe

STORE = Path(connection.__file__).parent
CALL = re.compile(r"redis\.call\('([A-Z]+)'")
METHOD = re.compile(r"(?:redis|pipe)\.([a-z]+)\(")
NAMES = {"DELETE": "DEL"}
ELSE = {"ALL", "PIPELINE", "EXECUTE", "INFO", "PING", "DBSIZE", "ACLOSE", "CALL"}


def wanted() -> set[str]:
    scripts = (path.read_text() for path in STORE.glob("scripts/*.lua") if path.stem != "probe")
    modules = (path.read_text() for path in STORE.glob("*.py"))
    called = {name for text in scripts for name in CALL.findall(text)}
    asked = {name.upper() for text in modules for name in METHOD.findall(text)}
    return called | {NAMES.get(name, name) for name in asked - ELSE}


def test_it_tries_every_command_of_the_store() -> None:
    tried = set(CALL.findall((STORE / "scripts" / "probe.lua").read_text()))
    assert {"ZADD", "SET", "HSET", "GET"} <= wanted()
    assert tried == wanted(), "scripts/probe.lua shall call what the store calls, and nothing else"


async def test_it_leaves_nothing(redis: Redis) -> None:
    await probe(redis)
    assert await redis.keys("*") == []


REFUSED = Unusable("redis", code="OOM", advice="Make room.")


async def restored(events: list[Event]) -> None:
    async with asyncio.timeout(30):
        while ServiceRestored not in map(type, events):  # noqa: ASYNC110 - nobody else announces it
            await asyncio.sleep(0.005)


async def test_it_is_run_at_start_and_then_no_more_often_than_it_may(redis: Redis) -> None:
    events: list[Event] = []
    looking = RedisWatch(redis, events.append, probe_s=30)
    looking.report(REFUSED)
    stop = asyncio.Event()
    running = asyncio.create_task(looking.run(stop))
    await restored(events)
    looking.report(REFUSED)
    await asyncio.sleep(0.3)
    with pytest.raises(Unusable):
        await looking.ping()
    assert [type(event) for event in events] == [ServiceLost, ServiceRestored, ServiceLost]
    stop.set()
    await running


async def test_what_was_refused_is_restored_by_a_probe_that_goes_through(redis: Redis) -> None:
    events: list[Event] = []
    looking = RedisWatch(redis, events.append, probe_s=0.05)
    running = asyncio.create_task(looking.run(asyncio.Event()))
    looking.report(REFUSED)
    await restored(events)
    await looking.ping()
    assert events[0] == ServiceLost("redis", "redis (OOM)", "Make room.")
    await cancel_and_wait(running)
