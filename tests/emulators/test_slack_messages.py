"""Posting, updating and deleting, seen through slack_sdk."""

from typing import Any

import aiohttp
import pytest
from slack_sdk.models.metadata import Metadata

from bridge.emulators.slack import (
    C_ARCHIVED,
    C_ELSEWHERE,
    C_GENERAL,
    C_RANDOM,
    D_ALICE,
    G_SECRET,
    U_ALICE,
    U_EXTERNAL,
    Ping,
)
from tests.emulators.slack_witness import manifest_without, refusal, visiting

FEEDBACK = {
    "type": "context_actions",
    "elements": [
        {
            "type": "feedback_buttons",
            "action_id": "fb",
            "positive_button": {"text": {"type": "plain_text", "text": "Good"}, "value": "+1"},
            "negative_button": {"text": {"type": "plain_text", "text": "Bad"}, "value": "-1"},
        }
    ],
}


def markdown(text: str) -> dict[str, str]:
    return {"type": "markdown", "text": text}


async def test_a_reply_lands_in_its_thread_and_its_growth_is_remembered() -> None:
    async with visiting() as (slack, client):
        root = await slack.post(C_GENERAL, U_ALICE, f"<@{slack.bot_user_id}> 5 < 6 & so on")
        posted = await client.chat_postMessage(
            channel=C_GENERAL, thread_ts=root, text="He", blocks=[markdown("He")]
        )
        await client.chat_update(
            channel=C_GENERAL, ts=posted["ts"], text="Hello", blocks=[markdown("Hello")]
        )
        question, answer = slack.workspace.thread(C_GENERAL, root)
        assert question.text == f"<@{slack.bot_user_id}> 5 &lt; 6 &amp; so on"
        assert question.thread_ts == question.ts == answer.thread_ts
        assert [shown for _, shown in answer.history] == ["He", "Hello"]
        assert slack.shown(C_GENERAL, posted["ts"]) == "Hello"
        assert answer.bot_id == slack.bot_id
        assert answer.ts > question.ts


async def test_form_json_and_query_arguments_mean_the_same() -> None:
    async with visiting() as (slack, client), aiohttp.ClientSession() as session:
        blocks = '[{"type":"markdown","text":"hi"}]'
        url = slack.api_url + "chat.postMessage"
        values = {"token": slack.bot_token, "channel": C_GENERAL, "text": "hi", "blocks": blocks}
        async with session.post(url, data=values) as response:
            assert (await response.json())["ok"]
        async with session.get(url, params=values) as response:
            assert (await response.json())["ok"]
        await client.chat_postMessage(channel=C_GENERAL, text="hi", blocks=blocks)
        form, query, json_ = slack.calls_of("chat.postMessage")
        assert form.args == query.args == json_.args
        assert form.args["blocks"] == [markdown("hi")]


async def test_text_over_the_limits_is_refused_as_slack_does() -> None:
    async with visiting() as (slack, client):
        posted = await client.chat_postMessage(channel=C_GENERAL, text="x" * 40_001)
        assert posted["warning"] == "message_truncated"
        assert len(slack.shown(C_GENERAL, posted["ts"])) == 40_000
        place: dict[str, Any] = {"channel": C_GENERAL, "ts": posted["ts"]}
        update = client.chat_update
        await update(**place, text="x" * 4_000)
        assert await refusal(update(**place, text="x" * 4_001)) == "msg_too_long"
        long_beside_blocks = update(**place, text="x" * 4_001, blocks=[markdown("x")])
        assert await refusal(long_beside_blocks) == "msg_too_long"
        await update(**place, markdown_text="x" * 12_000)
        assert await refusal(update(**place, markdown_text="x" * 12_001)) == "msg_too_long"
        both = update(**place, markdown_text="x", text="x")
        assert await refusal(both) == "markdown_text_conflict"


