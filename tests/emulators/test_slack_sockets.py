"""Socket Mode as slack_sdk's own client speaks it."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import aiohttp
import pytest
from slack_sdk.socket_mode.aiohttp import SocketModeClient
from slack_sdk.socket_mode.async_client import AsyncBaseSocketModeClient
from slack_sdk.socket_mode.request import SocketModeRequest
from slack_sdk.socket_mode.response import SocketModeResponse
from slack_sdk.web.async_client import AsyncWebClient

from bridge.emulators.slack import C_GENERAL, D_ALICE, U_ALICE, SlackEmulator
from tests.emulators.slack_witness import MANIFEST, client_of, receiving
from tests.slack import slack_emulator


class App:
    """Notes envelopes; acknowledges them unless told not to."""

    def __init__(self) -> None:
        self.received: list[SocketModeRequest] = []
        self.acknowledges = True

    async def listen(self, client: AsyncBaseSocketModeClient, request: SocketModeRequest) -> None:
        self.received.append(request)
        if self.acknowledges:
            payload = {"text": "ok"} if request.accepts_response_payload else None
            answer = SocketModeResponse(request.envelope_id, payload)
            await client.send_socket_mode_response(answer)


def emulator(**options: Any) -> SlackEmulator:
    return slack_emulator(
        **{"manifest": MANIFEST, "socket_mode": True, "retry_delays_s": (), **options}
    )


@asynccontextmanager
async def connected(slack: SlackEmulator) -> AsyncIterator[App]:
    """slack_sdk's client, listening, with a short heartbeat so that it reconnects quickly."""
    app = App()
    web_client = AsyncWebClient(base_url=slack.api_url)
    client = SocketModeClient(slack.app_token, web_client=web_client, ping_interval=0.2)
    client.socket_mode_request_listeners.append(app.listen)
    before = slack.connections
    await client.connect()  # type: ignore[no-untyped-call]
    await slack.until(lambda: slack.connections == before + 1)
    try:
        yield app
    finally:
        await client.close()  # type: ignore[no-untyped-call]
        await asyncio.gather(client.message_processor, return_exceptions=True)


async def test_events_arrive_and_are_acknowledged() -> None:
    async with emulator() as slack, connected(slack) as app:
        await slack.post(D_ALICE, U_ALICE, "hi")
        await slack.until(lambda: slack.deliveries)
        (request,) = app.received
        assert request.type == "events_api"
        assert request.payload["event"]["text"] == "hi"
        assert slack.deliveries[0].succeeded


async def test_commands_are_answered_in_the_acknowledgement() -> None:
    async with emulator() as slack, connected(slack) as app:
        delivery = await slack.command(U_ALICE, C_GENERAL, "/ask", "why")
        assert app.received[0].payload["text"] == "why"
        assert delivery.response == '{"text": "ok"}'
        assert slack.workspace.ephemerals[0].text == "ok"


async def test_what_is_not_acknowledged_comes_again() -> None:
    options = {"retry_delays_s": (0.0, 0.0), "delivery_timeout_s": 0.1}
    async with emulator(**options) as slack, connected(slack) as app:
        app.acknowledges = False
        await slack.post(D_ALICE, U_ALICE, "hi")
        await slack.until(lambda: len(slack.deliveries) == 1)
        app.acknowledges = True
        await slack.until(lambda: slack.deliveries[-1].succeeded)
        assert [request.retry_attempt for request in app.received] == [0, 1]
        assert app.received[1].retry_reason == "timeout"
        assert len({request.payload["event_id"] for request in app.received}) == 1


async def test_the_client_survives_a_refresh_and_a_cut() -> None:
    async with emulator(retry_delays_s=(0.05,) * 100) as slack, connected(slack) as app:
        await slack.refresh_sockets("warning")
        await slack.until(lambda: len(slack.calls_of("apps.connections.open")) >= 2)
        await slack.refresh_sockets()
        await slack.post(D_ALICE, U_ALICE, "after the refresh")
        await slack.until(lambda: any(d.succeeded for d in slack.deliveries))
        await slack.cut_sockets()
        await slack.post(D_ALICE, U_ALICE, "after the cut")
        await slack.until(lambda: sum(d.succeeded for d in slack.deliveries) == 2)
        texts = {request.payload["event"]["text"] for request in app.received}
        assert texts == {"after the refresh", "after the cut"}


async def test_each_payload_goes_to_one_connection() -> None:
    async with emulator() as slack, connected(slack) as one, connected(slack) as two:
        for number in range(4):
            await slack.deliver({"type": "app_mention", "text": str(number)})
        assert len(one.received) == len(two.received) == 2


async def test_without_a_socket_the_request_url_is_used() -> None:
    async with emulator() as slack, receiving(slack) as http:
        await slack.deliver({"type": "app_mention"})
        async with connected(slack) as app:
            await slack.deliver({"type": "app_mention"})
            assert len(http.received) == len(app.received) == 1


async def test_an_address_can_be_used_once() -> None:
    async with emulator() as slack, client_of(slack) as client:
        opened = await client.apps_connections_open(app_token=slack.app_token)
        async with aiohttp.ClientSession() as session:
            async with session.ws_connect(opened["url"]) as socket:
                assert (await socket.receive_json())["type"] == "hello"
            with pytest.raises(aiohttp.WSServerHandshakeError):
                await session.ws_connect(opened["url"])


async def test_the_eleventh_connection_is_turned_away() -> None:
    async with emulator() as slack, client_of(slack) as client, aiohttp.ClientSession() as session:
        sockets = []
        for _ in range(11):
            opened = await client.apps_connections_open(app_token=slack.app_token)
            sockets.append(await session.ws_connect(opened["url"]))
        frames = [await socket.receive_json() for socket in sockets]
        assert [frame["type"] for frame in frames] == ["hello"] * 10 + ["disconnect"]
        assert frames[9]["num_connections"] == 10
        assert slack.connections == 10
