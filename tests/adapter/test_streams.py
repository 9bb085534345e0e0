"""The answer that grows natively, and what is left of it when its stream is not."""

import asyncio
import random
from collections.abc import AsyncIterator
from contextlib import suppress
from dataclasses import replace

import pytest

from bridge.core.background import cancel_and_wait
from bridge.core.errors import CredentialsRejected, LeaseLost, Refused, ThreadGone
from bridge.core.events import FirstTextShown
from bridge.core.limits import Call, Priority
from bridge.core.model import Answer, Frame
from bridge.core.ports import LeaseState
from bridge.emulators.slack import Fault
from bridge.emulators.slack.seed import (
    C_GENERAL,
    C_SHARED,
    D_ALICE,
    OTHER_TEAM,
    TEAM,
    U_ALICE,
    U_EXTERNAL,
)
from bridge.slack.outbound.native_stream import StreamTiming
from bridge.slack.outbound.replies import SlackReply
from tests.adapter.reply_stage import ReplyStage, open_reply_stage, slow_down

STREAMING = ("chat.startStream", "chat.appendStream", "chat.stopStream")
EDITING = ("chat.postMessage", "chat.update")
PARAGRAPHS = "\n\n".join(f"Paragraph {number}. " + "word " * 30 for number in range(12)).strip()


@pytest.fixture
async def stage() -> AsyncIterator[ReplyStage]:
    """In a direct message, where answers stream."""
    async with open_reply_stage(D_ALICE) as stage:
        yield stage


async def grow(reply: SlackReply, *texts: str) -> None:
    """Each text is shown, at a second look where that is wanted."""
    for text in texts:
        if await reply.show_progress(text) > 0:
            await reply.show_progress(text)


def methods(stage: ReplyStage) -> list[str]:
    return [call.method for call in stage.slack.calls if call.method in STREAMING + EDITING]


def failing(method: str, error: str, *, times: int | None = 1) -> Fault:
    return Fault(method=method, kind="error", error=error, times=times)


def flat(*texts: str) -> str:
    return "".join("".join(texts).split())


async def test_an_answer_flows_into_one_message_and_ends_exact(stage: ReplyStage) -> None:
    await grow(stage.reply, "It", "It grows", "It grows")
    assert stage.texts() == ["It grows"]
    assert stage.turn.record.stream == stage.posts()[0].ts == stage.turn.record.pages[0]
    assert stage.turn.record.stream_began > 0
    await stage.reply.finish(Answer("It grows **well**.", notices=("Incomplete.",)))
    (post,) = stage.posts()
    assert stage.texts() == ["It grows **well**."]
    assert methods(stage) == ["chat.startStream", "chat.appendStream", "chat.stopStream"]
    assert post.metadata == {
        "event_type": "bridge_answer",
        "event_payload": {"turn": stage.turn.ask.turn, "page": 0},
    }
    assert "Incomplete." in str(post.blocks[1:])
    assert stage.turn.record.stream == ""
    assert [type(event) for event in stage.events].count(FirstTextShown) == 1


async def test_the_first_text_waits_for_no_second_look(stage: ReplyStage) -> None:
    assert await stage.reply.show_progress("Short") == 0.0
    assert stage.texts() == ["Short"]
    assert await stage.reply.show_progress("Short. And") > 0
    assert await stage.reply.show_progress("Short. And more") == 0.0
    assert stage.texts() == ["Short. And"]


async def test_what_people_see_of_a_second_look_was_written_down_at_the_first(
    stage: ReplyStage,
) -> None:
    async def show(markdown: str) -> None:
        stage.turn.receive(Frame(markdown=markdown))
        await stage.reply.acquire()
        await stage.reply.show_progress(markdown)

    for text in ("One", "One. Two", "One. Two. Three"):
        await show(text)
    assert stage.texts() == [stage.turn.record.partial] == ["One. Two"]


async def test_in_a_channel_everybody_sees_the_edits() -> None:
    async with open_reply_stage(C_GENERAL) as stage:
        await grow(stage.reply, "It", "It grows")
        assert methods(stage) == ["chat.postMessage", "chat.update"]


