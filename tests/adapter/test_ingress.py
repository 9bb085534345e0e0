"""From a post in Slack to a question in the inbox, over real HTTP, with all that Slack repeats."""

import json
import logging
from collections.abc import AsyncIterator
from typing import Any

import aiohttp
import pytest
from slack_bolt.request.async_request import AsyncBoltRequest

from bridge.core.events import CommandHandled, Event, PayloadFailed
from bridge.core.policy import Policy
from bridge.emulators.slack import (
    BOT_USER,
    C_GENERAL,
    C_SHARED,
    D_ALICE,
    TEAM,
    U_ALICE,
    U_BOB,
    U_EXTERNAL,
    SlackEmulator,
)
from bridge.emulators.slack.deliveries import Envelope
from tests.adapter.slack_front import HOME, MANIFEST, SECRET, SlackWithBridge, serving
from tests.slack import slack_emulator

BOT = f"<@{BOT_USER}>"
TS = "1763800000.000100"
MENTION = {
    "type": "app_mention",
    "user": U_ALICE,
    "text": f"{BOT} how are you?",
    "ts": TS,
    "channel": C_GENERAL,
    "team": TEAM,
    "event_ts": TS,
}


@pytest.fixture
async def slack() -> AsyncIterator[SlackEmulator]:
    """Tries again much sooner, and more often, than Slack does."""
    delays = (0.0, 0.05, 0.1, 0.2, 0.4, 0.8, 1.6)
    async with slack_emulator(
        manifest=MANIFEST, signing_secret=SECRET, retry_delays_s=delays
    ) as slack:
        yield slack


@pytest.fixture
async def front(slack: SlackEmulator) -> AsyncIterator[SlackWithBridge]:
    async with serving(SlackWithBridge(api_url=slack.api_url)) as front:
        slack.request_url = front.url
        yield front


async def settled(slack: SlackEmulator, count: int) -> list[int]:
    """The statuses of all deliveries, once there are so many."""
    await slack.until(lambda: len(slack.deliveries) >= count)
    return [delivery.status for delivery in slack.deliveries]


def failures(events: list[Event]) -> set[tuple[str, str]]:
    return {(event.kind, event.why) for event in events if isinstance(event, PayloadFailed)}


def outer(event: object, **changes: Any) -> dict[str, Any]:
    granted = [{"team_id": TEAM, "user_id": BOT_USER, "is_bot": True}]
    body = {"type": "event_callback", "team_id": TEAM, "event": event, "event_id": "Ev1"}
    return body | {"authorizations": granted, "is_ext_shared_channel": False} | changes


async def test_a_mention_is_stored_once_although_slack_tells_it_twice(
    slack: SlackEmulator, front: SlackWithBridge
) -> None:
    ts = await slack.post(C_GENERAL, U_ALICE, f"{BOT} how are you?")
    assert await settled(slack, 2) == [200, 200]
    (ask,) = await front.asks()
    assert (ask.text, ask.user, ask.thread.root) == ("how are you?", U_ALICE, ts)
    assert sorted(front.results) == ["accepted", "duplicate"]


async def test_nothing_is_asked_of_slack_before_the_acknowledgement(
    slack: SlackEmulator, front: SlackWithBridge
) -> None:
    await slack.post(C_GENERAL, U_ALICE, f"{BOT} how are you?")
    await settled(slack, 2)
    assert front.results
    assert slack.calls == []


async def test_a_direct_message_is_stored(slack: SlackEmulator, front: SlackWithBridge) -> None:
    await slack.post(D_ALICE, U_ALICE, "how are you?")
    assert await settled(slack, 1) == [200]
    (ask,) = await front.asks()
    assert (ask.is_dm, ask.text) == (True, "how are you?")


async def test_the_same_event_four_times_is_one_turn(
    slack: SlackEmulator, front: SlackWithBridge
) -> None:
    deliveries = await slack.deliver(MENTION, "Ev1", times=4)
    assert [delivery.status for delivery in deliveries] == [200] * 4
    assert sorted(front.results) == ["accepted", "duplicate", "duplicate", "duplicate"]
    assert (await front.inbox.depth()).open == 1


async def test_while_the_store_is_down_slack_is_refused_and_delivers_again(
    slack: SlackEmulator, front: SlackWithBridge
) -> None:
    front.store.connected = False
    await slack.deliver(MENTION)
    assert await settled(slack, 3) == [503] * len(slack.deliveries)
    front.store.connected = True
    await slack.until(lambda: slack.deliveries[-1].succeeded)
    assert [ask.text for ask in await front.asks()] == ["how are you?"]
    assert front.results == ["accepted"]
    refused = sum(not delivery.succeeded for delivery in slack.deliveries)
    told = [event for event in front.events if isinstance(event, PayloadFailed)]
    assert [(failed.kind, failed.why) for failed in told] == [("app_mention", "redis")] * refused


