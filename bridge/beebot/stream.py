"""One answer while it streams: taken in at the wire's pace, decoded at the reader's."""

import asyncio
from collections.abc import AsyncIterator, Coroutine, Iterable
from contextlib import asynccontextmanager
from typing import Any

from bridge.beebot import wire
from bridge.core.background import cancel_and_wait
from bridge.core.model import Frame


class LatestFrame:
    """The newest payload of an answer, in a single slot.

    Frames are cumulative, so a payload that is overtaken unread is never decoded: what we add to
    reading the bytes grows with the answer, not with the wire. Only what may be the end, or a
    refusal, is decoded as it comes. `received`, `decoded` and `skipped` count payloads.
    """

    def __init__(self) -> None:
        self.known: Frame | None = None  # what all decoded payloads say together
        self.received = 0
        self.decoded = 0
        self.skipped = 0
        self._payload: bytes | None = None
        self._body: bytes | None = None  # the newest with a body, not decoded yet
        self._is_fresh = False

    @property
    def has_ended(self) -> bool:
        return self.known is not None and self.known.is_end

    @property
    def has_news(self) -> bool:
        """There may be more than at the last `take`."""
        return self._is_fresh or self._payload is not None

    def put(self, payload: bytes) -> None:
        """Raises what a refusing payload stands for; what came before it stays readable."""
        if not wire.may_be_whole(payload):
            self.skipped += 1
        elif wire.may_be_last(payload):
            self._put_decoded(payload)
        else:
            self._put_undecoded(payload)

    def take(self) -> Frame | None:
        """All that is known by now, if that is more than at the last call."""
        self.decode()
        if not self._is_fresh:
            return None
        self._is_fresh = False
        return self.known

    def decode(self) -> None:
        """Decode what waits in the slot."""
        payload, self._payload = self._payload, None
        if payload is not None:
            self._merge(self._decode(payload))

    def _put_undecoded(self, payload: bytes) -> None:
        self.received += 1
        self._payload = payload
        if wire.may_have_body(payload):
            self._body = payload

    def _put_decoded(self, payload: bytes) -> None:
        frame = self._decode(payload)
        if frame is not None:
            self.received += 1
            self._payload = None
            self._merge(frame)

    def _merge(self, frame: Frame | None) -> None:
        if frame is None:
            return
        body, self._body = self._body, None
        if frame.markdown is None and body is not None:
            # The text so far is in a payload that was never looked at.
            self._add(self._decode(body))
        self._add(frame)
        self._is_fresh = True

    def _add(self, frame: Frame | None) -> None:
        if frame is not None:
            self.known = wire.merge(self.known, frame) if self.known else frame

    def _decode(self, payload: bytes) -> Frame | None:
        frame = wire.decode(payload)
        self.decoded += frame is not None
        self.skipped += frame is None
        return frame


class BeebotStream:
    """The core's `AnswerStream`; one task of ours feeds it, one reader asks it."""

    def __init__(self) -> None:
        self.latest = LatestFrame()
        self._news = asyncio.Event()
        self._feeder: asyncio.Task[None]  # within the block of `fed_by`; nobody asks outside of it

    def put(self, payloads: Iterable[bytes]) -> None:
        """Up to the end; what comes after it is not looked at."""
        for payload in payloads:
            self.latest.put(payload)
            self._news.set()
            if self.latest.has_ended:
                return

    @asynccontextmanager
    async def fed_by(self, work: Coroutine[Any, Any, None]) -> AsyncIterator[None]:
        """Run `work`, which puts payloads here, for the length of the block at most."""
        self._feeder = asyncio.create_task(work, name="beebot-stream")
        self._feeder.add_done_callback(lambda _: self._news.set())
        try:
            yield
        finally:
            await cancel_and_wait(self._feeder)
            if not self._feeder.cancelled():
                self._feeder.exception()  # seen, even if nobody asked for a newer frame

    async def newer(self) -> Frame:
        """As the port says. After the end it says the end again."""
        while (frame := self.latest.take()) is None:
            if self._feeder.done():
                self._feeder.result()
                return self.latest.known or Frame(is_end=True)
            await self._news.wait()
            self._news.clear()
        return frame

    async def arrives(self) -> None:
        while not (self.latest.has_news or self._feeder.done()):
            self._news.clear()
            await self._news.wait()

    async def before_end(self, work: Coroutine[Any, Any, None]) -> bool:
        working = asyncio.create_task(work)
        try:
            await asyncio.wait([self._feeder, working], return_when=asyncio.FIRST_COMPLETED)
        finally:
            await cancel_and_wait(working)
        if working.cancelled():
            return False
        working.result()
        return True

    async def ends_within(self, seconds: float) -> bool:
        if not self.latest.has_ended:
            await asyncio.wait([self._feeder], timeout=seconds)
        return self.latest.has_ended or self._feeder.done()
