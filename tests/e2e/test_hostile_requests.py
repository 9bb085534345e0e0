"""What strangers and broken clients send over HTTP: refused in a word, without effect or trace."""

import asyncio
import gzip
import hashlib
import hmac
import json
import time
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass, field
from io import BytesIO
from typing import Any
from urllib.parse import urlencode

import aiohttp
import pytest

from bridge.emulators.beebot import typed
from bridge.emulators.slack.seed import BOT_USER, C_GENERAL, TEAM, U_ALICE
from tests.e2e.stage import SECRETS, Stage, events_url

pytestmark = pytest.mark.process
JSON, FORM = "application/json", "application/x-www-form-urlencoded"
PRIVATE = "words-that-no-log-may-hold"
TWO_MB = json.dumps({"type": "event_callback", "team_id": TEAM, "x": PRIVATE * 80_000}).encode()
MODAL = {"id": "V1", "type": "modal", "callback_id": "gossip", "private_metadata": PRIVATE}
PERSON = {"id": U_ALICE, "team_id": TEAM, "name": PRIVATE}


def signature(body: bytes, stamp: str, secret: str = SECRETS["SLACK_SIGNING_SECRET"]) -> str:
    digest = hmac.new(secret.encode(), b"v0:" + stamp.encode() + b":" + body, hashlib.sha256)
    return f"v0={digest.hexdigest()}"


@dataclass(frozen=True)
class Attempt:
    """A request as somebody sends it; rightly signed, at this moment, unless `headers` differ."""

    body: bytes
    status: int
    headers: Mapping[str, str] = field(default_factory=dict)
    is_chunked: bool = False

    def full_headers(self) -> dict[str, str]:
        stamp = self.headers.get("X-Slack-Request-Timestamp", str(int(time.time())))
        signed = {"X-Slack-Request-Timestamp": stamp, "Content-Type": JSON}
        return {**signed, "X-Slack-Signature": signature(self.body, stamp), **self.headers}


def event(kind: str = "app_mention", *, team: str = TEAM, **changes: Any) -> bytes:
    said = {
        "type": kind, "user": U_ALICE, "channel": C_GENERAL, "ts": "1700000000.000100",
        "event_ts": "1700000000.000100", "text": f"<@{BOT_USER}> {PRIVATE}", "team": team,
    }  # fmt: skip
    body = {"type": "event_callback", "team_id": team, "event_id": "Ev1", "event": said}
    return json.dumps(body | changes).encode()


def form(kind: str, **fields: Any) -> bytes:
    payload = {"type": kind, "team": {"id": TEAM}, "user": PERSON, "trigger_id": "1.2", **fields}
    return urlencode({"payload": json.dumps(payload)}).encode()


def click(action_id: str, value: str) -> bytes:
    action = {
        "type": "button", "action_id": action_id, "block_id": "b", "value": value,
        "action_ts": "1700000000.000100",
    }  # fmt: skip
    message = {"ts": "1700000000.000100", "text": PRIVATE}
    place = {"channel": {"id": C_GENERAL}, "message": message}
    return form("block_actions", actions=[action], **place)


SHOTS = {
    "without a signature": Attempt(event(), 401, {"X-Slack-Signature": ""}),
    "signed with another secret": Attempt(event(), 401, {"X-Slack-Signature": "v0=" + "0" * 64}),
    "stale": Attempt(event(), 401, {"X-Slack-Request-Timestamp": "1700000000"}),
    "from the future": Attempt(event(), 401, {"X-Slack-Request-Timestamp": "99999999999"}),
    "at no time": Attempt(event(), 401, {"X-Slack-Request-Timestamp": PRIVATE}),
    "of a wrong type": Attempt(event(), 415, {"Content-Type": "text/plain"}),
    "compressed": Attempt(gzip.compress(event()), 415, {"Content-Encoding": "gzip"}),
    "of 2 MB": Attempt(TWO_MB, 413),
    "of 2 MB, in chunks": Attempt(TWO_MB, 413, is_chunked=True),
    "of half a JSON": Attempt(event()[:-20], 400),
    "of no UTF-8": Attempt(b'{"x": "\xff\xfe"}', 400),
    "too deep": Attempt(b"[" * 100_000 + b"]" * 100_000, 400),
    "a form of no payload": Attempt(PRIVATE.encode(), 200, {"Content-Type": FORM}),
    "an event that nobody knows": Attempt(event("gossip_heard"), 200),
    "an event of no shape": Attempt(event(event=PRIVATE), 200),
    "an event without a channel": Attempt(event(event={"type": "message", "text": PRIVATE}), 200),
    "an event of strangers": Attempt(event(team="T0STRANGER"), 200),
    "a button that nobody made": Attempt(click("gossip", PRIVATE), 200, {"Content-Type": FORM}),
    "a shortcut that nobody made": Attempt(form("shortcut", callback_id="x"), 200,
                                        {"Content-Type": FORM}),
    "a modal that nobody made": Attempt(form("view_submission", view=MODAL), 200,
                                     {"Content-Type": FORM}),
    "a command that nobody made": Attempt(
        urlencode({"command": "/gossip", "text": PRIVATE, "team_id": TEAM}).encode(), 200,
        {"Content-Type": FORM},
    ),
}  # fmt: skip


