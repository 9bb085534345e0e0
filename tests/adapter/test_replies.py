"""The growing answer in Slack, and what is left of it when Slack fails."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace

import pytest

from bridge.core.background import cancel_and_wait
from bridge.core.errors import ContentRefused, CredentialsRejected, LeaseLost, ThreadGone
from bridge.core.events import FirstTextShown
from bridge.core.model import Answer, Source
from bridge.core.ports import LeaseState
from bridge.core.reply import Status
from bridge.emulators.slack import Fault
from bridge.emulators.slack.seed import C_GENERAL
from bridge.slack.client import open_client
from bridge.slack.identity import IdentityService
from tests.adapter.desk import Desk, open_desk, slow_down


@pytest.fixture
async def desk() -> AsyncIterator[Desk]:
    """In #general, where answers are edited."""
    async with open_desk() as desk:
        yield desk


async def test_one_message_grows_and_ends_exact(desk: Desk) -> None:
    for text in ("It", "It grows", "It grows"):
        assert await desk.reply.show_progress(text) == 0.0
    await desk.reply.finish(Answer("It grows **well**."))
    assert desk.texts() == ["It grows **well**."]
    assert desk.count("chat.postMessage") == 1
    assert desk.count("chat.update") == 2, "a text that stands there already costs no call"
    assert [type(event) for event in desk.events].count(FirstTextShown) == 1
    assert desk.turn.record.pages == (desk.posts()[0].ts,)


async def test_what_belongs_to_an_answer_stands_under_it(desk: Desk) -> None:
    answer = Answer(
        "Rain [1]",
        sources=(Source(1, "Weather"),),
        options=("Invoice",),
        related=("More?",),
        notices=("Incomplete.",),
    )
    await desk.reply.finish(answer)
    (post,) = desk.posts()
    assert desk.texts() == ["Rain [1]"]
    for piece in ("[1] Weather", "Invoice", "More?", "Incomplete."):
        assert piece in str(post.blocks[1:])


async def test_text_can_neither_ping_nor_forge_a_link(desk: Desk) -> None:
    hostile = (
        "<!channel> <@U0ALICE000> &lt;!here&gt; <http://evil.example|bank.example> `<!everyone>`"
    )
    await desk.reply.show_progress(hostile)
    await desk.reply.finish(Answer(hostile, sources=(Source(1, "<!channel>"),), notices=(hostile,)))
    assert desk.slack.pings == []


async def test_a_long_answer_grows_into_the_next_message_and_shrinks_back(desk: Desk) -> None:
    long = "\n\n".join(f"Paragraph {number}. " + "word " * 100 for number in range(40))
    await desk.reply.show_progress(long[:9000])
    first = desk.posts()[0]
    await desk.reply.finish(Answer(long))
    assert len(desk.posts()) == 2
    assert desk.posts()[0] is first
    assert "".join("".join(desk.texts()).split()) == "".join(long.split())
    await desk.reply.finish(Answer("Taken back."))
    assert desk.texts() == ["Taken back."]


async def test_a_page_too_many_that_may_not_be_deleted_is_emptied(desk: Desk) -> None:
    await desk.reply.show_progress(
        "\n\n".join(f"Paragraph {number}. " * 50 for number in range(20))
    )
    assert len(desk.posts()) == 2
    refusal = Fault(method="chat.delete", kind="error", error="cant_delete_message", times=None)
    desk.slack.faults.add(refusal)
    await desk.reply.finish(Answer("Taken back."))
    assert desk.texts() == ["Taken back.", "…"]


async def test_the_status_stands_until_the_first_text(desk: Desk) -> None:
    async with desk.reply.status():
        await desk.slack.until(lambda: desk.status() == "is thinking…")
        await desk.reply.show_progress("Here")
        assert desk.status() == ""
    assert desk.count("assistant.threads.setStatus") == 1


