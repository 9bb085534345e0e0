"""What people press and type, over both transports: stored once, or told at once if it was not."""

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass, replace
from typing import Any

import aiohttp
import pytest

from bridge.core.events import PayloadFailed, SlackCalled
from bridge.core.messages import Locale
from bridge.core.model import Ask, Kind, Source, ThreadKey, TurnId
from bridge.core.policy import Policy
from bridge.emulators.slack import (
    BOT_USER,
    C_ELSEWHERE,
    C_GENERAL,
    C_RANDOM,
    C_SHARED,
    D_ALICE,
    TEAM,
    U_ALICE,
    U_BOB,
    U_EXTERNAL,
    Fault,
    SlackEmulator,
)
from bridge.emulators.slack.deliveries import Delivery
from bridge.slack.api.web_api import open_client
from bridge.slack.block_kit.actions import ActionValue, pack
from bridge.slack.messages import SLACK_MESSAGES
from bridge.slack.outbound.welcome import HomeOpened, Joined, MessagesOpened
from tests.adapter.slack_front import (
    MANIFEST,
    SECRET,
    SlackWithBridge,
    connected,
    serving,
    socket_mode,
)
from tests.slack import slack_emulator

BOT = f"<@{BOT_USER}>"
TURN = TurnId("5b0f6c0e-6f0c-5c43-9c8e-5a5c7f4f2a11")
RATED = ActionValue(TURN, session="s1", answer_id="m1", verdict="good")
BUTTONS = {
    "ask_0": pack(ActionValue(TURN, words="And now?")),
    "regenerate": pack(ActionValue(TURN, words="How are you?")),
    "stop": pack(ActionValue(TURN)),
    "new": pack(ActionValue(TURN)),
    "sources": pack(ActionValue(TURN)),
    "ask_1": pack(ActionValue("tampered", words="And now?")),
}
GOOD, BAD = pack(RATED), pack(replace(RATED, verdict="bad"))


def say(key: str, locale: Locale = Locale.EN) -> str:
    return SLACK_MESSAGES[key].in_language(locale)


@dataclass
class Stage:
    """A workspace, and the bridge's front behind one of the two transports."""

    slack: SlackEmulator
    front: SlackWithBridge

    async def answer(self, channel: str = C_GENERAL, **buttons: str) -> str:
        """The ts of an answer of the bot, with all that can be pressed under it."""
        async with aiohttp.ClientSession() as session:
            client = open_client(self.slack.bot_token, base_url=self.slack.api_url, session=session)
            posted = await client.chat_postMessage(
                channel=channel, text="It is so.", blocks=footer(BUTTONS | buttons)
            )
        return str(posted["ts"])

    @property
    def modals(self) -> list[dict[str, Any]]:
        return list(self.slack.workspace.views.values())

    @property
    def ephemerals(self) -> list[tuple[str | None, str]]:
        return [(told.ephemeral_to, told.text) for told in self.slack.workspace.ephemerals]

    async def ephemeral(self) -> tuple[str | None, str]:
        await self.slack.until(lambda: self.ephemerals)
        (told,) = self.ephemerals
        return told

    @property
    def failures(self) -> list[tuple[str, str]]:
        return [(e.kind, e.why) for e in self.front.events if isinstance(e, PayloadFailed)]


def footer(buttons: dict[str, str]) -> list[dict[str, Any]]:
    def text(label: str) -> dict[str, str]:
        return {"type": "plain_text", "text": label}

    row = [
        {"type": "button", "action_id": name, "text": text(name), "value": value}
        for name, value in buttons.items()
    ]
    thumbs = {
        "type": "feedback_buttons",
        "action_id": "rate",
        "positive_button": {"text": text("good"), "value": GOOD},
        "negative_button": {"text": text("bad"), "value": BAD},
    }
    return [
        {"type": "actions", "elements": row},
        {"type": "context_actions", "elements": [thumbs]},
    ]


@asynccontextmanager
async def by_http(front: SlackWithBridge) -> AsyncIterator[Stage]:
    async with slack_emulator(manifest=MANIFEST, signing_secret=SECRET) as slack:
        front.api_url = slack.api_url
        async with serving(front):
            slack.request_url = front.url
            yield Stage(slack, front)


@asynccontextmanager
async def by_socket(front: SlackWithBridge) -> AsyncIterator[Stage]:
    async with slack_emulator(manifest=MANIFEST, socket_mode=True) as slack, front.redis:
        front.api_url = slack.api_url
        async with socket_mode(slack, front):
            await connected(slack)
            yield Stage(slack, front)


Open = Callable[[SlackWithBridge], AbstractAsyncContextManager[Stage]]


@pytest.fixture(params=[by_http, by_socket])
def open_stage(request: pytest.FixtureRequest) -> Open:
    opened: Open = request.param
    return opened


