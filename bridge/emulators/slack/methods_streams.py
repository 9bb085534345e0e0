"""chat.startStream, appendStream, stopStream: the state machine of a streamed message."""

import json
from typing import Any

from bridge.emulators.slack.arguments import Arguments
from bridge.emulators.slack.blocks import MARKDOWN_CHARS_MAX, check_message_blocks
from bridge.emulators.slack.content import read_metadata
from bridge.emulators.slack.messages import Message, Stream
from bridge.emulators.slack.methods_agents import SESSION_STATUSES, set_session
from bridge.emulators.slack.refusals import RefusedError, refuse_unless
from bridge.emulators.slack.workspace import Channel
from bridge.emulators.slack.world import World, with_block_ids

Json = dict[str, Any]

# Reports from the live service lie between 10,600 bytes and 11,977 characters (docs/slack.md).
STREAM_BYTES_MAX = 12_000
_CARD_TEXT_MAX = 256
_TASK_STATUSES = {"pending", "in_progress", "complete", "error"}


def start_stream(world: World, args: Arguments) -> Json:
    channel = world.writable_channel(args.required("channel"))
    thread_ts = args.text("thread_ts")
    refuse_unless(channel.root(thread_ts), "invalid_thread_ts")
    recipient = _recipient(world, channel, args)
    chunks = _read_chunks(args)
    message = world.draft(channel, args, thread_ts=thread_ts)
    deadline = world.clock.now() + world.stream_lifetime_s
    message.stream = Stream(deadline, recipient_user_id=recipient)
    _append(message, message.stream, args, chunks)
    world.timeline.post(message)
    world.clear_status(channel.id, thread_ts)
    lasts_s = world.stream_lifetime_s  # with the stream the state ends as well
    set_session(world, (channel.id, str(thread_ts)), "processing", lasts_s=lasts_s)
    return {"ok": True, "channel": channel.id, "ts": message.ts}


def append_stream(world: World, args: Arguments) -> Json:
    message, stream = _streaming(world, args)
    refuse_unless(not stream.stopped_by_user, "stopped_by_user")
    chunks = _read_chunks(args)
    refuse_unless(chunks, "no_text")
    _append(message, stream, args, chunks)
    world.timeline.grow(message)
    return {"ok": True, "channel": message.channel, "ts": message.ts}


def stop_stream(world: World, args: Arguments) -> Json:
    message, stream = _streaming(world, args)
    chunks, bottom, metadata = _read_chunks(args), _read_blocks(args), read_metadata(args)
    status = args.text("session_status") or "active"
    refuse_unless(status in SESSION_STATUSES, "invalid_arguments", "session_status")
    refuse_unless(message.blocks or chunks or bottom or stream.tasks, "no_text")
    before = message.to_dict(now=world.clock.now())
    _append(message, stream, args, chunks)
    message.blocks = message.blocks + with_block_ids(bottom)
    message.metadata = metadata or None
    stream.is_completed = True
    world.timeline.change(message, before)
    set_session(world, (message.channel, str(message.thread_ts)), status)
    shape = message.to_dict(now=world.clock.now(), with_metadata=True)
    return {"ok": True, "channel": message.channel, "ts": message.ts, "message": shape}


def _recipient(world: World, channel: Channel, args: Arguments) -> str | None:
    """In channels Slack must be told for whom the text grows, with that person's own team."""
    user_id, team_id = args.text("recipient_user_id"), args.text("recipient_team_id")
    if channel.kind != "im":
        refuse_unless(user_id, "missing_recipient_user_id")
        refuse_unless(team_id, "missing_recipient_team_id")
    if user_id is not None:
        user = world.workspace.users.get(user_id)
        refuse_unless(user and team_id in {None, user.team_id}, "user_not_found")
    return user_id


def _streaming(world: World, args: Arguments) -> tuple[Message, Stream]:
    """The message and its stream, still open."""
    channel = world.writable_channel(args.required("channel"))
    message = world.app_message(channel, args.required("ts"), error="message_not_owned_by_app")
    stream = message.stream
    if stream is None or stream.state(world.clock.now()) != "in_progress":
        raise RefusedError("message_not_in_streaming_state")
    return message, stream


