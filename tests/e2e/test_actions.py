"""What people can do with an answer: go on, ask again, stop it, begin anew, rate it, see quotes."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from typing import Any

import aiohttp
import pytest

from bridge.emulators.beebot import (
    Fault,
    clarify,
    handover,
    no_answer,
    related,
    typed,
    with_sources,
)
from bridge.emulators.slack import Fault as SlackFault
from bridge.emulators.slack.blocks import elements_of
from bridge.emulators.slack.messages import Message
from bridge.emulators.slack.seed import (
    BOT_USER,
    C_ARCHIVED,
    C_ELSEWHERE,
    C_GENERAL,
    D_ALICE,
    U_ALICE,
    U_BOB,
)
from tests.e2e.conftest import empty
from tests.e2e.stage import HANGS_S, Stage, events_url

ENDLESS = typed("word " * 400, step=5, delay_s=0.03)
RAIN = related("Rain falls.", ["Why does it?"], step=20)
GROUP = "S0SUPPORT0"
METRICS_TOKEN = "what-prometheus-has"


@pytest.fixture
async def stage(stage: Stage) -> Stage:
    stage.environment |= {
        "BRIDGE_BEAT_S": "0.1",
        "BRIDGE_STREAMING": "edit",
        "BRIDGE_METRICS_TOKEN": METRICS_TOKEN,
    }
    stage.beebot.default(RAIN)
    return stage


@pytest.fixture
async def replicas(stage: Stage, redis_url: str) -> Stage:
    """All bridges share a real Redis; what happens goes to the one opened last."""
    await empty(redis_url)
    stage.environment["REDIS_URL"] = redis_url
    return stage


@asynccontextmanager
async def one_life(stage: Stage) -> AsyncIterator[None]:
    """Bridges opened inside end with the block."""
    kept, stage.stack = stage.stack, AsyncExitStack()
    try:
        async with stage.stack:
            yield
    finally:
        stage.stack = kept


async def ask(stage: Stage, question: str = "question", *, channel: str = C_GENERAL) -> str:
    mention = "" if channel == D_ALICE else f"<@{BOT_USER}> "
    return await stage.slack.post(channel, U_ALICE, f"{mention}{question}")


async def reply(stage: Stage, root: str, words: str, *, user: str = U_ALICE) -> str:
    return await stage.slack.post(C_GENERAL, user, words, thread_ts=root)


async def shows(stage: Stage, root: str, words: str, *, answers: int = 1) -> Message:
    """Wait until the newest of so many answers holds these words, in its text or around it."""

    def found() -> Message | None:
        replies = stage.replies(C_GENERAL, root)
        is_there = len(replies) == answers and words in str(replies[-1].blocks)
        return replies[-1] if is_there else None

    message = await stage.slack.until(found)
    assert message is not None
    return message


async def answered(stage: Stage, root: str, *, answers: int = 1) -> Message:
    return await shows(stage, root, "'new'", answers=answers)


def buttons(message: Message) -> set[str]:
    return {element["action_id"] for _, element in elements_of(message.blocks)}


async def press(
    stage: Stage, message: Message, action_id: str, *, user: str = U_ALICE, value: str | None = None
) -> None:
    delivery = await stage.slack.click(user, message.channel, message.ts, action_id, value=value)
    assert delivery.succeeded, delivery


def sent_sessions(stage: Stage) -> list[str | None]:
    """The session that each question named."""
    return [question.value.get("SessionId") for question in stage.beebot.questions]


def ephemerals(stage: Stage) -> list[tuple[str | None, str]]:
    return [(told.ephemeral_to, told.text) for told in stage.slack.workspace.ephemerals]


# Going on


async def test_a_related_question_goes_on_in_the_same_session_and_is_quoted(stage: Stage) -> None:
    await stage.open_bridge()
    root = await ask(stage, "Does it rain?")
    await press(stage, await answered(stage, root), "ask_0", user=U_BOB)
    following = await answered(stage, root, answers=2)
    assert following.shown.startswith("> Why does it?\n>\n> — bob\n\nRain")
    assert following.text.startswith("Rain"), "who is notified reads the answer"
    assert [question.utterance for question in stage.beebot.questions][1] == "Why does it?"
    first, second = stage.beebot.questions
    assert first.session_id == second.session_id
    assert "开始新对话" in str(following.blocks), "to whoever pressed, in their language"


async def test_the_quoted_question_stands_there_as_long_as_the_answer_grows(stage: Stage) -> None:
    await stage.open_bridge(BRIDGE_STREAMING="auto")
    root = await ask(stage, channel=D_ALICE)
    (first,) = await stage.slack.until(lambda: stage.replies(D_ALICE, root))
    await stage.slack.until(lambda: "ask_0" in buttons(first))
    stage.beebot.script("Why does it?", typed("It does. " * 20, step=9, delay_s=0.15))
    await press(stage, first, "ask_0")
    (following,) = await stage.slack.until(lambda: stage.replies(D_ALICE, root)[1:])
    await stage.slack.until(lambda: "rate" in buttons(following))
    versions = [text for _, text in following.history]
    assert len(versions) > 2
    assert all(text.startswith("> Why does it?\n>\n> — alice") for text in versions)
    assert following.shown.startswith("> Why does it?\n>\n> — alice\n\nIt does.")
    assert stage.slack.calls_of("chat.startStream")


async def test_an_option_is_chosen_with_a_press(stage: Stage) -> None:
    await stage.open_bridge()
    stage.beebot.script("leave?", clarify("Which one?", ["Annual leave", "Sick leave"]))
    root = await ask(stage, "leave?")
    await press(stage, await answered(stage, root), "ask_1")
    await answered(stage, root, answers=2)
    assert stage.beebot.questions[1].utterance == "Sick leave"


async def test_a_button_pressed_twice_asks_once(stage: Stage) -> None:
    await stage.open_bridge()
    root = await ask(stage)
    first = await answered(stage, root)
    await asyncio.gather(*(press(stage, first, "ask_0") for _ in range(3)))
    await answered(stage, root, answers=2)
    await reply(stage, root, "the end")
    await answered(stage, root, answers=3)
    assert len(stage.beebot.questions) == 3


async def test_the_same_question_again_is_a_new_message_of_the_same_session(stage: Stage) -> None:
    await stage.open_bridge()
    root = await ask(stage, "Does it rain?")
    await press(stage, await answered(stage, root), "regenerate")
    again = await answered(stage, root, answers=2)
    assert again.shown.startswith("> Does it rain?")
    first, second = stage.beebot.questions
    assert (first.utterance, first.session_id) == (second.utterance, second.session_id)
    assert first.message_id != second.message_id


async def test_a_press_that_is_declined_is_quoted_too(stage: Stage) -> None:
    await stage.open_bridge(BEEBOT_MAX_UTTERANCE="20")
    stage.beebot.default(related("Rain.", ["A question with more than twenty characters?"]))
    root = await ask(stage)
    await press(stage, await answered(stage, root), "ask_0")
    declined = await shows(stage, root, "at most 20", answers=2)
    assert declined.shown.startswith("> A question with more")
    assert buttons(declined) == set()


# Stopping


async def growing(stage: Stage, root: str) -> Message:
    return await shows(stage, root, "word word")


async def streaming(stage: Stage, root: str) -> Message:
    """Wait until a native answer in the DM has some words."""
    await stage.slack.until(lambda: "word word" in "".join(stage.texts(D_ALICE, root)))
    (message,) = stage.replies(D_ALICE, root)
    return message


async def over(port: int, outcome: str, *, timeout_s: float = HANGS_S) -> None:
    """Wait until a turn has ended so; that is a moment after Slack shows its last text."""
    headers, url = {"Authorization": f"Bearer {METRICS_TOKEN}"}, f"http://127.0.0.1:{port}/metrics"
    sample = f'outcome="{outcome}"}} 1.0'
    async with aiohttp.ClientSession(headers=headers) as http, asyncio.timeout(timeout_s):
        while True:
            async with http.get(url) as answer:
                if sample in await answer.text():
                    return
            await asyncio.sleep(0.02)


async def stands_still(stage: Stage, message: Message, *, said: str = "Stopped.") -> None:
    await stage.slack.until(lambda: said in str(message.blocks))
    assert "stop" not in buttons(message)
    assert {"regenerate", "new"} <= buttons(message)
    assert message.shown.startswith("word")
    await stage.beebot.until(lambda: stage.beebot.cancellations)
    (cancelled,) = stage.beebot.cancellations
    assert cancelled.worked
    assert cancelled.answer.strip() == message.shown.strip(), "what people saw is what Beebot keeps"


async def test_the_asker_stops_an_answer_with_its_button(stage: Stage) -> None:
    stage.declare_no_agent()
    port = await stage.open_bridge()
    stage.beebot.default(ENDLESS)
    root = await ask(stage)
    message = await growing(stage, root)
    await press(stage, message, "stop")
    await stands_still(stage, message)
    await over(port, "stopped")


@pytest.mark.parametrize("way", ["button", "Slack's button", "停止！", "deleted"])
async def test_any_replica_stops_an_answer_and_the_next_question_is_answered(
    replicas: Stage, way: str
) -> None:
    stage = replicas
    if way == "button":
        stage.declare_no_agent()
    await stage.open_bridge()
    stage.beebot.script("question", ENDLESS)
    root = await ask(stage)
    message = await growing(stage, root)
    await reply(stage, root, "and now?")
    other = await stage.open_bridge()
    assert stage.slack.request_url == events_url(other)
    if way == "button":
        await press(stage, message, "stop")
    elif way == "Slack's button":
        await stage.slack.until(lambda: stage.slack.stop_button(C_GENERAL, root))
        await stage.slack.stop_session(U_ALICE, C_GENERAL, root)
    elif way == "deleted":
        await stage.slack.delete(C_GENERAL, root)
    else:
        await reply(stage, root, way)
    await stands_still(stage, message)
    await answered(stage, root, answers=2)
    assert stage.beebot.questions[1].utterance == "and now?"


async def test_slacks_own_stop_button_stops_a_native_stream(replicas: Stage) -> None:
    stage = replicas
    await stage.open_bridge(BRIDGE_STREAMING="auto")
    stage.beebot.default(ENDLESS)
    root = await ask(stage, channel=D_ALICE)
    message = await streaming(stage, root)
    await stage.open_bridge(BRIDGE_STREAMING="auto")
    await stage.slack.stop_session(U_ALICE, D_ALICE, root)
    await stands_still(stage, message)
    assert not stage.slack.stop_button(D_ALICE, root)


async def test_a_bare_stop_in_a_direct_message_stops_the_newest_answer(stage: Stage) -> None:
    port = await stage.open_bridge(BRIDGE_STREAMING="auto")
    stage.beebot.default(ENDLESS)
    older = await streaming(stage, await ask(stage, channel=D_ALICE))
    newer = await streaming(stage, await ask(stage, channel=D_ALICE))
    await stage.slack.post(D_ALICE, U_ALICE, "Stop!")
    await stands_still(stage, newer)
    assert "Stopped." not in str(older.blocks)
    await over(port, "stopped")
    await stage.slack.post(D_ALICE, U_ALICE, "stop")
    await stage.slack.until(lambda: "Stopped." in str(older.blocks))


async def test_a_stop_where_nothing_runs_says_so(stage: Stage) -> None:
    port = await stage.open_bridge()
    root = await ask(stage)
    await over(port, "answered")
    await reply(stage, root, "stop")
    await shows(stage, root, "nothing to stop", answers=2)
    assert len(stage.beebot.questions) == 1


async def test_only_the_asker_may_stop_and_whoever_else_tries_learns_why(stage: Stage) -> None:
    stage.declare_no_agent()
    await stage.open_bridge()
    stage.beebot.default(ENDLESS)
    message = await growing(stage, await ask(stage))
    await press(stage, message, "stop", user=U_BOB)
    await stage.slack.until(lambda: ephemerals(stage))
    assert ephemerals(stage) == [(U_BOB, "只有提问者本人可以停止此回答。")]
    assert "Stopped." not in str(message.blocks)
    await press(stage, message, "stop")
    await stands_still(stage, message)


async def test_anybody_may_stop_if_the_operator_says_so(stage: Stage) -> None:
    stage.declare_no_agent()
    await stage.open_bridge(BRIDGE_STOP="anyone")
    stage.beebot.default(ENDLESS)
    message = await growing(stage, await ask(stage))
    await press(stage, message, "stop", user=U_BOB)
    await stands_still(stage, message)


# Beginning anew


@pytest.mark.parametrize("way", ["button", "重新开始"])
async def test_a_thread_that_begins_anew_gets_another_session(stage: Stage, way: str) -> None:
    await stage.open_bridge()
    root = await ask(stage)
    message = await answered(stage, root)
    if way == "button":
        await press(stage, message, "new")
    else:
        await reply(stage, root, way)
    await shows(stage, root, "begins a new", answers=2)
    await reply(stage, root, "another")
    await answered(stage, root, answers=3)
    await reply(stage, root, "one more")
    await answered(stage, root, answers=4)
    first, second, third = (question.session_id for question in stage.beebot.questions)
    assert sent_sessions(stage) == [None, None, second]
    assert first != second == third


async def test_an_answer_that_runs_meanwhile_does_not_bring_the_old_session_back(
    stage: Stage,
) -> None:
    await stage.open_bridge()
    stage.beebot.script("question", typed("word " * 25, step=5, delay_s=0.02))
    root = await ask(stage)
    await growing(stage, root)
    await reply(stage, root, "new")
    await reply(stage, root, "another")
    await answered(stage, root, answers=3)
    assert sent_sessions(stage) == [None, None]


# Rating


async def rate(stage: Stage, message: Message, verdict: str) -> None:
    (thumbs,) = [element for _, element in elements_of(message.blocks) if is_rating(element)]
    side = {"good": "positive_button", "bad": "negative_button"}[verdict]
    await press(stage, message, "rate", value=thumbs[side]["value"])


def is_rating(element: dict[str, Any]) -> bool:
    return bool(element["action_id"] == "rate")


def ratings(stage: Stage) -> list[tuple[str, str]]:
    return [(one.rating, one.content) for one in stage.beebot.feedbacks]


async def test_a_rating_counts_once_on_any_replica_and_after_a_restart(replicas: Stage) -> None:
    stage = replicas
    async with one_life(stage):
        await stage.open_bridge()
        message = await answered(stage, await ask(stage))
        await rate(stage, message, "good")
        await rate(stage, message, "good")
        await stage.open_bridge()
        await rate(stage, message, "good")
        await stage.beebot.until(lambda: stage.beebot.feedbacks)
    await stage.open_bridge()
    await rate(stage, message, "good")
    await rate(stage, message, "bad")
    await stage.beebot.until(lambda: ratings(stage)[-1:] == [("bad", "")])
    assert ratings(stage) == [("good", ""), ("bad", "")]
    (question,) = stage.beebot.questions
    assert {one.session_id for one in stage.beebot.feedbacks} == {question.session_id}


async def test_who_dislikes_an_answer_may_say_why(stage: Stage) -> None:
    await stage.open_bridge()
    message = await answered(stage, await ask(stage))
    await rate(stage, message, "bad")
    view = await stage.slack.until(lambda: list(stage.slack.workspace.views.values()))
    values = {"words": {"words": {"type": "plain_text_input", "value": "It is dry & sunny."}}}
    delivery = await stage.slack.submit_view(U_ALICE, view[0]["id"], values)
    assert delivery.succeeded
    await stage.beebot.until(lambda: len(stage.beebot.feedbacks) == 2)
    first, second = ratings(stage)
    assert first == ("bad", "")
    assert second[0] == "bad"
    assert "dry & sunny" in second[1]


# What belongs to an answer


async def test_the_quotes_behind_an_answer_are_one_press_away(stage: Stage) -> None:
    await stage.open_bridge()
    source = {"Title": "<!channel> guide", "Content": "It rains <!here>.", "Number": 1}
    stage.beebot.default(with_sources("Rain falls.", [source]))
    message = await answered(stage, await ask(stage))
    assert message.shown == "Rain falls. [1]"
    assert "Sources: [1] &lt;!channel&gt; guide" in str(message.blocks)
    await press(stage, message, "sources", user=U_BOB)
    (view,) = await stage.slack.until(lambda: list(stage.slack.workspace.views.values()))
    assert "It rains" in str(view["blocks"])
    assert stage.slack.pings == []


async def test_a_human_is_called_once_in_the_life_of_a_thread(stage: Stage) -> None:
    await stage.open_bridge(BRIDGE_HANDOVER=GROUP)
    stage.beebot.default(handover("One moment."))
    root = await ask(stage)
    await stage.slack.until(lambda: stage.slack.pings)
    await reply(stage, root, "hello?")
    await stage.slack.until(lambda: len(stage.replies(C_GENERAL, root)) == 3)
    await stage.finished(2)
    assert [ping.token for ping in stage.slack.pings] == [f"<!subteam^{GROUP}>"]
    assert "human to take over" in str(stage.replies(C_GENERAL, root)[-1].blocks)


async def test_in_a_direct_message_no_human_of_a_user_group_is_promised(stage: Stage) -> None:
    await stage.open_bridge(BRIDGE_HANDOVER=GROUP)
    stage.beebot.default(handover("One moment."))
    root = await ask(stage, channel=D_ALICE)
    await stage.slack.until(
        lambda: "Nobody is told of it" in str(stage.replies(D_ALICE, root)[-1:])
    )
    assert stage.slack.pings == []


async def test_without_a_place_to_call_no_human_is_promised_and_the_log_tells_why(
    stage: Stage,
) -> None:
    bridge = await stage.start_bridge()
    stage.beebot.default(handover("One moment."))
    root = await ask(stage)
    await shows(stage, root, "Nobody is told of it")
    await bridge.says("handover.wanted")
    line = bridge.said("handover.wanted")
    assert '"skill_group": "12"' in line
    assert '"is_heard": false' in line
    assert "human to take over" not in str(stage.replies(C_GENERAL, root))


@pytest.mark.parametrize(
    ("place", "word"),
    [(C_ELSEWHERE, "not_in_channel"), ("C0NOWHERE0", "channel_not_found"), (C_ARCHIVED, "is_")],
)
async def test_where_the_call_fails_the_answer_takes_its_promise_back(
    stage: Stage, place: str, word: str
) -> None:
    bridge = await stage.start_bridge(BRIDGE_HANDOVER=place)
    stage.beebot.default(handover("One moment."))
    root = await ask(stage)
    message = await shows(stage, root, "Nobody is told of it")
    assert message.shown == "One moment."
    assert "human to take over" not in str(message.blocks)
    await bridge.says("handover.wanted")
    line = bridge.said("handover.wanted")
    assert '"is_heard": false' in line
    assert '"level": "warning"' in line
    assert f'"why": "{word}' in line
    await bridge.says("turn.finished")
    assert stage.texts(C_GENERAL, root) == ["One moment."]


async def test_that_nothing_was_found_is_shown_as_such(stage: Stage) -> None:
    await stage.open_bridge()
    stage.beebot.default(no_answer("I do not know."))
    root = await ask(stage)
    await shows(stage, root, "found no answer to this")


async def test_a_failed_answer_can_be_asked_again_but_not_rated(stage: Stage) -> None:
    await stage.open_bridge(BRIDGE_RECALL_S="0.1")
    stage.beebot.script("question", ENDLESS.under(Fault.broken("SystemError", after=8)), RAIN)
    root = await ask(stage)
    message = await shows(stage, root, "answer is incomplete")
    assert message.shown.startswith("word")
    assert buttons(message) == {"regenerate", "new"}
    await press(stage, message, "regenerate")
    assert "rate" in buttons(await answered(stage, root, answers=2))


# Asking from anywhere


async def test_a_command_opens_a_thread_and_is_answered_there(stage: Stage) -> None:
    await stage.open_bridge()
    await stage.slack.command(U_BOB, C_GENERAL, "/beebot", "Does it rain?")
    (root,) = await stage.slack.until(lambda: posts(stage, C_GENERAL))
    assert root.text == f"<@{U_BOB}> 问：Does it rain?"
    answer = await answered(stage, root.ts, answers=2)
    assert answer.shown.startswith("Rain falls.")


async def test_a_command_where_the_bot_is_no_member_gets_a_private_hint(stage: Stage) -> None:
    await stage.open_bridge()
    await stage.slack.command(U_ALICE, C_ELSEWHERE, "/beebot", "Does it rain?")
    await stage.slack.until(lambda: ephemerals(stage))
    ((user, said),) = ephemerals(stage)
    assert (user, "/invite" in said) == (U_ALICE, True)
    assert not stage.beebot.questions


def posts(stage: Stage, channel: str) -> list[Message]:
    """What the bot has posted as a root."""
    live = stage.slack.workspace.channel(channel).live()
    return [one for one in live if one.bot_id and one.thread_ts in {None, one.ts}]


async def test_who_types_a_command_is_answered_in_time_though_slack_does_not_tell_who_it_is(
    stage: Stage,
) -> None:
    await stage.open_bridge()
    stage.slack.faults.add(SlackFault("users.info", "hang", times=None))
    for words, said in (("help", "/beebot"), ("word " * 200, "512")):
        delivery = await stage.slack.command(U_ALICE, C_GENERAL, "/beebot", words)
        assert delivery.succeeded
        assert said in delivery.response