@pytest.mark.parametrize(
    ("blocks", "error"),
    [
        ([markdown("x" * 6_000), markdown("x" * 6_001)], "msg_too_long"),
        ([markdown("# head\n\ntext\n" * 25), {"type": "divider"}], "invalid_blocks"),
        ([{"type": "divider"}] * 51, "invalid_blocks"),
        ([markdown("x" * 11_000), FEEDBACK], None),
        ("no blocks", "invalid_blocks_format"),
        ([{"type": "fancy"}], "invalid_blocks"),
        ([{"type": "actions", "elements": FEEDBACK["elements"]}], "invalid_blocks"),
        ([{"type": "section", "text": {"type": "mrkdwn", "text": "x" * 3_001}}], "invalid_blocks"),
    ],
)
async def test_blocks_over_the_limits_are_refused(blocks: object, error: str | None) -> None:
    async with visiting() as (_, client):
        post = client.api_call(
            "chat.postMessage", json={"channel": C_GENERAL, "text": "x", "blocks": blocks}
        )
        if error is None:
            assert (await post)["ok"]
        else:
            assert await refusal(post) == error


async def test_all_text_of_the_blocks_together_has_a_limit() -> None:
    async with visiting() as (_, client):
        section = {"type": "section", "text": {"type": "mrkdwn", "text": "x" * 1_300}}
        fits = client.chat_postMessage(
            channel=C_GENERAL, text="x", blocks=[markdown("x" * 11_900), section]
        )
        assert (await fits)["ok"]
        over = client.chat_postMessage(
            channel=C_GENERAL, text="x", blocks=[markdown("x" * 11_901), section]
        )
        assert await refusal(over) == "msg_blocks_too_long"


@pytest.mark.parametrize(
    "element",
    [
        {"type": "button", "text": {"type": "plain_text", "text": "x" * 76}, "action_id": "a"},
        {"type": "button", "text": {"type": "mrkdwn", "text": "x"}, "action_id": "a"},
        {"type": "button", "text": {"type": "plain_text", "text": "x"}, "action_id": "a" * 256},
        {"type": "button", "text": {"type": "plain_text", "text": "x"}, "value": "v" * 2_001},
    ],
)
async def test_buttons_over_the_limits_are_refused(element: dict[str, object]) -> None:
    async with visiting() as (_, client):
        blocks = [{"type": "actions", "elements": [element]}]
        post = client.chat_postMessage(channel=C_GENERAL, text="x", blocks=blocks)
        assert await refusal(post) == "invalid_blocks"


async def test_metadata_survives_an_update_and_goes_with_an_empty_object() -> None:
    async with visiting() as (slack, client):
        metadata = Metadata("turn", {"id": "1"})
        posted = await client.chat_postMessage(channel=C_GENERAL, text="x", metadata=metadata)
        message = slack.workspace.message(C_GENERAL, posted["ts"])
        await client.chat_update(channel=C_GENERAL, ts=message.ts, text="y")
        kept = message.metadata
        await client.chat_update(channel=C_GENERAL, ts=message.ts, text="y", metadata={})
        assert kept == {"event_type": "turn", "event_payload": {"id": "1"}}
        assert message.metadata is None
        odd = client.chat_postMessage(channel=C_GENERAL, text="x", metadata={"event_type": "turn"})
        assert await refusal(odd) == "invalid_metadata_schema"


async def test_text_without_blocks_takes_the_blocks_away() -> None:
    async with visiting() as (slack, client):
        posted = await client.chat_postMessage(channel=C_GENERAL, text="x", blocks=[markdown("m")])
        await client.chat_update(channel=C_GENERAL, ts=posted["ts"], text="plain")
        assert slack.workspace.message(C_GENERAL, posted["ts"]).blocks == []
        assert slack.shown(C_GENERAL, posted["ts"]) == "plain"


async def test_places_the_bot_cannot_write_to_are_refused() -> None:
    async with visiting() as (slack, client):

        async def post(channel: str, **more: Any) -> str:
            return await refusal(client.chat_postMessage(channel=channel, text="x", **more))

        root = await slack.post(C_RANDOM, U_ALICE, "root")
        reply = await slack.post(C_RANDOM, U_ALICE, "reply", root)
        assert await post(C_ELSEWHERE) == "not_in_channel"
        assert await post(G_SECRET) == "channel_not_found"
        assert await post("C0NOWHERE0") == "channel_not_found"
        assert await post(C_ARCHIVED) == "is_archived"
        assert await post(C_RANDOM, thread_ts="1.000001") == "cannot_reply_to_message"
        assert await post(C_RANDOM, thread_ts=reply) == "cannot_reply_to_message"
        empty = client.api_call("chat.postMessage", json={"channel": C_RANDOM, "text": ""})
        assert await refusal(empty) == "no_text"


