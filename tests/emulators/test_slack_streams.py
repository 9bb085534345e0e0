"""Native streaming, status words and agent sessions."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest
from slack_sdk.web.async_client import AsyncWebClient

from bridge.emulators.slack import (
    C_GENERAL,
    D_ALICE,
    OTHER_TEAM,
    TEAM,
    U_ALICE,
    SlackEmulator,
)
from tests.emulators.slack_witness import (
    MANIFEST,
    manifest_without,
    receiving,
    refusal,
    visiting,
)


@asynccontextmanager
async def streaming(
    **options: Any,
) -> AsyncIterator[tuple[SlackEmulator, AsyncWebClient, dict[str, Any]]]:
    """An open stream in a DM: emulator, client, and the place to append to."""
    async with visiting(**options) as (slack, client):
        root = await slack.post(D_ALICE, U_ALICE, "question")
        started = await client.chat_startStream(channel=D_ALICE, thread_ts=root)
        yield slack, client, {"channel": D_ALICE, "ts": started["ts"]}


async def test_the_sdks_chat_stream_writes_one_growing_message() -> None:
    async with visiting() as (slack, client):
        root = await slack.post(C_GENERAL, U_ALICE, "question")
        stream = await client.chat_stream(
            channel=C_GENERAL,
            thread_ts=root,
            recipient_user_id=U_ALICE,
            recipient_team_id=TEAM,
            buffer_size=4,
        )
        await stream.append(markdown_text="one ")
        await stream.append(markdown_text="two ")
        state = slack.workspace.message(C_GENERAL, str(stream.ts)).to_dict(now=slack.clock.now())
        await stream.stop(
            markdown_text="three",
            blocks=[{"type": "divider"}],
            metadata={"event_type": "turn", "event_payload": {}},
        )
        answer = slack.workspace.thread(C_GENERAL, root)[1]
        assert state["streaming_state"] == "in_progress"
        assert [shown for _, shown in answer.history] == ["one ", "one two ", "one two three"]
        assert [block["type"] for block in answer.blocks] == ["markdown", "divider"]
        assert answer.metadata == {"event_type": "turn", "event_payload": {}}
        found = await client.conversations_replies(channel=C_GENERAL, ts=root)
        assert found["messages"][1]["streaming_state"] == "completed"


async def test_a_stream_in_a_channel_needs_its_recipient_with_their_own_team() -> None:
    async with visiting() as (slack, client):
        root = await slack.post(C_GENERAL, U_ALICE, "question")

        async def start(**more: str) -> str:
            place = {"channel": C_GENERAL, "thread_ts": root}
            return await refusal(client.api_call("chat.startStream", json=place | more))

        assert await start() == "missing_recipient_user_id"
        assert await start(recipient_user_id=U_ALICE) == "missing_recipient_team_id"
        stranger = {"recipient_user_id": U_ALICE, "recipient_team_id": OTHER_TEAM}
        assert await start(**stranger) == "user_not_found"
        assert await start(thread_ts="") == "invalid_thread_ts"
        assert await start(thread_ts="1.000001") == "invalid_thread_ts"


async def test_a_stream_keeps_to_the_way_it_began() -> None:
    async with streaming() as (_, client, place):
        chunks = [{"type": "markdown_text", "text": "x"}]
        await client.chat_appendStream(**place, markdown_text="x")
        mixed = client.chat_appendStream(**place, chunks=chunks)
        assert await refusal(mixed) == "streaming_mode_mismatch"
        both = client.chat_appendStream(**place, markdown_text="x", chunks=chunks)
        assert await refusal(both) == "cannot_provide_both_markdown_text_and_chunks"
        odd = client.chat_appendStream(**place, chunks=[{"type": "song"}])
        assert await refusal(odd) == "invalid_chunks"


async def test_a_stream_holds_twelve_thousand_bytes_in_all() -> None:
    async with streaming() as (slack, client, place):
        await client.chat_appendStream(**place, markdown_text="中" * 3_999)
        over = client.chat_appendStream(**place, markdown_text="中文")
        assert await refusal(over) == "msg_too_long"
        await client.chat_appendStream(**place, markdown_text="中")
        assert len(slack.shown(**place)) == 4_000


async def test_a_stream_ends_after_five_minutes_and_can_then_be_edited() -> None:
    async with streaming() as (slack, client, place):
        await client.chat_appendStream(**place, markdown_text="half")
        early = client.chat_update(**place, text="whole")
        assert await refusal(early) == "streaming_state_conflict"
        slack.clock.advance(300)
        late = client.chat_appendStream(**place, markdown_text="more")
        assert await refusal(late) == "message_not_in_streaming_state"
        stop = client.chat_stopStream(**place)
        assert await refusal(stop) == "message_not_in_streaming_state"
        await client.chat_update(**place, text="whole")
        assert slack.shown(**place) == "whole"


async def test_nothing_can_be_appended_after_the_stop() -> None:
    async with streaming() as (_, client, place):
        assert await refusal(client.chat_stopStream(**place)) == "no_text"
        await client.chat_stopStream(**place, markdown_text="all")
        late = client.chat_appendStream(**place, markdown_text="more")
        assert await refusal(late) == "message_not_in_streaming_state"
        await client.chat_update(**place, text="better")


async def test_only_ones_own_streams_can_be_appended_to() -> None:
    async with visiting() as (slack, client):
        theirs = await slack.post(D_ALICE, U_ALICE, "hi")
        append = client.chat_appendStream(channel=D_ALICE, ts=theirs, markdown_text="x")
        assert await refusal(append) == "message_not_owned_by_app"


async def test_a_ping_cut_over_two_appends_is_noticed() -> None:
    async with streaming() as (slack, client, place):
        await client.chat_appendStream(**place, markdown_text="<!chan")
        assert slack.pings == []
        await client.chat_appendStream(**place, markdown_text="nel>")
        assert [ping.token for ping in slack.pings] == ["<!channel>"]


async def test_the_stop_button_stops_the_stream_and_tells_the_app() -> None:
    async with streaming() as (slack, client, place), receiving(slack) as app:
        root = slack.workspace.message(**place).thread_ts or ""
        assert slack.stop_button(D_ALICE, root)
        await slack.stop_session(U_ALICE, D_ALICE, root)
        append = client.chat_appendStream(**place, markdown_text="x")
        assert await refusal(append) == "stopped_by_user"
        await client.chat_stopStream(**place, markdown_text="Stopped.")
        await slack.until(lambda: app.events("agent_session_stopped"))
        event = app.events("agent_session_stopped")[0]
        assert event["streaming_message_ts"] == [place["ts"]]
        assert event["thread_ts"] == root
        assert not slack.stop_button(D_ALICE, root)
        with pytest.raises(ValueError, match="no Stop button"):
            await slack.stop_session(U_ALICE, D_ALICE, root)


@pytest.mark.assistant_methods
async def test_words_and_processing_share_one_place() -> None:
    async with visiting() as (slack, client):
        root = await slack.post(C_GENERAL, U_ALICE, "question")
        place: dict[str, Any] = {"channel_id": C_GENERAL, "thread_ts": root}
        await client.agents_sessions_setStatus(**place, status="processing")
        await client.assistant_threads_setStatus(**place, status="is thinking…")
        with_words = (slack.status(C_GENERAL, root), slack.stop_button(C_GENERAL, root))
        await client.agents_sessions_setStatus(**place, status="processing")
        processing = (slack.status(C_GENERAL, root), slack.stop_button(C_GENERAL, root))
        slack.clock.advance(3_600)
        assert with_words == ("is thinking…", False)
        assert processing == ("", True)
        assert not slack.stop_button(C_GENERAL, root)


@pytest.mark.assistant_methods
async def test_status_words_go_with_the_next_reply_with_empty_words_and_with_time() -> None:
    async with visiting() as (slack, client):
        root = await slack.post(C_GENERAL, U_ALICE, "question")
        place: dict[str, Any] = {"channel_id": C_GENERAL, "thread_ts": root}

        async def think() -> None:
            await client.assistant_threads_setStatus(**place, status="is thinking…")
            assert slack.status(C_GENERAL, root) == "is thinking…"

        await think()
        await client.chat_postMessage(channel=C_GENERAL, text="elsewhere")
        assert slack.status(C_GENERAL, root) == "is thinking…"
        await client.chat_postMessage(channel=C_GENERAL, thread_ts=root, text="answer")
        assert slack.status(C_GENERAL, root) == ""
        await think()
        await client.assistant_threads_setStatus(**place, status="")
        assert slack.status(C_GENERAL, root) == ""
        await think()
        slack.clock.advance(120)
        assert slack.status(C_GENERAL, root) == ""
        nowhere = client.assistant_threads_setStatus(
            channel_id=C_GENERAL, thread_ts="1.000001", status="x"
        )
        assert await refusal(nowhere) == "invalid_thread_ts"


@pytest.mark.assistant_methods
async def test_agent_features_belong_to_agent_apps() -> None:
    plain = manifest_without() | {"features": {**MANIFEST["features"]}}
    del plain["features"]["agent_view"]
    async with visiting(manifest=plain) as (slack, client):
        root = await slack.post(D_ALICE, U_ALICE, "hi")
        place: dict[str, Any] = {"channel_id": D_ALICE, "thread_ts": root}
        session = client.agents_sessions_setStatus(**place, status="processing")
        assert await refusal(session) == "not_authorized"
        prompts = [{"title": "Hi", "message": "Hello"}]
        suggest = client.assistant_threads_setSuggestedPrompts(**place, prompts=prompts)
        assert await refusal(suggest) == "not_agent_app"


async def test_sessions_have_known_states() -> None:
    manifest = manifest_without(events=("agent_session_stopped",))
    async with visiting(manifest=manifest) as (slack, client):
        root = await slack.post(D_ALICE, U_ALICE, "hi")
        place: dict[str, Any] = {"channel_id": D_ALICE, "thread_ts": root}
        for odd in ("is thinking…", ""):
            words = client.agents_sessions_setStatus(**place, status=odd)
            assert await refusal(words) == "invalid_arguments"
        rootless = client.agents_sessions_setStatus(channel_id=D_ALICE, status="active")
        assert await refusal(rootless) == "thread_ts_required"
        answer = await client.agents_sessions_setStatus(**place, status="processing")
        assert answer["warning"] == "missing_agent_session_stopped_event_subscription"
        assert not slack.stop_button(D_ALICE, root)


async def test_processing_outlives_a_post_by_up_to_an_hour() -> None:
    async with visiting() as (slack, client):
        root = await slack.post(C_GENERAL, U_ALICE, "question")
        await client.agents_sessions_setStatus(
            channel_id=C_GENERAL, thread_ts=root, status="processing"
        )
        await client.chat_postMessage(channel=C_GENERAL, thread_ts=root, text="answer")
        slack.clock.advance(3_590)
        assert slack.session(C_GENERAL, root) == "processing"
        slack.clock.advance(10)
        assert slack.session(C_GENERAL, root) == "active"


async def test_a_stream_sets_the_state_and_its_stop_may_name_another() -> None:
    async with streaming() as (slack, client, place):
        root = slack.workspace.message(**place).thread_ts or ""
        assert slack.session(D_ALICE, root) == "processing"
        odd = client.chat_stopStream(**place, markdown_text="x", session_status="dancing")
        assert await refusal(odd) == "invalid_arguments"
        await client.chat_stopStream(**place, markdown_text="x", session_status="suspended")
        assert slack.session(D_ALICE, root) == "suspended"


async def test_with_an_expired_stream_the_state_ends() -> None:
    async with streaming() as (slack, _, place):
        root = slack.workspace.message(**place).thread_ts or ""
        slack.clock.advance(300)
        assert slack.session(D_ALICE, root) == "active"


async def test_a_session_is_created_with_a_title_and_renamed_later() -> None:
    async with visiting() as (slack, client):
        root = await slack.post(D_ALICE, U_ALICE, "hi")
        place: dict[str, Any] = {"channel_id": D_ALICE, "thread_ts": root}
        assert (
            await refusal(client.agents_sessions_rename(**place, title="x")) == "session_not_found"
        )
        await client.agents_sessions_setStatus(**place, status="processing", title="Talk")
        answer = await client.agents_sessions_setStatus(**place, status="active", title="Ignored")
        assert (answer["status"], answer["title"]) == ("active", "Talk")
        assert (
            await refusal(client.agents_sessions_rename(**place, title="")) == "invalid_arguments"
        )
        long = client.agents_sessions_rename(**place, title="x" * 201)
        assert await refusal(long) == "invalid_arguments"
        await client.agents_sessions_rename(**place, title="x" * 200)
        assert slack.title(D_ALICE, root) == "x" * 200


async def test_a_person_renames_a_session_and_the_app_hears_of_it() -> None:
    manifest = manifest_without()
    events = manifest["settings"]["event_subscriptions"]["bot_events"]
    events.append("agent_session_title_changed")
    async with visiting(manifest=manifest) as (slack, client), receiving(slack) as app:
        root = await slack.post(D_ALICE, U_ALICE, "hi")
        with pytest.raises(ValueError, match="no session"):
            await slack.rename_session(U_ALICE, D_ALICE, root, "Mine")
        place: dict[str, Any] = {"channel_id": D_ALICE, "thread_ts": root}
        await client.agents_sessions_setStatus(**place, status="active", title="Talk")
        await slack.rename_session(U_ALICE, D_ALICE, root, "Mine")
        await slack.until(lambda: app.events("agent_session_title_changed"))
        (event,) = app.events("agent_session_title_changed")
        assert (event["title"], event["previous_title"]) == ("Mine", "Talk")
        assert slack.title(D_ALICE, root) == "Mine"


async def test_the_old_methods_can_be_retired() -> None:
    async with visiting() as (slack, client):
        root = await slack.post(D_ALICE, U_ALICE, "hi")
        place: dict[str, Any] = {"channel_id": D_ALICE, "thread_ts": root}
        slack.retire_assistant_methods()
        words = client.assistant_threads_setStatus(**place, status="is thinking…")
        assert await refusal(words) == "method_deprecated"
        title = client.assistant_threads_setTitle(**place, title="Talk")
        assert await refusal(title) == "method_deprecated"
        await client.agents_sessions_setStatus(**place, status="processing")
        assert slack.stop_button(D_ALICE, root)


@pytest.mark.assistant_methods
async def test_prompts_and_titles_are_kept() -> None:
    async with visiting() as (slack, client):
        root = await slack.post(D_ALICE, U_ALICE, "hi")
        prompts = [{"title": "Hi", "message": "Hello"}]
        await client.assistant_threads_setSuggestedPrompts(channel_id=D_ALICE, prompts=prompts)
        await client.assistant_threads_setTitle(channel_id=D_ALICE, thread_ts=root, title="Talk")
        assert slack.workspace.prompts[D_ALICE, None] == prompts
        assert slack.workspace.titles[D_ALICE, root] == "Talk"
        many = client.assistant_threads_setSuggestedPrompts(channel_id=D_ALICE, prompts=prompts * 5)
        assert await refusal(many) == "invalid_arguments"
