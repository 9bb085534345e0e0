"""What is known of robots: from Alibaba's list, from the map, and from before the map changed."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

import pytest
from redis.asyncio import Redis

from bridge.beebot.gateway import Gateway
from bridge.beebot.registry import RobotRegistry
from bridge.beebot.sdk import StaticKey
from bridge.core.errors import Misconfigured
from bridge.core.events import Event, ServiceLost
from bridge.core.model import Robot, RobotId
from bridge.core.robots import Robots
from bridge.emulators.beebot import BeebotEmulator, GatewayFault
from bridge.store.repositories import RedisRobotSpaces
from tests.robots import ROBOT

HR = Robot(RobotId("chatbot-cn-hr"), "space")
NOBODY = Robot(RobotId("chatbot-cn-nobody"))


@dataclass
class Bench:
    """Alibaba, the store, and what was told to the operator."""

    beebot: BeebotEmulator
    redis: Redis
    told: list[Event] = field(default_factory=list)

    def open(self, *places: Robot, default: Robot = ROBOT) -> RobotRegistry:
        key = StaticKey("LTAI5tExampleKeyId", "ExampleAccessKeySecret0123456789")
        gateway = Gateway(self.beebot.endpoint, key=key)
        robots = Robots(default, {f"C{number}": one for number, one in enumerate(places)})
        spaces = RedisRobotSpaces(self.redis)
        return RobotRegistry(robots, gateway.list_robots, spaces, self.told.append)

    async def tells(self) -> None:
        async with asyncio.timeout(60):
            while not self.told:  # noqa: ASYNC110 - an event of the log
                await asyncio.sleep(0.005)


@pytest.fixture
async def bench(redis: Redis) -> AsyncIterator[Bench]:
    async with BeebotEmulator() as beebot:
        beebot.add_robot(HR.id, HR.space, name="HR")
        yield Bench(beebot, redis)


@asynccontextmanager
async def running(registry: RobotRegistry) -> AsyncIterator[None]:
    stop = asyncio.Event()
    task = asyncio.create_task(registry.run(stop))
    yield
    stop.set()
    await task


async def named(registry: RobotRegistry, robot: Robot) -> str:
    async with asyncio.timeout(60):
        while not (name := registry.name(robot)):  # noqa: ASYNC110 - nobody waits for a name
            await asyncio.sleep(0.005)
    return name


async def test_robots_are_named_whatever_space_they_are_in(bench: Bench) -> None:
    registry = bench.open(HR)
    assert registry.name(HR) == ""
    await registry.ping()
    async with running(registry):
        assert await named(registry, HR) == "HR"
        assert await named(registry, ROBOT) == bench.beebot.robot.name
    assert bench.told == []


async def test_a_space_that_gives_no_list_hides_neither_names_nor_wrong_ids(bench: Bench) -> None:
    registry = bench.open(Robot(RobotId("chatbot-cn-far"), "no-space"), HR, NOBODY)
    async with running(registry):
        assert await named(registry, HR) == "HR"
        assert await named(registry, ROBOT)
        await registry.ping()
        await bench.tells()
    [lost] = bench.told
    assert isinstance(lost, ServiceLost)
    assert NOBODY.id in lost.reason
    assert "chatbot-cn-far" not in lost.reason


async def test_where_none_of_the_robots_is_listed_nobody_can_be_answered(bench: Bench) -> None:
    registry = bench.open(default=NOBODY)
    async with running(registry):
        await bench.tells()
        with pytest.raises(Misconfigured):
            await registry.ping()


async def test_while_alibaba_gives_no_list_nobody_is_missing(bench: Bench) -> None:
    bench.beebot.break_gateway(GatewayFault.error("Forbidden.RAM", 403))
    registry = bench.open(default=NOBODY)
    async with running(registry):
        await bench.beebot.until(lambda: bench.beebot.refusals)
        await registry.ping()
    assert bench.told == []


async def test_the_robot_of_an_answer_is_found_though_the_map_forgot_it(bench: Bench) -> None:
    before, after = bench.open(HR), bench.open()
    async with running(before):
        await named(before, HR)
    assert await after.find(HR.id) == HR
    assert await after.find(ROBOT.id) == ROBOT
    assert await after.find(None) == ROBOT, "a release that knew but one robot named none"
    assert await after.find(NOBODY.id) == NOBODY
