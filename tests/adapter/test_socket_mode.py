"""Events over a socket that we open: the same listeners, the same promises, and it stays open."""

import asyncio
import logging
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager

import pytest
from slack_bolt.request.async_request import AsyncBoltRequest
from slack_bolt.response import BoltResponse

from bridge.core.errors import CredentialsRejected
from bridge.core.events import ServiceLost, ServiceRestored
from bridge.emulators.slack import BOT_USER, C_GENERAL, D_ALICE, U_ALICE, Fault, SlackEmulator
from tests.adapter.slack_front import MANIFEST, SlackWithBridge, connected, socket_mode
from tests.slack import slack_emulator

BOT = f"<@{BOT_USER}>"
PRIVATE = "the-words-of-a-user"


@pytest.fixture
async def slack() -> AsyncIterator[SlackEmulator]:
    """Waits less for an acknowledgement than Slack does, and tries again sooner and more often."""
    delays = (0.0, 0.05, 0.1, 0.2, 0.4, 0.8, 1.6)
    async with slack_emulator(
        manifest=MANIFEST, socket_mode=True, retry_delays_s=delays, delivery_timeout_s=1.0
    ) as slack:
        yield slack


@pytest.fixture
async def front() -> AsyncIterator[SlackWithBridge]:
    front = SlackWithBridge()
    async with front.redis:
        yield front


@contextmanager
def losses(front: SlackWithBridge) -> Iterator[list[str]]:
    """What was told of the socket within the block: lost and back, in order."""
    told: list[str] = []
    yield told
    kinds = {ServiceLost: "lost", ServiceRestored: "back"}
    told += [kinds[type(event)] for event in front.events if type(event) in kinds]


async def answering(slack: SlackEmulator) -> None:
    """Not only Slack sees the connection, we read from it as well."""
    await connected(slack)
    assert (await slack.command(U_ALICE, C_GENERAL, "/beebot")).status == 200


async def test_a_mention_is_stored_once_and_acknowledged(
    slack: SlackEmulator, front: SlackWithBridge
) -> None:
    async with socket_mode(slack, front) as socket:
        await connected(slack)
        await slack.post(C_GENERAL, U_ALICE, f"{BOT} how are you?")
        await slack.until(lambda: len(slack.deliveries) == 2)
        assert await socket.is_connected()
    assert [delivery.status for delivery in slack.deliveries] == [200, 200]
    assert [ask.text for ask in await front.asks()] == ["how are you?"]
    assert sorted(front.results) == ["accepted", "duplicate"]


async def test_the_same_event_four_times_is_one_turn(
    slack: SlackEmulator, front: SlackWithBridge
) -> None:
    event = {
        "type": "message",
        "user": U_ALICE,
        "text": "how are you?",
        "ts": "1763800000.000100",
        "channel": D_ALICE,
        "channel_type": "im",
    }
    async with socket_mode(slack, front):
        await connected(slack)
        deliveries = await slack.deliver(event, "Ev1", times=4)
    assert [delivery.status for delivery in deliveries] == [200] * 4
    assert sorted(front.results) == ["accepted", "duplicate", "duplicate", "duplicate"]


async def test_what_could_not_be_stored_is_not_acknowledged_and_comes_again(
    slack: SlackEmulator, front: SlackWithBridge
) -> None:
    async with socket_mode(slack, front):
        await connected(slack)
        front.store.connected = False
        await slack.post(D_ALICE, U_ALICE, "how are you?")
        await slack.until(lambda: slack.deliveries)
        assert not slack.deliveries[0].succeeded
        front.store.connected = True
        await slack.until(lambda: slack.deliveries[-1].succeeded)
    assert [ask.text for ask in await front.asks()] == ["how are you?"]


async def test_a_command_is_answered_in_its_acknowledgement(
    slack: SlackEmulator, front: SlackWithBridge
) -> None:
    async with socket_mode(slack, front):
        await connected(slack)
        assert (await slack.command(U_ALICE, C_GENERAL, "/beebot", "help")).status == 200
    (told,) = slack.workspace.ephemerals
    assert told.ephemeral_to == U_ALICE
    assert "/beebot" in told.text


