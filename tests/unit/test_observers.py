"""Every observer hears every event, whatever another one does."""

import logging

import pytest

from bridge.core.events import Event
from bridge.telemetry.logs import observers
from tests.unit.events_seen import EACH


def test_every_observer_hears_every_event_in_order() -> None:
    heard: list[tuple[str, Event]] = []
    observe = observers(
        lambda event: heard.append(("first", event)), lambda event: heard.append(("second", event))
    )
    for event in EACH:
        observe(event)
    assert heard == [(who, event) for event in EACH for who in ("first", "second")]


def test_an_observer_that_fails_hurts_nobody_and_is_told(caplog: pytest.LogCaptureFixture) -> None:
    heard: list[Event] = []

    def fail(_event: Event) -> None:
        raise ValueError("full disk")

    observers(fail, heard.append)(EACH[0])
    assert heard == [EACH[0]]
    (record,) = caplog.records
    assert (record.levelno, record.getMessage()) == (logging.ERROR, "observer.failed")
    assert "full disk" in caplog.text


def test_nobody_needs_to_observe() -> None:
    observers()(EACH[0])