@pytest.fixture
async def stage(open_stage: Open) -> AsyncIterator[Stage]:
    async with open_stage(SlackWithBridge()) as stage:
        yield stage


@pytest.mark.parametrize(
    ("action_id", "kind", "text"),
    [
        ("ask_0", Kind.ASK, "And now?"),
        ("regenerate", Kind.ASK, "How are you?"),
        ("new", "reset", ""),
    ],
)
async def test_a_press_is_stored_in_the_thread_of_its_message(
    stage: Stage, action_id: str, kind: Kind, text: str
) -> None:
    ts = await stage.answer()
    assert (await stage.slack.click(U_BOB, C_GENERAL, ts, action_id)).status == 200
    (ask,) = await stage.front.asks()
    assert (ask.kind, ask.text, ask.user, ask.thread.root) == (kind, text, U_BOB, ts)


async def test_a_double_click_asks_once(stage: Stage) -> None:
    ts = await stage.answer()
    clicks = [stage.slack.click(U_ALICE, C_GENERAL, ts, "regenerate") for _ in range(2)]
    assert [click.status for click in await asyncio.gather(*clicks)] == [200, 200]
    await stage.slack.click(U_BOB, C_GENERAL, ts, "regenerate")
    assert sorted(stage.front.results) == ["accepted", "duplicate", "duplicate"]


async def test_only_the_asker_stops_an_answer_and_anybody_else_is_told_so(stage: Stage) -> None:
    root = await stage.slack.post(D_ALICE, U_ALICE, "how are you?")
    await stage.slack.until(lambda: stage.front.results)
    running = await stage.front.inbox.take()
    assert running is not None
    for user in (U_BOB, U_ALICE):
        event = {"type": "agent_session_stopped", "channel": D_ALICE, "user": user}
        times = {"thread_ts": root, "event_ts": stage.slack.clock.stamp()}
        await stage.slack.deliver(event | times)
    assert stage.front.results == ["accepted", "not_yours", "stopping"]
    assert await stage.front.inbox.beat([running]) == ["stop"]


async def test_the_stop_button_stops_its_answer_and_no_other(stage: Stage) -> None:
    await stage.slack.post(C_GENERAL, U_ALICE, f"{BOT} how are you?")
    await stage.slack.until(lambda: len(stage.front.results) == 2)
    running = await stage.front.inbox.take()
    assert running is not None
    mine = pack(ActionValue(running.ask.turn))
    ts = await stage.answer(stop=mine)
    await stage.slack.click(U_ALICE, C_GENERAL, ts, "stop")
    assert stage.front.results[2:] == ["not_found"]  # that message stands in another thread


async def test_a_good_answer_is_rated_once(stage: Stage) -> None:
    ts = await stage.answer()
    for _ in range(2):
        await stage.slack.click(U_ALICE, C_GENERAL, ts, "rate", value=GOOD)
    await stage.slack.until(lambda: stage.front.ratings)
    assert stage.front.results == ["rated", "duplicate"]
    (rate,) = stage.front.ratings
    assert (rate.is_good, rate.answer_id, rate.user) == (True, "m1", U_ALICE)


async def test_a_bad_answer_is_rated_and_then_explained(stage: Stage) -> None:
    ts = await stage.answer()
    await stage.slack.click(U_ALICE, C_GENERAL, ts, "rate", value=BAD)
    (modal,) = stage.modals
    assert modal["title"]["text"] == say("reason_title")
    await submit(stage, "Too old.")
    await stage.slack.until(lambda: len(stage.front.ratings) == 2)
    said = [(rate.is_good, rate.comment, rate.thread.root) for rate in stage.front.ratings]
    assert said == [(False, "", ts), (False, "Too old.", ts)]
    assert stage.modals == []


async def test_sources_are_shown_on_demand(stage: Stage) -> None:
    ts = await stage.answer()
    ask = Ask(TURN, ThreadKey(TEAM, C_GENERAL, ts), U_ALICE, ts, "how?")
    await stage.front.answer_sources.save(ask, [Source(1, "Guide", "It is so.")])
    await stage.slack.click(U_BOB, C_GENERAL, ts, "sources")
    (modal,) = stage.modals
    assert modal["title"]["text"] == say("sources", Locale.ZH)
    assert "It is so." in json.dumps(modal["blocks"])


async def test_sources_that_are_lost_are_told_as_lost(stage: Stage) -> None:
    ts = await stage.answer()
    await stage.slack.click(U_ALICE, C_GENERAL, ts, "sources")
    (modal,) = stage.modals
    assert modal["blocks"][0]["text"]["text"] == say("sources_lost")


