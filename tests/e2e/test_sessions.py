"""Slack's agent sessions, through the whole program: no state outlives its answer, whatever ends
it, and no call is refused twice.
"""

import signal
from typing import Any

import pytest

from bridge.emulators.beebot import Fault, Script, typed
from bridge.emulators.slack import Fault as SlackFault
from bridge.emulators.slack.messages import Message
from bridge.emulators.slack.methods_agents import set_session
from bridge.emulators.slack.seed import BOT_USER, C_GENERAL, D_ALICE, U_ALICE, U_BOB
from tests.e2e.stage import Stage, events_url

STATE, NAME = "agents.sessions.setStatus", "agents.sessions.rename"
TEXT = "word " * 60
SLOW = typed(TEXT, step=4, delay_s=0.03)
ENDLESS = typed("word " * 400, step=5, delay_s=0.03)
BOTH_WAYS = pytest.mark.parametrize("transport", ["http", "socket mode"])
OLD_AND_NEW = pytest.mark.parametrize("old_methods", ["there", "retired"])


def is_end(arguments: dict[str, Any]) -> bool:
    return bool(arguments["status"] == "active")


@pytest.fixture
def old_methods() -> str:
    return "there"


@pytest.fixture
async def stage(stage: Stage, old_methods: str) -> Stage:
    stage.environment["BRIDGE_BEAT_S"] = "0.1"
    if old_methods == "retired":
        stage.slack.retire_assistant_methods()
    return stage


@pytest.fixture
async def replicas(shared_stage: Stage, old_methods: str) -> Stage:
    shared_stage.environment |= {
        "BRIDGE_LEASE_S": "1.5",
        "BRIDGE_BEAT_S": "0.3",
        "BRIDGE_RECALL_S": "4",
    }
    if old_methods == "retired":
        shared_stage.slack.retire_assistant_methods()
    return shared_stage


async def ask(
    stage: Stage, script: Script, question: str = "question", *, channel: str = C_GENERAL
) -> str:
    stage.beebot.default(script)
    mention = "" if channel == D_ALICE else f"<@{BOT_USER}> "
    return await stage.slack.post(channel, U_ALICE, f"{mention}{question}")


async def idle(stage: Stage, root: str, *, channel: str = C_GENERAL) -> None:
    """Wait until the answer has ended and its thread shows no work any more."""
    await stage.slack.until(
        lambda: (
            "regenerate" in str([reply.blocks for reply in stage.replies(channel, root)])
            and stage.slack.session(channel, root) == "active"
        ),
    )
    assert not stage.slack.status(channel, root)


async def slacks_button(stage: Stage, root: str, *, channel: str = C_GENERAL) -> Message:
    """Wait until an answer grows with Slack's own button, and without ours; the answer."""

    def found() -> Message | None:
        if not (replies := stage.replies(channel, root)):
            return None
        is_alone = "'stop'" not in str(replies[0].blocks)
        is_there = stage.slack.stop_button(channel, root)
        return replies[0] if is_alone and is_there and "word" in replies[0].shown else None

    message = await stage.slack.until(found)
    assert message is not None
    return message


def refused(stage: Stage, *but: str) -> list[tuple[str, str]]:
    """Calls that Slack declined."""
    calls = [call for call in stage.slack.calls if call.status and not call.response.get("ok")]
    return [(call.method, str(call.response["error"])) for call in calls if call.method not in but]


@BOTH_WAYS
async def test_an_edited_answer_is_stopped_by_slacks_own_button(stage: Stage) -> None:
    await stage.open_bridge()
    root = await ask(stage, ENDLESS)
    message = await slacks_button(stage, root)
    await stage.slack.stop_session(U_ALICE, C_GENERAL, root)
    await stage.slack.until(lambda: "Stopped." in str(message.blocks))
    await idle(stage, root)
    assert message.shown.startswith("word")
    words = [("assistant.threads.setStatus", "method_deprecated")]
    assert refused(stage) == (words if stage.slack.world.retired else [])