async def crowd(stage: ReplyStage) -> None:
    """Eight other answers grow by edits."""
    for number in range(8):
        first = Call(TEAM, "chat.postMessage", f"C{number}", Priority.FIRST, f"turn {number}")
        (await stage.api.limiter.acquire(first)).taken()


async def test_in_a_channel_of_a_crowd_the_answer_streams_for_its_asker() -> None:
    async with open_reply_stage(C_GENERAL) as stage:
        await crowd(stage)
        for text in ("It", "It grows", "It grows and"):
            await stage.reply.acquire()
            await grow(stage.reply, text)
        await stage.reply.finish(Answer("It grows and ends."))
        (post,) = stage.posts()
        assert stage.texts() == ["It grows and ends."]
        assert post.stream
        assert post.stream.recipient_user_id == U_ALICE
        assert set(methods(stage)) == set(STREAMING)


async def test_where_nothing_may_stream_a_crowd_waits_for_edits() -> None:
    async with open_reply_stage(C_GENERAL, streaming="edit") as stage:
        for number in range(16):
            first = Call(TEAM, "chat.postMessage", f"C{number}", Priority.FIRST, f"turn {number}")
            (await stage.api.limiter.acquire(first)).taken()
        acquiring = asyncio.create_task(stage.reply.acquire())
        await asyncio.wait({acquiring}, timeout=0.2)
        assert not acquiring.done()
        await cancel_and_wait(acquiring)
        await stage.reply.finish(Answer("Whole."))
        assert methods(stage) == ["chat.postMessage"]


async def test_a_channel_may_be_streamed_to_where_the_operator_wants_it() -> None:
    async with open_reply_stage(C_GENERAL, streaming="native") as stage:
        await grow(stage.reply, "It", "It grows")
        await stage.reply.finish(Answer("It grows."))
        assert methods(stage) == list(STREAMING)
        stream = stage.posts()[0].stream
        assert stream is not None
        assert stream.recipient_user_id == U_ALICE


async def test_nothing_streams_where_the_operator_wants_edits() -> None:
    async with open_reply_stage(D_ALICE, streaming="edit") as stage:
        await grow(stage.reply, "It", "It grows")
        assert methods(stage) == ["chat.postMessage", "chat.update"]


async def test_html_flows_by_its_blocks(stage: ReplyStage) -> None:
    text = "<p>It <b>grows</b></p><p>and ends</p>"
    await grow(stage.reply, *(text[:end] for end in range(1, len(text), 4)))
    assert stage.texts() == ["It **grows**"]
    await stage.reply.finish(Answer(text))
    assert stage.texts() == ["It **grows**\n\nand ends"]
    assert methods(stage) == ["chat.startStream", "chat.stopStream"]


@pytest.mark.assistant_methods
async def test_the_status_stands_until_the_stream_begins(stage: ReplyStage) -> None:
    async with stage.reply.status():
        await stage.slack.until(lambda: stage.status() == "is thinking…")
        await grow(stage.reply, "Here")
        assert stage.status() == ""
    await stage.reply.finish(Answer("Here it is."))
    assert stage.count("assistant.threads.setStatus") == 1


async def test_a_ping_cut_in_two_comes_out_harmless(stage: ReplyStage) -> None:
    text = "Hey <!channel> <@U0ALICE000>, `<!here>` [bank.example](http://evil.example) <!everyone>"
    await grow(stage.reply, *(text[:end] for end in range(1, len(text), 3)))
    await stage.reply.finish(Answer(text))
    (post,) = stage.posts()
    assert stage.slack.pings == []
    assert all("[bank.example](" not in shown for _, shown in post.history)
    assert "chat.update" not in methods(stage)


