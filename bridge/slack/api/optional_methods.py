"""Methods of Slack's that an app can do without: those that are refused here are not called again
and again.
"""

import asyncio
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from typing import Protocol

from cachetools import LRUCache, TTLCache

from bridge.core.errors import ContentRefused, Permanent, Refused, Unavailable
from bridge.slack.api.faults import EVERYWHERE, NO_AGENT, ONE_METHOD

MOST = 10_000
FORGET_S = 3600.0  # Slack may take later what it refuses now

_OF_THREAD = {
    "invalid_thread_ts", "session_not_found", "thread_ts_not_allowed", "thread_ts_required",
}  # fmt: skip

Place = tuple[str, str, str]  # team, method, and channel or empty for all of them


class RefusedMethods(Protocol):
    """What all replicas remember, for about an hour. Raises `Unavailable`."""

    async def add(self, place: Place) -> None: ...

    async def has_any(self, *places: Place) -> bool: ...


class OptionalMethods:
    """Remembers which methods Slack refuses to this app.

    A refusal of the app, or in one channel, is remembered for all replicas. A refusal that concerns
    one thread is not, nor is a call that failed on the way. All replicas look for what is
    remembered, until Slack has taken such a call of theirs.

    Until Slack has taken a method for the first time, only one call of it is made at a time.
    """

    def __init__(
        self,
        refused: RefusedMethods,
        *,
        forget_s: float = FORGET_S,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._shared = refused
        self._refused: TTLCache[Place, bool] = TTLCache(MOST, forget_s, timer=clock)
        self._taken: LRUCache[Place, bool] = LRUCache(MOST)
        self._trials: dict[tuple[str, str], asyncio.Lock] = {}

    def is_taken(self, team: str, method: str, channel: str) -> bool:
        """Slack has taken the last such call of this process."""
        return (team, method, channel) in self._taken

    async def is_refused(self, team: str, method: str, channel: str) -> bool:
        here, everywhere = (team, method, channel), (team, method, "")
        if here in self._refused or everywhere in self._refused:
            return True
        if everywhere in self._taken:  # what others know of one channel is not asked for in each
            return False
        with suppress(Unavailable):
            if await self._shared.has_any(here, everywhere):
                self._refused[here] = True
                return True
        return False

    @asynccontextmanager
    async def calling(self, team: str, method: str, channel: str) -> AsyncIterator[None]:
        """The block makes the call. If the method is known to be refused, raises `Refused` and the
        block is not entered.
        """
        here = team, method, channel
        async with self._trial(team, method):
            if await self.is_refused(*here):
                raise Refused("refused before")
            try:
                yield
            except Permanent as error:
                await self._remember(here, error)
                raise
            self._taken[here] = self._taken[team, method, ""] = True

    @asynccontextmanager
    async def _trial(self, team: str, method: str) -> AsyncIterator[None]:
        if (team, method, "") in self._taken:
            yield
        else:
            async with self._trials.setdefault((team, method), asyncio.Lock()):
                yield

    async def _remember(self, here: Place, error: Permanent) -> None:
        team, method, channel = here
        is_refusal = isinstance(error, Refused) and not isinstance(error, ContentRefused)
        if error.reason in _OF_THREAD or not (is_refusal or error.reason in ONE_METHOD):
            return
        # A method that wants other arguments than it did wants them everywhere.
        is_everywhere = error.reason in EVERYWHERE | NO_AGENT | {"invalid_arguments"}
        place = (team, method, "" if is_everywhere else channel)
        self._refused[place] = True
        self._taken.pop(here, None)
        self._taken.pop(place, None)
        with suppress(Unavailable):
            await self._shared.add(place)
