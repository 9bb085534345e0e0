"""The growing answer in Slack, and what is left of it when Slack fails."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from dataclasses import replace

import pytest

from bridge.core.background import cancel_and_wait
from bridge.core.errors import ContentRefused, CredentialsRejected, LeaseLost, ThreadGone
from bridge.core.events import FirstTextShown, SlackCalled
from bridge.core.limits import AcquireResult, Call
from bridge.core.model import Answer, Source
from bridge.core.ports import LeaseState
from bridge.core.reply import Status
from bridge.emulators.slack import Fault
from bridge.emulators.slack.seed import C_GENERAL
from bridge.slack.api.rate_limits import POST, SESSION, STATUS, UPDATE
from bridge.slack.api.web_api import open_client
from bridge.slack.outbound.status import CLEAR
from bridge.slack.workspace.identity import IdentityService
from bridge.store.keys import LEASE, key
from tests.adapter.reply_stage import ReplyStage, open_reply_stage, slow_down


@pytest.fixture
async def stage() -> AsyncIterator[ReplyStage]:
    """In #general, where answers are edited."""
    async with open_reply_stage() as stage:
        yield stage


async def test_one_message_grows_and_ends_exact(stage: ReplyStage) -> None:
    for text in ("It", "It grows", "It grows"):
        assert await stage.reply.show_progress(text) == 0.0
    await stage.reply.finish(Answer("It grows **well**."))
    assert stage.texts() == ["It grows **well**."]
    assert stage.count("chat.postMessage") == 1
    assert stage.count("chat.update") == 2, "a text that stands there already costs no call"
    assert [type(event) for event in stage.events].count(FirstTextShown) == 1
    assert stage.turn.record.pages == (stage.posts()[0].ts,)


async def test_each_call_of_an_answer_tells_its_turn_and_the_pause_behind_it(
    stage: ReplyStage,
) -> None:
    for text in ("It", "It grows"):
        await stage.reply.acquire()
        await stage.reply.show_progress(text)
    await stage.reply.finish(Answer("It grows well."))
    called = [event for event in stage.events if isinstance(event, SlackCalled)]
    assert {event.turn for event in called} == {stage.turn.ask.turn}
    texts = [event.gap_s for event in called if event.method in {POST, UPDATE}]
    assert texts == [pytest.approx(1.0, abs=0.4), pytest.approx(1.0, abs=0.4), None]


async def test_what_belongs_to_an_answer_stands_under_it(stage: ReplyStage) -> None:
    answer = Answer(
        "Rain [1]",
        sources=(Source(1, "Weather"),),
        options=("Invoice",),
        related=("More?",),
        notices=("Incomplete.",),
    )
    await stage.reply.finish(answer)
    (post,) = stage.posts()
    assert stage.texts() == ["Rain [1]"]
    for piece in ("[1] Weather", "Invoice", "More?", "Incomplete."):
        assert piece in str(post.blocks[1:])


async def test_text_can_neither_ping_nor_forge_a_link(stage: ReplyStage) -> None:
    hostile = (
        "<!channel> <@U0ALICE000> &lt;!here&gt; <http://evil.example|bank.example> `<!everyone>`"
    )
    await stage.reply.show_progress(hostile)
    await stage.reply.finish(
        Answer(hostile, sources=(Source(1, "<!channel>"),), notices=(hostile,))
    )
    assert stage.slack.pings == []


async def test_a_long_answer_grows_into_the_next_message_and_shrinks_back(
    stage: ReplyStage,
) -> None:
    long = "\n\n".join(f"Paragraph {number}. " + "word " * 100 for number in range(40))
    await stage.reply.show_progress(long[:9000])
    first = stage.posts()[0]
    await stage.reply.finish(Answer(long))
    assert len(stage.posts()) == 2
    assert stage.posts()[0] is first
    assert "".join("".join(stage.texts()).split()) == "".join(long.split())
    await stage.reply.finish(Answer("Taken back."))
    assert stage.texts() == ["Taken back."]


