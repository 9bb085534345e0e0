"""What is known of robots: their names, whether they exist, to which space they belong."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from typing import Protocol

from bridge.beebot.faults import ROBOT
from bridge.beebot.gateway import ListedRobot
from bridge.core.background import run_until
from bridge.core.errors import BridgeError, Misconfigured
from bridge.core.events import Observer
from bridge.core.model import Robot, RobotId
from bridge.core.outage import Outage
from bridge.core.robots import Robots

SERVICE = "beebot_robots"
LOOK_S = 3600.0  # a robot may be renamed
RETRY_S = 60.0


class RobotSpaces(Protocol):
    """Which robot belongs to which business space, also when no map names it any more. Raises
    `Unavailable`.
    """

    async def save(self, robot: RobotId, space: str) -> None: ...

    async def find(self, robot: RobotId) -> str: ...


class RobotRegistry:
    """Asks Alibaba now and then for the robots of all spaces that the map names. A robot that is
    not there is told to the operator; where Alibaba gives no list, nobody knows.
    """

    def __init__(
        self,
        robots: Robots,
        list_robots: Callable[[str], Awaitable[list[ListedRobot]]],
        spaces: RobotSpaces,
        observe: Observer,
    ) -> None:
        self._robots = robots
        self._list_robots = list_robots
        self._spaces = spaces
        self._listed: dict[str, Mapping[RobotId, ListedRobot]] = {}  # by space
        self._missing = Outage(SERVICE, observe)

    def name(self, robot: Robot) -> str:
        """Empty where nobody knows it."""
        listed = self._listed.get(robot.space, {}).get(robot.id)
        return listed.name if listed else ""

    async def find(self, robot: RobotId | None) -> Robot:
        """One that answered earlier, though the map may not name it any more. Answers of releases
        that knew but one robot name none.
        """
        if not robot:
            return self._robots.default
        known = self._robots.find(robot)
        return known or Robot(robot, await self._spaces.find(robot))

    async def ping(self) -> None:
        """Raises where none of the robots exists."""
        if len(self._find_missing()) == len(list(self._robots)):
            self._missing.raise_if_failing()

    async def run(self, stop: asyncio.Event) -> None:
        await run_until(self._keep_looking(), stop)

    async def _keep_looking(self) -> None:
        while True:
            tasks = [self._spaces.save(robot.id, robot.space) for robot in self._robots]
            tasks += [self._list(space) for space in {robot.space for robot in self._robots}]
            results = await asyncio.gather(*map(_succeeds, tasks))
            self._tell_missing()
            await asyncio.sleep(LOOK_S if all(results) else RETRY_S)

    async def _list(self, space: str) -> None:
        self._listed[space] = {one.id: one for one in await self._list_robots(space)}

    def _tell_missing(self) -> None:
        if missing := self._find_missing():
            self._missing.record_failure(not_found(missing))
        else:
            self._missing.record_success()

    def _find_missing(self) -> list[Robot]:
        return [one for one in self._robots if one.id not in self._listed.get(one.space, [one.id])]


async def _succeeds(task: Awaitable[None]) -> bool:
    """A failure is not told here: the services that need Alibaba or Redis tell it."""
    try:
        await task
    except BridgeError:
        return False
    return True


def not_found(robots: list[Robot]) -> Misconfigured:
    said = ", ".join(robot.id for robot in robots)
    return Misconfigured("the business space has no such robot", said=said, advice=ROBOT)