async def test_a_status_that_arrives_after_the_first_text_is_taken_back(desk: Desk) -> None:
    desk.slack.faults.add(Fault(method="assistant.threads.setStatus", kind="slow", delay_s=0.2))
    async with desk.reply.status():
        await asyncio.sleep(0)
        await desk.reply.show_progress("Here")
        await desk.slack.until(lambda: desk.count("assistant.threads.setStatus") == 2)
    await desk.reply.finish(Answer("Here it is."))
    assert desk.status() == ""


async def test_where_no_status_is_possible_a_placeholder_becomes_the_answer(desk: Desk) -> None:
    desk.slack.faults.add(
        Fault(method="assistant.threads.setStatus", kind="error", error="no_permission", times=None)
    )
    async with desk.reply.status():
        await desk.slack.until(lambda: len(desk.posts()) == 1)
        assert "thinking" in desk.texts()[0]
        desk.reply.set_status(Status.SLOW)
        await desk.slack.until(lambda: "longer than usual" in desk.texts()[0])
        assert FirstTextShown not in map(type, desk.events), "it is no text of the answer"
        assert await desk.reply.show_progress("The ans") == 0.0
        desk.reply.set_status(Status.VERY_SLOW)
        assert [type(event) for event in desk.events].count(FirstTextShown) == 1
    await desk.reply.finish(Answer("The answer."))
    assert desk.texts() == ["The answer."]
    assert [type(event) for event in desk.events].count(FirstTextShown) == 1


async def test_where_neither_status_nor_placeholder_is_possible_nothing_is_said(
    desk: Desk,
) -> None:
    gone = Fault(method="*", kind="error", error="channel_not_found", times=None)
    desk.slack.faults.add(gone)
    async with desk.reply.status():
        keeper = desk.reply._status._keeper
        assert keeper is not None
        await desk.slack.until(lambda: desk.count("chat.postMessage") == 1)
    assert keeper.cancelled(), "asyncio logs what a task raises that nobody asks"
    assert desk.count("chat.postMessage") == 1


async def test_a_post_whose_reply_got_lost_is_found_and_not_posted_twice(desk: Desk) -> None:
    desk.slack.faults.add(Fault(method="chat.postMessage", kind="lost_reply"))
    assert await desk.reply.show_progress("Once") > 0
    await desk.reply.finish(Answer("Once."))
    assert desk.texts() == ["Once."]
    assert desk.count("chat.postMessage") == 1


async def test_a_successor_finds_a_post_that_was_never_written_down(desk: Desk) -> None:
    desk.know(asks=1)
    await desk.reply.show_progress("Half an ans")
    desk.forget_posts()
    await desk.replies.open(desk.turn).finish(Answer("The whole answer."))
    assert desk.texts() == ["The whole answer."]


async def test_the_final_text_waits_out_every_refusal(desk: Desk) -> None:
    await desk.reply.show_progress("Begun")
    desk.slack.faults.add(Fault(method="chat.update", kind="ratelimited", retry_after_s=1))
    desk.slack.faults.add(Fault(method="chat.update", kind="http", status=500))
    desk.slack.faults.add(Fault(method="chat.update", kind="error", error="fatal_error"))
    desk.slack.faults.add(Fault(method="chat.update", kind="reset"))
    assert await desk.reply.show_progress("Begun and") == pytest.approx(1, abs=0.2)
    await desk.reply.finish(Answer("Begun and ended."))
    assert desk.texts() == ["Begun and ended."]


async def test_a_refused_call_closes_the_method_and_is_not_repeated_at_once(desk: Desk) -> None:
    await desk.reply.show_progress("Begun")
    desk.slack.faults.add(Fault(method="chat.update", kind="ratelimited", retry_after_s=5))
    await desk.reply.show_progress("Begun and")
    calls = desk.count("chat.update")
    assert await desk.reply.show_progress("Begun and on") > 4
    assert desk.count("chat.update") == calls