async def test_a_page_too_many_that_may_not_be_deleted_is_emptied(stage: ReplyStage) -> None:
    await stage.reply.show_progress(
        "\n\n".join(f"Paragraph {number}. " * 50 for number in range(20))
    )
    assert len(stage.posts()) == 2
    refusal = Fault(method="chat.delete", kind="error", error="cant_delete_message", times=None)
    stage.slack.faults.add(refusal)
    await stage.reply.finish(Answer("Taken back."))
    assert stage.texts() == ["Taken back.", "…"]


@pytest.mark.assistant_methods
async def test_the_status_stands_until_the_first_text(stage: ReplyStage) -> None:
    async with stage.reply.status():
        await stage.slack.until(lambda: stage.status() == "is thinking…")
        await stage.reply.show_progress("Here")
        assert stage.status() == ""
    assert stage.count("assistant.threads.setStatus") == 1


@pytest.mark.assistant_methods
async def test_a_status_that_arrives_after_the_first_text_is_taken_back(stage: ReplyStage) -> None:
    stage.slack.faults.add(Fault(method="assistant.threads.setStatus", kind="slow", delay_s=0.2))
    no_agent = Fault(method=SESSION, kind="error", error="not_authorized", times=None)
    stage.slack.faults.add(no_agent)
    async with stage.reply.status():
        await asyncio.sleep(0)
        await stage.reply.show_progress("Here")
        await stage.slack.until(lambda: stage.count("assistant.threads.setStatus") == 2)
    await stage.reply.finish(Answer("Here it is."))
    assert stage.status() == ""


async def leave_status(stage: ReplyStage) -> None:
    """An answer under whose end Slack still shows that the bot thinks, and does not clear that."""
    stage.slack.faults.add(Fault(method=SESSION, kind="error", error="not_authorized", times=None))
    stage.slack.faults.add(
        Fault(
            method=STATUS,
            kind="ratelimited",
            retry_after_s=3,
            times=None,
            when=lambda arguments: not arguments["status"],
        )
    )
    arrived = slow_down(stage, STATUS)
    async with stage.reply.status():
        await arrived.wait()
        await stage.reply.show_progress("Here")
        await stage.slack.until(lambda: stage.status() == "is thinking…")
    async with asyncio.timeout(60):
        await stage.reply.finish(Answer("Here it is."))
    assert (stage.texts(), stage.status()) == (["Here it is."], "is thinking…")
    stage.slack.faults.clear()


@pytest.mark.assistant_methods
async def test_the_turn_does_not_wait_long_for_its_status_to_be_cleared(stage: ReplyStage) -> None:
    await leave_status(stage)
    await stage.slack.until(lambda: stage.status() == "")


@pytest.mark.assistant_methods
async def test_the_next_answer_of_the_thread_clears_the_status_of_the_one_before(
    stage: ReplyStage,
) -> None:
    await leave_status(stage)
    stage.reply = stage.replies.open(stage.turn)
    is_pending = stage.late_ends.cancel(CLEAR, stage.turn.ask.thread)
    assert not is_pending, "it would clear the status of the next answer"
    await stage.reply.finish(Answer("At once."))
    await stage.slack.until(lambda: stage.status() == "")


async def test_where_no_status_is_possible_a_placeholder_becomes_the_answer(
    stage: ReplyStage,
) -> None:
    for method in ("assistant.threads.setStatus", SESSION):
        fault = Fault(method=method, kind="error", error="no_permission", times=None)
        stage.slack.faults.add(fault)
    async with stage.reply.status():
        await stage.slack.until(lambda: len(stage.posts()) == 1)
        assert "thinking" in stage.texts()[0]
        stage.reply.set_status(Status.SLOW)
        await stage.slack.until(lambda: "longer than usual" in stage.texts()[0])
        assert FirstTextShown not in map(type, stage.events), "it is no text of the answer"
        assert await stage.reply.show_progress("The ans") == 0.0
        stage.reply.set_status(Status.VERY_SLOW)
        assert [type(event) for event in stage.events].count(FirstTextShown) == 1
    await stage.reply.finish(Answer("The answer."))
    assert stage.texts() == ["The answer."]
    assert [type(event) for event in stage.events].count(FirstTextShown) == 1


