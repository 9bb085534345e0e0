"""Payloads of clicks, views, shortcuts and commands as Slack writes them; pure builders."""

from typing import Any

from bridge.emulators.slack.messages import Message
from bridge.emulators.slack.workspace import Channel, Installation, User

Json = dict[str, Any]


def heading(kind: str, user: User, app: Installation, trigger_id: str) -> Json:
    """What every interactive payload begins with."""
    return {
        "type": kind,
        "user": {
            "id": user.id,
            "username": user.name,
            "name": user.name,
            "team_id": user.team_id,
        },
        "team": {"id": app.team_id, "domain": app.team_domain},
        "enterprise": None,
        "is_enterprise_install": False,
        "api_app_id": app.app_id,
        "token": "verification-tokens-are-deprecated",
        "trigger_id": trigger_id,
    }


def press(block: Json, element: Json, *, value: str | None, stamp: str) -> Json:
    """The entry in `actions` for a button or a menu, with the value that the message carries."""
    sides = [element.get(side, {}) for side in ("positive_button", "negative_button")]
    chosen = element
    if element["type"] == "feedback_buttons":
        chosen = next((s for s in sides if value in {None, s.get("value")}), {})
    option = next((o for o in element.get("options", ()) if o.get("value") == value), None)
    action = {
        "type": element["type"],
        "action_id": element["action_id"],
        "block_id": block.get("block_id", ""),
        "text": chosen.get("text"),
        "value": chosen.get("value"),
        "selected_option": option,
        "style": element.get("style"),
        "action_ts": stamp,
    }
    return {name: item for name, item in action.items() if item is not None}


def in_message(message: Message, channel: Channel, *, now: float) -> Json:
    """Where a button of a message was pressed; ephemeral messages come without their content."""
    is_ephemeral = message.ephemeral_to is not None
    container = {
        "type": "message",
        "message_ts": message.ts,
        "channel_id": channel.id,
        "is_ephemeral": is_ephemeral,
    }
    if message.thread_ts is not None:
        container["thread_ts"] = message.thread_ts
    place = {"container": container, "channel": _name(channel), "state": {"values": {}}}
    if is_ephemeral:
        return place
    return place | {"message": message.to_dict(now=now, with_metadata=True)}


def on_message(message: Message, channel: Channel, *, now: float) -> Json:
    """What a message shortcut was called on."""
    return {
        "channel": _name(channel),
        "message_ts": message.ts,
        "message": message.to_dict(now=now),
        "action_ts": message.ts,
    }


def in_view(view: Json) -> Json:
    return {"container": {"type": "view", "view_id": view["id"]}, "view": view}


def view_closed(view: Json, *, is_cleared: bool) -> Json:
    return {"view": view, "is_cleared": is_cleared}


def command(name: str, text: str, *, user: User, channel: Channel, app: Installation) -> Json:
    return {
        "token": "verification-tokens-are-deprecated",
        "team_id": app.team_id,
        "team_domain": app.team_domain,
        "channel_id": channel.id,
        "channel_name": _name(channel)["name"],
        "user_id": user.id,
        "user_name": user.name,
        "command": name,
        "text": text,
        "api_app_id": app.app_id,
        "is_enterprise_install": "false",
    }


def _name(channel: Channel) -> Json:
    names = {"im": "directmessage", "group": "privategroup"}
    return {"id": channel.id, "name": names.get(channel.kind, channel.name)}
