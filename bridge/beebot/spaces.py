"""Stream tokens, one for each business space: the key of the space is all that one depends on."""

import asyncio
from collections.abc import Callable

from bridge.beebot.tokens import StreamTokens
from bridge.core.errors import BridgeError
from bridge.core.model import Robot
from bridge.core.robots import Robots


class SpaceTokens:
    """The tokens of the spaces in which `robots` are, kept fresh in the background; those of others
    are opened when they are wanted.
    """

    def __init__(self, robots: Robots, open_tokens: Callable[[Robot], StreamTokens]) -> None:
        """`open_tokens` is given one robot of the space."""
        self._open = open_tokens
        self._tokens: dict[str, StreamTokens] = {}
        for robot in robots:
            self.of(robot)
        self._kept = tuple(self._tokens.values())

    def of(self, robot: Robot) -> StreamTokens:
        if robot.space not in self._tokens:
            self._tokens[robot.space] = self._open(robot)
        return self._tokens[robot.space]

    async def ping(self) -> None:
        """Raises while a token is awaited, and where no space gives one. A space that refuses does
        not keep the robots of the others from answering.
        """
        failures = [one for one in await asyncio.gather(*map(_failure, self._kept)) if one]
        awaited = [one for one in failures if not one.needs_operator]
        if awaited or len(failures) == len(self._kept):
            raise (awaited or failures)[0]

    async def run(self, stop: asyncio.Event) -> None:
        async with asyncio.TaskGroup() as group:
            for tokens in self._kept:
                group.create_task(tokens.run(stop))


async def _failure(tokens: StreamTokens) -> BridgeError | None:
    try:
        await tokens.ping()
    except BridgeError as error:
        return error.with_traceback(None)
    return None
