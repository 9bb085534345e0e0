"""Threads for the calls of a library that blocks."""

import asyncio
import threading
from collections.abc import Callable
from contextlib import suppress
from functools import partial
from typing import Any, TypeVar

T = TypeVar("T")


class DaemonThreads:
    """Runs blocking calls in threads that the end of the process does not wait for, unlike those of
    `asyncio.to_thread`. At most `most` at once; the others wait in order.
    """

    def __init__(self, most: int) -> None:
        self._free = asyncio.Semaphore(most)

    async def run(self, call: Callable[[], T]) -> T:
        """What `call` returns or raises. If the caller is cancelled, the call goes on and keeps its
        place until it ends.
        """
        await self._free.acquire()
        loop = asyncio.get_running_loop()
        answer: asyncio.Future[T] = loop.create_future()

        def settle(setter: Callable[[Any], None], outcome: object) -> None:
            self._free.release()
            if not answer.cancelled():
                setter(outcome)

        def work() -> None:
            try:
                report = partial(settle, answer.set_result, call())
            except BaseException as error:  # noqa: BLE001 - whatever it is, somebody waits for it
                report = partial(settle, answer.set_exception, error)
            with suppress(RuntimeError):  # the loop is closed: nobody wants to know
                loop.call_soon_threadsafe(report)

        threading.Thread(target=work, name="blocking call", daemon=True).start()
        return await answer
