"""Slack's agent session of a thread: its state, its Stop button and its title beside an answer."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import suppress
from dataclasses import replace
from typing import Any

import pytest
from redis.asyncio import Redis

from bridge.core.errors import LeaseLost, Refused
from bridge.core.events import SlackCalled
from bridge.core.limits import Call, Priority
from bridge.core.model import Answer, SessionId
from bridge.core.ports import LeaseState
from bridge.core.reply import Status
from bridge.emulators.slack import Fault
from bridge.emulators.slack.methods_agents import set_session
from bridge.emulators.slack.seed import C_GENERAL, D_ALICE, TEAM, U_ALICE
from bridge.slack.api.rate_limits import LIMITS, RENAME, SESSION, STATUS
from bridge.slack.api.web_api import SlackApi, open_client
from bridge.slack.outbound.session import END
from bridge.store.connection import in_process
from bridge.store.repositories import RedisRefusedMethods
from tests.adapter.reply_stage import ReplyStage, open_reply_stage, slow_down

NO_AGENT = Fault(method=SESSION, kind="error", error="not_authorized", times=None)


def is_end(arguments: dict[str, Any]) -> bool:
    return bool(arguments["status"] == "active")


@pytest.fixture
async def stage() -> AsyncIterator[ReplyStage]:
    async with open_reply_stage() as stage:
        yield stage


@pytest.fixture
async def direct() -> AsyncIterator[ReplyStage]:
    async with open_reply_stage(D_ALICE) as stage:
        yield stage


def session(stage: ReplyStage) -> str:
    return stage.slack.session(stage.turn.ask.thread.channel, stage.root)


def has_slacks_button(stage: ReplyStage) -> bool:
    return stage.slack.stop_button(stage.turn.ask.thread.channel, stage.root)


def has_our_button(stage: ReplyStage) -> bool:
    return '"stop"' in str(stage.posts()[0].blocks).replace("'", '"')


def states(stage: ReplyStage) -> list[str]:
    """What was asked of Slack, one after the other."""
    return [str(call.args["status"]) for call in stage.slack.calls_of(SESSION)]


def title(stage: ReplyStage) -> str:
    return stage.slack.title(stage.turn.ask.thread.channel, stage.root)


def outcomes(stage: ReplyStage) -> list[str]:
    """How our calls for the state have ended."""
    called = [event for event in stage.events if isinstance(event, SlackCalled)]
    return [event.result for event in called if event.method == SESSION]


async def answered(stage: ReplyStage, count: int = 1) -> None:
    """Wait until we know of so many calls for the state how they ended."""
    async with asyncio.timeout(60):
        while len(outcomes(stage)) < count:  # noqa: ASYNC110 - events wake nobody
            await asyncio.sleep(0.01)


def replica(stage: ReplyStage, redis: Redis) -> SlackApi:
    """Another process, which shares the store."""
    client = open_client(stage.slack.bot_token, base_url=stage.slack.api_url, session=stage.http)
    refused = RedisRefusedMethods(redis, ttl_s=60)
    return SlackApi(lambda _team: client, stage.api.limiter, stage.events.append, refused=refused)


def shows_thinking(stage: ReplyStage) -> bool:
    """By words; where Slack has retired them, by its own display, or else by a placeholder."""
    is_said = "is thinking…" in f"{stage.status()}{stage.texts()}"
    return is_said or session(stage) == "processing"


async def grow(stage: ReplyStage) -> None:
    """As far as the second text, with Slack's own display if it takes that."""
    before = len(outcomes(stage))
    async with stage.reply.status():
        await stage.slack.until(lambda: shows_thinking(stage))
        assert await stage.reply.show_progress("One") == 0.0
        await answered(stage, before + 1)
        assert await stage.reply.show_progress("One, two") == 0.0