async def fire(http: aiohttp.ClientSession, port: int, shot: Attempt) -> tuple[int, str]:
    async def in_chunks() -> AsyncIterator[bytes]:
        for start in range(0, len(shot.body), 65_536):
            yield shot.body[start : start + 65_536]

    data = in_chunks() if shot.is_chunked else BytesIO(shot.body)
    async with http.post(events_url(port), data=data, headers=shot.full_headers()) as answer:
        return answer.status, await answer.text()


async def test_hostile_requests_have_no_effect_and_leave_no_trace_of_what_they_said(
    stage: Stage,
) -> None:
    stage.beebot.default(typed("Fine."))
    bridge = await stage.start_bridge(BRIDGE_LOG_LEVEL="DEBUG")
    async with aiohttp.ClientSession() as http:
        answers = {name: await fire(http, bridge.port, shot) for name, shot in SHOTS.items()}
    assert answers == {name: (shot.status, "") for name, shot in SHOTS.items()}
    assert stage.slack.calls_of("chat.postMessage") == []
    assert stage.beebot.questions == []
    root = await stage.slack.post(C_GENERAL, U_ALICE, f"<@{BOT_USER}> an honest question")
    await stage.slack.until(lambda: stage.texts(C_GENERAL, root) == ["Fine."])
    log = "".join(bridge.log)
    assert '"why": "signature"' in log
    assert [word for word in (PRIVATE, "Traceback", "honest") if word in log] == []


async def test_a_request_that_somebody_recorded_and_plays_again_asks_nothing_anew(
    stage: Stage,
) -> None:
    stage.beebot.default(typed("Fine."))
    port = await stage.open_bridge()
    root = await stage.slack.post(C_GENERAL, U_ALICE, f"<@{BOT_USER}> once")
    await stage.slack.until(lambda: stage.texts(C_GENERAL, root) == ["Fine."])
    recorded = [Attempt(json.dumps(one.body).encode(), 200) for one in stage.slack.deliveries]
    async with aiohttp.ClientSession() as http:
        assert {await fire(http, port, shot) for shot in recorded * 3} == {(200, "")}
    await stage.slack.post(C_GENERAL, U_ALICE, "and again", thread_ts=root)
    await stage.slack.until(lambda: len(stage.texts(C_GENERAL, root)) == 2)
    assert [question.utterance for question in stage.beebot.questions] == ["once", "and again"]


async def test_an_unknown_path_is_told_once_with_the_right_one(stage: Stage) -> None:
    bridge = await stage.start_bridge()
    url = f"http://127.0.0.1:{bridge.port}"
    async with aiohttp.ClientSession(url) as http:
        for path in ("/slack/event", "/slack/event?token=s3cr3t", "/slack", "/slack/event"):
            async with http.post(path, data=event()) as answer:
                assert answer.status == 404
        async with http.get("/slack/events") as answer:
            assert answer.status == 405, "the path is right"
        async with http.get("/metrics") as answer:
            assert answer.status == 404
    told = [json.loads(line) for line in bridge.log if "path.unknown" in line]
    assert [line["path"] for line in told] == ["/slack/event", "/slack", "/metrics"]
    assert {line["level"] for line in told} == {"warning"}
    assert "https://HOST/slack/events" in told[0]["advice"]
    assert "s3cr3t" not in "".join(bridge.log)


@pytest.mark.parametrize("transport", ["socket mode"])
async def test_with_socket_mode_slacks_path_is_unknown_and_the_log_says_why(stage: Stage) -> None:
    bridge = await stage.start_bridge()
    async with aiohttp.ClientSession() as http:
        assert await fire(http, bridge.port, Attempt(event(), 404)) == (404, "404: Not Found")
    await bridge.says("path.unknown")
    assert "SLACK_APP_TOKEN" in bridge.said("path.unknown")


async def test_strangers_cannot_flood_the_log(stage: Stage) -> None:
    bridge = await stage.start_bridge()
    quiet = len(bridge.log)
    forged = Attempt(event(), 401, {"X-Slack-Signature": "v0=" + "0" * 64})
    bare = Attempt(b"{", 401, {"X-Slack-Request-Timestamp": ""})
    async with aiohttp.ClientSession() as http:
        for number in range(150):
            for shot in (forged, bare):
                assert (await fire(http, bridge.port, shot))[0] == shot.status
            url = f"http://127.0.0.1:{bridge.port}/\x1b[31m{number}/%0aERROR"
            async with http.get(url) as answer:
                assert answer.status == 404
        for raw in (b"no http at all\r\n\r\n", b"GET / HTTP/1.1\r\nbad\r\n\r\n", b"\x16\x03\x01"):
            for _ in range(20):
                _, writer = await asyncio.open_connection("127.0.0.1", bridge.port)
                writer.write(raw)
                await writer.drain()
                writer.close()
        await fire(http, bridge.port, SHOTS["stale"])
    await bridge.says('"why": "timestamp"')
    said = bridge.log[quiet:]
    assert len(said) < 40
    assert "\x1b" not in "".join(said)
    assert len([line for line in said if '"why": "signature"' in line]) == 1
