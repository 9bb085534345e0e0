"""Figures for Prometheus of how deep the mailboxes are."""

import asyncio
from contextlib import suppress
from typing import Protocol

import structlog
from prometheus_client import CollectorRegistry, Gauge

from bridge.core.background import wait_for_event
from bridge.core.errors import Unavailable
from bridge.core.ports import Depth

_log = structlog.stdlib.get_logger("bridge")


class Mailboxes(Protocol):
    async def depth(self) -> Depth: ...


class InboxGauges:
    """A service: asks every `interval_s`. Each replica shows the same: the mailboxes are shared."""

    def __init__(
        self, mailboxes: Mailboxes, registry: CollectorRegistry, *, interval_s: float = 10.0
    ) -> None:
        self._mailboxes = mailboxes
        self._interval_s = interval_s
        self._known_dead: int | None = None  # until it was asked once
        self._threads = Gauge(
            "bridge_inbox_threads", "Threads with open turns", ["state"], registry=registry
        )
        self._turns = Gauge("bridge_inbox_turns_open", "Unfinished turns", registry=registry)
        self._dead = Gauge(
            "bridge_inbox_dead_letters", "Turns given up and still kept", registry=registry
        )

    async def run(self, stop: asyncio.Event) -> None:
        while not stop.is_set():
            # That the store is away is the worker's to say; the gauges keep what they knew.
            with suppress(Unavailable):
                self._show(await self._mailboxes.depth())
            await wait_for_event(stop, self._interval_s)

    def _show(self, depth: Depth) -> None:
        self._threads.labels("ready").set(depth.ready)
        self._threads.labels("running").set(depth.running)
        self._turns.set(depth.open)
        self._dead.set(depth.dead)
        if self._known_dead is None:  # a start is no reason to alarm about those of last week
            if depth.dead:
                _log.info("dead_letters.kept", count=depth.dead)
        elif depth.dead > self._known_dead:
            _log.warning("dead_letters.found", count=depth.dead)
        self._known_dead = depth.dead