@OLD_AND_NEW
@pytest.mark.parametrize("channel", [C_GENERAL, D_ALICE])
async def test_each_way_an_answer_ends_leaves_no_state_behind(
    stage: Stage, channel: str, old_methods: str
) -> None:
    assert old_methods in {"there", "retired"}
    await stage.open_bridge(BRIDGE_RECALL_S="0.1", BRIDGE_FIRST_FRAME_S="1")
    whole = await ask(stage, SLOW, channel=channel)
    await idle(stage, whole, channel=channel)
    short = await ask(stage, typed("Yes."), channel=channel)
    await idle(stage, short, channel=channel)
    broken = await ask(stage, SLOW.under(Fault.broken("SystemError", after=30)), channel=channel)
    await idle(stage, broken, channel=channel)
    silent = await ask(stage, SLOW.under(Fault.slow_start(60)), channel=channel)
    await stage.slack.until(lambda: "cannot be reached" in "".join(stage.texts(channel, silent)))
    await idle(stage, silent, channel=channel)
    long = await ask(stage, typed("word\n\n" * 120, step=100), channel=channel)
    await idle(stage, long, channel=channel)
    ended = {stage.slack.session(channel, root) for root in (whole, short, broken, silent, long)}
    assert ended == {"active"}


@pytest.mark.process
@OLD_AND_NEW
async def test_killed_in_mid_answer_its_state_ends_with_the_answer(
    replicas: Stage, old_methods: str
) -> None:
    assert old_methods in {"there", "retired"}
    first = await replicas.start_bridge()
    root = await ask(replicas, SLOW)
    await slacks_button(replicas, root)
    first.send(signal.SIGKILL)
    await replicas.start_bridge()
    await idle(replicas, root)
    assert "".join(replicas.texts(C_GENERAL, root)).split() == TEXT.split()


@pytest.mark.process
async def test_killed_after_the_end_was_seen_its_state_ends_all_the_same(replicas: Stage) -> None:
    first = await replicas.start_bridge()
    root = await ask(replicas, SLOW)
    await slacks_button(replicas, root)
    replicas.slack.faults.add(SlackFault(method="chat.update", kind="hang", times=None))
    await replicas.finished(1)
    replicas.slack.faults.clear()
    first.send(signal.SIGKILL)
    await replicas.start_bridge()
    await idle(replicas, root)


@pytest.mark.process
async def test_killed_before_the_end_of_the_state_another_replica_sets_it(replicas: Stage) -> None:
    first = await replicas.start_bridge()
    root = await ask(replicas, SLOW)
    await slacks_button(replicas, root)
    replicas.slack.faults.add(SlackFault(method=STATE, kind="hang", times=None, when=is_end))
    await replicas.slack.until(
        lambda: "'regenerate'" in str([one.blocks for one in replicas.replies(C_GENERAL, root)]),
    )
    replicas.slack.faults.clear()
    first.send(signal.SIGKILL)
    await replicas.start_bridge()
    await idle(replicas, root)


@BOTH_WAYS
async def test_the_next_question_does_not_wait_for_a_state_that_slack_refuses_to_end(
    stage: Stage,
) -> None:
    refusal = SlackFault(method=STATE, kind="ratelimited", times=None, when=is_end)
    stage.slack.faults.add(refusal)
    await stage.open_bridge()
    root = await ask(stage, SLOW)
    await slacks_button(stage, root)
    await stage.slack.post(C_GENERAL, U_ALICE, "And on Sundays?", thread_ts=root)
    await stage.finished(2)
    await stage.slack.until(lambda: len(stage.replies(C_GENERAL, root)) == 2)
    assert stage.slack.session(C_GENERAL, root) == "processing"
    stage.slack.faults.clear()
    await idle(stage, root)
    assert [text.split() for text in stage.texts(C_GENERAL, root)] == [TEXT.split()] * 2


@pytest.mark.process
async def test_killed_behind_the_turn_its_state_ends_with_the_next_answer_that_grows(
    replicas: Stage,
) -> None:
    refusal = SlackFault(method=STATE, kind="hang", times=None, when=is_end)
    replicas.slack.faults.add(refusal)
    first = await replicas.start_bridge()
    root = await ask(replicas, SLOW)
    await first.says("turn.finished")
    first.send(signal.SIGKILL)
    assert replicas.slack.session(C_GENERAL, root) == "processing"
    replicas.slack.faults.clear()
    await replicas.start_bridge()
    await replicas.slack.post(C_GENERAL, U_ALICE, "And on Sundays?", thread_ts=root)
    await replicas.finished(2)
    await idle(replicas, root)
    assert [text.split() for text in replicas.texts(C_GENERAL, root)] == [TEXT.split()] * 2