async def test_a_shortcut_asks_about_a_message_in_its_thread(stage: Stage) -> None:
    root = await stage.slack.post(C_GENERAL, U_BOB, "It is late & dark")
    await stage.slack.shortcut(U_ALICE, "ask_about_message", channel=C_GENERAL, message_ts=root)
    (modal,) = stage.modals
    assert modal["blocks"][0]["text"]["text"] == "> It is late &amp; dark"
    assert "initial_value" not in modal["blocks"][1]["element"]
    await submit(stage, "Is it?")
    (ask,) = await stage.front.asks()
    assert (ask.text, ask.attached) == ("Is it?", "It is late & dark")
    assert (ask.thread.root, ask.user, ask.is_quoted) == (root, U_ALICE, True)
    assert ask.respond_to
    assert stage.modals == []


async def test_a_question_that_is_too_long_stays_in_its_modal(open_stage: Open) -> None:
    async with open_stage(SlackWithBridge(policy=Policy(max_utterance=5))) as stage:
        root = await stage.slack.post(C_GENERAL, U_BOB, "It is late")
        await stage.slack.shortcut(U_ALICE, "ask_about_message", channel=C_GENERAL, message_ts=root)
        assert stage.modals[0]["blocks"][-1]["element"]["max_length"] == 5
        submitted = await submit(stage, "Is it late?")
        assert "11" in json.loads(submitted.response)["errors"]["words"]
        assert len(stage.modals) == 1
        await stage.slack.command(U_ALICE, C_GENERAL, "/beebot", "Is it late?")
        assert "11" in (await stage.ephemeral())[1]
        assert await stage.front.asks() == []


async def test_a_command_asks_also_where_the_bot_is_no_member(stage: Stage) -> None:
    typed = await stage.slack.command(U_ALICE, C_ELSEWHERE, "/beebot", f"who is {BOT} & you?")
    assert (typed.status, typed.response) == (200, "")
    (ask,) = await stage.front.asks()
    assert (ask.kind, ask.text, ask.thread.channel) == (Kind.OPEN, "who is & you?", C_ELSEWHERE)
    assert ask.respond_to


@pytest.mark.parametrize("text", ["", "help"])
async def test_help_is_told_in_the_language_of_the_person(stage: Stage, text: str) -> None:
    await stage.slack.command(U_BOB, C_GENERAL, "/beebot", text)
    assert stage.ephemerals == [(U_BOB, say("help", Locale.ZH))]
    assert stage.front.results == []


async def test_bare_words_control_the_thread(stage: Stage) -> None:
    root = await stage.slack.post(D_ALICE, U_ALICE, "how are you?")
    await stage.slack.until(lambda: len(stage.front.results) == 1)
    assert await stage.front.inbox.take()
    await stage.slack.post(D_ALICE, U_ALICE, "Stop!")
    await stage.slack.until(lambda: len(stage.front.results) == 2)
    await stage.slack.post(D_ALICE, U_ALICE, "重新开始", root)
    await stage.slack.until(lambda: len(stage.front.results) == 3)
    assert stage.front.results == ["accepted", "stopping", "queued"]


async def test_a_stop_where_nothing_runs_is_answered_if_it_was_for_the_bot(stage: Stage) -> None:
    await stage.slack.post(C_GENERAL, U_ALICE, f"{BOT} stop")
    await stage.slack.until(lambda: len(stage.front.results) == 2)
    root = await stage.slack.post(C_GENERAL, U_BOB, "Where shall I turn?")
    await stage.slack.post(C_GENERAL, U_BOB, "stop", root)
    await stage.slack.until(lambda: len(stage.front.results) == 3)
    assert [ask.kind for ask in await stage.front.asks()] == [Kind.NOTHING_TO_STOP]
    assert stage.front.results[2] == "not_engaged"


async def test_visits_are_handed_on(stage: Stage) -> None:
    await stage.slack.open_home(U_ALICE)
    await stage.slack.open_home(U_ALICE, "messages")
    await stage.slack.invite(C_ELSEWHERE, U_BOB)
    await stage.slack.join(C_RANDOM, U_EXTERNAL)
    await stage.slack.until(lambda: ("member_joined_channel", "others") in stage.front.drops)
    assert set(stage.front.app_events) == {
        HomeOpened(TEAM, U_ALICE),
        MessagesOpened(TEAM, U_ALICE, D_ALICE),
        Joined(TEAM, C_ELSEWHERE, U_BOB),
    }


async def test_tampered_values_are_acknowledged_and_do_nothing(stage: Stage) -> None:
    ts = await stage.answer()
    assert (await stage.slack.click(U_ALICE, C_GENERAL, ts, "ask_1")).status == 200
    assert stage.front.drops[-1] == ("block_actions", "malformed")
    assert stage.front.results == []
    assert stage.ephemerals == []


