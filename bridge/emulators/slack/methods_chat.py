"""chat.*: posting, updating, deleting."""

from typing import Any

from bridge.emulators.slack.arguments import Arguments
from bridge.emulators.slack.content import (
    UPDATE_TEXT_MAX,
    Content,
    read_content,
)
from bridge.emulators.slack.messages import Message
from bridge.emulators.slack.refusals import refuse_unless
from bridge.emulators.slack.workspace import Channel
from bridge.emulators.slack.world import World, with_block_ids

Json = dict[str, Any]


def post_message(world: World, args: Arguments) -> Json:
    channel = world.writable_channel(_channel_or_dm(world, args.required("channel")))
    thread_ts = _thread(channel, args)
    content = read_content(args, text_max=None)
    message = world.draft(channel, args, thread_ts=thread_ts)
    message.subtype = "thread_broadcast" if thread_ts and args.flag("reply_broadcast") else None
    _fill(message, content)
    world.timeline.post(message, links_names=_links_names(args))
    world.clear_status(channel.id, thread_ts)
    return _answer(world, message) | content.warnings()


def update(world: World, args: Arguments) -> Json:
    channel = world.writable_channel(args.required("channel"))
    message = world.app_message(channel, args.required("ts"), error="cant_update_message")
    is_streaming = message.stream and message.stream.state(world.clock.now()) == "in_progress"
    refuse_unless(not is_streaming, "streaming_state_conflict")
    content = read_content(args, text_max=UPDATE_TEXT_MAX)
    before = message.to_dict(now=world.clock.now())
    _fill(message, content)
    message.edited = {"user": world.app.bot_user_id, "ts": world.clock.stamp()}
    world.timeline.change(message, before, links_names=_links_names(args))
    return _answer(world, message) | {"text": message.text}


def delete(world: World, args: Arguments) -> Json:
    channel = world.writable_channel(args.required("channel"))
    message = world.app_message(channel, args.required("ts"), error="cant_delete_message")
    world.timeline.delete(message)
    return {"ok": True, "channel": channel.id, "ts": message.ts}


def post_ephemeral(world: World, args: Arguments) -> Json:
    channel = world.writable_channel(args.required("channel"))
    user = args.required("user")
    refuse_unless(user in channel.members, "user_not_in_channel")
    thread_ts = _thread(channel, args)
    content = read_content(args, text_max=UPDATE_TEXT_MAX)
    message = world.draft(channel, args, thread_ts=thread_ts)
    message.ephemeral_to = user
    _fill(message, content)
    if thread_ts is None or len(channel.thread(thread_ts)) > 1:
        world.timeline.whisper(message)  # in a thread without replies nobody sees it
    return {"ok": True, "message_ts": message.ts}


def get_permalink(world: World, args: Arguments) -> Json:
    channel = world.visible_channel(args.required("channel"))
    ts = args.required("message_ts")
    refuse_unless(ts in channel.messages, "message_not_found")
    link = f"https://{world.app.team_domain}.slack.com/archives/{channel.id}/p{ts.replace('.', '')}"
    return {"ok": True, "channel": channel.id, "permalink": link}


def _channel_or_dm(world: World, channel_id: str) -> str:
    """Posting to a user's id reaches the DM with that user."""
    if channel_id in world.workspace.users:
        direct = world.workspace.direct_channel(channel_id)
        return direct.id if direct else channel_id
    return channel_id


def _thread(channel: Channel, args: Arguments) -> str | None:
    thread_ts = args.text("thread_ts")
    if thread_ts is not None:
        refuse_unless(channel.root(thread_ts), "cannot_reply_to_message")
    return thread_ts


def _fill(message: Message, content: Content) -> None:
    """Text alone removes the blocks, blocks alone leave the text (docs/slack.md)."""
    if content.text is not None:
        message.text = content.text
    message.blocks = with_block_ids(content.blocks or [])
    if content.metadata is not None:
        message.metadata = content.metadata or None


def _links_names(args: Arguments) -> bool:
    return args.flag("link_names") or args.text("parse") == "full"


def _answer(world: World, message: Message) -> Json:
    shape = message.to_dict(now=world.clock.now(), with_metadata=True)
    return {"ok": True, "channel": message.channel, "ts": message.ts, "message": shape}


METHODS = {
    "chat.delete": delete,
    "chat.getPermalink": get_permalink,
    "chat.postEphemeral": post_ephemeral,
    "chat.postMessage": post_message,
    "chat.update": update,
}