@pytest.mark.parametrize("error", ["invalid_blocks", "msg_too_long"])
async def test_a_shape_that_slack_refuses_is_split_and_then_plain(desk: Desk, error: str) -> None:
    text = "First paragraph.\n\nSecond **paragraph**."
    desk.slack.faults.add(
        Fault(
            method="*",
            kind="error",
            error=error,
            times=None,
            when=lambda arguments: "markdown" in str(arguments.get("blocks", "")),
        )
    )
    await desk.reply.finish(Answer(text))
    assert "".join("".join(desk.texts()).split()) == "".join(text.split())


async def test_where_slack_takes_no_shape_a_sentence_says_so(desk: Desk) -> None:
    def is_the_answer(arguments: dict[str, object]) -> bool:
        return "§" in str(arguments.get("blocks", ""))

    desk.slack.faults.add(
        Fault(method="*", kind="error", error="invalid_blocks", times=None, when=is_the_answer)
    )
    with pytest.raises(ContentRefused):
        await desk.reply.finish(Answer("§§§§", notices=("A notice.",)))
    assert "Something went wrong" in "".join(desk.texts())


async def test_a_footer_without_room_stands_in_a_message_of_its_own(desk: Desk) -> None:
    sources = tuple(Source(number, "A long title " * 5) for number in range(60))
    body = "word " * 2290
    await desk.reply.finish(Answer(body, sources=sources))
    assert desk.texts()[0].strip() == body.strip()
    assert "[1] A long title" in str(desk.posts()[-1].blocks)
    assert len(desk.posts()) == 2


async def test_a_post_that_was_cancelled_on_its_way_is_known_all_the_same(desk: Desk) -> None:
    under_way = slow_down(desk, "chat.postMessage")
    showing = asyncio.create_task(desk.reply.show_progress("Half an ans"))
    await under_way.wait()
    await cancel_and_wait(showing)
    await desk.reply.finish(Answer("The whole answer."))
    assert desk.texts() == ["The whole answer."]


async def test_an_edit_that_was_cancelled_on_its_way_never_undoes_the_end(desk: Desk) -> None:
    await desk.reply.show_progress("Begun")
    under_way = slow_down(desk, "chat.update")
    showing = asyncio.create_task(desk.reply.show_progress("Begun and"))
    await under_way.wait()
    await cancel_and_wait(showing)
    await desk.reply.finish(Answer("Begun and ended."))
    assert desk.texts() == ["Begun and ended."]
    assert desk.posts()[0].history[-1][1] == "Begun and ended."


async def test_what_a_cut_off_call_has_brought_counts_as_shown(desk: Desk) -> None:
    """Where an answer is stopped, it stands still: nothing that people have seen is taken back."""
    for method, text in (("chat.postMessage", "Begun"), ("chat.update", "Begun and on")):
        under_way = slow_down(desk, method)
        showing = asyncio.create_task(desk.reply.show_progress(text))
        await under_way.wait()
        await cancel_and_wait(showing)
        assert desk.texts() == [desk.reply.shown] == [text]


async def test_a_placeholder_never_takes_the_place_of_the_text(desk: Desk) -> None:
    desk.slack.faults.add(Fault(method="chat.postMessage", kind="slow", delay_s=0.2))
    await asyncio.gather(desk.reply.show_progress("The first text"), desk.reply._status._place())
    assert desk.texts() == ["The first text"]


async def test_what_is_written_down_stands_even_if_slack_does_not_show_it_yet(desk: Desk) -> None:
    desk.know(asks=1)
    await desk.reply.show_progress("Half")
    (page,) = desk.turn.record.pages
    stranger = desk.slack.workspace.thread(C_GENERAL, desk.root)[1]
    stranger.metadata = None
    await desk.replies.open(desk.turn).finish(Answer("Whole."))
    assert desk.texts() == ["Whole."]
    assert desk.posts()[0].ts == page


