"""What a newcomer is told and offered: the words of welcome, and questions to ask."""

import asyncio
import re
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from bridge.core.errors import BridgeError

KEPT_S = 3600.0
FAILED_S = 60.0  # a robot that did not answer is left alone for so long


class WelcomeText:
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


MOST = 4  # what Slack shows

_BORDER = re.compile(r"[;\n]")


@dataclass(frozen=True, slots=True)
class Prompt:
    """What stands on the button, and what a press asks."""

    title: str
    message: str


def parse_prompts(text: str) -> tuple[Prompt, ...]:
    """Read `title|message`, several parted by `;` or line ends; a message alone is its own title.

    Raises ValueError above Slack's number, and for a half that is empty.
    """
    parts = [part.strip() for part in _BORDER.split(text)]
    prompts = tuple(_read(part) for part in parts if part)
    if len(prompts) > MOST:
        raise ValueError(f"must hold at most {MOST} prompts")
    return prompts


def _read(part: str) -> Prompt:
    title, bar, message = (half.strip() for half in part.partition("|"))
    if not title or (bar and not message):
        raise ValueError("must have a title before each | and a message behind it")
    return Prompt(title, message or title)