async def test_until_we_know_who_we_are_events_are_refused_and_come_again(
    slack: SlackEmulator, front: SlackWithBridge
) -> None:
    front.identity = None
    await slack.deliver(MENTION)
    assert await settled(slack, 2) == [503] * len(slack.deliveries)
    front.identity = HOME
    await slack.until(lambda: slack.deliveries[-1].succeeded)
    assert front.results == ["accepted"]
    assert failures(front.events) == {("app_mention", "identity")}


async def test_a_store_that_goes_down_with_us_takes_nothing_more(
    slack: SlackEmulator, front: SlackWithBridge
) -> None:
    front.accepts = False
    (delivery,) = await slack.deliver(MENTION)
    assert (delivery.status, delivery.response) == (503, "")
    assert await front.asks() == []
    assert failures(front.events) == {("app_mention", "draining")}


async def test_who_asked_in_a_thread_goes_on_there_without_a_mention(
    slack: SlackEmulator, front: SlackWithBridge
) -> None:
    root = await slack.post(C_GENERAL, U_ALICE, f"{BOT} how are you?")
    await settled(slack, 2)
    await slack.post(C_GENERAL, U_ALICE, "and now?", root)
    await settled(slack, 3)
    await slack.post(C_GENERAL, U_BOB, "I am fine", root)
    await settled(slack, 4)
    assert sorted(front.results[:2]) == ["accepted", "duplicate"]
    assert front.results[2:] == ["queued", "not_engaged"]
    assert (await front.inbox.depth()).open == 2


async def test_an_edited_question_that_waits_takes_the_new_text(
    slack: SlackEmulator, front: SlackWithBridge
) -> None:
    ts = await slack.post(C_GENERAL, U_ALICE, f"{BOT} how are yu?")
    await settled(slack, 2)
    await slack.edit(C_GENERAL, ts, f"{BOT} how are you?")
    await settled(slack, 4)
    assert [ask.text for ask in await front.asks()] == ["how are you?"]
    assert sorted(front.results[2:]) == ["duplicate", "edited"]


async def test_an_edit_that_names_the_bot_at_last_is_a_question(
    slack: SlackEmulator, front: SlackWithBridge
) -> None:
    ts = await slack.post(C_GENERAL, U_ALICE, "how are you?")
    await settled(slack, 1)
    await slack.edit(C_GENERAL, ts, f"{BOT} how are you?")
    await settled(slack, 3)
    assert front.drops == [("message", "not_addressed")]
    assert sorted(front.results) == ["accepted", "duplicate"]


async def test_a_deleted_question_leaves_the_inbox(
    slack: SlackEmulator, front: SlackWithBridge
) -> None:
    ts = await slack.post(D_ALICE, U_ALICE, "how are you?")
    await settled(slack, 1)
    await slack.delete(D_ALICE, ts)
    await settled(slack, 2)
    assert front.results == ["accepted", "deleted"]
    assert await front.asks() == []


async def test_changes_of_what_is_long_done_are_missed_without_harm(
    slack: SlackEmulator, front: SlackWithBridge
) -> None:
    ts = await slack.post(D_ALICE, U_ALICE, "how are you?")
    await settled(slack, 1)
    delivery = await front.inbox.take()
    assert delivery is not None
    await front.inbox.done(delivery)
    await slack.edit(D_ALICE, ts, "who are you?")
    await slack.delete(D_ALICE, ts)
    assert await settled(slack, 3) == [200] * 3
    assert front.results == ["accepted", "not_found", "not_found"]


async def test_other_bots_and_our_own_posts_are_dropped(
    slack: SlackEmulator, front: SlackWithBridge
) -> None:
    await slack.post_by_bot(C_GENERAL, f"{BOT} let us talk for ever")
    await settled(slack, 2)
    own = MENTION | {"type": "message", "user": BOT_USER, "bot_id": HOME.bot_id}
    await slack.deliver(own)
    assert sorted(front.drops) == [("app_mention", "bot"), ("message", "bot"), ("message", "own")]
    assert await front.asks() == []


