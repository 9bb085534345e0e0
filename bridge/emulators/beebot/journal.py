"""What happened, for those who test against the emulator or wait for something in it."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field

from bridge.emulators.beebot.values import (
    Application,
    Cancellation,
    Feedback,
    ImageFetch,
    LogQuery,
    Question,
    Refusal,
)


class Changes:
    """Wakes those who wait each time `notify` says that something is different."""

    def __init__(self) -> None:
        self._waiters: set[asyncio.Future[None]] = set()

    def notify(self) -> None:
        for waiter in self._waiters:
            if not waiter.done():
                waiter.set_result(None)

    async def until(self, condition: Callable[[], object]) -> None:
        """Return once `condition` holds; it is looked at now and after each notification."""
        while not condition():
            waiter: asyncio.Future[None] = asyncio.get_running_loop().create_future()
            self._waiters.add(waiter)
            try:
                await waiter
            finally:
                self._waiters.discard(waiter)


@dataclass(frozen=True, slots=True)
class Journal:
    """Everything clients did, in order.

    `repeats` are requests whose messageId was known; they are no questions. `overlaps` are
    questions that came while an answer was still running in their session.
    """

    clock: Callable[[], float]
    changes: Changes = field(default_factory=Changes)
    applications: list[Application] = field(default_factory=list)
    questions: list[Question] = field(default_factory=list)
    repeats: list[Question] = field(default_factory=list)
    overlaps: list[Question] = field(default_factory=list)
    images: list[ImageFetch] = field(default_factory=list)
    feedbacks: list[Feedback] = field(default_factory=list)
    cancellations: list[Cancellation] = field(default_factory=list)
    logs: list[LogQuery] = field(default_factory=list)
    refusals: list[Refusal] = field(default_factory=list)

    def refuse(self, where: str, code: str, message: str) -> None:
        self.refusals.append(Refusal(self.clock(), where, code, message))
        self.changes.notify()
