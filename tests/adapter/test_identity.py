"""Who the bot is, asked of Slack until it answers."""

import asyncio
from collections.abc import AsyncIterator

import aiohttp
import pytest
from aiohttp import web

from bridge.core.errors import CredentialsRejected, ProtocolError
from bridge.core.events import Event, ServiceBack, ServiceLost
from bridge.emulators.slack import BOT, BOT_USER, TEAM, Fault, SlackEmulator
from bridge.slack.client import open_client
from bridge.slack.identity import IdentityService, ask_identity
from tests.adapter.slack_front import MANIFEST


@pytest.fixture
async def slack() -> AsyncIterator[SlackEmulator]:
    async with SlackEmulator(manifest=MANIFEST) as slack:
        yield slack


@pytest.fixture
async def http() -> AsyncIterator[aiohttp.ClientSession]:
    async with aiohttp.ClientSession() as session:
        yield session


def service(
    slack: SlackEmulator, http: aiohttp.ClientSession, events: list[Event], xoxb: str = ""
) -> IdentityService:
    client = open_client(xoxb or slack.bot_token, base_url=slack.api_url, session=http)
    return IdentityService(client, events.append, backoff_s=0.01, timeout_s=0.2)


async def test_slack_tells_who_we_are(slack: SlackEmulator, http: aiohttp.ClientSession) -> None:
    events: list[Event] = []
    identity = service(slack, http, events)
    await identity.run(asyncio.Event())
    assert identity.known is not None
    assert (identity.known.team_id, identity.known.bot_user_id) == (TEAM, BOT_USER)
    assert (identity.known.bot_id, identity.known.enterprise_id) == (BOT, "")
    assert events == []


@pytest.mark.parametrize("kind", ["error", "http", "reset", "hang"])
async def test_it_is_asked_again_until_it_answers_and_the_outage_is_told_once(
    slack: SlackEmulator, http: aiohttp.ClientSession, kind: str
) -> None:
    slack.faults.add(Fault("auth.test", kind, times=3))  # type: ignore[arg-type]
    events: list[Event] = []
    identity = service(slack, http, events)
    await identity.run(asyncio.Event())
    assert identity.known is not None
    assert identity.failure is None
    assert [type(event) for event in events] == [ServiceLost, ServiceBack]


async def test_a_refused_token_calls_for_the_operator_and_is_tried_on(
    slack: SlackEmulator, http: aiohttp.ClientSession
) -> None:
    events: list[Event] = []
    identity = service(slack, http, events, xoxb="xoxb-revoked")
    stop = asyncio.Event()
    running = asyncio.create_task(identity.run(stop))
    await slack.until(lambda: len(slack.calls_of("auth.test")) == 3)
    assert isinstance(identity.failure, CredentialsRejected)
    assert identity.known is None
    stop.set()
    await running
    assert events == [ServiceLost("slack", "invalid_auth")]


async def test_an_outage_that_becomes_the_operators_to_mend_is_told_again(
    slack: SlackEmulator, http: aiohttp.ClientSession
) -> None:
    slack.faults.add(Fault("auth.test", "error", "internal_error"))
    slack.faults.add(Fault("auth.test", "error", "account_inactive"))
    events: list[Event] = []
    await service(slack, http, events).run(asyncio.Event())
    reasons = [event.reason for event in events if isinstance(event, ServiceLost)]
    assert reasons == ["internal_error", "account_inactive"]


@pytest.mark.parametrize(
    ("answer", "error"),
    [
        ({"team_id": "T1", "user_id": "U1"}, CredentialsRejected),  # the token of a person
        ({"team_id": "T1", "bot_id": "B1"}, ProtocolError),
        ({}, ProtocolError),
    ],
)
async def test_an_answer_that_tells_of_no_bot_is_refused(
    http: aiohttp.ClientSession, answer: dict[str, str], error: type[Exception]
) -> None:
    async def reply(_: object) -> web.Response:
        return web.json_response({"ok": True} | answer)

    app = web.Application()
    app.router.add_post("/auth.test", reply)
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    base_url = f"http://127.0.0.1:{runner.addresses[0][1]}/"
    with pytest.raises(error):
        await ask_identity(open_client("xoxp-1", base_url=base_url, session=http))
    await runner.cleanup()
