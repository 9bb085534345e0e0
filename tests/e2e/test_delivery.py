"""What Slack sends more than once is answered once, in order, whichever replica hears it."""

from collections.abc import Sequence
from itertools import cycle
from typing import Literal, get_args

import pytest

from bridge.emulators.beebot import typed
from bridge.emulators.slack.seed import (
    BOT_USER,
    C_GENERAL,
    C_SHARED,
    TEAM,
    U_ALICE,
    U_EXTERNAL,
)
from bridge.emulators.slack.workspace import Channel
from tests.e2e.stage import Stage, events_url

Refusal = Literal["html", "401", "403", "success_false"]
MENTION = f"<@{BOT_USER}>"


async def spread(
    stage: Stage, ports: list[int], questions: Sequence[tuple[str, str, str | None]]
) -> list[str]:
    """Post each question with another replica listening; the timestamps of the posts."""
    posted = []
    for port, (channel, text, root) in zip(cycle(ports), questions, strict=False):
        stage.slack.request_url = events_url(port)
        posted.append(await stage.slack.post(channel, U_ALICE, text, thread_ts=root))
    return posted


async def test_the_same_event_delivered_four_times_is_one_answer(shared_stage: Stage) -> None:
    stage = shared_stage
    await stage.open_bridge()
    await stage.open_bridge()
    stage.beebot.default(typed("Once."))
    ts = "1700000000.000100"
    event = {
        "type": "app_mention", "user": U_ALICE, "text": f"{MENTION} hello", "ts": ts,
        "channel": C_GENERAL, "event_ts": ts, "team": TEAM,
    }  # fmt: skip
    root = await stage.slack.post(C_GENERAL, U_ALICE, "an ordinary message")
    event |= {"ts": root, "event_ts": root}
    deliveries = await stage.slack.deliver(event, "Ev0SAME0001", times=4)
    assert [delivery.status for delivery in deliveries] == [200] * 4
    await stage.slack.until(lambda: stage.texts(C_GENERAL, root) == ["Once."])
    await stage.finished(1)
    assert len(stage.beebot.questions) == 1


async def test_a_mention_that_comes_as_two_events_is_one_question(shared_stage: Stage) -> None:
    stage = shared_stage
    await stage.open_bridge()
    stage.beebot.default(typed("Once."))
    root = await stage.slack.post(C_GENERAL, U_ALICE, f"{MENTION} hello")
    await stage.slack.until(lambda: stage.texts(C_GENERAL, root) == ["Once."])
    await stage.slack.until(
        lambda: (
            {"app_mention", "message"}
            <= {delivery.body["event"]["type"] for delivery in stage.slack.deliveries}
        )
    )
    await stage.finished(1)
    assert len(stage.beebot.questions) == 1
    assert stage.texts(C_GENERAL, root) == ["Once."]


async def test_five_quick_messages_of_a_thread_are_answered_one_by_one_in_order(
    shared_stage: Stage,
) -> None:
    stage = shared_stage
    ports = [await stage.open_bridge(), await stage.open_bridge()]
    stage.beebot.default(lambda question: typed(f"answer to {question.utterance}", step=2))
    (root,) = await spread(stage, ports, [(C_GENERAL, f"{MENTION} 0", None)])
    await stage.beebot.until(lambda: len(stage.beebot.questions) == 1)
    await spread(stage, ports, [(C_GENERAL, str(number), root) for number in range(1, 5)])
    await stage.slack.until(
        lambda: stage.texts(C_GENERAL, root) == [f"answer to {number}" for number in range(5)]
    )
    assert [question.utterance for question in stage.beebot.questions] == list("01234")
    assert len({question.session_id for question in stage.beebot.questions}) == 1
    assert not stage.beebot.overlaps, "Beebot never had two questions of a session at once"


async def test_fifty_first_questions_on_three_replicas_apply_for_one_token(
    shared_stage: Stage,
) -> None:
    stage = shared_stage
    ports = [await stage.open_bridge() for _ in range(3)]
    stage.beebot.default(typed("Yes."))
    everybody = stage.slack.workspace.channels[C_GENERAL].members
    channels = [Channel(f"C0MANY{n}", f"many-{n}", "channel", everybody) for n in range(10)]
    stage.slack.workspace.channels |= {channel.id: channel for channel in channels}
    questions = [(channels[n % 10].id, f"{MENTION} question {n}", None) for n in range(50)]
    roots = await spread(stage, ports, questions)
    for (channel, _, _), root in zip(questions, roots, strict=True):
        await stage.slack.until(lambda c=channel, r=root: stage.texts(c, r) == ["Yes."])  # type: ignore[misc]
    assert len(stage.beebot.questions) == 50
    assert len(stage.beebot.applications) == 1


@pytest.mark.assistant_methods
async def test_questions_over_the_limit_wait_in_line_and_see_it(shared_stage: Stage) -> None:
    stage = shared_stage
    await stage.open_bridge(BEEBOT_MAX_CONCURRENCY="1")
    stage.beebot.default(typed("slowly but surely", step=1, delay_s=0.1))
    first = await stage.slack.post(C_GENERAL, U_ALICE, f"{MENTION} one")
    await stage.beebot.until(lambda: len(stage.beebot.questions) == 1)
    second = await stage.slack.post(C_GENERAL, U_ALICE, f"{MENTION} two")
    await stage.slack.until(lambda: "in line" in stage.slack.status(C_GENERAL, second))
    assert len(stage.beebot.questions) == 1
    await stage.slack.until(lambda: stage.texts(C_GENERAL, second) == ["slowly but surely"])
    assert stage.texts(C_GENERAL, first) == ["slowly but surely"]
    assert not stage.slack.status(C_GENERAL, second)


@pytest.mark.parametrize("how", get_args(Refusal))
async def test_a_token_that_dies_early_is_renewed_unnoticed(
    shared_stage: Stage, how: Refusal
) -> None:
    stage = shared_stage
    await stage.open_bridge()
    stage.beebot.default(typed("As if nothing had happened."))
    for number in (1, 2):
        root = await stage.slack.post(C_GENERAL, U_ALICE, f"{MENTION} hello")
        await stage.slack.until(
            lambda root=root: stage.texts(C_GENERAL, root) == ["As if nothing had happened."]  # type: ignore[misc]
        )
        assert len(stage.beebot.applications) == number
        stage.beebot.revoke_tokens(how)


async def test_our_own_people_may_share_files_with_partners_and_ask(stage: Stage) -> None:
    """Slack leaves the team out of posts with files, so both are looked up."""
    await stage.open_bridge()
    stage.beebot.default(typed("Here."))
    asked = {
        user: await stage.slack.post(C_SHARED, user, f"{MENTION} what is this?", files=1)
        for user in (U_EXTERNAL, U_ALICE)
    }
    await stage.slack.until(lambda: stage.texts(C_SHARED, asked[U_ALICE]) == ["Here."])
    await stage.stack.aclose()  # whatever else was begun ends with the bridge
    assert stage.texts(C_SHARED, asked[U_EXTERNAL]) == []
    assert len(stage.beebot.questions) == 1