async def test_only_own_messages_that_are_still_there_can_be_changed() -> None:
    async with visiting() as (slack, client):
        theirs = await slack.post(C_GENERAL, U_ALICE, "mine")
        own = (await client.chat_postMessage(channel=C_GENERAL, text="own"))["ts"]
        place: dict[str, Any] = {"channel": C_GENERAL, "ts": theirs}
        assert await refusal(client.chat_update(**place, text="x")) == "cant_update_message"
        assert await refusal(client.chat_delete(**place)) == "cant_delete_message"
        await client.chat_delete(channel=C_GENERAL, ts=own)
        gone = client.chat_update(channel=C_GENERAL, ts=own, text="x")
        assert await refusal(gone) == "message_not_found"


async def test_an_ephemeral_in_a_thread_without_replies_is_seen_by_nobody() -> None:
    async with visiting() as (slack, client):
        root = await slack.post(C_GENERAL, U_ALICE, "hello")
        place: dict[str, Any] = {"channel": C_GENERAL, "user": U_ALICE, "thread_ts": root}
        await client.chat_postEphemeral(**place, text="psst")
        assert slack.workspace.ephemerals == []
        await slack.post(C_GENERAL, U_ALICE, "hello again", root)
        await client.chat_postEphemeral(**place, text="psst")
        assert [told.text for told in slack.workspace.ephemerals] == ["psst"]


async def test_ephemeral_messages_reach_one_person_and_cannot_be_updated() -> None:
    async with visiting() as (slack, client):
        told = await client.chat_postEphemeral(channel=C_GENERAL, user=U_ALICE, text="psst")
        assert slack.workspace.ephemerals[0].ephemeral_to == U_ALICE
        assert slack.shown(C_GENERAL, told["message_ts"]) == "psst"
        update = client.chat_update(channel=C_GENERAL, ts=told["message_ts"], text="x")
        assert await refusal(update) == "message_not_found"
        outsider = client.chat_postEphemeral(channel=C_GENERAL, user=U_EXTERNAL, text="x")
        assert await refusal(outsider) == "user_not_in_channel"


async def test_posting_to_a_person_reaches_their_direct_messages() -> None:
    async with visiting() as (_, client):
        assert (await client.chat_postMessage(channel=U_ALICE, text="hi"))["channel"] == D_ALICE


async def test_live_mentions_in_what_the_app_says_are_noted() -> None:
    async with visiting() as (slack, client):
        await client.chat_postMessage(
            channel=C_GENERAL, text="&lt;!channel&gt; @here <#C0GENERAL0>"
        )
        assert slack.pings == []
        posted = await client.chat_postMessage(
            channel=C_GENERAL, text="x", blocks=[markdown(f"<!channel|all> and <@{U_ALICE}>")]
        )
        await client.chat_postMessage(channel=C_GENERAL, text="now @here", link_names=True)
        assert slack.pings[:2] == [
            Ping(C_GENERAL, posted["ts"], "<!channel|all>"),
            Ping(C_GENERAL, posted["ts"], f"<@{U_ALICE}>"),
        ]
        assert slack.pings[2].token == "@here"


async def test_tokens_and_scopes_are_checked() -> None:
    manifest = manifest_without(scopes=("chat:write", "groups:history"))
    async with visiting(manifest=manifest) as (slack, client):

        async def call(method: str, **arguments: str) -> str:
            return await refusal(client.api_call(method, params=arguments))

        assert await call("auth.test", token="") == "not_authed"
        assert await call("auth.test", token="xoxb-stranger") == "invalid_auth"
        assert await call("apps.connections.open") == "not_allowed_token_type"
        assert await call("chat.teleport") == "unknown_method"
        assert await call("chat.postMessage", channel=C_GENERAL, text="x") == "missing_scope"
        needed = slack.calls[-1].response
        assert needed["needed"] == "chat:write"
        assert "users:read" in needed["provided"]
        assert [call.token_ok for call in slack.calls] == [False, False, True, True, True]


async def test_names_of_ones_own_choice_need_their_scope() -> None:
    async with visiting() as (_, client):
        post = client.chat_postMessage(channel=C_GENERAL, text="x", username="Oracle")
        assert await refusal(post) == "missing_scope"