@pytest.mark.assistant_methods
async def test_words_stand_until_the_first_text_and_then_slacks_own_button(
    stage: ReplyStage,
) -> None:
    async with stage.reply.status():
        await stage.slack.until(lambda: stage.status() == "is thinking…")
        assert stage.count(SESSION) == 0
        assert await stage.reply.show_progress("One") == 0.0
        await answered(stage)
        assert has_slacks_button(stage)
        assert await stage.reply.show_progress("One, two") == 0.0
        assert not has_our_button(stage)
        assert stage.status() == ""
    await stage.reply.finish(Answer("One, two, three."))
    assert session(stage) == "active"
    assert states(stage) == ["processing", "active"]
    assert stage.count(STATUS) == 1


async def test_where_it_was_taken_before_our_button_never_stands_beside_slacks(
    stage: ReplyStage,
) -> None:
    await grow(stage)
    await stage.reply.finish(Answer("Done."))
    await stage.ask("another")
    async with stage.reply.status():
        assert await stage.reply.show_progress("First text") == 0.0
        assert not has_our_button(stage)
        await stage.slack.until(lambda: has_slacks_button(stage))
    await stage.reply.finish(Answer("Done."))
    assert session(stage) == "active"


async def test_an_app_that_is_no_agent_is_told_so_once_and_works_as_ever(
    stage: ReplyStage,
) -> None:
    stage.slack.faults.add(NO_AGENT)
    for number in range(4):
        if number:
            await stage.ask(f"question {number}")
        async with stage.reply.status():
            await stage.slack.until(lambda: shows_thinking(stage))
            assert await stage.reply.show_progress("One") == 0.0
            assert has_our_button(stage)
            assert await stage.reply.show_progress("One, two") == 0.0
            assert has_our_button(stage)
        await stage.reply.finish(Answer("Done."))
        assert stage.texts() == ["Done."]
    assert stage.count(SESSION) == 1


@pytest.mark.assistant_methods
async def test_a_failure_on_the_way_says_nothing_of_the_method(stage: ReplyStage) -> None:
    stage.slack.faults.add(Fault(method=SESSION, kind="reset"))
    await grow(stage)
    assert has_our_button(stage)
    await stage.reply.finish(Answer("Done."))
    await stage.ask("another")
    await grow(stage)
    assert has_slacks_button(stage)


async def test_a_state_that_may_have_been_set_is_taken_back(stage: ReplyStage) -> None:
    stage.slack.faults.add(Fault(method=SESSION, kind="lost_reply"))
    await grow(stage)
    assert has_slacks_button(stage)
    assert has_our_button(stage), "nobody has told us of the other"
    await stage.reply.finish(Answer("Done."))
    assert session(stage) == "active"


@pytest.mark.parametrize(
    "fault",
    [
        Fault(method=SESSION, kind="reset", when=is_end),
        Fault(method=SESSION, kind="http", when=is_end),
        Fault(method=SESSION, kind="ratelimited", when=is_end),
    ],
)
async def test_the_end_of_processing_is_tried_until_slack_takes_it(
    stage: ReplyStage, fault: Fault
) -> None:
    stage.slack.faults.add(fault)
    await grow(stage)
    await stage.reply.finish(Answer("Done."))
    await stage.slack.until(lambda: session(stage) == "active")


@pytest.mark.parametrize(
    "fault",
    [
        Fault(method=SESSION, kind="ratelimited", retry_after_s=3, times=None, when=is_end),
        Fault(method=SESSION, kind="http", times=None, when=is_end),
        Fault(method=SESSION, kind="slow", delay_s=4, times=None, when=is_end),
    ],
    ids=lambda fault: fault.kind,
)
async def test_the_turn_does_not_wait_long_for_the_end_of_processing(
    stage: ReplyStage, fault: Fault
) -> None:
    stage.slack.faults.add(fault)
    await grow(stage)
    async with asyncio.timeout(60):
        await stage.reply.finish(Answer("Done."))
    assert session(stage) == "processing"
    stage.slack.faults.clear()
    await stage.slack.until(lambda: session(stage) == "active")


