"""Joins observers into one that never fails: watching a turn must not hurt it."""

import logging

from bridge.core.events import Event, Observer

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
