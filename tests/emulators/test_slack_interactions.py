"""Buttons, commands, shortcuts, modals, the App Home, and reading back."""

import json
from typing import Any

import pytest
from aiohttp import web
from slack_sdk.webhook.async_client import AsyncWebhookClient

from bridge.emulators.slack import (
    C_ELSEWHERE,
    C_GENERAL,
    D_ALICE,
    G_SECRET,
    TEAM,
    U_ALICE,
    U_BOB,
)
from tests.emulators.slack_witness import (
    Received,
    manifest_without,
    receiving,
    refusal,
    visiting,
)

BUTTON: dict[str, Any] = {
    "type": "actions",
    "block_id": "row",
    "elements": [
        {
            "type": "button",
            "action_id": "again",
            "text": {"type": "plain_text", "text": "Again"},
            "value": "job-1",
        }
    ],
}
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
MODAL: dict[str, Any] = {
    "type": "modal",
    "callback_id": "ask",
    "title": {"type": "plain_text", "text": "Ask"},
    "submit": {"type": "plain_text", "text": "Send"},
    "blocks": [
        {
            "type": "input",
            "block_id": "q",
            "label": {"type": "plain_text", "text": "Question"},
            "element": {"type": "plain_text_input", "action_id": "text"},
        }
    ],
}
HOME = {"type": "home", "blocks": [BUTTON]}


async def test_a_click_carries_the_value_that_the_message_shows() -> None:
    async with visiting() as (slack, client), receiving(slack) as app:
        posted = await client.chat_postMessage(channel=C_GENERAL, text="x", blocks=[BUTTON])
        await slack.until(lambda: slack.deliveries)
        await slack.click(U_ALICE, C_GENERAL, posted["ts"], "again")
        payload = app.received[-1].payload
        assert payload["type"] == "block_actions"
        assert payload["actions"][0]["value"] == "job-1"
        assert payload["actions"][0]["block_id"] == "row"
        assert payload["container"]["message_ts"] == posted["ts"]
        assert payload["message"]["blocks"][0]["type"] == "actions"
        await client.chat_update(channel=C_GENERAL, ts=posted["ts"], text="done")
        with pytest.raises(ValueError, match="no button again"):
            await slack.click(U_ALICE, C_GENERAL, posted["ts"], "again")


async def test_feedback_buttons_send_the_side_that_was_pressed() -> None:
    async with visiting() as (slack, client), receiving(slack) as app:
        posted = await client.chat_postMessage(channel=C_GENERAL, text="x", blocks=[FEEDBACK])
        await slack.until(lambda: slack.deliveries)
        for value in ("+1", "-1"):
            await slack.click(U_ALICE, C_GENERAL, posted["ts"], "fb", value=value)
        pressed = [received.payload["actions"][0] for received in app.received[1:]]
        assert [action["value"] for action in pressed] == ["+1", "-1"]
        assert pressed[0]["type"] == "feedback_buttons"


async def test_interactions_are_never_tried_again() -> None:
    async def fail(_received: Received) -> web.Response:
        return web.Response(status=500)

    async with visiting(retry_delays_s=(0.0,)) as (slack, client):
        posted = await client.chat_postMessage(channel=C_GENERAL, text="x", blocks=[BUTTON])
        await slack.until(lambda: len(slack.deliveries) == 2)
        async with receiving(slack) as app:
            app.answer = fail
            click = await slack.click(U_ALICE, C_GENERAL, posted["ts"], "again")
            command = await slack.command(U_ALICE, C_GENERAL, "/ask", "x")
            assert not click.may_be_retried
            assert not command.may_be_retried
            assert (click.status, command.status) == (500, 500)


