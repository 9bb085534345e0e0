"""Brings payloads to the app: chooses the way, tries events again, remembers every attempt."""

import asyncio
from collections.abc import Coroutine, Sequence
from typing import Any

from bridge.emulators.slack.deliveries import Attempt, Delivery, Envelope
from bridge.emulators.slack.feed import Feed
from bridge.emulators.slack.http_delivery import RequestUrl
from bridge.emulators.slack.sockets import Sockets


class Dispatcher:
    """Delivers at once or in the background."""

    def __init__(
        self,
        *,
        request_url: RequestUrl,
        sockets: Sockets,
        prefers_sockets: bool,
        retry_delays_s: Sequence[float],
        feed: Feed,
    ) -> None:
        self.deliveries: list[Delivery] = []
        self._request_url = request_url
        self._sockets = sockets
        self._prefers_sockets = prefers_sockets
        self._retry_delays_s = retry_delays_s
        self._feed = feed
        self._tasks: set[asyncio.Task[Any]] = set()

    def send(self, envelope: Envelope, *, after_s: float = 0.0) -> None:
        """Deliver in the background, retries included."""
        self._spawn(self._deliver_later(envelope, after_s))

    async def _deliver_later(self, envelope: Envelope, after_s: float) -> None:
        await asyncio.sleep(after_s)
        await self.deliver(envelope)

    async def deliver(self, envelope: Envelope) -> Delivery:
        """The first attempt; if it failed, the retries of an event follow in the background."""
        first = await self._try(Attempt(envelope))
        if first.may_be_retried:
            self._spawn(self._retry(envelope, first))
        return first

    async def close(self) -> None:
        """Drop what is under way."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def _retry(self, envelope: Envelope, last: Delivery) -> None:
        for retry_num, delay_s in enumerate(self._retry_delays_s, start=1):
            await asyncio.sleep(delay_s)
            last = await self._try(Attempt(envelope, retry_num, last.reason))
            if not last.may_be_retried:
                return

    async def _try(self, attempt: Attempt) -> Delivery:
        loop = asyncio.get_running_loop()
        began = loop.time()
        receipt = await self._way().deliver(attempt)
        delivery = Delivery(
            attempt.envelope.event_id,
            attempt.retry_num,
            receipt.status,
            loop.time() - began,
            attempt.envelope.payload,
            kind=attempt.envelope.kind,
            reason=receipt.reason,
            response=receipt.response,
            refuses_retry=receipt.refuses_retry,
        )
        self.deliveries.append(delivery)
        self._feed.wake()
        return delivery

    def _way(self) -> RequestUrl | Sockets:
        """Sockets when the app chose Socket Mode, or gave no URL to post to."""
        if self._prefers_sockets and self._sockets.open_connections:
            return self._sockets
        return self._sockets if self._request_url.url is None else self._request_url

    def _spawn(self, work: Coroutine[Any, Any, Any]) -> None:
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
