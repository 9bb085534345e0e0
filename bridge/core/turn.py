"""One question on its way to its answer, as the replica that holds it sees it."""

import time
from dataclasses import replace
from typing import Any

from bridge.core.draft import Draft
from bridge.core.errors import LeaseLost, Unavailable
from bridge.core.lease import Lease
from bridge.core.model import Ask, TurnRecord
from bridge.core.ports import Delivery, Inbox, LeaseState
from bridge.core.utterance import Utterance


class Turn:
    """The question, our right to answer it, and what is written down of the answer so far."""

    def __init__(self, delivery: Delivery, lease: Lease, inbox: Inbox) -> None:
        self.delivery = delivery
        self.lease = lease
        self.spelled: Ask | None = None  # with names in place of tokens
        self.utterance = Utterance(delivery.ask.text)
        self.draft = Draft(delivery.record.partial)
        self.taken_at = time.time()
        self.is_settling = False  # all is said; only the store has to be told
        self._inbox = inbox

    @property
    def ask(self) -> Ask:
        """The question as people read it."""
        return self.spelled or self.delivery.ask

    @property
    def record(self) -> TurnRecord:
        """What is known by now, also of what the store could not be told yet."""
        return self.delivery.record

    @record.setter
    def record(self, record: TurnRecord) -> None:
        self.delivery = replace(self.delivery, record=record)

    async def update(self, **changes: Any) -> None:
        """Write fields of the turn record down, for whoever might have to go on.

        A store that is away does not stop an answer, nor slow it down: the record stays in memory
        and goes out with the beat that gets through, or with the turn's end. Raises `LeaseLost`.
        """
        self.record = replace(self.record, **changes)
        if self.lease.is_store_away:
            return
        asked_at = time.monotonic()
        try:
            state = await self._inbox.record(self.delivery, self.record)
        except Unavailable:
            self.lease.tell(LeaseState.UNKNOWN, asked_at=asked_at)
            return
        if state is LeaseState.LOST:
            raise LeaseLost("another replica has the turn")
