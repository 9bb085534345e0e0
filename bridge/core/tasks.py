"""What asyncio leaves to do: end a task for sure, wait for an event but not for ever."""

import asyncio
from contextlib import suppress
from typing import Any

_AGAIN_S = 0.05


async def end(*tasks: asyncio.Task[Any]) -> None:
    """Cancel until they are done; what they raised is for others to ask.

    Once may be too little: up to Python 3.11 `asyncio.wait_for`, through which redis-py sends,
    loses a cancellation that comes together with the result.
    """
    left = {task for task in tasks if not task.done()}
    while left:
        for task in left:
            task.cancel()
        _, left = await asyncio.wait(left, timeout=_AGAIN_S)


async def until_set(event: asyncio.Event, timeout_s: float) -> None:
    """Return when `event` is set, at the latest after `timeout_s`."""
    with suppress(TimeoutError):
        async with asyncio.timeout(timeout_s):
            await event.wait()