async def test_where_neither_status_nor_placeholder_is_possible_nothing_is_said(
    stage: ReplyStage,
) -> None:
    gone = Fault(method="*", kind="error", error="channel_not_found", times=None)
    stage.slack.faults.add(gone)
    async with stage.reply.status():
        keeper = stage.reply._status._keeper
        assert keeper is not None
        await stage.slack.until(lambda: stage.count("chat.postMessage") == 1)
    assert keeper.cancelled(), "asyncio logs what a task raises that nobody asks"
    assert stage.count("chat.postMessage") == 1


async def test_a_post_whose_reply_got_lost_is_found_and_not_posted_twice(stage: ReplyStage) -> None:
    stage.slack.faults.add(Fault(method="chat.postMessage", kind="lost_reply"))
    assert await stage.reply.show_progress("Once") > 0
    await stage.reply.finish(Answer("Once."))
    assert stage.texts() == ["Once."]
    assert stage.count("chat.postMessage") == 1


async def test_a_successor_finds_a_post_that_was_never_written_down(stage: ReplyStage) -> None:
    stage.know(asks=1)
    await stage.reply.show_progress("Half an ans")
    stage.forget_posts()
    await stage.replies.open(stage.turn).finish(Answer("The whole answer."))
    assert stage.texts() == ["The whole answer."]


async def test_the_final_text_waits_out_every_refusal(stage: ReplyStage) -> None:
    await stage.reply.show_progress("Begun")
    stage.slack.faults.add(Fault(method="chat.update", kind="ratelimited", retry_after_s=1))
    stage.slack.faults.add(Fault(method="chat.update", kind="http", status=500))
    stage.slack.faults.add(Fault(method="chat.update", kind="error", error="fatal_error"))
    stage.slack.faults.add(Fault(method="chat.update", kind="reset"))
    assert await stage.reply.show_progress("Begun and") == pytest.approx(1, abs=0.2)
    await stage.reply.finish(Answer("Begun and ended."))
    assert stage.texts() == ["Begun and ended."]


async def test_the_end_uses_the_call_that_was_acquired_for_progress(stage: ReplyStage) -> None:
    """Otherwise it would wait for its own permit, and count twice."""
    acquired: list[str] = []
    buckets = stage.api.limiter._buckets
    acquire = buckets.acquire

    async def count(calls: Sequence[Call], *terms: float) -> AcquireResult:
        acquired.append(calls[0].method)
        return await acquire(calls, *terms)

    buckets.acquire = count  # type: ignore[method-assign, assignment]
    await stage.reply.acquire()
    await stage.reply.finish(Answer("The whole"))
    assert stage.texts() == ["The whole"]
    assert acquired.count("chat.postMessage") == 1


async def test_a_refused_call_closes_the_method_and_is_not_repeated_at_once(
    stage: ReplyStage,
) -> None:
    await stage.reply.show_progress("Begun")
    stage.slack.faults.add(Fault(method="chat.update", kind="ratelimited", retry_after_s=5))
    await stage.reply.show_progress("Begun and")
    calls = stage.count("chat.update")
    assert await stage.reply.show_progress("Begun and on") > 4
    assert stage.count("chat.update") == calls


@pytest.mark.parametrize("error", ["invalid_blocks", "msg_too_long"])
async def test_a_shape_that_slack_refuses_is_split_and_then_plain(
    stage: ReplyStage, error: str
) -> None:
    text = "First paragraph.\n\nSecond **paragraph**."
    stage.slack.faults.add(
        Fault(
            method="*",
            kind="error",
            error=error,
            times=None,
            when=lambda arguments: "markdown" in str(arguments.get("blocks", "")),
        )
    )
    await stage.reply.finish(Answer(text))
    assert "".join("".join(stage.texts()).split()) == "".join(text.split())


