"""Events on their way to the app over HTTP: what is sent, signed, tried again."""

import asyncio
from typing import Any

import pytest
from aiohttp import web
from slack_sdk.signature import SignatureVerifier

from bridge.emulators.slack import (
    C_ELSEWHERE,
    C_GENERAL,
    C_SHARED,
    D_ALICE,
    G_PRIVATE,
    G_SECRET,
    OTHER_TEAM,
    TEAM,
    U_ALICE,
    U_BOB,
    U_EXTERNAL,
    SlackEmulator,
)
from tests.emulators.slack_witness import (
    MANIFEST,
    Received,
    manifest_without,
    never,
    receiving,
    visiting,
)
from tests.slack import slack_emulator


def emulator(**options: Any) -> SlackEmulator:
    return slack_emulator(**{"manifest": MANIFEST, "retry_delays_s": (), **options})


async def test_slack_sdk_accepts_the_signature_of_a_delivery() -> None:
    async with emulator(signing_secret="s3cret") as slack, receiving(slack) as app:
        await slack.deliver({"type": "app_mention", "text": "héllo 你好"})
        got = app.received[0]
        assert SignatureVerifier("s3cret").is_valid_request(got.raw, got.headers)
        assert not SignatureVerifier("other").is_valid_request(got.raw, got.headers)


async def test_the_envelope_says_which_installation_it_is_for() -> None:
    async with emulator() as slack, receiving(slack) as app:
        await slack.deliver({"type": "app_mention"}, event_id="Ev0001")
        envelope = app.received[0].payload
        assert envelope["type"] == "event_callback"
        assert envelope["event_id"] == "Ev0001"
        assert (envelope["team_id"], envelope["api_app_id"]) == (slack.team_id, slack.app_id)
        assert envelope["authorizations"][0]["user_id"] == slack.bot_user_id
        assert envelope["is_ext_shared_channel"] is False


async def test_a_mention_in_a_channel_comes_twice_and_in_a_direct_message_once() -> None:
    async with emulator() as slack, receiving(slack) as app:
        text = f"<@{slack.bot_user_id}> hi"
        ts = await slack.post(C_GENERAL, U_ALICE, text)
        await slack.post(D_ALICE, U_ALICE, text)
        await slack.until(lambda: len(slack.deliveries) == 3)
        (mention,) = app.events("app_mention")
        kinds = {message["channel_type"]: message for message in app.events("message")}
        assert mention["ts"] == kinds["channel"]["ts"] == ts
        assert set(kinds) == {"channel", "im"}
        ids = {received.payload["event_id"] for received in app.received}
        assert len(ids) == 3


async def test_only_events_the_app_may_see_are_sent() -> None:
    manifest = manifest_without(scopes=("app_mentions:read",), events=("message.groups",))
    async with emulator(manifest=manifest) as slack, receiving(slack) as app:
        mention = f"<@{slack.bot_user_id}> hi"
        for channel in (G_PRIVATE, G_SECRET, C_ELSEWHERE, C_GENERAL):
            await slack.post(channel, U_ALICE, mention)
        await slack.until(lambda: slack.deliveries)
        assert [event["channel"] for event in app.events("message")] == [C_GENERAL]
        assert app.events("app_mention") == []


async def test_an_edit_comes_as_a_hidden_change_and_mentions_again() -> None:
    async with emulator() as slack, receiving(slack) as app:
        ts = await slack.post(C_GENERAL, U_ALICE, "hello")
        await slack.edit(C_GENERAL, ts, f"hello <@{slack.bot_user_id}>")
        await slack.delete(C_GENERAL, ts)
        await slack.until(lambda: len(slack.deliveries) == 4)
        by_subtype = {event.get("subtype"): event for event in app.events("message")}
        changed, deleted = by_subtype["message_changed"], by_subtype["message_deleted"]
        assert changed["hidden"] is True
        assert changed["previous_message"]["text"] == "hello"
        assert changed["message"]["edited"]["user"] == U_ALICE
        assert changed["ts"] != ts == changed["message"]["ts"]
        assert deleted["deleted_ts"] == ts
        assert app.events("app_mention")[0]["ts"] == ts


async def test_the_apps_own_posts_come_back_as_events() -> None:
    async with visiting() as (slack, client), receiving(slack) as app:
        await client.chat_postMessage(channel=C_GENERAL, text=f"<@{slack.bot_user_id}>")
        await slack.until(lambda: slack.deliveries)
        assert [event["bot_id"] for event in app.events("message")] == [slack.bot_id]
        assert app.events("app_mention") == []


async def test_people_of_another_team_carry_their_own_team() -> None:
    async with emulator() as slack, receiving(slack) as app:
        await slack.post(C_SHARED, U_EXTERNAL, "hi")
        await slack.until(lambda: slack.deliveries)
        envelope = app.received[0].payload
        assert envelope["team_id"] == TEAM
        assert envelope["is_ext_shared_channel"] is True
        assert envelope["event"]["user_team"] == OTHER_TEAM


async def test_a_post_with_files_says_so() -> None:
    async with emulator() as slack, receiving(slack) as app:
        await slack.post(D_ALICE, U_ALICE, "", files=2)
        await slack.until(lambda: slack.deliveries)
        (event,) = app.events("message")
        assert event["subtype"] == "file_share"
        assert len(event["files"]) == 2