async def test_partners_are_not_answered_unless_the_operator_says_so(
    slack: SlackEmulator, front: SlackWithBridge
) -> None:
    await slack.post(C_SHARED, U_EXTERNAL, f"{BOT} what are your prices?")
    await settled(slack, 2)
    assert {why for _, why in front.drops} == {"external"}
    async with serving(SlackWithBridge(policy=Policy(allow_external=True))) as open_front:
        slack.request_url = open_front.url
        await slack.post(C_SHARED, U_EXTERNAL, f"{BOT} what are your prices?")
        await settled(slack, 4)
        assert sorted(open_front.results) == ["accepted", "duplicate"]


async def test_events_of_a_foreign_team_are_acknowledged_and_dropped(
    slack: SlackEmulator, front: SlackWithBridge
) -> None:
    body = outer(MENTION, team_id="T0FOREIGN", authorizations=[{"team_id": "T0FOREIGN"}])
    assert (await slack.deliver_payload(body)).status == 200
    assert front.drops == [("app_mention", "foreign_team")]
    assert await front.asks() == []


async def test_a_warning_about_the_rate_of_events_is_counted(
    slack: SlackEmulator, front: SlackWithBridge
) -> None:
    warning = {"type": "app_rate_limited", "team_id": TEAM, "minute_rate_limited": 1518467820}
    assert (await slack.deliver_payload(warning)).status == 200
    assert front.drops == [("app_rate_limited", "rate_limited")]


async def test_events_that_nobody_listens_to_are_acknowledged(
    slack: SlackEmulator, front: SlackWithBridge
) -> None:
    await slack.deliver({"type": "brand_new_event", "user": U_ALICE})
    assert await settled(slack, 1) == [200]
    assert front.drops == [("brand_new_event", "unknown")]


@pytest.mark.parametrize("event", [None, "text", [], {}, {"type": None}, {"type": ["message"]}])
async def test_an_event_of_no_shape_is_acknowledged_and_dropped(
    slack: SlackEmulator, front: SlackWithBridge, event: object
) -> None:
    assert (await slack.deliver_payload(outer(event))).status == 200
    assert [why for _, why in front.drops] == ["malformed"]


async def test_a_command_that_nobody_handles_is_acknowledged(
    slack: SlackEmulator, front: SlackWithBridge
) -> None:
    typed = {"command": "/other", "text": "hello", "team_id": TEAM, "user_id": U_ALICE}
    delivery = await slack.dispatcher.deliver(Envelope("slash_commands", typed))
    assert (delivery.status, delivery.response) == (200, "")
    assert front.drops == [("command", "unknown")]


@pytest.mark.parametrize(
    "payload",
    [
        {"type": "block_actions", "actions": [{"type": "button", "action_id": "old"}]},
        {"type": "message_action", "callback_id": "old"},
        {"type": "shortcut", "callback_id": "old"},
        {"type": "view_submission", "view": {"callback_id": "old", "id": "V1", "type": "modal"}},
        {"type": "view_closed", "view": {"callback_id": "old", "id": "V1", "type": "modal"}},
        {"type": "block_suggestion", "action_id": "old", "value": "x"},
        {"type": "brand_new_interaction"},
    ],
)
async def test_clicks_that_nobody_handles_are_acknowledged(
    slack: SlackEmulator, front: SlackWithBridge, payload: dict[str, Any]
) -> None:
    heading = {"team": {"id": TEAM, "domain": "works"}, "user": {"id": U_ALICE, "team_id": TEAM}}
    delivery = await slack.dispatcher.deliver(Envelope("interactive", heading | payload))
    assert (delivery.status, delivery.response) == (200, "")
    assert front.drops == [(payload["type"], "unknown")]


async def test_what_went_wrong_with_us_comes_again_and_tells_no_log_what_was_said(
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level(logging.DEBUG)
    events: list[Event] = []

    def observe(event: Event) -> None:
        events.append(event)
        match event:
            case CommandHandled():
                raise ValueError("how are you?")

    front = SlackWithBridge()
    async with aiohttp.ClientSession() as session, front.redis:
        ingress = front.ingress(session, observe)
        request = AsyncBoltRequest(mode="socket_mode", body=json.loads(json.dumps(outer(MENTION))))
        response = await ingress.dispatch(request)
    assert response.status == 500
    assert failures(events) == {("app_mention", "bug")}
    (failed,) = [event for event in events if isinstance(event, PayloadFailed)]
    assert failed.trace[-1] == "ValueError"
    assert failed.trace[-2].endswith(" observe"), "the innermost call is told"
    assert "how are you?" not in caplog.text + repr(failed)