async def test_where_slack_takes_no_shape_a_sentence_says_so(stage: ReplyStage) -> None:
    def is_the_answer(arguments: dict[str, object]) -> bool:
        return "§" in str(arguments.get("blocks", ""))

    stage.slack.faults.add(
        Fault(method="*", kind="error", error="invalid_blocks", times=None, when=is_the_answer)
    )
    with pytest.raises(ContentRefused):
        await stage.reply.finish(Answer("§§§§", notices=("A notice.",)))
    assert "Something went wrong" in "".join(stage.texts())


async def test_a_footer_without_room_stands_in_a_message_of_its_own(stage: ReplyStage) -> None:
    sources = tuple(Source(number, "A long title " * 5) for number in range(60))
    body = "word " * 2290
    await stage.reply.finish(Answer(body, sources=sources))
    assert stage.texts()[0].strip() == body.strip()
    assert "[1] A long title" in str(stage.posts()[-1].blocks)
    assert len(stage.posts()) == 2


async def test_a_post_that_was_cancelled_on_its_way_is_known_all_the_same(
    stage: ReplyStage,
) -> None:
    under_way = slow_down(stage, "chat.postMessage")
    showing = asyncio.create_task(stage.reply.show_progress("Half an ans"))
    await under_way.wait()
    await cancel_and_wait(showing)
    await stage.reply.finish(Answer("The whole answer."))
    assert stage.texts() == ["The whole answer."]


async def test_an_edit_that_was_cancelled_on_its_way_never_undoes_the_end(
    stage: ReplyStage,
) -> None:
    await stage.reply.show_progress("Begun")
    under_way = slow_down(stage, "chat.update")
    showing = asyncio.create_task(stage.reply.show_progress("Begun and"))
    await under_way.wait()
    await cancel_and_wait(showing)
    await stage.reply.finish(Answer("Begun and ended."))
    assert stage.texts() == ["Begun and ended."]
    assert stage.posts()[0].history[-1][1] == "Begun and ended."


async def test_what_a_cut_off_call_has_brought_counts_as_shown(stage: ReplyStage) -> None:
    """Where an answer is stopped, it stands still: nothing that people have seen is taken back."""
    for method, text in (("chat.postMessage", "Begun"), ("chat.update", "Begun and on")):
        under_way = slow_down(stage, method)
        showing = asyncio.create_task(stage.reply.show_progress(text))
        await under_way.wait()
        await cancel_and_wait(showing)
        assert stage.texts() == [stage.reply.shown] == [text]


async def test_a_placeholder_never_takes_the_place_of_the_text(stage: ReplyStage) -> None:
    stage.slack.faults.add(Fault(method="chat.postMessage", kind="slow", delay_s=0.2))
    await asyncio.gather(stage.reply.show_progress("The first text"), stage.reply._status._place())
    assert stage.texts() == ["The first text"]


async def test_what_is_written_down_stands_even_if_slack_does_not_show_it_yet(
    stage: ReplyStage,
) -> None:
    stage.know(asks=1)
    await stage.reply.show_progress("Half")
    (page,) = stage.turn.record.pages
    stranger = stage.slack.workspace.thread(C_GENERAL, stage.root)[1]
    stranger.metadata = None
    await stage.replies.open(stage.turn).finish(Answer("Whole."))
    assert stage.texts() == ["Whole."]
    assert stage.posts()[0].ts == page


async def test_nothing_is_posted_anew_before_it_is_known_which_posts_are_ours(
    stage: ReplyStage,
) -> None:
    """A replica takes over before `auth.test` has told it who it is."""
    client = open_client(stage.slack.bot_token, base_url=stage.slack.api_url, session=stage.http)
    identity = IdentityService(client, stage.events.append)
    stage.know(asks=1)
    await stage.reply.show_progress("Half")
    stage.forget_posts()
    replies = replace(stage.replies, own_bot_id=identity.own_bot_id)
    successor = replies.open(stage.turn)
    assert await successor.show_progress("Half and") > 0
    assert stage.texts() == ["Half"]
    assert await identity.learn()
    await successor.finish(Answer("Half and half."))
    assert stage.texts() == ["Half and half."]