def _read_chunks(args: Arguments) -> list[Json]:
    """The new content as chunks, whichever way it was sent; [] for none."""
    markdown, chunks = args.text("markdown_text"), args.get("chunks")
    if markdown is not None:
        refuse_unless(not chunks, "cannot_provide_both_markdown_text_and_chunks")
        refuse_unless(len(markdown) <= MARKDOWN_CHARS_MAX, "msg_too_long")
        return [{"type": "markdown_text", "text": markdown}]
    if not chunks:
        return []
    is_list = isinstance(chunks, list) and all(isinstance(c, dict) for c in chunks)
    refuse_unless(is_list, "invalid_chunks")
    for chunk in chunks:
        _check_chunk(chunk)
    return list(chunks)


def _check_chunk(chunk: Json) -> None:
    kind = chunk.get("type")
    if kind == "markdown_text":
        refuse_unless(isinstance(chunk.get("text"), str), "invalid_chunks", "text")
        refuse_unless(len(chunk["text"]) <= MARKDOWN_CHARS_MAX, "msg_too_long")
    elif kind == "task_update":
        refuse_unless(chunk.get("id") and chunk.get("title"), "invalid_chunks", "id, title")
        refuse_unless(chunk.get("status") in {None, *_TASK_STATUSES}, "invalid_chunks", "status")
        _check_card_texts(chunk)
    elif kind == "plan_update":
        refuse_unless(chunk.get("title"), "invalid_chunks", "title")
        _check_card_texts(chunk)
    else:
        refuse_unless(kind == "blocks", "invalid_chunks", f"type {kind}")
        check_message_blocks(chunk.get("blocks"))


def _check_card_texts(chunk: Json) -> None:
    for name in ("title", "details", "output"):
        text = chunk.get(name) or ""
        refuse_unless(isinstance(text, str) and len(text) <= _CARD_TEXT_MAX, "invalid_chunks", name)


def _append(message: Message, stream: Stream, args: Arguments, chunks: list[Json]) -> None:
    """Apply the chunks; all or nothing."""
    mode = stream.mode
    if chunks:
        mode = "chunks" if args.get("chunks") else "markdown_text"
        refuse_unless(stream.mode in {"", mode}, "streaming_mode_mismatch")
    size = stream.bytes_sent + sum(map(_weight, chunks))
    refuse_unless(size <= STREAM_BYTES_MAX, "msg_too_long")
    stream.mode, stream.bytes_sent = mode, size
    for chunk in chunks:
        _apply(message, stream, chunk)


def _weight(chunk: Json) -> int:
    """UTF-8 bytes that count against the cap: details of tasks count twice (openclaw's measure)."""
    if chunk["type"] == "blocks":
        return len(json.dumps(chunk["blocks"], ensure_ascii=False).encode())
    texts = [chunk.get(name) or "" for name in ("text", "title", "details", "details")]
    return sum(len(text.encode()) for text in texts)


def _apply(message: Message, stream: Stream, chunk: Json) -> None:
    if chunk["type"] == "markdown_text":
        message.text += chunk["text"]
        message.blocks = _with_markdown(message.blocks, chunk["text"])
    elif chunk["type"] == "blocks":
        message.blocks = message.blocks + with_block_ids(chunk["blocks"])
    elif chunk["type"] == "task_update":
        stream.tasks[chunk["id"]] = stream.tasks.get(chunk["id"], {}) | chunk
    else:
        stream.plan_title = chunk["title"]


def _with_markdown(blocks: list[Json], delta: str) -> list[Json]:
    """The blocks with the text appended to the last one, if that is markdown."""
    if blocks and blocks[-1]["type"] == "markdown":
        return [*blocks[:-1], {"type": "markdown", "text": blocks[-1]["text"] + delta}]
    return [*blocks, {"type": "markdown", "text": delta}]


def _read_blocks(args: Arguments) -> list[Json]:
    blocks = args.get("blocks") or []
    check_message_blocks(blocks)
    return list(blocks)


METHODS = {
    "chat.appendStream": append_stream,
    "chat.startStream": start_stream,
    "chat.stopStream": stop_stream,
}
