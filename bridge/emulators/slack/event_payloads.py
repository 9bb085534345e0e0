"""Event payloads as Slack writes them; pure builders."""

import secrets
from typing import Any

from bridge.emulators.slack.messages import Message
from bridge.emulators.slack.workspace import Channel, Installation

Json = dict[str, Any]

CHANNEL_EVENTS = {
    "channel": "message.channels",
    "group": "message.groups",
    "im": "message.im",
    "mpim": "message.mpim",
}


def new_event_id() -> str:
    return f"Ev{secrets.token_hex(5).upper()}"


def envelope(app: Installation, event: Json, *, event_id: str, now: float, is_shared: bool) -> Json:
    """The outer event of type `event_callback`."""
    authorization = {
        "enterprise_id": None,
        "team_id": app.team_id,
        "user_id": app.bot_user_id,
        "is_bot": True,
        "is_enterprise_install": False,
    }
    return {
        "token": "verification-tokens-are-deprecated",
        "type": "event_callback",
        "team_id": app.team_id,
        "api_app_id": app.app_id,
        "event": event,
        "event_id": event_id,
        "event_time": int(now),
        "authorizations": [authorization],
        "is_ext_shared_channel": is_shared,
        "event_context": f"4-{secrets.token_hex(8)}",
    }


def message_posted(message: Message, channel: Channel, *, app: Installation, now: float) -> Json:
    return {
        **message.to_dict(now=now),
        **_authorship(message, app),
        "channel": channel.id,
        "channel_type": channel.kind,
        "event_ts": message.ts,
    }


def mention(message: Message, channel: Channel, *, app: Installation, now: float) -> Json:
    """An app_mention: the message itself under another type, without channel_type and subtype."""
    event = message.to_dict(now=now) | _authorship(message, app)
    event.pop("subtype", None)
    return event | {"type": "app_mention", "channel": channel.id, "event_ts": message.ts}


def message_changed(channel: Channel, after: Json, before: Json, *, stamp: str) -> Json:
    return {
        "type": "message",
        "subtype": "message_changed",
        "message": after,
        "previous_message": before,
        "channel": channel.id,
        "channel_type": channel.kind,
        "hidden": True,
        "ts": stamp,
        "event_ts": stamp,
    }


def message_deleted(channel: Channel, before: Json, *, stamp: str) -> Json:
    return {
        "type": "message",
        "subtype": "message_deleted",
        "previous_message": before,
        "deleted_ts": before["ts"],
        "channel": channel.id,
        "channel_type": channel.kind,
        "hidden": True,
        "ts": stamp,
        "event_ts": stamp,
    }


def _authorship(message: Message, app: Installation) -> Json:
    """People of another team (Slack Connect) are told apart by their own team's id."""
    if message.team == app.team_id:
        return {}
    return {"user_team": message.team, "source_team": message.team}


def without_team(event: Json) -> Json:
    """In shared channels a post with files names no team at all."""
    return {name: value for name, value in event.items() if not name.endswith("team")}