async def test_a_message_of_somebody_else_with_our_tag_is_left_alone(stage: ReplyStage) -> None:
    stage.know(asks=1)
    await stage.reply.show_progress("Ours")
    foreign = stage.slack.workspace.thread(C_GENERAL, stage.root)[1]
    foreign.bot_id = "B0SOMEBODY"
    stage.forget_posts()
    await stage.replies.open(stage.turn).finish(Answer("Ours, whole."))
    assert stage.texts() == ["Ours", "Ours, whole."]


async def test_where_an_edit_is_refused_the_end_is_said_below(stage: ReplyStage) -> None:
    await stage.reply.show_progress("Begun, and")
    stage.slack.faults.add(
        Fault(method="chat.update", kind="error", error="edit_window_closed", times=None)
    )
    assert await stage.reply.show_progress("Begun, and on") > 0
    await stage.reply.finish(Answer("Begun, and ended."))
    assert stage.texts() == ["Begun, and", "Begun, and ended."]


@pytest.mark.assistant_methods
async def test_words_about_the_line_do_not_outlive_the_answer(stage: ReplyStage) -> None:
    async with stage.reply.status():
        stage.reply.set_status(Status.WAITING)
        await stage.slack.until(lambda: "in line" in stage.status())
    await stage.reply.finish(Answer("Whole."))
    assert stage.status() == ""


@pytest.mark.assistant_methods
async def test_no_status_hangs_where_nothing_may_be_posted(stage: ReplyStage) -> None:
    stage.slack.faults.add(
        Fault(method="chat.postMessage", kind="error", error="restricted_action", times=None)
    )

    async def answer() -> None:
        async with stage.reply.status():
            await stage.slack.until(stage.status)
            await stage.reply.show_progress("Nobody may read this")

    with pytest.raises(ThreadGone):
        await answer()
    assert stage.status() == ""


async def test_nothing_is_said_where_nothing_can_be_said(stage: ReplyStage) -> None:
    await stage.reply.show_progress("Begun")
    stage.slack.world.timeline.delete(stage.posts()[0])
    with pytest.raises(ThreadGone):
        await stage.reply.finish(Answer("Too late."))


async def test_a_revoked_token_is_not_tried_for_ever(stage: ReplyStage) -> None:
    stage.slack.faults.add(
        Fault(method="chat.postMessage", kind="error", error="token_revoked", times=None)
    )
    with pytest.raises(CredentialsRejected, match="token_revoked"):
        await stage.reply.finish(Answer("Nobody will read this."))


async def test_whoever_lost_the_turn_starts_no_call(stage: ReplyStage) -> None:
    await stage.reply.show_progress("Begun")
    calls = len(stage.slack.calls)
    stage.turn.lease.update(LeaseState.LOST, asked_at=0.0)
    with pytest.raises(LeaseLost):
        await stage.reply.show_progress("Begun and")
    with pytest.raises(LeaseLost):
        await stage.reply.finish(Answer("Begun and ended."))
    assert len(stage.slack.calls) == calls


async def test_whoever_hears_from_the_store_that_the_turn_is_lost_stops_at_once(
    stage: ReplyStage,
) -> None:
    redis = stage.turn._inbox._redis  # type: ignore[attr-defined]
    await redis.hset(key(LEASE, stage.turn.ask.thread.encode()), "owner", "another")
    with pytest.raises(LeaseLost):
        await stage.turn.save_answer(Answer("whole"))
    with pytest.raises(LeaseLost):
        await stage.reply.finish(Answer("whole"))
    assert stage.texts() == []


async def test_no_page_is_begun_while_the_store_is_silent_but_the_end_is_told(
    stage: ReplyStage,
) -> None:
    stage.turn.lease.update(LeaseState.UNKNOWN, asked_at=0.0)
    assert await stage.reply.show_progress("Begun") > 0
    assert stage.posts() == []
    await stage.reply.finish(Answer("Begun and ended."))
    assert stage.texts() == ["Begun and ended."]