async def test_the_next_answer_of_the_thread_ends_what_the_one_before_could_not(
    stage: ReplyStage,
) -> None:
    stage.slack.faults.add(Fault(method=SESSION, kind="http", times=None, when=is_end))
    await grow(stage)
    await stage.reply.finish(Answer("Done."))
    stage.slack.faults.clear()
    stage.reply = stage.replies.open(stage.turn)
    is_pending, before = stage.late_ends.cancel(END, stage.turn.ask.thread), len(states(stage))
    assert not is_pending, "it would end the display of the next answer"
    await stage.reply.finish(Answer("At once."))
    assert (session(stage), states(stage)[before:]) == ("active", ["active"])


async def test_where_calls_are_short_the_state_is_what_is_dropped() -> None:
    hardly_any = replace(LIMITS[SESSION], per_minute=1)
    async with open_reply_stage(limits={**LIMITS, SESSION: hardly_any}) as stage:
        for number in range(hardly_any.burst):
            call = Call(TEAM, SESSION, C_GENERAL, Priority.FINAL, f"turn-{number}")
            (await stage.replies.api.limiter.acquire(call)).taken()
        async with stage.reply.status():
            for text in ("One", "One, two", "One, two, three"):
                assert await stage.reply.show_progress(text) == 0.0
        await stage.reply.finish(Answer("Done."))
        assert stage.texts() == ["Done."]
        assert states(stage) == []


async def test_without_the_event_of_slacks_button_ours_stays(stage: ReplyStage) -> None:
    manifest = stage.slack.world.manifest
    heard = manifest.bot_events - {"agent_session_stopped"}
    stage.slack.world.manifest = replace(manifest, bot_events=heard)
    await grow(stage)
    assert session(stage) == "processing"
    assert has_our_button(stage)
    await stage.reply.finish(Answer("Done."))
    assert session(stage) == "active"


@pytest.mark.assistant_methods
async def test_a_stream_needs_no_state_of_ours(direct: ReplyStage) -> None:
    async with direct.reply.status():
        assert await direct.reply.show_progress("One") == 0.0
        assert has_slacks_button(direct)
    await direct.reply.finish(Answer("One, two."))
    assert session(direct) == "active"
    assert states(direct) == []


async def test_a_stream_whose_stop_was_refused_leaves_no_state_behind(direct: ReplyStage) -> None:
    refusal = Fault(method="chat.stopStream", kind="error", error="user_not_found", times=None)
    direct.slack.faults.add(refusal)
    async with direct.reply.status():
        assert await direct.reply.show_progress("One") == 0.0
    direct.slack.clock.advance(400)
    await direct.reply.finish(Answer("One, two."))
    assert states(direct)[-1] == "active"


async def test_an_answer_that_goes_on_by_edits_gets_slacks_button_again(
    direct: ReplyStage,
) -> None:
    async with direct.reply.status():
        assert await direct.reply.show_progress("One") == 0.0
        direct.slack.faults.add(
            Fault(method="chat.appendStream", kind="error", error="msg_too_long", times=None)
        )
        assert await direct.reply.show_progress("One, two") > 0, "two looks are taken"
        assert await direct.reply.show_progress("One, two") == 0.0
        await answered(direct)
        assert await direct.reply.show_progress("One, two, three") == 0.0
        assert not has_our_button(direct)
    await direct.reply.finish(Answer("Done."))
    assert session(direct) == "active"


async def test_a_state_that_arrives_after_the_turn_was_lost_is_taken_back(
    stage: ReplyStage,
) -> None:
    arrived = slow_down(stage, SESSION)
    async with stage.reply.status():
        growing = asyncio.create_task(stage.reply.show_progress("One"))
        await arrived.wait()
        stage.turn.lease.update(LeaseState.LOST, asked_at=0.0)
        with suppress(LeaseLost):
            await growing
    await stage.slack.until(lambda: states(stage) == ["processing", "active"])
    await stage.slack.until(lambda: session(stage) == "active")