@pytest.mark.process
async def test_a_drained_replica_leaves_the_state_to_its_successor(replicas: Stage) -> None:
    first = await replicas.start_bridge(BRIDGE_GRACE_S="0.1")
    root = await ask(replicas, SLOW)
    await slacks_button(replicas, root)
    second = await replicas.start_bridge()
    first.send(signal.SIGTERM)
    assert await first.ended() == 0
    replicas.slack.request_url = events_url(second.port)
    await idle(replicas, root)


@pytest.mark.process
async def test_a_lone_bridge_that_is_drained_takes_its_state_back(stage: Stage) -> None:
    bridge = await stage.start_bridge(BRIDGE_GRACE_S="0.1")
    root = await ask(stage, ENDLESS)
    await slacks_button(stage, root)
    bridge.send(signal.SIGTERM)
    assert await bridge.ended() == 0
    assert stage.slack.session(C_GENERAL, root) == "active"


@pytest.mark.process
async def test_a_dead_letter_leaves_no_state_behind(replicas: Stage) -> None:
    root = ""
    for number in range(5):
        bridge = await replicas.start_bridge(BRIDGE_RECALL_S="0.1")
        if number == 0:
            root = await ask(replicas, typed(TEXT, step=1, delay_s=0.2))
            await slacks_button(replicas, root)
        if number < 4:
            await bridge.says("turn.started")
            bridge.send(signal.SIGKILL)
    await bridge.says("dead_letter")
    assert replicas.slack.session(C_GENERAL, root) == "active"


async def test_a_question_that_is_deleted_leaves_no_state_behind(stage: Stage) -> None:
    await stage.open_bridge()
    root = await ask(stage, ENDLESS)
    message = await slacks_button(stage, root)
    await stage.slack.delete(C_GENERAL, root)
    await stage.slack.until(lambda: "Stopped." in str(message.blocks))
    await idle(stage, root)


@OLD_AND_NEW
async def test_a_state_that_is_late_is_ended_all_the_same(stage: Stage, old_methods: str) -> None:
    assert old_methods in {"there", "retired"}
    await stage.open_bridge()
    await idle(stage, await ask(stage, SLOW))
    stage.slack.faults.add(
        SlackFault(
            method=STATE, kind="slow", delay_s=2, when=lambda args: args["status"] == "processing"
        )
    )
    root = await ask(stage, typed(TEXT, step=60, delay_s=0.1))
    await stage.slack.until(
        lambda: (
            [call.args["status"] for call in stage.slack.calls_of(STATE)][2:]
            == ["processing", "active"]
        )
    )
    await idle(stage, root)


@pytest.mark.process
async def test_whoever_cannot_tell_who_asked_ends_what_was_begun(replicas: Stage) -> None:
    first = await replicas.start_bridge(BRIDGE_ALLOW_GUESTS="false")
    root = await ask(replicas, SLOW)
    await slacks_button(replicas, root)
    first.send(signal.SIGKILL)
    replicas.slack.faults.add(
        SlackFault(method="users.info", kind="error", error="user_not_found", times=None)
    )
    await replicas.start_bridge(BRIDGE_ALLOW_GUESTS="false")
    await idle(replicas, root)
    assert "".join(replicas.texts(C_GENERAL, root)).split() == TEXT.split()


@BOTH_WAYS
async def test_a_state_that_was_left_behind_is_taken_back_by_slacks_button(stage: Stage) -> None:
    await stage.open_bridge()
    root = await ask(stage, SLOW)
    await idle(stage, root)
    set_session(stage.slack.world, (C_GENERAL, root), "processing")
    assert stage.slack.stop_button(C_GENERAL, root)
    await stage.slack.stop_session(U_ALICE, C_GENERAL, root)
    await stage.slack.until(lambda: stage.slack.session(C_GENERAL, root) == "active")


