"""Takes fields out of payloads of any shape: what is missing or of another type is empty."""

import re
from collections.abc import Mapping
from typing import Any

Json = Mapping[str, Any]

ID = re.compile(r"[A-Z0-9]{2,40}")
TS = re.compile(r"[0-9]{1,12}\.[0-9]{1,9}")

_KIND = re.compile(r"[a-z_.]{1,60}")
_LONE_SURROGATE = re.compile("[\ud800-\udfff]")
_TRIGGER = re.compile(r"[A-Za-z0-9._-]{1,200}")
_ADDRESS = re.compile(r"https?://[!-~]{1,1000}")


def get_dict(payload: Json, *path: str) -> Json:
    """The object at the end of a path of names, one within the other; so for all of these."""
    for name in path:
        value = payload.get(name)
        payload = value if isinstance(value, dict) else {}
    return payload


def get_str(payload: Json, *path: str) -> str:
    """Half an emoji, which JSON can name and UTF-8 cannot, becomes a replacement character."""
    *above, name = path
    value = get_dict(payload, *above).get(name)
    return _LONE_SURROGATE.sub("\ufffd", value) if isinstance(value, str) else ""


def get_dicts(payload: Json, name: str) -> list[Json]:
    value = payload.get(name)
    return [item for item in value if isinstance(item, dict)] if isinstance(value, list) else []


def get_ts(payload: Json, *path: str) -> str:
    value = get_str(payload, *path)
    return value if TS.fullmatch(value) else ""


def get_id(payload: Json, *path: str) -> str:
    value = get_str(payload, *path)
    return value if ID.fullmatch(value) else ""


def get_url(payload: Json, name: str) -> str:
    value = get_str(payload, name)
    return value if _ADDRESS.fullmatch(value) else ""


def get_trigger(payload: Json) -> str:
    """Slack's `trigger_id`: good for one modal, within three seconds."""
    value = get_str(payload, "trigger_id")
    return value if _TRIGGER.fullmatch(value) else ""


def kind_of(body: Json) -> str:
    """What sort of payload it is, for the label of a metric."""
    kind = get_str(body, "event", "type") or get_str(body, "type")
    if not kind and "command" in body:
        return "command"
    return kind if _KIND.fullmatch(kind) else "other"


def team_of(body: Json) -> str:
    """The team whose installation a payload is for; in a shared channel that is not `team_id`.

    {"type": "event_callback", "team_id": "T0HOME", "event": {…}, "event_id": "Ev0123",
     "authorizations": [{"team_id": "T0HOME", "user_id": "U0BEEBOT00", "is_bot": true}]}
    """
    granted = body.get("authorizations")
    first = granted[0] if isinstance(granted, list) and granted else None
    by_grant = get_str(first, "team_id") if isinstance(first, dict) else ""
    by_view = get_str(body, "view", "app_installed_team_id")
    by_place = get_str(body, "team_id") or get_str(body, "team", "id")
    return by_grant or by_view or by_place or get_str(body, "user", "team_id")


def is_event(body: Json) -> bool:
    """Slack delivers events again, and nothing else."""
    return body.get("type") == "event_callback"


def is_whole(body: Json) -> bool:
    """Whether all fields are there that Bolt takes for granted."""
    match body:
        case (
            {"command": str()}
            | {"type": "event_callback", "event": {"type": str()}}
            | {"type": "block_actions", "actions": [{"action_id": str()}, *_]}
            | {"type": "view_submission", "view": {"callback_id": str()}}
            | {"type": "message_action", "callback_id": str()}
        ):
            return True
        case {"command": _}:
            return False
        case {"type": "event_callback" | "block_actions" | "view_submission" | "message_action"}:
            return False
    return True
