"""Socket Mode: payloads come over a socket that we open, not to a public route."""

import asyncio
import json
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any, cast

from slack_bolt.request.async_request import AsyncBoltRequest
from slack_sdk.socket_mode.aiohttp import SocketModeClient
from slack_sdk.socket_mode.request import SocketModeRequest
from slack_sdk.socket_mode.response import SocketModeResponse
from slack_sdk.web.async_client import AsyncWebClient

from bridge.core.background import wait_for_event
from bridge.core.errors import BridgeError, ProtocolError, Unavailable
from bridge.core.events import Observer
from bridge.core.outage import Outage
from bridge.slack.api.faults import APP_REFUSED, slack_faults
from bridge.slack.api.web_api import SILENT
from bridge.slack.inbound.guard import Dispatch


class SocketMode:
    """Keeps a socket open and hands what comes over it to the same listeners.

    slack_sdk reconnects by itself; but it may try one address over and over, and that is good for
    one use. So a connection that stays dead for `patience_s` is given up for a fresh one. A
    payload is acknowledged when `dispatch` answered 200, otherwise Slack sends it again. `client`
    carries the app-level token, `xapp-…`.
    """

    def __init__(
        self,
        dispatch: Dispatch,
        client: AsyncWebClient,
        observe: Observer,
        *,
        ping_s: float = 10,
        patience_s: float = 20,
        backoff_s: float = 1,
    ) -> None:
        self._dispatch = dispatch
        self._client = client
        self._ping_s = ping_s
        self._patience_s = patience_s
        self._outage = Outage("slack_socket", observe, backoff_s=backoff_s, longest_backoff_s=30)
        self._socket: SocketModeClient | None = None
        self._working: set[asyncio.Task[Any]] = set()

    @property
    def failure(self) -> BridgeError | None:
        return self._outage.error

    async def is_connected(self) -> bool:
        """The socket is open and answered a ping within the last four intervals."""
        return self._socket is not None and await self._socket.is_connected()

    async def ping(self) -> None:
        if not await self.is_connected():
            self._outage.raise_if_failing()
            raise Unavailable("the socket is not open")

    async def run(self, stop: asyncio.Event) -> None:
        while not stop.is_set():
            try:
                async with self._connection():
                    self._outage.record_success()
                    await self._watch(stop)
            except BridgeError as error:
                self._outage.record_failure(error)
                await wait_for_event(stop, self._outage.remaining_s)

    @asynccontextmanager
    async def _connection(self) -> AsyncIterator[None]:
        url = await self._fresh_url()
        socket = SocketModeClient(
            self._client.token or "", SILENT, self._client, ping_interval=self._ping_s
        )
        socket.proxy = self._client.proxy  # as in `open_client`
        socket.socket_mode_request_listeners.append(self._receive)  # type: ignore[arg-type]
        self._socket = socket
        try:
            await self._connect(socket, url)
            yield
        finally:
            self._socket = None
            await self._close(socket)

    async def _fresh_url(self) -> str:
        with slack_faults(APP_REFUSED):
            async with asyncio.timeout(self._patience_s):
                return await open_socket_url(self._client)

    async def _connect(self, socket: SocketModeClient, url: str) -> None:
        socket.wss_uri = url
        with slack_faults(APP_REFUSED):
            async with asyncio.timeout(self._patience_s):
                await socket.connect()  # type: ignore[no-untyped-call]

    async def _watch(self, stop: asyncio.Event) -> None:
        """Return when `stop` is set; raise `Unavailable` once the socket was dead too long."""
        alive_at = time.monotonic()
        while not stop.is_set():
            await wait_for_event(stop, min(self._ping_s, self._patience_s / 4))
            if await self.is_connected():
                alive_at = time.monotonic()
            elif time.monotonic() - alive_at > self._patience_s:
                raise Unavailable("the socket stays dead")

    async def _receive(self, socket: SocketModeClient, request: SocketModeRequest) -> None:
        task = cast("asyncio.Task[Any]", asyncio.current_task())
        self._working.add(task)
        try:
            await self._answer(socket, request)
        finally:
            self._working.discard(task)

    async def _answer(self, socket: SocketModeClient, request: SocketModeRequest) -> None:
        """An envelope, and its acknowledgement (docs/slack.md, Receiving).

        {"type": "events_api", "envelope_id": "e1", "payload": {"type": "event_callback", …},
         "accepts_response_payload": false, "retry_attempt": 0, "retry_reason": ""}
        {"envelope_id": "e1"}
        """
        payload = AsyncBoltRequest(mode="socket_mode", body=request.payload)
        response = await self._dispatch(payload)
        if response.status == 200:
            said = json.loads(response.body) if response.body else None
            await socket.send_socket_mode_response(SocketModeResponse(request.envelope_id, said))

    async def _close(self, socket: SocketModeClient, *, grace_s: float = 2) -> None:
        """What is being stored gets its acknowledgement first."""
        if self._working:
            await asyncio.wait(self._working, timeout=grace_s)
        await socket.close()  # type: ignore[no-untyped-call]
        loops = (socket.message_processor, socket.current_session_monitor, socket.message_receiver)
        await asyncio.gather(*(loop for loop in loops if loop), return_exceptions=True)


async def open_socket_url(client: AsyncWebClient) -> str:
    """A fresh address of Socket Mode, good for one use; `client` carries the app's token.

    Raises `BridgeError`.
    """
    with slack_faults(APP_REFUSED):
        opened = await client.apps_connections_open(app_token=client.token or "")
    if not isinstance(url := opened.get("url"), str):
        raise ProtocolError("apps.connections.open gave no address")
    return url