@pytest.mark.process
@pytest.mark.parametrize("method", [STATE, "assistant.threads.setStatus"])
async def test_many_answers_of_two_replicas_cost_one_refused_call(
    replicas: Stage, method: str
) -> None:
    refusal = SlackFault(method=method, kind="error", error="not_authorized", times=None)
    replicas.slack.faults.add(refusal)
    bridges = [await replicas.start_bridge(), await replicas.start_bridge()]
    for number in range(8):
        replicas.slack.request_url = events_url(bridges[number % 2].port)
        root = await ask(replicas, typed(TEXT, step=30, delay_s=0.02), f"question {number}")
        await replicas.slack.until(
            lambda root=root: (
                "'regenerate'"
                in str(  # type: ignore[misc]
                    [one.blocks for one in replicas.replies(C_GENERAL, root)]
                )
            ),
        )
        assert "".join(replicas.texts(C_GENERAL, root)).split() == TEXT.split()
    assert refused(replicas).count((method, "not_authorized")) == 1
    third = await replicas.start_bridge()
    replicas.slack.request_url = events_url(third.port)
    await ask(replicas, typed("Yes."), "to a process that has just begun")
    await third.says("turn.finished")
    assert refused(replicas).count((method, "not_authorized")) == 1


@BOTH_WAYS
async def test_a_conversation_is_named_by_its_first_question(stage: Stage) -> None:
    await stage.open_bridge()
    question = "When do you open, <!channel>? password: hunter2"
    root = await ask(stage, SLOW, question)
    await idle(stage, root)
    assert stage.slack.title(C_GENERAL, root) == "When do you open, channel? password: ***"
    await stage.slack.post(C_GENERAL, U_ALICE, "And on Sundays?", thread_ts=root)
    await stage.slack.until(lambda: len(stage.replies(C_GENERAL, root)) == 2)
    await idle(stage, root)
    assert stage.slack.title(C_GENERAL, root) == "When do you open, channel? password: ***"
    assert stage.slack.calls_of(NAME) == []


@pytest.mark.assistant_methods
async def test_a_stream_is_named_by_one_call_and_a_persons_own_name_stays(stage: Stage) -> None:
    await stage.open_bridge()
    root = await ask(stage, SLOW, "When do you open?", channel=D_ALICE)
    await stage.slack.until(lambda: stage.slack.title(D_ALICE, root) == "When do you open?")
    assert (len(stage.slack.calls_of(NAME)), stage.slack.calls_of(STATE)) == (1, [])
    await stage.slack.rename_session(U_ALICE, D_ALICE, root, "Opening hours")
    await stage.slack.post(D_ALICE, U_ALICE, "new", thread_ts=root)
    await stage.slack.until(lambda: "forgotten" in str(stage.texts(D_ALICE, root)))
    await stage.slack.post(D_ALICE, U_ALICE, "Something else", thread_ts=root)
    await stage.finished(2)
    await idle(stage, root, channel=D_ALICE)
    assert stage.slack.title(D_ALICE, root) == "Opening hours"


async def test_an_answer_alone_costs_nine_calls_at_most(stage: Stage) -> None:
    await stage.open_bridge(BRIDGE_EDIT_INTERVAL_S="1", BRIDGE_EDIT_INTERVAL_MAX_S="3")
    await idle(stage, await ask(stage, SLOW))
    before = len(stage.slack.calls)
    root = await ask(stage, typed(TEXT, step=2, delay_s=0.02))
    await idle(stage, root)
    health = {"auth.test", "api.test"}
    calls = [call.method for call in stage.slack.calls[before:] if call.method not in health]
    assert len(calls) <= 9, calls


async def test_nobody_else_ends_an_answer_by_slacks_button(stage: Stage) -> None:
    await stage.open_bridge()
    root = await ask(stage, SLOW)
    await slacks_button(stage, root)
    await stage.slack.stop_session(U_BOB, C_GENERAL, root)
    await idle(stage, root)
    assert "".join(stage.texts(C_GENERAL, root)).split() == TEXT.split()