async def test_a_response_url_works_five_times_within_half_an_hour() -> None:
    async with visiting() as (slack, _), receiving(slack) as app:
        await slack.command(U_ALICE, C_ELSEWHERE, "/ask", "why")
        respond = AsyncWebhookClient(app.received[0].payload["response_url"])
        await respond.send(text="in the open", response_type="in_channel")
        statuses = [(await respond.send(text="psst")).status_code for _ in range(5)]
        assert statuses == [200, 200, 200, 200, 404]
        assert len(slack.workspace.ephemerals) == 4
        (public,) = slack.workspace.channel(C_ELSEWHERE).live()
        assert public.text == "in the open"
        await slack.command(U_ALICE, C_GENERAL, "/ask", "late")
        late = AsyncWebhookClient(app.received[1].payload["response_url"])
        slack.clock.advance(1_801)
        assert (await late.send(text="x")).status_code == 404


async def test_a_response_url_replaces_and_deletes_an_ephemeral_message() -> None:
    async with visiting() as (slack, client), receiving(slack) as app:
        told = await client.chat_postEphemeral(
            channel=C_GENERAL, user=U_ALICE, text="x", blocks=[BUTTON]
        )
        await slack.click(U_ALICE, C_GENERAL, told["message_ts"], "again")
        payload = app.received[0].payload
        respond = AsyncWebhookClient(payload["response_url"])
        assert payload["container"]["is_ephemeral"]
        assert "message" not in payload
        await respond.send(text="done", replace_original=True)
        assert slack.shown(C_GENERAL, told["message_ts"]) == "done"
        await respond.send(delete_original=True)
        assert slack.workspace.ephemerals[0].deleted


async def test_the_acknowledgement_of_a_command_is_shown_to_the_user() -> None:
    async def answer(_received: Received) -> web.Response:
        return web.json_response({"text": "On it."})

    async with visiting() as (slack, _), receiving(slack) as app:
        app.answer = answer
        await slack.command(U_BOB, C_GENERAL, "/ask", "a&b")
        shown = slack.workspace.ephemerals[0]
        assert (shown.text, shown.ephemeral_to) == ("On it.", U_BOB)
        form = app.received[0].payload
        assert (form["command"], form["text"], form["user_id"]) == ("/ask", "a&b", U_BOB)
        with pytest.raises(ValueError, match="not in the manifest"):
            await slack.command(U_BOB, C_GENERAL, "/other")


async def test_a_trigger_opens_one_view_within_three_seconds() -> None:
    async with visiting() as (slack, client), receiving(slack) as app:

        async def trigger() -> str:
            await slack.shortcut(U_ALICE, "ask_global")
            return str(app.received[-1].payload["trigger_id"])

        first = await trigger()
        await client.views_open(trigger_id=first, view=MODAL)
        again = client.views_open(trigger_id=first, view=MODAL)
        assert await refusal(again) == "exchanged_trigger_id"
        second = await trigger()
        slack.clock.advance(3.1)
        late = client.views_open(trigger_id=second, view=MODAL)
        assert await refusal(late) == "expired_trigger_id"
        invented = client.views_open(trigger_id="1.2.3", view=MODAL)
        assert await refusal(invented) == "invalid_trigger_id"


async def test_a_modal_is_submitted_and_obeys_the_answer() -> None:
    answers: list[dict[str, Any]] = [
        {"response_action": "errors", "errors": {"q": "Too short"}},
        {"response_action": "update", "view": MODAL | {"callback_id": "more"}},
        {},
    ]

    async def answer(received: Received) -> web.Response:
        is_submission = received.payload["type"] == "view_submission"
        return web.json_response(answers.pop(0) if is_submission else {})

    async with visiting() as (slack, client), receiving(slack) as app:
        app.answer = answer
        await slack.shortcut(U_ALICE, "ask_global")
        trigger = app.received[0].payload["trigger_id"]
        view_id = (await client.views_open(trigger_id=trigger, view=MODAL))["view"]["id"]
        values = {"q": {"text": {"type": "plain_text_input", "value": "why"}}}
        await slack.submit_view(U_ALICE, view_id, values)
        assert view_id in slack.workspace.views
        await slack.submit_view(U_ALICE, view_id, values)
        assert slack.workspace.views[view_id]["callback_id"] == "more"
        await slack.submit_view(U_ALICE, view_id, values)
        assert slack.workspace.views == {}
        assert app.received[1].payload["view"]["state"]["values"] == values