async def test_a_question_that_nobody_sees_flows_before_its_answer(stage: ReplyStage) -> None:
    stage.turn.resolve_names(replace(stage.turn.ask, is_quoted=True), stage.turn.utterance)
    reply = stage.replies.open(stage.turn)
    await grow(reply, "It", "It grows")
    await reply.finish(Answer("It grows."))
    (text,) = stage.texts()
    assert text.startswith("> a question")
    assert text.endswith("\n\nIt grows.")
    assert methods(stage) == list(STREAMING)


async def test_what_the_bot_rewrites_is_set_right_in_the_same_message(stage: ReplyStage) -> None:
    await grow(stage.reply, "I think so", "No: I know it")
    assert stage.texts() == ["No: I know it"]
    await stage.reply.finish(Answer("No: I know it well."))
    assert stage.texts() == ["No: I know it well."]
    assert methods(stage) == ["chat.startStream", "chat.stopStream", "chat.update", "chat.update"]


async def test_a_stop_that_takes_back_what_was_said_is_set_right(stage: ReplyStage) -> None:
    await grow(stage.reply, "Said too much")
    await stage.reply.finish(Answer("Said", notices=("Stopped.",)))
    assert stage.texts() == ["Said"]
    assert "Stopped." in str(stage.posts()[0].blocks[1:])


async def test_what_a_cut_off_call_has_brought_counts_as_shown(stage: ReplyStage) -> None:
    """Where an answer is stopped, it stands still: nothing that people have seen is taken back."""
    for method, text in (("chat.startStream", "Begun"), ("chat.appendStream", "Begun and on")):
        under_way = slow_down(stage, method)
        showing = asyncio.create_task(grow(stage.reply, text))
        await under_way.wait()
        await cancel_and_wait(showing)
        assert stage.texts() == [stage.reply.shown] == [text]


async def test_a_question_that_stands_alone_is_nothing_of_the_answer(stage: ReplyStage) -> None:
    stage.turn.resolve_names(replace(stage.turn.ask, is_quoted=True), stage.turn.utterance)
    reply = stage.replies.open(stage.turn)
    await grow(reply, "**not steady yet")
    assert stage.texts() == ["> a question"]
    assert reply.shown == ""


async def test_an_answer_stopped_by_its_reader_keeps_its_text(stage: ReplyStage) -> None:
    await grow(stage.reply, "So far, so good")
    await stage.slack.stop_session(U_ALICE, D_ALICE, stage.root)
    assert await stage.reply.show_progress("So far, so good, and on") > 0
    await stage.reply.show_progress("So far, so good, and on")
    await stage.reply.finish(Answer("So far, so good", notices=("Stopped.",)))
    assert stage.texts() == ["So far, so good"]
    assert not stage.slack.stop_button(D_ALICE, stage.root)


