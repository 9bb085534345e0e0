"""Strangers cannot flood the log; the figures still count them all."""

from bridge.core.commands import DropReason
from bridge.core.events import Event, PathUnknown, PayloadDropped, ServiceLost
from bridge.telemetry.logs import MOST_PATHS, PATH_S, REFUSAL_S, throttled


class FakeClock:
    def __init__(self) -> None:
        self.now = 0.0
        self.told: list[Event] = []
        self.tell = throttled(self.told.append, lambda: self.now)


def refused(why: DropReason = DropReason.SIGNATURE) -> PayloadDropped:
    return PayloadDropped("request", why)


def astray(path: str, method: str = "POST") -> PathUnknown:
    return PathUnknown(method, path, "the right one")


def test_a_refusal_is_told_once_a_minute_with_how_many_it_stands_for() -> None:
    hour = FakeClock()
    for _ in range(1000):
        hour.tell(refused())
    assert hour.told == [refused()]
    hour.now += REFUSAL_S
    hour.tell(refused())
    assert hour.told[1:] == [PayloadDropped("request", DropReason.SIGNATURE, count=1000)]


def test_each_reason_is_told_for_itself() -> None:
    hour = FakeClock()
    for why in (DropReason.SIGNATURE, DropReason.TIMESTAMP, DropReason.SIGNATURE):
        hour.tell(refused(why))
    assert hour.told == [refused(DropReason.SIGNATURE), refused(DropReason.TIMESTAMP)]


def test_an_unknown_path_is_told_once_an_hour() -> None:
    hour = FakeClock()
    for _ in range(3):
        hour.tell(astray("/slack/event"))
        hour.tell(astray("/slack/event", "GET"))
        hour.now += PATH_S / 3 - 1
    assert hour.told == [astray("/slack/event")]
    hour.now += 3
    hour.tell(astray("/slack/event"))
    assert len(hour.told) == 2


def test_a_thousand_paths_are_twenty_lines_an_hour_and_no_memory() -> None:
    hour = FakeClock()
    for number in range(1000):
        hour.tell(astray(f"/wp-{number}"))
        hour.now += 1
    assert len(hour.told) == MOST_PATHS
    hour.now += PATH_S
    hour.tell(astray("/slack/event"))
    assert hour.told[-1] == astray("/slack/event")


def test_what_no_stranger_can_cause_is_told_each_time() -> None:
    hour = FakeClock()
    events: list[Event] = [
        PayloadDropped("message", DropReason.OWN),
        ServiceLost("redis", "OOM"),
    ] * 3
    for event in events:
        hour.tell(event)
    assert hour.told == events