async def test_a_modal_belongs_to_the_person_whose_click_opened_it() -> None:
    async with visiting() as (slack, client), receiving(slack) as app:
        for user in (U_ALICE, U_BOB):
            await slack.shortcut(user, "ask_global")
            trigger = app.received[-1].payload["trigger_id"]
            await client.views_open(trigger_id=trigger, view=MODAL)
        (mine,), (other,) = slack.workspace.modals(U_ALICE), slack.workspace.modals(U_BOB)
        with pytest.raises(ValueError, match="does not see"):
            await slack.submit_view(U_BOB, mine["id"], {})
        await slack.submit_view(U_ALICE, mine["id"], {})
        assert slack.workspace.modals(U_ALICE) == []
        assert slack.workspace.modals(U_BOB) == [other]


async def test_the_app_hears_of_a_closed_modal_if_it_asked() -> None:
    async with visiting() as (slack, client), receiving(slack) as app:
        for wants_to_know in (False, True):
            await slack.shortcut(U_ALICE, "ask_global")
            trigger = app.received[-1].payload["trigger_id"]
            modal = MODAL | {"notify_on_close": wants_to_know}
            view = (await client.views_open(trigger_id=trigger, view=modal))["view"]
            await slack.close_view(U_ALICE, view["id"])
        told = [received.payload["type"] for received in app.received]
        assert told == ["shortcut", "shortcut", "view_closed"]
        assert slack.workspace.views == {}


async def test_buttons_of_one_action_id_are_told_apart_by_their_value() -> None:
    rows = [
        BUTTON | {"block_id": value, "elements": [BUTTON["elements"][0] | {"value": value}]}
        for value in ("job-1", "job-2")
    ]
    async with visiting() as (slack, client), receiving(slack) as app:
        told = await client.chat_postEphemeral(
            channel=C_GENERAL, user=U_ALICE, text="x", blocks=rows
        )
        await slack.click(U_ALICE, C_GENERAL, told["message_ts"], "again", value="job-2")
        assert app.received[0].payload["actions"][0]["block_id"] == "job-2"


async def test_an_option_that_was_chosen_travels_whole() -> None:
    option = {"text": {"type": "plain_text", "text": "Two"}, "value": "2"}
    menu = {"type": "static_select", "action_id": "menu", "options": [option]}
    blocks = [{"type": "actions", "elements": [menu]}]
    async with visiting() as (slack, client), receiving(slack) as app:
        told = await client.chat_postEphemeral(
            channel=C_GENERAL, user=U_ALICE, text="x", blocks=blocks
        )
        await slack.click(U_ALICE, C_GENERAL, told["message_ts"], "menu", value="2")
        assert app.received[0].payload["actions"][0]["selected_option"] == option


@pytest.mark.parametrize(
    "change",
    [
        {"title": {"type": "plain_text", "text": "x" * 25}},
        {"submit": None},
        {"blocks": [{"type": "divider"}] * 101},
        {"private_metadata": "x" * 3_001},
        {"type": "home"},
    ],
)
async def test_views_over_the_limits_are_refused(change: dict[str, Any]) -> None:
    async with visiting() as (_, client):
        view = {name: part for name, part in (MODAL | change).items() if part is not None}
        assert await refusal(client.views_open(trigger_id="x", view=view)) == "invalid_arguments"


async def test_the_home_tab_is_published_opened_and_clicked() -> None:
    async with visiting() as (slack, client), receiving(slack) as app:
        view = (await client.views_publish(user_id=U_ALICE, view=HOME))["view"]
        stale = client.views_publish(user_id=U_ALICE, view=HOME, hash="1.stale")
        assert await refusal(stale) == "hash_conflict"
        await slack.open_home(U_ALICE)
        await slack.until(lambda: slack.deliveries)
        event = app.received[0].event
        assert (event["type"], event["tab"], event["channel"]) == (
            "app_home_opened",
            "home",
            D_ALICE,
        )
        await slack.click_in_view(U_ALICE, view["id"], "again")
        assert app.received[1].payload["container"] == {"type": "view", "view_id": view["id"]}