async def in_many_messages(timing: StreamTiming, text: str, steps: int = 40) -> list[str]:
    """Grown in steps, ended, and nothing of it was edited; the messages."""
    async with open_reply_stage(D_ALICE, timing=timing) as stage:
        step = max(len(text) // steps, 1)
        await grow(stage.reply, *(text[:end].strip() for end in range(step, len(text), step)))
        await stage.reply.finish(Answer(text, notices=("The end.",)))
        assert not {"chat.update", "chat.delete"} & {call.method for call in stage.slack.calls}
        pages = [(post.metadata or {})["event_payload"]["page"] for post in stage.posts()]
        assert pages == list(range(len(pages)))
        assert tuple(post.ts for post in stage.posts()) == stage.turn.record.pages
        assert "The end." in str(stage.posts()[-1].blocks[1:])
        return stage.texts()


async def test_a_message_that_is_full_is_followed_by_the_next() -> None:
    texts = await in_many_messages(StreamTiming(room=700), PARAGRAPHS)
    assert len(texts) > 2
    assert flat(*texts) == flat(PARAGRAPHS)
    assert all(text.startswith("Paragraph") for text in texts), "cut between paragraphs"
    assert all(len(text.encode()) <= 700 for text in texts)


async def test_a_message_grows_on_while_the_workspace_cannot_afford_its_end() -> None:
    async with open_reply_stage(D_ALICE, timing=StreamTiming(room=1000)) as stage:
        stage.slack.faults.add(
            Fault(method="chat.stopStream", kind="ratelimited", retry_after_s=30)
        )
        await grow(stage.reply, *(PARAGRAPHS[:end].strip() for end in range(100, 1200, 80)))
        (text,) = stage.texts()
        assert 950 < len(text) <= 1000
        assert flat(PARAGRAPHS).startswith(flat(text))
        assert stage.count("chat.stopStream") == 1


async def test_a_message_that_is_old_is_followed_by_the_next() -> None:
    texts = await in_many_messages(StreamTiming(age_s=0.001), PARAGRAPHS, steps=8)
    assert len(texts) > 2
    assert flat(*texts) == flat(PARAGRAPHS)


async def test_code_that_is_cut_is_closed_and_opened_again() -> None:
    code = "\n".join(f"line_{number} = {number}" for number in range(60))
    texts = await in_many_messages(
        StreamTiming(room=300), f"See:\n\n```python\n{code}\n```\n\nDone."
    )
    assert len(texts) > 2
    assert all(text.count("```") % 2 == 0 for text in texts)
    assert all(text.startswith("```python\n") for text in texts[1:-1])
    said = "".join(texts).replace("```python", "").replace("```", "")
    assert flat(said) == flat("See:", code, "Done.")


async def test_a_message_that_slack_closes_goes_on_by_edits(stage: ReplyStage) -> None:
    await grow(stage.reply, "Five minutes")
    stage.slack.clock.advance(300)
    await grow(stage.reply, "Five minutes later")
    assert stage.texts() == ["Five minutes later"]
    await stage.reply.finish(Answer("Five minutes later, done."))
    assert stage.texts() == ["Five minutes later, done."]
    assert (stage.posts()[0].metadata or {})["event_payload"]["page"] == 0


@pytest.mark.parametrize(
    "error",
    ["channel_type_not_supported", "unknown_method", "feature_not_enabled", "method_deprecated",
     "missing_recipient_user_id", "not_allowed_token_type", "never_heard_of"],
)  # fmt: skip
async def test_where_slack_refuses_the_answer_is_edited_and_that_is_remembered(error: str) -> None:
    async with open_reply_stage(D_ALICE) as stage:
        stage.slack.faults.add(failing("chat.startStream", error, times=None))
        await grow(stage.reply, "It", "It grows")
        await stage.reply.finish(Answer("It grows."))
        assert stage.texts() == ["It grows."]
        assert stage.count("chat.startStream") == 1
        assert not stage.replies.policy.prefers_stream(stage.turn.ask)


async def test_a_text_or_a_budget_that_slack_refuses_says_nothing_of_the_next(
    stage: ReplyStage,
) -> None:
    stage.slack.faults.add(Fault(method="chat.startStream", kind="ratelimited", retry_after_s=30))
    for text in ("It", "It", "It grows"):
        await stage.reply.acquire()
        await stage.reply.show_progress(text)
    assert methods(stage) == ["chat.startStream", "chat.postMessage", "chat.update"]
    assert stage.replies.policy.prefers_stream(stage.turn.ask)


async def test_a_pause_that_slack_wants_only_delays(stage: ReplyStage) -> None:
    await grow(stage.reply, "It")
    stage.slack.faults.add(Fault(method="chat.appendStream", kind="ratelimited", retry_after_s=1))
    await stage.reply.show_progress("It grows")
    assert await stage.reply.show_progress("It grows") == pytest.approx(1, abs=0.2)
    await stage.reply.finish(Answer("It grows."))
    assert stage.texts() == ["It grows."]
    assert "chat.update" not in methods(stage)


@pytest.mark.parametrize("method", STREAMING)
@pytest.mark.parametrize("kind", ["lost_reply", "reset", "http"])
async def test_a_call_whose_outcome_nobody_knows_doubles_nothing(method: str, kind: str) -> None:
    async with open_reply_stage(D_ALICE) as stage:
        stage.slack.faults.add(Fault(method=method, kind=kind))  # type: ignore[arg-type]
        await grow(stage.reply, "It", "It grows", "It grows and")
        await stage.reply.finish(Answer("It grows and ends.", notices=("The end.",)))
        assert stage.texts() == ["It grows and ends."]
        assert "The end." in str(stage.posts()[0].blocks[1:])
        assert stage.turn.record.stream == ""


async def test_a_successor_never_appends(stage: ReplyStage) -> None:
    await grow(stage.reply, "Half an ans")
    appended = stage.count("chat.appendStream")
    successor = stage.replies.open(stage.turn)
    await grow(successor, "Half an answer and")
    assert stage.texts() == ["Half an answer and"]
    await successor.finish(Answer("Half an answer and the rest."))
    assert stage.texts() == ["Half an answer and the rest."]
    assert stage.count("chat.appendStream") == appended
    assert stage.count("chat.startStream") == 1


async def test_a_successor_finds_a_stream_that_was_never_written_down(stage: ReplyStage) -> None:
    stage.know(asks=1)
    await grow(stage.reply, "Half an ans")
    stage.forget_posts()
    await stage.replies.open(stage.turn).finish(Answer("The whole answer."))
    assert stage.texts() == ["The whole answer."]


async def test_a_successor_learns_the_hard_way_that_a_message_still_streams(
    stage: ReplyStage,
) -> None:
    await grow(stage.reply, "Half an ans")
    stage.know(stream="")
    await stage.replies.open(stage.turn).finish(Answer("The whole answer."))
    assert stage.texts() == ["The whole answer."]


@pytest.mark.parametrize(
    "error", ["user_not_found", "team_not_found", "missing_recipient_user_id", "never_heard_of"]
)
async def test_a_stop_that_slack_refuses_ends_the_answer_whole(
    stage: ReplyStage, error: str
) -> None:
    """Seen in shared channels, although appending worked: an edit ends the answer instead."""
    await grow(stage.reply, "Half an ans")
    stage.slack.clock.advance(300)
    stage.slack.faults.add(failing("chat.stopStream", error, times=None))
    await stage.reply.finish(Answer("The whole answer."))
    assert stage.texts() == ["The whole answer."]
    assert methods(stage)[-1] == "chat.update"


async def test_a_message_that_streams_on_is_edited_once_its_stream_has_expired(
    stage: ReplyStage,
) -> None:
    await grow(stage.reply, "Half an ans")
    stage.slack.faults.add(failing("chat.stopStream", "user_not_found", times=None))
    finishing = asyncio.create_task(stage.reply.finish(Answer("The whole answer.")))
    await stage.slack.until(lambda: stage.count("chat.update") == 2)
    assert stage.texts() == ["Half an ans"], "Slack edits nothing that streams"
    stage.slack.clock.advance(300)
    async with asyncio.timeout(60):
        await finishing
    assert stage.texts() == ["The whole answer."]


async def test_a_message_that_can_never_be_edited_is_followed_by_the_whole_answer() -> None:
    async with open_reply_stage(D_ALICE, timing=StreamTiming(expiry_s=0.2)) as stage:
        await grow(stage.reply, "Half an ans")
        stage.slack.faults.add(failing("chat.stopStream", "user_not_found", times=None))
        stage.slack.faults.add(failing("chat.update", "streaming_state_conflict", times=None))
        async with asyncio.timeout(60):
            await stage.reply.finish(Answer("The whole answer."))
        assert stage.texts() == ["Half an ans", "The whole answer."]


async def test_credentials_refused_at_a_stop_are_no_end_of_the_stream(stage: ReplyStage) -> None:
    await grow(stage.reply, "Half an ans")
    stage.slack.faults.add(failing("chat.stopStream", "token_revoked", times=None))
    with pytest.raises(CredentialsRejected):
        await stage.reply.finish(Answer("The whole answer."))
    assert stage.count("chat.update") == 0


async def test_a_stream_is_for_the_asker_in_their_own_team() -> None:
    async with open_reply_stage(C_SHARED, streaming="native") as stage:
        ask = replace(stage.turn.ask, user=U_EXTERNAL, user_team=OTHER_TEAM)
        stage.turn.resolve_names(ask, stage.turn.utterance)
        await grow(stage.replies.open(stage.turn), "It", "It grows")
        (start,) = stage.slack.calls_of("chat.startStream")
        assert start.args["recipient_team_id"] == OTHER_TEAM
        assert start.response["ok"]


async def test_a_message_that_is_left_over_is_deleted_though_it_streams() -> None:
    async with open_reply_stage(D_ALICE, timing=StreamTiming(room=400)) as stage:
        await grow(stage.reply, PARAGRAPHS[:300], PARAGRAPHS[:700])
        assert len(stage.posts()) > 1
        await stage.reply.finish(Answer("Taken back."))
        assert stage.texts() == ["Taken back."]


@pytest.mark.parametrize("error", ["message_not_found", "never_heard_of"])
@pytest.mark.parametrize("is_end", [False, True])
async def test_nothing_streams_on_where_no_end_can_be_said(error: str, is_end: bool) -> None:
    """The first of two messages cannot be edited (any more) when the bot rewrites all."""
    async with open_reply_stage(D_ALICE, timing=StreamTiming(room=400)) as stage:
        await grow(stage.reply, PARAGRAPHS[:300], PARAGRAPHS[:700])
        stage.slack.faults.add(failing("chat.update", error, times=None))
        with suppress(ThreadGone, Refused):
            async with stage.reply.status():
                await grow(stage.reply, *(() if is_end else ("No. " + PARAGRAPHS[:700],)))
            await stage.reply.finish(Answer("No. " + PARAGRAPHS[:700]))
        stream = stage.posts()[-1].stream
        assert stream is not None
        assert stream.is_completed


async def test_whoever_lost_the_turn_says_nothing_more(stage: ReplyStage) -> None:
    await grow(stage.reply, "Begun")
    calls = len(stage.slack.calls)
    stage.turn.lease.update(LeaseState.LOST, asked_at=0.0)
    with pytest.raises(LeaseLost):
        await grow(stage.reply, "Begun and")
    assert len(stage.slack.calls) == calls


async def test_no_stream_is_begun_while_the_store_is_silent_but_the_end_is_told(
    stage: ReplyStage,
) -> None:
    stage.turn.lease.update(LeaseState.UNKNOWN, asked_at=0.0)
    await grow(stage.reply, "Begun")
    assert stage.posts() == []
    await stage.reply.finish(Answer("Begun and ended."))
    assert stage.texts() == ["Begun and ended."]


@pytest.mark.parametrize("seed", range(8))
async def test_whenever_and_however_a_stream_is_closed_the_end_is_exact(seed: int) -> None:
    dice = random.Random(seed)  # noqa: S311 - a dice, no secret
    async with open_reply_stage(D_ALICE, timing=StreamTiming(room=1500)) as stage:
        ends = sorted(dice.sample(range(1, len(PARAGRAPHS)), 8))
        trouble = dice.choice(ends)
        for end in ends:
            if end == trouble:
                await interrupt(stage, dice)
            await grow(stage.reply, PARAGRAPHS[:end].strip())
        await stage.reply.finish(Answer(PARAGRAPHS))
        assert flat(*stage.texts()) == flat(PARAGRAPHS)
        assert stage.turn.record.stream == ""


async def interrupt(stage: ReplyStage, dice: random.Random) -> None:
    match dice.choice(["expires", "stopped", "fails"]):
        case "expires":
            stage.slack.clock.advance(300)
        case "stopped" if stage.turn.record.stream:
            await stage.slack.stop_session(U_ALICE, D_ALICE, stage.root)
        case _:
            error = dice.choice(["message_not_in_streaming_state", "msg_too_long", "fatal_error"])
            stage.slack.faults.add(
                failing(dice.choice(STREAMING), error, times=dice.choice([1, 2]))
            )
