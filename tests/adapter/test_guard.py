"""What stands before the public route lets nothing pass that Slack did not sign, whole."""

import asyncio
import gzip
import json
import logging
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from io import BytesIO
from typing import Any

import aiohttp
import pytest
from aiohttp import web
from slack_bolt.response import BoltResponse
from yarl import URL

from bridge.core.commands import DropReason
from bridge.core.events import Event, PayloadDropped
from bridge.slack.inbound.guard import Guard
from tests.adapter.slack_front import SlackWithBridge, serving, signed

PRIVATE = "the-words-of-a-user"
EVENT = {
    "type": "event_callback",
    "team_id": "T0BRIDGE00",
    "event": {
        "type": "app_mention",
        "user": "U0ALICE000",
        "text": f"<@U0BEEBOT00> {PRIVATE}",
        "ts": "1763800000.000100",
        "channel": "C0GENERAL0",
        "team": "T0BRIDGE00",
    },
    "authorizations": [{"team_id": "T0BRIDGE00", "is_bot": True}],
    "is_ext_shared_channel": False,
    "event_id": "Ev01",
}
BODY = json.dumps(EVENT).encode()


@pytest.fixture(autouse=True)
def _everything_is_logged(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)


@pytest.fixture
async def front() -> AsyncIterator[SlackWithBridge]:
    async with serving(SlackWithBridge()) as front:
        yield front


@pytest.fixture
async def http() -> AsyncIterator[aiohttp.ClientSession]:
    async with aiohttp.ClientSession() as session:
        yield session


async def post(
    front: SlackWithBridge, http: aiohttp.ClientSession, body: Any, headers: dict[str, str]
) -> tuple[int, str]:
    async with http.post(front.url, data=body, headers=headers) as response:
        return response.status, await response.text()


async def never(_: object) -> BoltResponse:
    raise AssertionError("this should not have passed")


@asynccontextmanager
async def listening(guard: Guard) -> AsyncIterator[URL]:
    """A guard without the rest behind it."""
    app = web.Application()
    app.router.add_post("/", guard.handle)
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    try:
        yield URL(f"http://127.0.0.1:{runner.addresses[0][1]}/")
    finally:
        await runner.cleanup()


async def assert_refused(
    front: SlackWithBridge, caplog: pytest.LogCaptureFixture, why: str
) -> None:
    (dropped,) = front.events
    assert isinstance(dropped, PayloadDropped)
    assert (dropped.kind, dropped.why) == ("request", why)
    assert (await front.inbox.depth()).open == 0
    assert PRIVATE not in caplog.text
    assert "Traceback" not in caplog.text


async def test_what_slack_signed_is_stored_and_then_acknowledged(
    front: SlackWithBridge, http: aiohttp.ClientSession, caplog: pytest.LogCaptureFixture
) -> None:
    assert await post(front, http, BODY, signed(BODY)) == (200, "")
    assert [ask.text for ask in await front.asks()] == [PRIVATE]
    for secret in (PRIVATE, "xoxb-secret-token", "emulated-signing-secret"):
        assert secret not in caplog.text


@pytest.mark.parametrize(
    ("changes", "why"),
    [
        ({"X-Slack-Signature": "v0=" + "0" * 64}, "signature"),
        ({"X-Slack-Signature": "v0=é"}, "signature"),
        ({"X-Slack-Signature": ""}, "unsigned"),
        ({"X-Slack-Request-Timestamp": ""}, "unsigned"),
        ({"X-Slack-Request-Timestamp": "soon"}, "unsigned"),
        ({"X-Slack-Request-Timestamp": "1e9"}, "unsigned"),
        ({"X-Slack-Request-Timestamp": "-1"}, "unsigned"),
        ({"X-Slack-Request-Timestamp": "٣٤٥٦"}, "unsigned"),
        ({"X-Slack-Request-Timestamp": "9" * 5000}, "unsigned"),
    ],
)
async def test_forged_headers_are_unauthorised(
    front: SlackWithBridge,
    http: aiohttp.ClientSession,
    caplog: pytest.LogCaptureFixture,
    changes: dict[str, str],
    why: str,
) -> None:
    assert await post(front, http, BODY, signed(BODY) | changes) == (401, "")
    await assert_refused(front, caplog, why)


async def test_without_any_signature_nothing_passes(
    front: SlackWithBridge, http: aiohttp.ClientSession, caplog: pytest.LogCaptureFixture
) -> None:
    assert await post(front, http, BODY, {"Content-Type": "application/json"}) == (401, "")
    await assert_refused(front, caplog, "unsigned")


async def test_another_secret_signs_in_vain(
    front: SlackWithBridge, http: aiohttp.ClientSession, caplog: pytest.LogCaptureFixture
) -> None:
    assert await post(front, http, BODY, signed(BODY, secret="guessed")) == (401, "")
    await assert_refused(front, caplog, "signature")


async def test_a_signature_holds_for_one_body_only(
    front: SlackWithBridge, http: aiohttp.ClientSession, caplog: pytest.LogCaptureFixture
) -> None:
    assert await post(front, http, BODY + b" ", signed(BODY)) == (401, "")
    await assert_refused(front, caplog, "signature")


async def test_only_who_signs_rightly_tells_of_the_clock(
    front: SlackWithBridge, http: aiohttp.ClientSession, caplog: pytest.LogCaptureFixture
) -> None:
    stale = signed(BODY, secret="guessed", at=time.time() - 400)
    assert await post(front, http, BODY, stale) == (401, "")
    await assert_refused(front, caplog, "signature")