async def test_an_answer_with_a_body_goes_back_with_the_acknowledgement(
    slack: SlackEmulator, front: SlackWithBridge
) -> None:
    async def greet(_: AsyncBoltRequest) -> BoltResponse:
        return BoltResponse(status=200, body={"text": "hello"})

    async with socket_mode(slack, front, wrap=greet):
        await connected(slack)
        delivery = await slack.command(U_ALICE, C_GENERAL, "/beebot")
    assert delivery.response == '{"text": "hello"}'


@pytest.mark.parametrize("reason", ["warning", "refresh_requested"])
async def test_a_connection_that_slack_wants_refreshed_is_replaced(
    slack: SlackEmulator, front: SlackWithBridge, reason: str
) -> None:
    async with socket_mode(slack, front):
        await connected(slack)
        await slack.refresh_sockets(reason)  # type: ignore[arg-type]
        await slack.until(lambda: len(slack.calls_of("apps.connections.open")) == 2)
        await connected(slack)
        await slack.post(D_ALICE, U_ALICE, "still there?")
        await slack.until(lambda: slack.deliveries and slack.deliveries[-1].succeeded)
    assert front.results.count("accepted") == 1


async def test_a_connection_that_breaks_is_opened_again(
    slack: SlackEmulator, front: SlackWithBridge
) -> None:
    with losses(front) as told:
        async with socket_mode(slack, front):
            await answering(slack)
            await slack.cut_sockets()
            await slack.until(lambda: len(slack.calls_of("apps.connections.open")) == 2)
            await connected(slack)
            await slack.post(D_ALICE, U_ALICE, "still there?")
            await slack.until(lambda: slack.deliveries and slack.deliveries[-1].succeeded)
    assert told == []


async def test_a_dead_connection_is_given_up_for_a_fresh_one_and_told_once(
    slack: SlackEmulator, front: SlackWithBridge
) -> None:
    with losses(front) as told:
        async with socket_mode(slack, front) as socket:
            await answering(slack)
            slack.faults.add(Fault("apps.connections.open", "error", "internal_error", times=None))
            await slack.cut_sockets()
            await slack.until(lambda: socket.failure)  # asked at each of the vain attempts
            assert not await socket.is_connected()
            slack.faults.clear()
            await connected(slack)
            await slack.post(D_ALICE, U_ALICE, "there again?")
            await slack.until(lambda: slack.deliveries and slack.deliveries[-1].succeeded)
    assert told == ["lost", "back"]


async def test_a_refused_token_is_told_as_such(
    slack: SlackEmulator, front: SlackWithBridge
) -> None:
    with losses(front) as told:
        async with socket_mode(slack, front, xapp="xapp-wrong") as socket:
            await slack.until(lambda: len(slack.calls_of("apps.connections.open")) == 3)
            assert isinstance(socket.failure, CredentialsRejected)
            assert not await socket.is_connected()
    assert told == ["lost"]


async def test_closing_waits_for_what_is_being_stored(
    slack: SlackEmulator, front: SlackWithBridge
) -> None:
    storing, may_end = asyncio.Event(), asyncio.Event()

    async def slowly(_: AsyncBoltRequest) -> BoltResponse:
        storing.set()
        await may_end.wait()
        return BoltResponse(status=200)

    async with socket_mode(slack, front, wrap=slowly):
        await connected(slack)
        await slack.post(D_ALICE, U_ALICE, "how are you?")
        await storing.wait()
        asyncio.get_running_loop().call_later(0.05, may_end.set)
    assert slack.connections == 0
    assert [delivery.status for delivery in slack.deliveries] == [200]


async def test_no_log_tells_what_was_said_or_where_the_socket_leads(
    slack: SlackEmulator, front: SlackWithBridge, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    async with socket_mode(slack, front):
        await connected(slack)
        await slack.post(D_ALICE, U_ALICE, PRIVATE)
        await slack.until(lambda: slack.deliveries)
    assert front.results == ["accepted"]
    for secret in (PRIVATE, "ticket=", "xapp-emulated-app"):
        assert secret not in caplog.text