async def test_a_failed_delivery_is_tried_three_more_times_with_number_and_reason() -> None:
    async def fail(_received: Received) -> web.Response:
        return web.Response(status=503)

    async with emulator(retry_delays_s=(0.0, 0.01, 0.02)) as slack, receiving(slack) as app:
        app.answer = fail
        await slack.post(D_ALICE, U_ALICE, "hi")
        await slack.until(lambda: len(slack.deliveries) == 4)
        numbers = [got.headers.get("x-slack-retry-num") for got in app.received]
        reasons = {got.headers.get("x-slack-retry-reason") for got in app.received[1:]}
        assert numbers == [None, "1", "2", "3"]
        assert reasons == {"http_error"}
        assert len({got.payload["event_id"] for got in app.received}) == 1
        assert [delivery.status for delivery in slack.deliveries] == [503] * 4


async def test_an_answer_that_takes_too_long_is_a_failure() -> None:
    options = {"retry_delays_s": (0.0,), "delivery_timeout_s": 0.05}
    async with emulator(**options) as slack, receiving(slack) as app:
        app.answer = never
        await slack.post(D_ALICE, U_ALICE, "hi")
        await slack.until(lambda: len(slack.deliveries) == 2)
        assert app.received[1].headers["x-slack-retry-reason"] == "http_timeout"


async def test_nobody_listening_is_a_failure_that_is_tried_again() -> None:
    async with emulator(retry_delays_s=(0.0, 0.0)) as slack:
        async with receiving(slack):
            pass
        await slack.post(D_ALICE, U_ALICE, "hi")
        await slack.until(lambda: len(slack.deliveries) == 3)
        assert {delivery.reason for delivery in slack.deliveries} == {"connection_failed"}


async def test_the_app_may_refuse_retries() -> None:
    async def refuse(_received: Received) -> web.Response:
        return web.Response(status=500, headers={"x-slack-no-retry": "1"})

    async with emulator(retry_delays_s=(0.0,)) as slack, receiving(slack) as app:
        app.answer = refuse
        await slack.post(D_ALICE, U_ALICE, "hi")
        await slack.until(lambda: slack.deliveries)
        assert slack.deliveries[0].may_be_retried is False
        app.answer = None
        await slack.deliver({"type": "marker"})
        assert [got.event["type"] for got in app.received] == ["message", "marker"]


async def test_the_same_event_can_be_delivered_many_times_at_once() -> None:
    async with emulator() as slack, receiving(slack) as app:
        together = asyncio.Barrier(4)

        async def meet(_received: Received) -> web.Response:
            await together.wait()
            return web.Response()

        app.answer = meet
        deliveries = await slack.deliver({"type": "app_mention"}, times=4)
        assert [delivery.status for delivery in deliveries] == [200] * 4
        assert len({got.payload["event_id"] for got in app.received}) == 1


async def test_the_request_url_is_verified_by_its_challenge() -> None:
    async def echo(received: Received) -> web.Response:
        return web.json_response({"challenge": received.payload["challenge"]})

    async with emulator() as slack, receiving(slack) as app:
        assert not await slack.verify_request_url()
        app.answer = echo
        assert await slack.verify_request_url()


async def test_joining_a_channel_tells_the_app_inside() -> None:
    async with emulator() as slack, receiving(slack) as app:
        await slack.join(C_ELSEWHERE, slack.bot_user_id)
        await slack.until(lambda: len(slack.deliveries) == 2)
        assert app.events("member_joined_channel")[0]["user"] == slack.bot_user_id
        assert app.events("message")[0]["subtype"] == "channel_join"


@pytest.mark.parametrize(("missing", "heard"), [("groups:read", [U_ALICE]), ("channels:read", [])])
async def test_an_invitation_is_told_to_an_app_that_may_read_such_channels(
    missing: str, heard: list[str]
) -> None:
    manifest = manifest_without(scopes=(missing,))
    async with emulator(manifest=manifest) as slack, receiving(slack) as app:
        await slack.invite(C_ELSEWHERE, U_ALICE)
        await slack.until(lambda: len(slack.deliveries) > len(heard))
        assert [e["inviter"] for e in app.events("member_joined_channel")] == heard
        with pytest.raises(ValueError, match="already"):
            await slack.invite(C_ELSEWHERE)


async def test_watching_ends_with_the_emulator() -> None:
    async with emulator() as slack:
        changes = slack.subscribe()
        await slack.post(C_GENERAL, U_BOB, "last words")
    assert [change["shown"] async for change in changes] == ["last words"]


async def test_watchers_see_what_changes_and_waiting_in_vain_tells_why() -> None:
    async with emulator() as slack, slack.subscribe() as changes:
        ts = await slack.post(C_GENERAL, U_BOB, "one")
        await slack.edit(C_GENERAL, ts, "two")
        seen = [await anext(changes), await anext(changes)]
        assert [change["type"] for change in seen] == ["message", "message_changed"]
        assert [change["shown"] for change in seen] == ["one", "two"]
        try:
            await slack.until(lambda: slack.calls, timeout_s=0.01)
        except TimeoutError as error:
            told = str(error)
        assert "U0BOB00000: 'two'" in told
