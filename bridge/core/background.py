"""Background tasks, and what asyncio lacks: retries, cancelling for sure, waiting for an event."""

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine
from contextlib import asynccontextmanager, suppress
from dataclasses import KW_ONLY, dataclass, field
from itertools import count
from math import inf
from typing import Any, Protocol, TypeVar

from bridge.core.errors import Transient
from bridge.core.events import BackgroundTaskFailed, Observer

Work = Callable[[], Awaitable[None]]


class Service(Protocol):
    async def run(self, stop: asyncio.Event) -> None:
        """Work until `stop` is set, finish what was begun, return; raising ends the process."""
        ...


@dataclass(slots=True)
class BackgroundTasks:
    """A service. At the end, tasks under way get `grace_s`; then they are cancelled, and undoing
    them gets `undo_s`.
    """

    observe: Observer
    _: KW_ONLY
    tries: int = 3
    pause_s: float = 1.0
    grace_s: float = 2.0
    undo_s: float = 0.5
    _under_way: dict[asyncio.Task[None], tuple[str, Work | None]] = field(
        default_factory=dict, init=False
    )

    def start(
        self,
        name: str,
        work: Work,
        *,
        undo: Work | None = None,
        within_s: float | None = None,
    ) -> asyncio.Task[None]:
        """`name` is one of a few fixed words; `undo` is run when the work failed for good, or was
        cancelled at the end. With `within_s` it is tried for so long, not for `tries`.
        """
        task = asyncio.create_task(self._do(name, work, undo, within_s), name=name)
        self._under_way[task] = (name, undo)
        task.add_done_callback(self._under_way.pop)
        return task

    async def run(self, stop: asyncio.Event) -> None:
        await stop.wait()
        for name, undo in await self._close(self.grace_s):
            if undo:
                self.start(f"undo_{name}", undo)
        await self._close(self.undo_s)

    async def _close(self, grace_s: float) -> list[tuple[str, Work | None]]:
        """The tasks that had to be cancelled."""
        if self._under_way:
            await asyncio.wait(self._under_way, timeout=grace_s)
        cut = dict(self._under_way)
        await cancel_and_wait(*cut)
        return list(cut.values())

    async def _do(
        self, name: str, work: Work, undo: Work | None, within_s: float | None = None
    ) -> None:
        tries = self.tries if within_s is None else None
        pauses_s = (self.pause_s, inf)
        try:
            await retry(work, tries=tries, pauses_s=pauses_s, within_s=within_s or inf)
        except Exception as error:  # noqa: BLE001 - nobody waits for it, so nobody else would tell
            self.observe(BackgroundTaskFailed.of(name, error))
            if undo:
                await self._do(f"undo_{name}", undo, None)


T = TypeVar("T")

_AGAIN_S = 0.05


async def retry(
    work: Callable[[], Awaitable[T]],
    *,
    on: type[Transient] = Transient,
    pauses_s: tuple[float, float] = (1.0, 10.0),
    tries: int | None = None,
    within_s: float = inf,
    on_failure: Callable[[Transient], None] = lambda _error: None,
) -> T:
    """Do `work` until it succeeds. The first pause between two tries is `pauses_s[0]`; each further
    one is twice as long, up to `pauses_s[1]`. If the service asks for a longer pause, it gets it.

    Gives up after so many `tries`, or when the next try would begin after `within_s`, and raises
    the last error.
    """
    deadline = time.monotonic() + within_s
    pause_s, longest_s = pauses_s
    for number in count(1):
        try:
            return await work()
        except on as error:
            wait_s = max(pause_s, error.after_s)
            if number == tries or time.monotonic() + wait_s > deadline:
                raise
            on_failure(error)
        await asyncio.sleep(wait_s)
        pause_s = min(2 * pause_s, longest_s)
    raise AssertionError("counting has no end")


@asynccontextmanager
async def alongside(work: Coroutine[Any, Any, None]) -> AsyncIterator[None]:
    """Do `work` while the block runs, and to its end. Raises what either raises."""
    task = asyncio.create_task(work)
    try:
        yield
    finally:
        await task


async def cancel_and_wait(*tasks: asyncio.Task[Any]) -> None:
    """Cancel again and again until they are done; what they raise is not raised here.

    Up to Python 3.11 `asyncio.wait_for`, through which redis-py sends, loses a cancellation that
    comes together with the result.
    """
    left = {task for task in tasks if not task.done()}
    while left:
        for task in left:
            task.cancel()
        _, left = await asyncio.wait(left, timeout=_AGAIN_S)


async def finish_despite_cancel(work: Coroutine[Any, Any, T], *, patience_s: float) -> T:
    """If cancelled, let `work` finish first, for `patience_s` at most.

    For a request that the service carries out anyway once it was sent: its result must be known.
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
            task.exception()  # retrieved, or asyncio would warn
        raise


async def run_until(work: Coroutine[Any, Any, None], stop: asyncio.Event) -> None:
    """Run `work`, which does not end by itself, until `stop` is set. Raises what it raises, in a
    group.
    """
    async with asyncio.TaskGroup() as group:
        working = group.create_task(work)
        await stop.wait()
        await cancel_and_wait(working)


async def wait_for_event(event: asyncio.Event, timeout_s: float) -> None:
    """Return when `event` is set, at the latest after `timeout_s`."""
    with suppress(TimeoutError):
        async with asyncio.timeout(timeout_s):
            await event.wait()