@pytest.mark.parametrize("what", ["attempt", "asks"])
async def test_a_successor_takes_back_what_its_predecessor_may_have_set(
    stage: ReplyStage, what: str
) -> None:
    """Whether that died (an attempt more) or handed over (the record alone)."""
    await grow(stage)
    stage.know(asks=1)
    if what == "attempt":
        stage.turn.delivery = replace(stage.turn.delivery, attempt=1)
    successor = stage.replies.open(stage.turn)
    await successor.finish(Answer("Done."))
    assert session(stage) == "active"


async def test_where_words_are_retired_slacks_own_display_says_that_the_bot_thinks(
    stage: ReplyStage,
) -> None:
    stage.slack.retire_assistant_methods()
    for number in range(3):
        if number:
            await stage.ask(f"question {number}")
        async with stage.reply.status():
            await answered(stage, 2 * number + 1)
            assert has_slacks_button(stage)
            assert stage.posts() == []
            assert await stage.reply.show_progress("One") == 0.0
            assert not has_our_button(stage)
        await stage.reply.finish(Answer("Done."))
        assert session(stage) == "active"
    assert stage.count(STATUS) == 1
    assert states(stage) == ["processing", "active"] * 3


async def test_where_words_are_retired_a_failure_on_the_way_is_tried_again_at_the_first_text(
    stage: ReplyStage,
) -> None:
    stage.slack.retire_assistant_methods()
    stage.slack.faults.add(Fault(method=SESSION, kind="reset"))
    async with stage.reply.status():
        await stage.slack.until(lambda: "is thinking…" in str(stage.texts()))
        assert await stage.reply.show_progress("One") == 0.0
        await stage.slack.until(lambda: has_slacks_button(stage))
    await stage.reply.finish(Answer("Done."))
    assert stage.texts() == ["Done."]
    assert session(stage) == "active"


async def test_what_slacks_own_display_cannot_say_a_placeholder_says(stage: ReplyStage) -> None:
    stage.slack.retire_assistant_methods()
    async with stage.reply.status():
        await stage.slack.until(lambda: has_slacks_button(stage))
        stage.reply.set_status(Status.SLOW)
        await stage.slack.until(lambda: "longer than usual" in "".join(stage.texts()))
        assert await stage.reply.show_progress("One") == 0.0
    await stage.reply.finish(Answer("Done."))
    assert stage.texts() == ["Done."]
    assert session(stage) == "active"


async def test_a_stream_after_slacks_own_display_keeps_no_call_from_others(
    direct: ReplyStage,
) -> None:
    direct.slack.retire_assistant_methods()
    for number in range(6):
        if number:
            await direct.ask(f"question {number}")
        async with direct.reply.status():
            await direct.slack.until(lambda: session(direct) == "processing")
            assert await direct.reply.show_progress("One") == 0.0
        await direct.reply.finish(Answer("Done."))
        assert session(direct) == "active"
    assert states(direct) == ["processing"] * 6


async def test_a_refusal_is_known_to_all_replicas() -> None:
    redis = in_process()
    async with open_reply_stage() as stage:
        stage.slack.faults.add(NO_AGENT)
        call = Call(TEAM, SESSION, C_GENERAL, Priority.FINAL)
        where = {"channel_id": C_GENERAL, "thread_ts": stage.root, "status": "active"}
        for _ in range(3):
            api = replica(stage, redis)
            with pytest.raises(Refused):
                await api.call_optional(call, where)
            assert await api.optional.is_refused(TEAM, SESSION, C_GENERAL)
        assert stage.count(SESSION) == 1
    await redis.aclose()