async def test_partners_press_nothing_unless_the_operator_says_so(stage: Stage) -> None:
    ts = await stage.answer(C_SHARED)
    assert (await stage.slack.click(U_EXTERNAL, C_SHARED, ts, "ask_0")).status == 200
    assert stage.front.drops[-1] == ("block_actions", "external")


def lose_store(front: SlackWithBridge) -> str:
    front.store.connected = False
    return "redis"


def forget_identity(front: SlackWithBridge) -> str:
    front.identity = None
    return "identity"


def drain(front: SlackWithBridge) -> str:
    front.accepts = False
    return "draining"


@pytest.mark.parametrize("fail", [lose_store, forget_identity, drain])
async def test_a_press_that_could_not_be_stored_is_told_to_its_person(
    stage: Stage, fail: Callable[[SlackWithBridge], str]
) -> None:
    ts = await stage.answer()
    await stage.slack.until(lambda: stage.slack.deliveries)
    why = fail(stage.front)
    assert (await stage.slack.click(U_ALICE, C_GENERAL, ts, "ask_0")).status == 200
    assert await stage.ephemeral() == (U_ALICE, say("not_stored"))
    assert stage.failures[-1] == ("block_actions", why)


@pytest.mark.parametrize("fail", [lose_store, forget_identity, drain])
async def test_a_command_that_could_not_be_stored_is_told_in_its_answer(
    stage: Stage, fail: Callable[[SlackWithBridge], str]
) -> None:
    fail(stage.front)
    assert (await stage.slack.command(U_BOB, C_GENERAL, "/beebot", "how are you?")).status == 200
    assert stage.ephemerals == [(U_BOB, say("not_stored", Locale.ZH))]


async def test_a_modal_that_could_not_be_stored_stays_open_with_its_words(stage: Stage) -> None:
    root = await stage.slack.post(C_GENERAL, U_BOB, "It is late")
    await stage.slack.shortcut(U_ALICE, "ask_about_message", channel=C_GENERAL, message_ts=root)
    stage.front.store.connected = False
    submitted = await submit(stage, "Is it?")
    said = {"response_action": "errors", "errors": {"words": say("not_stored")}}
    assert json.loads(submitted.response) == said
    assert len(stage.modals) == 1


async def test_without_the_store_no_window_opens_for_what_it_keeps(stage: Stage) -> None:
    ts = await stage.answer()
    stage.front.store.connected = False
    await stage.slack.click(U_ALICE, C_GENERAL, ts, "sources")
    assert await stage.ephemeral() == (U_ALICE, say("not_opened"))
    assert stage.modals == []


@pytest.mark.parametrize("kind", ["hang", "error", "ratelimited"])
async def test_a_modal_that_slack_does_not_open_is_told_in_time(
    open_stage: Open, kind: Any
) -> None:
    async with open_stage(SlackWithBridge(modal_s=0.3)) as stage:
        root = await stage.slack.post(C_GENERAL, U_BOB, "It is late")
        stage.slack.faults.add(Fault("views.open", kind, "expired_trigger_id"))
        used = await stage.slack.shortcut(
            U_ALICE, "ask_about_message", channel=C_GENERAL, message_ts=root
        )
        assert used.status == 200
        assert used.elapsed_s < 2
        assert await stage.ephemeral() == (U_ALICE, say("not_opened"))
        assert stage.failures[-1][0] == "message_action"


async def test_what_slack_said_of_a_modal_is_told_to_the_operator(stage: Stage) -> None:
    root = await stage.slack.post(C_GENERAL, U_BOB, "It is late")
    stage.slack.faults.add(Fault("views.open", "error", "expired_trigger_id"))
    await stage.slack.shortcut(U_ALICE, "ask_about_message", channel=C_GENERAL, message_ts=root)
    calls = [event for event in stage.front.events if isinstance(event, SlackCalled)]
    assert ("views.open", "expired_trigger_id") in {(call.method, call.result) for call in calls}


async def test_help_waits_no_longer_for_slack_than_a_person_would(open_stage: Open) -> None:
    async with open_stage(SlackWithBridge(people_s=0.2)) as stage:
        stage.slack.faults.add(Fault("users.info", "slow", delay_s=1.0))
        typed = await stage.slack.command(U_BOB, C_GENERAL, "/beebot", "help")
        assert typed.status == 200
        assert stage.ephemerals == [(U_BOB, say("help"))]
        await stage.slack.until(lambda: stage.slack.calls_of("users.info"))


async def submit(stage: Stage, wrote: str) -> Delivery:
    (modal,) = stage.modals
    field = {"words": {"words": {"type": "plain_text_input", "value": wrote}}}
    user = stage.slack.workspace.viewers[modal["id"]]
    return await stage.slack.submit_view(user, modal["id"], field)
