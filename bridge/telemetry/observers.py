"""Observers: several as one that never fails, and one that is told less."""

import logging
import math
import time
from collections.abc import Callable
from dataclasses import replace

from bridge.core.events import ContextUnread, Event, Observer, PathUnknown, PayloadDropped

_log = logging.getLogger(__name__)


def observers(*each: Observer) -> Observer:
    """Tells every event to `each` in order; one that raises is logged and the rest still hear."""

    def observe(event: Event) -> None:
        for observer in each:
            try:
                observer(event)
            except Exception:  # noqa: BLE001 - whatever it is, the turn goes on
                _log.exception("observer.failed")

    return observe


REFUSAL_S = 60.0  # between two lines of refused requests, for each reason
PATH_S = 3600.0  # between two lines of one path
MOST_PATHS = 20  # in that time; behind them nobody looks for one more


def throttled(observe: Observer, clock: Callable[[], float] = time.monotonic) -> Observer:
    """Hands every event on, but of what strangers cause only a few.

    A refused request is told once a minute for each reason, with the `count` of those since; an
    unknown path once an hour, and at most twenty of them. That a thread could not be read is told
    once an hour for each reason, too: it is the same for every question.
    """
    refusals = _Throttle(REFUSAL_S, most=MOST_PATHS, clock=clock)
    unknown_paths = _Throttle(PATH_S, most=MOST_PATHS, clock=clock)
    unread_threads = _Throttle(PATH_S, most=MOST_PATHS, clock=clock)

    def observe_some(event: Event) -> None:
        match event:
            case PayloadDropped(kind="request", why=why):
                if count := refusals.admit(why):
                    observe(replace(event, count=count))
            case ContextUnread(reason=reason):
                if unread_threads.admit(reason):
                    observe(event)
            case PathUnknown(path=path):
                if unknown_paths.admit(path):
                    observe(event)
            case _:
                observe(event)

    return observe_some


class _Throttle:
    """Lets each name through once in `every_s`, and at most so many names."""

    def __init__(self, every_s: float, *, most: int, clock: Callable[[], float]) -> None:
        self._every_s = every_s
        self._most = most
        self._clock = clock
        self._seen: dict[str, tuple[float, int]] = {}  # when last told, how many held back since

    def admit(self, name: str) -> int:
        """How many since the last one that was told, this one included; 0: hold it back."""
        now = self._clock()
        told_at, held_back = self._seen.pop(name, (-math.inf, 0))
        if now - told_at < self._every_s:
            self._seen[name] = (told_at, held_back + 1)
            return 0
        self._seen = {one: state for one, state in self._seen.items() if self._is_recent(state)}
        if len(self._seen) >= self._most:
            return 0
        self._seen[name] = (now, 0)
        return held_back + 1

    def _is_recent(self, state: tuple[float, int]) -> bool:
        return self._clock() - state[0] < self._every_s
