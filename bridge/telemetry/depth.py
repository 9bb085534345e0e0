"""How deep the mailboxes are: gauges that show it, and a warning for each new dead letter."""

import asyncio
import logging
from contextlib import suppress
from typing import Protocol

from prometheus_client import CollectorRegistry, Gauge

from bridge.core.background import wait_for_event
from bridge.core.errors import Unavailable

_log = logging.getLogger(__name__)


class Depth(Protocol):
    """How many threads are ready and running, turns unfinished, and letters dead."""

    @property
    def ready(self) -> int: ...
    @property
    def running(self) -> int: ...
    @property
    def open(self) -> int: ...
    @property
    def dead(self) -> int: ...


class Mailboxes(Protocol):
    async def depth(self) -> Depth: ...


class DepthGauges:
    """A service: asks every `look_s`. Each replica shows the same, for the mailboxes are shared."""

    def __init__(
        self, mailboxes: Mailboxes, registry: CollectorRegistry, *, look_s: float = 10.0
    ) -> None:
        self._mailboxes = mailboxes
        self._look_s = look_s
        self._known_dead = 0
        self._threads = Gauge(
            "bridge_inbox_threads", "Threads with open turns", ["state"], registry=registry
        )
        self._turns = Gauge("bridge_inbox_turns_open", "Unfinished turns", registry=registry)
        self._dead = Gauge(
            "bridge_inbox_dead_letters", "Turns given up within a week", registry=registry
        )

    async def run(self, stop: asyncio.Event) -> None:
        while not stop.is_set():
            # That the store is away is the worker's to say; the gauges keep what they knew.
            with suppress(Unavailable):
                self._show(await self._mailboxes.depth())
            await wait_for_event(stop, self._look_s)

    def _show(self, depth: Depth) -> None:
        self._threads.labels("ready").set(depth.ready)
        self._threads.labels("running").set(depth.running)
        self._turns.set(depth.open)
        self._dead.set(depth.dead)
        if depth.dead > self._known_dead:
            _log.warning("dead_letters.found count=%d", depth.dead)
        self._known_dead = depth.dead