@pytest.mark.parametrize("away_s", [-400, 400])
async def test_a_request_recorded_long_ago_cannot_be_replayed(
    front: SlackWithBridge,
    http: aiohttp.ClientSession,
    caplog: pytest.LogCaptureFixture,
    away_s: float,
) -> None:
    assert await post(front, http, BODY, signed(BODY, at=time.time() + away_s)) == (401, "")
    await assert_refused(front, caplog, "timestamp")


@pytest.mark.parametrize(
    "body",
    [
        b'{"type": "event_callback", "text": "the-words-of-a-user"',
        b"\xff\xfe",
        b"[]",
        b"null",
        b'"the-words-of-a-user"',
        b'{"authorizations": 5}',
        b'{"response_urls": [7]}',
        b"[" * 100_000,
        b'{"a":' * 100_000,
    ],
)
async def test_a_signed_body_that_nobody_can_read_is_a_bad_request(
    front: SlackWithBridge,
    http: aiohttp.ClientSession,
    caplog: pytest.LogCaptureFixture,
    body: bytes,
) -> None:
    assert await post(front, http, body, signed(body)) == (400, "")
    await assert_refused(front, caplog, "malformed")


async def test_a_form_whose_payload_is_no_json_is_a_bad_request(
    front: SlackWithBridge, http: aiohttp.ClientSession, caplog: pytest.LogCaptureFixture
) -> None:
    body = b"payload=%7B" + PRIVATE.encode()
    headers = signed(body) | {"Content-Type": "application/x-www-form-urlencoded"}
    assert await post(front, http, body, headers) == (400, "")
    await assert_refused(front, caplog, "malformed")


@pytest.mark.parametrize("kind", ["text/plain", "application/xml", "multipart/form-data", "odd"])
async def test_other_kinds_of_content_are_unsupported(
    front: SlackWithBridge, http: aiohttp.ClientSession, caplog: pytest.LogCaptureFixture, kind: str
) -> None:
    assert await post(front, http, BODY, signed(BODY) | {"Content-Type": kind}) == (415, "")
    await assert_refused(front, caplog, "media_type")


async def test_two_megabytes_are_too_large(
    front: SlackWithBridge, http: aiohttp.ClientSession, caplog: pytest.LogCaptureFixture
) -> None:
    body = BODY + b" " * 2_000_000
    assert await post(front, http, BytesIO(body), signed(body)) == (413, "")
    await assert_refused(front, caplog, "too_large")


async def test_so_they_are_when_they_come_without_a_length(
    front: SlackWithBridge, http: aiohttp.ClientSession, caplog: pytest.LogCaptureFixture
) -> None:
    body = BODY + b" " * 2_000_000

    async def pieces() -> AsyncIterator[bytes]:
        yield body[:1000]
        yield body[1000:]

    assert await post(front, http, pieces(), signed(body)) == (413, "")
    await assert_refused(front, caplog, "too_large")


@pytest.mark.parametrize("body", [gzip.compress(BODY), b"not even compressed"])
async def test_folded_bodies_are_not_unfolded(
    front: SlackWithBridge,
    http: aiohttp.ClientSession,
    caplog: pytest.LogCaptureFixture,
    body: bytes,
) -> None:
    headers = signed(body) | {"Content-Encoding": "gzip"}
    assert await post(front, http, body, headers) == (415, "")
    await assert_refused(front, caplog, "media_type")


async def test_a_body_that_does_not_arrive_is_not_waited_for(http: aiohttp.ClientSession) -> None:
    events: asyncio.Queue[Event] = asyncio.Queue()
    refused = asyncio.Event()

    async def endless() -> AsyncIterator[bytes]:
        yield b"{"
        await refused.wait()

    guard = Guard("secret", never, events.put_nowait, read_timeout_s=0.05)
    async with (
        listening(guard) as url,
        http.post(url, data=endless(), headers=signed(b"")) as response,
    ):
        refused.set()
        assert response.status == 408
    assert events.get_nowait() == PayloadDropped("request", DropReason.TOO_SLOW)


async def test_a_body_that_breaks_off_is_no_request(caplog: pytest.LogCaptureFixture) -> None:
    events: asyncio.Queue[Event] = asyncio.Queue()
    async with listening(Guard("secret", never, events.put_nowait)) as url:
        _, writer = await asyncio.open_connection(url.host, url.port)
        head = {**signed(BODY), "Host": "bridge", "Content-Length": str(len(BODY))}
        lines = ["POST / HTTP/1.1", *(f"{name}: {head[name]}" for name in head), "", ""]
        writer.write("\r\n".join(lines).encode() + BODY[:-1])
        await writer.drain()
        writer.close()
        assert await events.get() == PayloadDropped("request", DropReason.MALFORMED)
        await writer.wait_closed()
    assert "Traceback" not in caplog.text
    assert PRIVATE not in caplog.text


def test_there_is_no_guard_without_a_secret() -> None:
    with pytest.raises(ValueError, match="secret is empty"):
        Guard("", never, lambda _: None)


async def test_slack_can_verify_the_address_even_before_we_know_who_we_are(
    http: aiohttp.ClientSession,
) -> None:
    body = json.dumps({"type": "url_verification", "challenge": "3eZ", "token": "x"}).encode()
    async with serving(SlackWithBridge(identity=None)) as front:
        status, text = await post(front, http, body, signed(body))
    assert (status, json.loads(text)) == (200, {"challenge": "3eZ"})


async def test_only_post_is_served(front: SlackWithBridge, http: aiohttp.ClientSession) -> None:
    async with http.get(front.url) as response:
        assert response.status == 405
