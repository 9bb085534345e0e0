"""Whether this process may still act for a turn that it took."""

import asyncio
import time
from collections.abc import Callable

from bridge.core.errors import LeaseLost
from bridge.core.ports import LeaseState


class Lease:
    """What this process knows of its lease; the worker's beats renew it.

    There are two ways to lose a lease. The store says that another owner has the turn. Or this
    process stood still for longer than `lease_s`: then another owner may have it, and this object
    waits until the store has said so or not.
    """

    def __init__(self, lease_s: float, *, clock: Callable[[], float] = time.monotonic) -> None:
        self._lease_s = lease_s
        self._clock = clock
        self._deadline = clock() + lease_s
        self._trusted_until = 0.0
        self._state = LeaseState.HELD
        self._told = asyncio.Event()
        self._stop = asyncio.Event()

    @property
    def is_lost(self) -> bool:
        return self._state is LeaseState.LOST

    @property
    def is_stopped(self) -> bool:
        return self._stop.is_set()

    async def stopped(self) -> None:
        """Return once somebody wants this turn stopped."""
        await self._stop.wait()

    @property
    def is_store_away(self) -> bool:
        """The store did not answer the last call. Until it does, no new message is begun, because a
        message cannot be taken back. The end of an answer is the exception.
        """
        return self._state is LeaseState.UNKNOWN

    def update(self, state: LeaseState, *, asked_at: float) -> None:
        """What a beat said; it was sent at `asked_at` of the clock. Lost stays lost."""
        if self.is_lost:
            return
        self._state = state
        if state is LeaseState.STOP:
            self._stop.set()
        if state is not LeaseState.UNKNOWN:
            self._deadline = asked_at + self._lease_s
        elif self._clock() - asked_at < self._lease_s:
            # A failure that took longer says more of us than of the store.
            self._trusted_until = self._clock() + self._lease_s
        self._told.set()

    async def ensure(self) -> None:
        """Return when a call to Slack may be started. Raises `LeaseLost` when it never may.

        After a standstill of this process it waits for the next beat, because only the store knows
        who has the turn. While the store is known to be away, nobody else can have taken it, and
        work goes on. That is known from the last beat that failed, and counts for the length of one
        lease.
        """
        while True:
            if self.is_lost:
                raise LeaseLost("another replica has the turn")
            is_away = self._state is LeaseState.UNKNOWN and self._clock() < self._trusted_until
            if is_away or self._clock() < self._deadline:
                return
            self._told.clear()
            await self._told.wait()
