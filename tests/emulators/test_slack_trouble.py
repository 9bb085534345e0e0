"""Rate limits and scripted faults, as Slack's clients meet them."""

import asyncio

import aiohttp
import pytest
from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient

from bridge.emulators.slack import C_GENERAL, C_RANDOM, U_ALICE, Fault, Limits
from tests.emulators.slack_witness import MANIFEST, refusal, visiting
from tests.slack import slack_emulator


async def post(client: AsyncWebClient, channel: str = C_GENERAL) -> None:
    await client.chat_postMessage(channel=channel, text="x")


async def wait_of(client: AsyncWebClient, channel: str = C_GENERAL) -> int:
    """The Retry-After of a post that is refused with 429."""
    with pytest.raises(SlackApiError) as caught:
        await post(client, channel)
    response = caught.value.response
    assert (response.status_code, response["error"]) == (429, "ratelimited")
    return int(response.headers["Retry-After"])


async def test_without_limits_nothing_is_refused() -> None:
    async with visiting() as (slack, client):
        for _ in range(30):
            await post(client)
        assert {call.status for call in slack.calls} == {200}


async def test_posts_have_a_budget_for_each_channel() -> None:
    async with visiting(limits=Limits(posts_per_s=0.1, post_burst=3)) as (slack, client):
        for _ in range(3):
            await post(client)
        assert await wait_of(client) == 10
        await post(client, C_RANDOM)
        slack.clock.advance(10)
        await post(client)
        assert await wait_of(client) == 10


async def test_updates_share_the_workspaces_fifty_a_minute() -> None:
    async with visiting(limits=Limits(burst=2)) as (slack, client):
        ts = (await client.chat_postMessage(channel=C_GENERAL, text="x"))["ts"]
        for _ in range(2):
            await client.chat_update(channel=C_GENERAL, ts=ts, text="y")
        over = client.chat_update(channel=C_GENERAL, ts=ts, text="y")
        assert await refusal(over) == "ratelimited"
        accepted = 0
        for _ in range(60):
            slack.clock.advance(1)
            try:
                await client.chat_update(channel=C_GENERAL, ts=ts, text="y")
                accepted += 1
            except SlackApiError:
                pass
        assert 48 <= accepted <= 51


async def test_limits_can_be_set_by_method_and_while_running() -> None:
    limits = Limits(per_minute={"users.info": 1}, bursts={"users.info": 1})
    async with visiting(limits=limits) as (slack, client):
        await client.users_info(user=U_ALICE)
        assert await refusal(client.users_info(user=U_ALICE)) == "ratelimited"
        slack.set_limits(None)
        await client.users_info(user=U_ALICE)


async def test_a_scripted_429_names_its_wait_and_happens_as_often_as_told() -> None:
    async with visiting() as (slack, client):
        fault = Fault("chat.postMessage", "ratelimited", retry_after_s=7, times=2)
        slack.faults.add(fault)
        assert [await wait_of(client) for _ in range(2)] == [7, 7]
        await post(client)
        assert [call.status for call in slack.calls] == [429, 429, 200]


async def test_a_scripted_error_concerns_the_calls_it_describes() -> None:
    async with visiting() as (slack, client):
        slack.faults.add(
            Fault("*", "error", error="fatal_error", when=lambda args: args["channel"] == C_RANDOM)
        )
        await post(client)
        assert await refusal(client.chat_postMessage(channel=C_RANDOM, text="x")) == "fatal_error"
        await post(client, C_RANDOM)


async def test_a_broken_gateway_answers_with_a_page() -> None:
    async with visiting() as (slack, client):
        slack.faults.add(Fault("chat.postMessage", "http", status=502))
        with pytest.raises(SlackApiError) as caught:
            await post(client)
        assert caught.value.response.status_code == 502


async def test_a_reset_call_never_counted_and_a_lost_reply_did() -> None:
    async with visiting() as (slack, client):
        slack.faults.add(Fault("chat.postMessage", "reset"))
        slack.faults.add(Fault("chat.postMessage", "lost_reply"))
        with pytest.raises(aiohttp.ClientConnectionError):
            await post(client)
        after_reset = len(slack.workspace.channel(C_GENERAL).messages)
        with pytest.raises(aiohttp.ClientConnectionError):
            await post(client)
        after_lost = len(slack.workspace.channel(C_GENERAL).messages)
        assert (after_reset, after_lost) == (0, 1)
        assert [call.status for call in slack.calls] == [0, 0]


async def test_a_hanging_call_is_let_go_when_the_emulator_stops() -> None:
    async with aiohttp.ClientSession() as session:
        async with slack_emulator(manifest=MANIFEST) as slack:
            slack.faults.add(Fault("api.test", "hang"))
            hanging = asyncio.ensure_future(session.get(slack.api_url + "api.test"))
            await slack.until(lambda: slack.calls_of("api.test"))
            assert not hanging.done()
        with pytest.raises(aiohttp.ClientConnectionError):
            await hanging


async def test_a_slow_call_counts_after_its_delay() -> None:
    async with visiting() as (slack, client):
        slack.faults.add(Fault("chat.postMessage", "slow", delay_s=0.05))
        began = asyncio.get_running_loop().time()
        await post(client)
        assert asyncio.get_running_loop().time() - began >= 0.05


async def test_faults_can_last_and_be_cleared() -> None:
    async with visiting() as (slack, client):
        slack.faults.add(Fault("auth.test", "error", times=None))
        for _ in range(3):
            assert await refusal(client.auth_test()) == "internal_error"
        slack.faults.clear()
        assert (await client.auth_test())["ok"]
