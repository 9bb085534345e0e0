"""Socket Mode: one-use addresses, hello, envelopes with acknowledgements, refreshed connections."""

import asyncio
import contextlib
import json
import secrets
from typing import Any, Literal

from aiohttp import WSMsgType, web

from bridge.emulators.slack.deliveries import Attempt, Receipt
from bridge.emulators.slack.feed import Feed

Json = dict[str, Any]
DisconnectReason = Literal["warning", "refresh_requested", "link_disabled"]

CONNECTIONS_MAX = 10


class Connection:
    """One WebSocket of the app and the envelopes it has not acknowledged yet."""

    def __init__(self, socket: web.WebSocketResponse) -> None:
        self.socket = socket
        self.is_retired = False
        self._unacknowledged: dict[str, asyncio.Future[Json]] = {}

    async def send(self, attempt: Attempt) -> Json:
        """Send an envelope and wait for its acknowledgement, which is returned.

        Raises:
            ConnectionError: The socket closed before.
        """
        envelope_id = secrets.token_hex(16)
        acknowledged: asyncio.Future[Json] = asyncio.get_running_loop().create_future()
        self._unacknowledged[envelope_id] = acknowledged
        try:
            await self.socket.send_json(_envelope(envelope_id, attempt))
            return await acknowledged
        finally:
            self._unacknowledged.pop(envelope_id, None)

    def acknowledge(self, frame: str) -> None:
        answer = json.loads(frame)
        waiting = self._unacknowledged.get(answer.get("envelope_id", ""))
        if waiting is not None and not waiting.done():
            waiting.set_result(answer)

    def abandon(self) -> None:
        """The socket is gone: whatever it has not acknowledged will not be acknowledged."""
        self.is_retired = True
        for waiting in self._unacknowledged.values():
            if not waiting.done():
                waiting.set_exception(ConnectionError("socket closed"))


class Sockets:
    """All connections of the app; each payload goes to one of them."""

    def __init__(self, app_id: str, timeout_s: float, feed: Feed) -> None:
        self._app_id = app_id
        self._timeout_s = timeout_s
        self._feed = feed
        self._tickets: set[str] = set()
        self._connections: list[Connection] = []
        self._next = 0

    def issue_ticket(self) -> str:
        """The secret of an address that can be connected to once."""
        ticket = secrets.token_urlsafe(24)
        self._tickets.add(ticket)
        return ticket

    @property
    def open_connections(self) -> list[Connection]:
        return [c for c in self._connections if not c.is_retired]

    async def deliver(self, attempt: Attempt) -> Receipt:
        """Send over one connection, in turn; a failure is told in the receipt, never raised."""
        ready = self.open_connections
        if not ready:
            return Receipt(0, "connection_failed")
        self._next += 1
        connection = ready[self._next % len(ready)]
        try:
            async with asyncio.timeout(self._timeout_s):
                answer = await connection.send(attempt)
        except TimeoutError:
            return Receipt(0, "timeout")
        except (ConnectionError, RuntimeError):
            return Receipt(0, "connection_failed")
        payload = answer.get("payload")
        return Receipt(200, response=json.dumps(payload) if payload else "")

    async def serve(self, request: web.Request) -> web.StreamResponse:
        """The address that apps.connections.open gave out."""
        ticket = request.query.get("ticket", "")
        if ticket not in self._tickets:
            raise web.HTTPForbidden(text="this address was used or never given out")
        self._tickets.remove(ticket)
        socket = web.WebSocketResponse()
        await socket.prepare(request)
        if len(self._connections) >= CONNECTIONS_MAX:
            await socket.send_json({"type": "disconnect", "reason": "too_many_websockets"})
            await socket.close()
            return socket
        await self._converse(socket)
        return socket

    async def _converse(self, socket: web.WebSocketResponse) -> None:
        connection = Connection(socket)
        await socket.send_json(self._hello())
        self._connections.append(connection)
        self._feed.wake()
        try:
            async for frame in socket:
                if frame.type is WSMsgType.TEXT:
                    connection.acknowledge(frame.data)
        finally:
            self._connections.remove(connection)
            connection.abandon()
            self._feed.wake()

    def _hello(self) -> Json:
        return {
            "type": "hello",
            "num_connections": len(self._connections) + 1,
            "connection_info": {"app_id": self._app_id},
            "debug_info": {"host": "127.0.0.1", "approximate_connection_time": 3600},
        }

    async def refresh(self, reason: DisconnectReason = "refresh_requested") -> None:
        """Tell every connection to come again; only after `warning` they still get payloads."""
        for connection in self.open_connections:
            connection.is_retired = reason != "warning"
            frame = {"type": "disconnect", "reason": reason, "debug_info": {"host": "127.0.0.1"}}
            with contextlib.suppress(ConnectionError):
                await connection.socket.send_json(frame)

    async def cut(self) -> None:
        """Break every connection without a word, as a lost network does."""
        for connection in self.open_connections:
            await connection.socket.close(code=1006, drain=False)

    async def close(self) -> None:
        for connection in list(self._connections):
            await connection.socket.close()


def _envelope(envelope_id: str, attempt: Attempt) -> Json:
    kind = attempt.envelope.kind
    envelope = {
        "envelope_id": envelope_id,
        "type": kind,
        "payload": attempt.envelope.payload,
        "accepts_response_payload": kind != "events_api",
    }
    if kind == "events_api":
        envelope |= {"retry_attempt": attempt.retry_num, "retry_reason": attempt.retry_reason}
    return envelope
