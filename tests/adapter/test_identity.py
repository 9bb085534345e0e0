"""Who the bot is, asked of Slack until it answers."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

import aiohttp
import pytest
from aiohttp import web

from bridge.core.errors import CredentialsRejected, ProtocolError
from bridge.core.events import Event, ServiceLost, ServiceRestored, SlackCalled
from bridge.emulators.slack import BOT, BOT_USER, TEAM, Fault, SlackEmulator
from bridge.slack.api.faults import BOT_REFUSED
from bridge.slack.api.web_api import open_client
from bridge.slack.workspace.identity import IdentityService, ask_identity
from tests.adapter.slack_front import MANIFEST
from tests.slack import slack_emulator


@pytest.fixture
async def slack() -> AsyncIterator[SlackEmulator]:
    async with slack_emulator(manifest=MANIFEST) as slack:
        yield slack


@pytest.fixture
async def http() -> AsyncIterator[aiohttp.ClientSession]:
    async with aiohttp.ClientSession() as session:
        yield session


def service(
    slack: SlackEmulator,
    http: aiohttp.ClientSession,
    events: list[Event],
    xoxb: str = "",
    longest_backoff_s: float = 30,
    timeout_s: float = 60,
) -> IdentityService:
    client = open_client(xoxb or slack.bot_token, base_url=slack.api_url, session=http)
    return IdentityService(
        client,
        events.append,
        backoff_s=0.01,
        longest_backoff_s=longest_backoff_s,
        timeout_s=timeout_s,
    )


@asynccontextmanager
async def running(identity: IdentityService) -> AsyncIterator[None]:
    stop = asyncio.Event()
    task = asyncio.create_task(identity.run(stop))
    yield
    stop.set()
    await task


async def until(condition: Callable[[], object]) -> None:
    async with asyncio.timeout(60):
        while not condition():  # noqa: ASYNC110 - the service announces nothing
            await asyncio.sleep(0.005)


async def learn(identity: IdentityService) -> None:
    async with running(identity):
        await until(lambda: identity.known)


async def test_slack_tells_who_we_are(slack: SlackEmulator, http: aiohttp.ClientSession) -> None:
    events: list[Event] = []
    identity = service(slack, http, events)
    await learn(identity)
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
    identity = service(slack, http, events, timeout_s=0.2 if kind == "hang" else 60)
    await learn(identity)
    assert identity.known is not None
    assert identity.failure is None
    assert [type(event) for event in events] == [ServiceLost, ServiceRestored]


async def test_a_refused_token_calls_for_the_operator_and_is_tried_on(
    slack: SlackEmulator, http: aiohttp.ClientSession
) -> None:
    events: list[Event] = []
    identity = service(slack, http, events, xoxb="xoxb-revoked")
    async with running(identity):
        await slack.until(lambda: len(slack.calls_of("auth.test")) == 3)
        assert isinstance(identity.failure, CredentialsRejected)
        assert identity.known is None
    assert events == [ServiceLost("slack", "invalid_auth", BOT_REFUSED)]


async def test_a_token_that_was_refused_for_a_while_is_believed_again_without_traffic(
    slack: SlackEmulator, http: aiohttp.ClientSession
) -> None:
    events: list[Event] = []
    identity = service(slack, http, events, longest_backoff_s=0.05)
    async with running(identity):
        await until(lambda: identity.known)
        await identity.ping()
        slack.faults.add(Fault("auth.test", "error", "invalid_auth", times=2))
        identity.observe(SlackCalled("chat.postMessage", "invalid_auth", 0.1))
        with pytest.raises(CredentialsRejected, match="invalid_auth"):
            await identity.ping()
        await until(lambda: identity.failure is None)
        await identity.ping()
        asked = len(slack.calls_of("auth.test"))
        assert asked == 4, "at start, twice in vain, and once more"
        await asyncio.sleep(0.2)
        assert len(slack.calls_of("auth.test")) == asked, "nobody asks while all is well"
    assert [type(event) for event in events] == [ServiceLost, ServiceRestored]


async def test_a_call_that_gets_through_ends_the_doubt_at_once(
    slack: SlackEmulator, http: aiohttp.ClientSession
) -> None:
    identity = service(slack, http, [], longest_backoff_s=30)
    async with running(identity):
        await until(lambda: identity.known)
        identity.observe(SlackCalled("chat.update", "token_revoked", 0.1))
        assert identity.failure
        identity.observe(SlackCalled("chat.update", "ok", 0.1))
        await identity.ping()
        assert len(slack.calls_of("auth.test")) == 1


@pytest.mark.parametrize("word", ["missing_scope", "not_allowed_token_type", "channel_not_found"])
async def test_what_is_refused_for_one_method_says_nothing_of_the_token(
    slack: SlackEmulator, http: aiohttp.ClientSession, word: str
) -> None:
    identity = service(slack, http, [])
    await learn(identity)
    identity.observe(SlackCalled("chat.update", word, 0.1))
    await identity.ping()


async def test_an_outage_that_becomes_the_operators_to_mend_is_told_again(
    slack: SlackEmulator, http: aiohttp.ClientSession
) -> None:
    slack.faults.add(Fault("auth.test", "error", "internal_error"))
    slack.faults.add(Fault("auth.test", "error", "account_inactive"))
    events: list[Event] = []
    await learn(service(slack, http, events))
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