async def test_a_message_shortcut_carries_its_message() -> None:
    async with visiting() as (slack, _), receiving(slack) as app:
        ts = await slack.post(C_GENERAL, U_BOB, "look")
        await slack.until(lambda: slack.deliveries)
        await slack.shortcut(U_ALICE, "ask_about", channel=C_GENERAL, message_ts=ts)
        payload = app.received[-1].payload
        assert payload["type"] == "message_action"
        assert payload["message"]["text"] == "look"


async def test_threads_are_read_in_pages_with_metadata_on_request() -> None:
    async with visiting() as (slack, client):
        root = await slack.post(C_GENERAL, U_ALICE, "root")
        for number in range(5):
            await client.chat_postMessage(
                channel=C_GENERAL,
                thread_ts=root,
                text=str(number),
                metadata={"event_type": "turn", "event_payload": {"n": number}},
            )
        pages = [
            [message["text"] for message in page["messages"]]
            async for page in await client.conversations_replies(
                channel=C_GENERAL, ts=root, limit=3
            )
        ]
        assert pages == [["root", "0", "1"], ["root", "2", "3"], ["root", "4"]]
        whole = await client.conversations_replies(
            channel=C_GENERAL, ts=root, include_all_metadata=True
        )
        assert whole["messages"][0]["reply_count"] == 5
        assert whole["messages"][1]["metadata"]["event_payload"] == {"n": 0}
        oldest = whole["messages"][4]["ts"]
        newer = await client.conversations_replies(channel=C_GENERAL, ts=root, oldest=oldest)
        assert [message["text"] for message in newer["messages"]] == ["root", "4"]
        nothing = client.conversations_replies(channel=C_GENERAL, ts="1.000001")
        assert await refusal(nothing) == "thread_not_found"


async def test_history_is_newest_first_without_replies() -> None:
    async with visiting() as (slack, client):
        root = await slack.post(C_GENERAL, U_ALICE, "root")
        await slack.post(C_GENERAL, U_BOB, "reply", root)
        await slack.post(C_GENERAL, U_BOB, "next")
        found = await client.conversations_history(channel=C_GENERAL)
        assert [message["text"] for message in found["messages"]] == ["next", "root"]
        missing = client.conversations_history(channel=C_ELSEWHERE)
        assert await refusal(missing) == "not_in_channel"


async def test_reading_needs_the_scope_of_the_kind_of_channel() -> None:
    manifest = manifest_without(scopes=("im:history",))
    async with visiting(manifest=manifest) as (_, client):
        assert await refusal(client.conversations_history(channel=D_ALICE)) == "missing_scope"
        assert (await client.conversations_history(channel=C_GENERAL))["ok"]


async def test_who_and_where_can_be_looked_up() -> None:
    async with visiting() as (slack, client):
        me = await client.auth_test()
        assert (me["team_id"], me["user_id"], me["bot_id"]) == (
            TEAM,
            slack.bot_user_id,
            slack.bot_id,
        )
        alice = (await client.users_info(user=U_ALICE, include_locale=True))["user"]
        assert (alice["real_name"], alice["locale"]) == ("Alice Chen", "en-US")
        channel = (await client.conversations_info(channel=C_GENERAL))["channel"]
        assert (channel["name"], channel["is_member"]) == ("general", True)
        assert await refusal(client.conversations_info(channel=G_SECRET)) == "channel_not_found"
        opened = await client.conversations_open(users=[U_ALICE])
        assert opened["channel"]["id"] == D_ALICE
        ts = await slack.post(C_GENERAL, U_ALICE, "hi")
        link = (await client.chat_getPermalink(channel=C_GENERAL, message_ts=ts))["permalink"]
        assert link.endswith(f"/archives/{C_GENERAL}/p{ts.replace('.', '')}")


async def test_blocks_can_be_validated_without_posting() -> None:
    async with visiting() as (slack, client):
        assert (await client.blocks_validate(blocks=json.dumps([BUTTON])))["ok"]
        odd = client.blocks_validate(blocks=json.dumps([{"type": "fancy"}]))
        assert await refusal(odd) == "invalid_blocks"
        assert slack.workspace.channel(C_GENERAL).live() == []
