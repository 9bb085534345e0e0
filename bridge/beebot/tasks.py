"""Ends a task for sure."""

import asyncio
from typing import Any

_AGAIN_S = 0.05


async def end(task: asyncio.Task[Any]) -> None:
    """Cancel until it is done; what it raised is for others to ask.

    Once may be too little: up to Python 3.11 `asyncio.wait_for`, through which redis-py sends,
    loses a cancellation that comes together with the result.
    """
    while not task.done():
        task.cancel()
        await asyncio.wait([task], timeout=_AGAIN_S)
