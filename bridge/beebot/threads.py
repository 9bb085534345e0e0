"""Runs calls that block, in threads that the end of the process does not wait for."""

import asyncio
import threading
from collections.abc import Callable
from contextlib import suppress
from functools import partial
from typing import TypeVar

T = TypeVar("T")


class DaemonThreads:
    """At most `most` calls at once; the others wait in order.

    `asyncio.to_thread` would not do: the loop and the interpreter wait for its threads when they
    end, and all its users share them.
    """

    def __init__(self, most: int) -> None:
        self._room = asyncio.Semaphore(most)

    async def run(self, call: Callable[[], T]) -> T:
        """What `call` returns or raises. Who is cancelled leaves the call to itself; it takes its
        place until it ends.
        """
        await self._room.acquire()
        loop = asyncio.get_running_loop()
        answer: asyncio.Future[T] = loop.create_future()

        def work() -> None:
            tell = _outcome(call, answer)
            with suppress(RuntimeError):  # the loop is closed: nobody wants to know
                loop.call_soon_threadsafe(self._end, answer, tell)

        threading.Thread(target=work, name="blocking call", daemon=True).start()
        return await answer

    def _end(self, answer: asyncio.Future[T], tell: Callable[[], None]) -> None:
        self._room.release()
        if not answer.cancelled():
            tell()


def _outcome(call: Callable[[], T], answer: asyncio.Future[T]) -> Callable[[], None]:
    """How to tell, in the loop, what came of the call."""
    try:
        return partial(answer.set_result, call())
    except BaseException as error:  # noqa: BLE001 - whatever it is, somebody waits for it
        return partial(answer.set_exception, error)
