"""How the robot introduces itself: its own words, else the operator's."""

import asyncio
import time
from collections.abc import Awaitable, Callable

from bridge.core.errors import BridgeError

KEPT_S = 3600.0
FAILED_S = 60.0  # a robot that did not answer is left alone for so long


class Introduction:
    """`ask_robot` gives the robot's words, empty where it has none, and may raise `BridgeError`."""

    def __init__(
        self,
        ask_robot: Callable[[], Awaitable[str]],
        otherwise: str = "",
        *,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._ask_robot = ask_robot
        self._otherwise = otherwise
        self._clock = clock
        self._known = ""
        self._until = float("-inf")
        self._asking = asyncio.Lock()

    async def markdown(self) -> str:
        """Empty where neither has anything to say. Those who come together ask once."""
        async with self._asking:
            if self._clock() >= self._until:
                await self._learn()
        return self._known or self._otherwise

    async def _learn(self) -> None:
        try:
            self._known = (await self._ask_robot()).strip()
        except BridgeError:
            self._until = self._clock() + FAILED_S  # what was known is as good as ever
        else:
            self._until = self._clock() + KEPT_S
