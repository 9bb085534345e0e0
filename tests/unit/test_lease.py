"""Whether a process may still act for its turn: after a beat, a standstill, a silent store."""

import asyncio

import pytest

from bridge.core.errors import LeaseLost
from bridge.core.lease import Lease
from bridge.core.ports import LeaseState


class Clock:
    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def lease(clock: Clock) -> Lease:
    return Lease(15, clock=clock)


async def test_a_fresh_lease_lets_work_go_on(lease: Lease) -> None:
    await lease.ensure()


async def test_a_lost_lease_stays_lost(lease: Lease, clock: Clock) -> None:
    lease.update(LeaseState.LOST, asked_at=clock.now)
    lease.update(LeaseState.HELD, asked_at=clock.now)
    with pytest.raises(LeaseLost):
        await lease.ensure()


async def test_after_a_standstill_nothing_is_done_before_the_next_beat(
    lease: Lease, clock: Clock
) -> None:
    clock.now += 16
    waiting = asyncio.create_task(lease.ensure())
    await asyncio.sleep(0)
    assert not waiting.done()
    lease.update(LeaseState.LOST, asked_at=clock.now)
    with pytest.raises(LeaseLost):
        await waiting


async def test_a_beat_that_was_sent_before_the_standstill_proves_nothing(
    lease: Lease, clock: Clock
) -> None:
    clock.now += 16
    lease.update(LeaseState.HELD, asked_at=clock.now - 15.5)
    waiting = asyncio.create_task(lease.ensure())
    await asyncio.sleep(0)
    assert not waiting.done()
    lease.update(LeaseState.HELD, asked_at=clock.now)
    await waiting


async def test_a_silent_store_stops_no_answer_but_begins_no_page(
    lease: Lease, clock: Clock
) -> None:
    for _ in range(60):
        lease.update(LeaseState.UNKNOWN, asked_at=clock.now)
        clock.now += 1
    await lease.ensure()
    assert lease.is_store_away


async def test_that_the_store_was_away_before_a_standstill_proves_nothing(
    lease: Lease, clock: Clock
) -> None:
    lease.update(LeaseState.UNKNOWN, asked_at=clock.now)
    clock.now += 3600
    waiting = asyncio.create_task(lease.ensure())
    await asyncio.sleep(0)
    assert not waiting.done()
    lease.update(LeaseState.UNKNOWN, asked_at=clock.now)
    await waiting


async def test_an_emptied_store_lets_the_answer_finish(lease: Lease, clock: Clock) -> None:
    lease.update(LeaseState.GONE, asked_at=clock.now)
    await lease.ensure()
    assert not lease.is_store_away


async def test_a_wanted_stop_wakes_whoever_waits_for_it(lease: Lease, clock: Clock) -> None:
    waiting = asyncio.create_task(lease.stopped())
    await asyncio.sleep(0)
    assert not waiting.done()
    lease.update(LeaseState.STOP, asked_at=clock.now)
    await waiting
    await lease.ensure()