async def test_nothing_is_posted_anew_before_it_is_known_which_posts_are_ours(desk: Desk) -> None:
    """A replica takes over before `auth.test` has told it who it is."""
    client = open_client(desk.slack.bot_token, base_url=desk.slack.api_url, session=desk.http)
    identity = IdentityService(client, desk.events.append)
    desk.know(asks=1)
    await desk.reply.show_progress("Half")
    desk.forget_posts()
    replies = replace(desk.replies, own_bot_id=identity.own_bot_id)
    successor = replies.open(desk.turn)
    assert await successor.show_progress("Half and") > 0
    assert desk.texts() == ["Half"]
    assert await identity.learn()
    await successor.finish(Answer("Half and half."))
    assert desk.texts() == ["Half and half."]


async def test_a_message_of_somebody_else_with_our_tag_is_left_alone(desk: Desk) -> None:
    desk.know(asks=1)
    await desk.reply.show_progress("Ours")
    foreign = desk.slack.workspace.thread(C_GENERAL, desk.root)[1]
    foreign.bot_id = "B0SOMEBODY"
    desk.forget_posts()
    await desk.replies.open(desk.turn).finish(Answer("Ours, whole."))
    assert desk.texts() == ["Ours", "Ours, whole."]


async def test_where_an_edit_is_refused_the_end_is_said_below(desk: Desk) -> None:
    await desk.reply.show_progress("Begun, and")
    desk.slack.faults.add(
        Fault(method="chat.update", kind="error", error="edit_window_closed", times=None)
    )
    assert await desk.reply.show_progress("Begun, and on") > 0
    await desk.reply.finish(Answer("Begun, and ended."))
    assert desk.texts() == ["Begun, and", "Begun, and ended."]


async def test_words_about_the_line_do_not_outlive_the_answer(desk: Desk) -> None:
    async with desk.reply.status():
        desk.reply.set_status(Status.WAITING)
        await desk.slack.until(lambda: "in line" in desk.status())
    await desk.reply.finish(Answer("Whole."))
    assert desk.status() == ""


async def test_no_status_hangs_where_nothing_may_be_posted(desk: Desk) -> None:
    desk.slack.faults.add(
        Fault(method="chat.postMessage", kind="error", error="restricted_action", times=None)
    )

    async def answer() -> None:
        async with desk.reply.status():
            await desk.slack.until(desk.status)
            await desk.reply.show_progress("Nobody may read this")

    with pytest.raises(ThreadGone):
        await answer()
    assert desk.status() == ""


async def test_nothing_is_said_where_nothing_can_be_said(desk: Desk) -> None:
    await desk.reply.show_progress("Begun")
    desk.slack.world.timeline.delete(desk.posts()[0])
    with pytest.raises(ThreadGone):
        await desk.reply.finish(Answer("Too late."))


async def test_a_revoked_token_is_not_tried_for_ever(desk: Desk) -> None:
    desk.slack.faults.add(
        Fault(method="chat.postMessage", kind="error", error="token_revoked", times=None)
    )
    with pytest.raises(CredentialsRejected, match="token_revoked"):
        await desk.reply.finish(Answer("Nobody will read this."))


async def test_whoever_lost_the_turn_starts_no_call(desk: Desk) -> None:
    await desk.reply.show_progress("Begun")
    calls = len(desk.slack.calls)
    desk.turn.lease.tell(LeaseState.LOST, asked_at=0.0)
    with pytest.raises(LeaseLost):
        await desk.reply.show_progress("Begun and")
    with pytest.raises(LeaseLost):
        await desk.reply.finish(Answer("Begun and ended."))
    assert len(desk.slack.calls) == calls


async def test_no_page_is_begun_while_the_store_is_silent_but_the_end_is_told(desk: Desk) -> None:
    desk.turn.lease.tell(LeaseState.UNKNOWN, asked_at=0.0)
    assert await desk.reply.show_progress("Begun") > 0
    assert desk.posts() == []
    await desk.reply.finish(Answer("Begun and ended."))
    assert desk.texts() == ["Begun and ended."]
