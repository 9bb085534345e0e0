"""The way to Slack's Web API under its rate limits."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer

from bridge.core.errors import BridgeError, ContentRefused, LeaseLost, OutcomeUnknown, RateLimited
from bridge.core.events import Event, SlackCalled
from bridge.core.limits import AcquireResult, Call, Priority
from bridge.emulators.slack import Fault, SlackEmulator
from bridge.emulators.slack.seed import C_GENERAL, TEAM
from bridge.network import parse_retry_after
from bridge.slack.api.limiter import Limiter
from bridge.slack.api.rate_limits import DEFAULT, LIMITS
from bridge.slack.api.web_api import SlackApi, open_client
from tests.refused_methods import RefusedInMemory
from tests.slack import slack_emulator

MANIFEST = Path(__file__).parents[2] / "manifest.yml"
POST = "chat.postMessage"


@dataclass
class ScarceBuckets:
    """Buckets that make everybody wait as often as `waits` says."""

    waits: list[float] = field(default_factory=list)
    told: list[str] = field(default_factory=list)
    wanted: asyncio.Queue[Call] = field(default_factory=asyncio.Queue)

    async def acquire(
        self, calls: Sequence[Call], length_s: float, waited_s: float
    ) -> AcquireResult:
        assert length_s > 0 <= waited_s
        self.wanted.put_nowait(calls[0])
        return AcquireResult(self.waits.pop(0) if self.waits else 0.0)

    async def shrink(self, call: Call, ahead: int, after_s: float) -> None:
        assert ahead == 0
        self.told.append(f"{call.method} refused for {after_s:.0f} s")

    async def release(self, team: str, turn: str) -> None:
        raise AssertionError(f"{turn} of {team} has begun nothing")


@dataclass
class SlackWithApi:
    slack: SlackEmulator
    buckets: ScarceBuckets
    api: SlackApi

    async def post(self, priority: Priority, api: SlackApi | None = None) -> None:
        await (api or self.api).call(
            POST,
            {"channel": C_GENERAL, "text": "text"},
            team=TEAM,
            channel=C_GENERAL,
            priority=priority,
        )

    async def call(self, method: str, arguments: dict[str, Any]) -> None:
        await self.api.call(
            method, arguments, team=TEAM, channel=C_GENERAL, priority=Priority.FINAL
        )

    @property
    def posts(self) -> int:
        return len(self.slack.calls_of(POST))


@pytest.fixture
async def office() -> AsyncIterator[SlackWithApi]:
    buckets = ScarceBuckets()
    limiter = Limiter(buckets, LIMITS, DEFAULT)
    async with slack_emulator(manifest=MANIFEST) as slack, aiohttp.ClientSession() as http:
        client = open_client(slack.bot_token, base_url=slack.api_url, session=http)
        yield SlackWithApi(
            slack,
            buckets,
            SlackApi(lambda _team: client, limiter, lambda _event: None, refused=RefusedInMemory()),
        )


async def test_a_final_text_waits_for_its_turn_and_then_goes(office: SlackWithApi) -> None:
    office.buckets.waits = [0.01, 0.01]
    await office.post(Priority.FINAL)
    assert (office.posts, office.buckets.waits) == (1, [])


async def test_a_call_tells_how_long_it_was_held_back(office: SlackWithApi) -> None:
    events: list[Event] = []
    office.buckets.waits = [0.05]
    await office.post(Priority.FINAL, office.api.observed_by(events.append))
    (called,) = [event for event in events if isinstance(event, SlackCalled)]
    assert called.result == "ok"
    assert called.waited_s >= 0.05


@pytest.mark.parametrize("priority", [Priority.FIRST, Priority.PROGRESS])
async def test_others_are_told_when_to_come_again(office: SlackWithApi, priority: Priority) -> None:
    office.buckets.waits = [7]
    with pytest.raises(RateLimited) as limited:
        await office.post(priority)
    assert (limited.value.after_s, office.posts) == (7, 0)


async def test_who_may_not_call_any_more_after_the_wait_does_not(office: SlackWithApi) -> None:
    office.buckets.waits = [0.01]

    async def ensure() -> None:
        assert office.buckets.waits == [], "asked when the wait is over"
        raise LeaseLost("another replica has the turn")

    with pytest.raises(LeaseLost):
        await office.post(Priority.FINAL, office.api.guarded_by(ensure))
    assert office.posts == 0
    await office.post(Priority.FINAL)
    assert office.posts == 1, "only who asked to be asked is"


async def test_a_final_text_that_is_given_up_while_it_waits_is_not_sent(
    office: SlackWithApi,
) -> None:
    office.buckets.waits = [60]
    posting = asyncio.create_task(office.post(Priority.FINAL))
    await office.buckets.wanted.get()
    posting.cancel()
    with pytest.raises(asyncio.CancelledError):
        await posting
    assert office.posts == 0


@pytest.mark.parametrize(
    ("fault", "told"),
    [
        (
            Fault(method=POST, kind="ratelimited", retry_after_s=1),
            [f"{POST} refused for 1 s"],
        ),
        (Fault(method=POST, kind="error", error="invalid_blocks"), []),
        (Fault(method=POST, kind="lost_reply"), []),
    ],
)
async def test_the_rate_limits_hear_what_slack_refused_for_coming_too_often(
    office: SlackWithApi, fault: Fault, told: list[str]
) -> None:
    office.slack.faults.add(fault)
    with pytest.raises(BridgeError):
        await office.post(Priority.FINAL)
    assert office.buckets.told == told
    await office.post(Priority.FINAL)
    assert office.buckets.told == told
    assert office.posts == 2


@pytest.mark.parametrize("wrong", [object(), {1, 2}, b"bytes"])
async def test_a_mistake_of_ours_is_not_taken_for_a_silence_of_slacks(
    office: SlackWithApi, wrong: object
) -> None:
    with pytest.raises(TypeError):
        await office.call(POST, {"channel": C_GENERAL, "blocks": wrong})
    with pytest.raises(TypeError):
        await office.call("users.info", {"user": wrong})
    assert office.posts == 0


@pytest.mark.parametrize(
    ("body", "content_type", "status", "kind"),
    [
        (b"[1]", "application/json", 200, OutcomeUnknown),
        (b'"words"', "application/json", 200, OutcomeUnknown),
        (b"null", "application/json", 200, OutcomeUnknown),
        (b"", "application/json", 200, OutcomeUnknown),
        (b"{", "application/json", 200, OutcomeUnknown),
        (b"[" * 100_000, "application/json", 200, OutcomeUnknown),
        (b'"\xff\xfe"', "application/json", 200, OutcomeUnknown),
        (b"<html>proxy</html>", "text/html", 200, OutcomeUnknown),
        (b"words", "text/plain", 200, OutcomeUnknown),
        (b"zip", "application/gzip", 200, OutcomeUnknown),
        (b"<html>no entry</html>", "text/html", 403, OutcomeUnknown),
        (b"words", "text/plain", 502, OutcomeUnknown),
        (b"words", "text/plain", 429, RateLimited),
        (b"words", "text/plain", 413, ContentRefused),
    ],
)
async def test_a_body_that_is_not_slacks_is_no_mistake_of_ours(
    body: bytes, content_type: str, status: int, kind: type[BridgeError]
) -> None:
    async def answer(_request: web.Request) -> web.Response:
        return web.Response(body=body, status=status, content_type=content_type)

    app = web.Application()
    app.router.add_post("/api/{method}", answer)
    async with TestServer(app) as server, aiohttp.ClientSession() as http:
        client = open_client("xoxb-1", base_url=str(server.make_url("/api/")), session=http)
        limiter = Limiter(ScarceBuckets(), LIMITS, DEFAULT)
        api = SlackApi(
            lambda _team: client, limiter, lambda _event: None, refused=RefusedInMemory()
        )
        with pytest.raises(BridgeError) as raised:
            await api.call(
                POST, {"text": "a"}, team=TEAM, channel=C_GENERAL, priority=Priority.FINAL
            )
    assert type(raised.value) is kind


@pytest.mark.parametrize(
    ("retry_after", "wait_s"),
    [
        ("7", 7), ("1.5", 1.5), ("0", 1), ("-3", 1), ("soon", 1), ("", 1), (None, 1), ("nan", 1),
        ("inf", 120), ("²", 1), ("1e9", 120), ("9" * 400, 120),
        ("Wed, 21 Oct 2026 07:28:00 GMT", 1),
    ],
)  # fmt: skip
def test_whatever_a_service_says_of_waiting_is_a_time(
    retry_after: str | None, wait_s: float
) -> None:
    assert parse_retry_after(retry_after) == wait_s
