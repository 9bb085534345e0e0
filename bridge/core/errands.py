"""What is done beside the answers, and for which nobody waits."""

import asyncio
from collections.abc import Awaitable, Callable

from bridge.core.errors import BridgeError, RateLimited, Transient, trace_of
from bridge.core.events import ErrandFailed, Observer
from bridge.core.tasks import end

Errand = Callable[[], Awaitable[None]]


class Errands:
    """A service. An errand that fails for the moment is tried `tries` times in all, `pause_s` and
    then twice as much apart. At the end those under way get `grace_s`, and to undo what is cut off
    there is `undo_s`.
    """

    def __init__(
        self,
        observe: Observer,
        *,
        tries: int = 3,
        pause_s: float = 1.0,
        grace_s: float = 2.0,
        undo_s: float = 0.5,
    ) -> None:
        self._observe = observe
        self._tries = tries
        self._pause_s = pause_s
        self._grace_s = grace_s
        self._undo_s = undo_s
        self._under_way: dict[asyncio.Task[None], tuple[str, Errand | None]] = {}

    def start(self, name: str, errand: Errand, *, undo: Errand | None = None) -> None:
        """`name` is one of a few fixed words; `undo` is run when the errand failed for good, or was
        cut off at the end.
        """
        task = asyncio.create_task(self._do(name, errand, undo), name=f"errand {name}")
        self._under_way[task] = (name, undo)
        task.add_done_callback(self._under_way.pop)

    async def run(self, stop: asyncio.Event) -> None:
        await stop.wait()
        for name, undo in await self._close(self._grace_s):
            if undo:
                self.start(f"undo_{name}", undo)
        await self._close(self._undo_s)

    async def _close(self, grace_s: float) -> list[tuple[str, Errand | None]]:
        """Those that had to be cut off."""
        if self._under_way:
            await asyncio.wait(self._under_way, timeout=grace_s)
        cut = dict(self._under_way)
        await end(*cut)
        return list(cut.values())

    async def _do(self, name: str, errand: Errand, undo: Errand | None) -> None:
        try:
            await self._try(errand)
        except Exception as error:  # noqa: BLE001 - nobody waits for it, so nobody else would tell
            self._observe(_failed(name, error))
            if undo:
                await self._do(f"undo_{name}", undo, None)

    async def _try(self, errand: Errand) -> None:
        pause_s = self._pause_s
        for _ in range(self._tries - 1):
            try:
                return await errand()
            except RateLimited as limited:
                await asyncio.sleep(max(pause_s, limited.after_s))
            except Transient:
                await asyncio.sleep(pause_s)
            pause_s *= 2
        return await errand()


def _failed(name: str, error: Exception) -> ErrandFailed:
    if isinstance(error, BridgeError):
        return ErrandFailed(name, error.cause, advice=error.advice)
    return ErrandFailed(name, "bug", trace_of(error))
