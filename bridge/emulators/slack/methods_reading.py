"""Methods that look things up: conversations.*, users.info, auth.test, and opening connections."""

from typing import Any

from bridge.emulators.slack.arguments import Arguments
from bridge.emulators.slack.blocks import check_message_blocks
from bridge.emulators.slack.messages import Message
from bridge.emulators.slack.methods_views import read_view
from bridge.emulators.slack.refusals import RefusedError, refuse_unless
from bridge.emulators.slack.scopes import KINDS, require_scope
from bridge.emulators.slack.seed import OTHER_BOT
from bridge.emulators.slack.workspace import Channel
from bridge.emulators.slack.world import World

Json = dict[str, Any]

_PAGE_MAX = 1000


def auth_test(world: World, _args: Arguments) -> Json:
    app = world.app
    return {
        "ok": True,
        "url": f"https://{app.team_domain}.slack.com/",
        "team": app.team_name,
        "user": app.bot_name,
        "team_id": app.team_id,
        "user_id": app.bot_user_id,
        "bot_id": app.bot_id,
        "is_enterprise_install": False,
    }


def api_test(_world: World, args: Arguments) -> Json:
    if error := args.text("error"):
        raise RefusedError(error)
    return {"ok": True, "args": dict(args)}


def open_connection(world: World, _args: Arguments) -> Json:
    ticket = world.sockets.issue_ticket()
    address = world.base_url.replace("http://", "ws://")
    return {"ok": True, "url": f"{address}/link/?ticket={ticket}&app_id={world.app.app_id}"}


def validate_blocks(_world: World, args: Arguments) -> Json:
    """Of blocks, a message or a view, as it would be taken (docs/slack.md, Blocks)."""
    given = [name for name in ("blocks", "message", "view") if args.get(name)]
    refuse_unless(len(given) == 1, "invalid_arguments")
    value: Any = args.get(given[0])
    if given == ["view"]:
        try:
            read_view(value, value.get("type"))
        except RefusedError as error:
            raise RefusedError("invalid_view", **error.details) from None
    else:
        check_message_blocks(value if given == ["blocks"] else value.get("blocks"))
    return {"ok": True}


def conversations_info(world: World, args: Arguments) -> Json:
    channel = world.visible_channel(args.required("channel"))
    require_scope(world.manifest, (f"{KINDS[channel.kind]}:read",))
    return {"ok": True, "channel": channel.to_dict(world.app.bot_user_id)}


def conversations_members(world: World, args: Arguments) -> Json:
    channel = world.visible_channel(args.required("channel"))
    require_scope(world.manifest, (f"{KINDS[channel.kind]}:read",))
    return {"ok": True, "members": sorted(channel.members), **_cursor("")}


def conversations_open(world: World, args: Arguments) -> Json:
    """The DM with one person; group DMs are not modelled."""
    channel = world.workspace.direct_channel(args.required("users"))
    refuse_unless(channel, "user_not_found")
    return {"ok": True, "channel": {"id": channel.id if channel else ""}}


def conversations_history(world: World, args: Arguments) -> Json:
    """Newest first, without replies that were not sent to the channel."""
    channel = _readable(world, args)
    posts = [m for m in channel.live() if _is_in_channel(m) and _is_within(m, args)]
    return _page(world, args, posts[::-1], fixed=[], limit=args.number("limit", 100))


def conversations_replies(world: World, args: Arguments) -> Json:
    """The root first on every page, then replies, oldest first."""
    channel = _readable(world, args)
    found = channel.thread(args.required("ts"))
    refuse_unless(found, "thread_not_found")
    is_whole = found[0].ts == args["ts"]
    root, replies = (found[:1], found[1:]) if is_whole else ([], found)
    replies = [m for m in replies if _is_within(m, args)]
    return _page(world, args, replies, fixed=root, limit=args.number("limit", _PAGE_MAX))


def users_info(world: World, args: Arguments) -> Json:
    user = world.workspace.users.get(args.required("user"))
    if user is None:
        raise RefusedError("user_not_found")
    shape = user.to_dict()
    if not args.flag("include_locale"):
        del shape["locale"]
    return {"ok": True, "user": shape}


def bots_info(world: World, args: Arguments) -> Json:
    names = {world.app.bot_id: world.app.bot_name, OTHER_BOT: "other"}
    bot = args.required("bot")
    refuse_unless(bot in names, "bot_not_found")
    return {"ok": True, "bot": {"id": bot, "deleted": False, "name": names[bot]}}


def _readable(world: World, args: Arguments) -> Channel:
    channel = world.joined_channel(args.required("channel"))
    require_scope(world.manifest, (f"{KINDS[channel.kind]}:history",))
    return channel


def _is_in_channel(message: Message) -> bool:
    is_reply = message.thread_ts not in {None, message.ts}
    return not is_reply or message.subtype == "thread_broadcast"


def _is_within(message: Message, args: Arguments) -> bool:
    """Whether `oldest` and `latest` let it through; the borders themselves only if `inclusive`."""
    at, oldest, latest = (_parts(ts) for ts in (message.ts, args.get("oldest"), args.get("latest")))
    if args.flag("inclusive") and at in {oldest, latest}:
        return True
    return (not oldest or oldest < at) and (not latest or at < latest)


def _parts(ts: str | None) -> tuple[int, ...]:
    """A ts as comparable numbers; it is never a float. () when not given."""
    parts = str(ts or "").partition(".")[::2]
    refuse_unless(not ts or parts[0].isdigit(), "invalid_ts_oldest")
    return (int(parts[0]), int(parts[1].ljust(6, "0"))) if ts else ()


def _page(
    world: World, args: Arguments, messages: list[Message], *, fixed: list[Message], limit: int
) -> Json:
    """One page of at most `limit`, the `fixed` ones repeated on each."""
    refuse_unless(1 <= limit <= _PAGE_MAX, "invalid_limit")
    start = _start(args.text("cursor"))
    room = max(limit - len(fixed), 1)
    rest = start + room < len(messages)
    shapes = [_shape(world, message, args) for message in (*fixed, *messages[start : start + room])]
    cursor = f"next:{start + room}" if rest else ""
    return {"ok": True, "messages": shapes, "has_more": rest, **_cursor(cursor)}


def _start(cursor: str | None) -> int:
    position = (cursor or "next:0").removeprefix("next:")
    refuse_unless(position.isdigit(), "invalid_cursor")
    return int(position)


def _cursor(cursor: str) -> Json:
    return {"response_metadata": {"next_cursor": cursor}}


def _shape(world: World, message: Message, args: Arguments) -> Json:
    with_metadata = args.flag("include_all_metadata")
    shape = message.to_dict(now=world.clock.now(), with_metadata=with_metadata)
    replies = world.workspace.thread(message.channel, message.ts)[1:]
    if message.thread_ts == message.ts and replies:
        shape |= {
            "reply_count": len(replies),
            "reply_users": sorted({m.user for m in replies}),
            "latest_reply": replies[-1].ts,
        }
    return shape


METHODS = {
    "api.test": api_test,
    "apps.connections.open": open_connection,
    "auth.test": auth_test,
    "blocks.validate": validate_blocks,
    "bots.info": bots_info,
    "conversations.history": conversations_history,
    "conversations.info": conversations_info,
    "conversations.members": conversations_members,
    "conversations.open": conversations_open,
    "conversations.replies": conversations_replies,
    "users.info": users_info,
}
