"""What asyncio leaves to do: end a task for sure, wait for an event but not for ever."""

import asyncio
from collections.abc import Coroutine
from contextlib import suppress
from typing import Any, TypeVar

T = TypeVar("T")

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


async def carry_through(work: Coroutine[Any, Any, T], *, patience_s: float) -> T:
    """Let `work` come to its end although we are cancelled meanwhile, and only then give way.

    For what somebody else carries out anyway once it was sent: better to know how it ended. Waits
    no longer than `patience_s` after the cancellation, however often that is repeated.
    """
    task = asyncio.ensure_future(work)
    try:
        return await asyncio.shield(task)
    except asyncio.CancelledError:
        deadline = asyncio.get_running_loop().time() + patience_s
        while not task.done() and (left := deadline - asyncio.get_running_loop().time()) > 0:
            with suppress(asyncio.CancelledError):
                await asyncio.wait([task], timeout=left)
        if not task.cancel():
            task.exception()  # seen; what it did is written down by itself
        raise


async def until_stopped(work: Coroutine[Any, Any, None], stop: asyncio.Event) -> None:
    """Let `work`, which does not end by itself, go on until `stop` is set. Raises what it raises,
    in a group.
    """
    async with asyncio.TaskGroup() as group:
        working = group.create_task(work)
        await stop.wait()
        await end(working)


async def until_set(event: asyncio.Event, timeout_s: float) -> None:
    """Return when `event` is set, at the latest after `timeout_s`."""
    with suppress(TimeoutError):
        async with asyncio.timeout(timeout_s):
            await event.wait()