async def test_a_refusal_of_one_channel_is_none_of_another() -> None:
    async with open_reply_stage() as stage:
        odd = Fault(
            method=SESSION,
            kind="error",
            error="channel_type_not_supported",
            when=lambda args: args["channel_id"] == C_GENERAL,
        )
        stage.slack.faults.add(odd)
        where = {"channel_id": C_GENERAL, "thread_ts": stage.root, "status": "active"}
        with pytest.raises(Refused):
            await stage.api.call_optional(Call(TEAM, SESSION, C_GENERAL, Priority.FINAL), where)
        assert await stage.api.optional.is_refused(TEAM, SESSION, C_GENERAL)
        assert not await stage.api.optional.is_refused(TEAM, SESSION, D_ALICE)


@pytest.mark.parametrize("error", ["session_not_found", "invalid_thread_ts", "channel_not_found"])
async def test_what_a_thread_lacks_is_not_held_against_the_method(
    stage: ReplyStage, error: str
) -> None:
    stage.slack.faults.add(Fault(method=SESSION, kind="error", error=error))
    await grow(stage)
    await stage.reply.finish(Answer("Done."))
    await stage.ask("another")
    await grow(stage)
    assert has_slacks_button(stage)


async def test_the_first_question_gives_the_title(stage: ReplyStage) -> None:
    await stage.ask("When do you open?")
    stage.know(asks=1)
    await grow(stage)
    await stage.reply.finish(Answer("Done."))
    assert title(stage) == "When do you open?"
    assert stage.count(RENAME) == 0, "it was given with the state"


async def test_a_session_that_a_stream_began_is_renamed(direct: ReplyStage) -> None:
    direct.know(asks=1)
    async with direct.reply.status():
        assert await direct.reply.show_progress("One") == 0.0
    await direct.reply.finish(Answer("One, two."))
    assert title(direct) == "a question"
    assert direct.count(RENAME) == 1


@pytest.mark.parametrize("method", [SESSION, RENAME])
async def test_the_turn_does_not_wait_long_for_a_title(stage: ReplyStage, method: str) -> None:
    """Slack gives no answer, be it to the call that creates the session for the title."""
    stage.slack.faults.add(Fault(method=method, kind="hang", times=None))
    stage.know(asks=1)
    if method == RENAME:
        set_session(stage.slack.world, (C_GENERAL, stage.root), "active")
    async with asyncio.timeout(10):  # Slack has 15 s for a call
        await stage.reply.finish(Answer("One."))
    assert (stage.texts(), title(stage)) == (["One."], "")
    assert stage.count(method) == 1


async def test_a_thread_that_has_a_title_keeps_it(direct: ReplyStage) -> None:
    direct.know(asks=1)
    direct.turn.delivery = replace(direct.turn.delivery, is_titled=True)
    async with direct.reply.status():
        assert await direct.reply.show_progress("One") == 0.0
    await direct.reply.finish(Answer("One, two."))
    assert (title(direct), direct.count(RENAME)) == ("", 0)


async def test_an_answer_that_comes_whole_gives_a_title_too(stage: ReplyStage) -> None:
    stage.know(asks=1)
    await stage.reply.finish(Answer("One."))
    assert (title(stage), states(stage)) == ("a question", ["active"])


async def test_later_questions_and_those_nobody_was_asked_give_none(stage: ReplyStage) -> None:
    await stage.reply.finish(Answer("", notices=("Hi!",)))
    stage.turn.delivery = replace(stage.turn.delivery, session=SessionId("session-1"))
    stage.know(asks=1)
    reply = stage.replies.open(stage.turn)
    await reply.finish(Answer("One."))
    assert title(stage) == ""
    assert RENAME not in {call.method for call in stage.slack.calls}


async def test_a_title_is_given_once_and_one_of_a_persons_own_stays(stage: ReplyStage) -> None:
    stage.know(asks=1)
    await grow(stage)
    await stage.reply.finish(Answer("Done."))
    await stage.slack.rename_session(U_ALICE, C_GENERAL, stage.root, "Mine")
    reply = stage.replies.open(stage.turn)
    await reply.finish(Answer("Done again."))
    assert title(stage) == "Mine"
