"""The body of a question: read strictly, refused with a reason."""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from bridge.emulators.beebot.images import ATTACHMENTS, are_addresses
from bridge.emulators.beebot.robot import Robot, Robots

_ENVELOPE = {"messageId", "action", "version", "data"}
_COMMANDS = ("TIMEOUT", "GUIDEPOST")


class BadQuestion(Exception):
    """Raised with the reason; `message_id` is what could be read of it."""

    def __init__(self, reason: str, message_id: str = "") -> None:
        super().__init__(reason)
        self.reason = reason
        self.message_id = message_id


@dataclass(frozen=True, slots=True)
class Asked:
    """A well-formed question: the outer messageId and the decoded value."""

    message_id: str
    value: Mapping[str, Any]


def read_asked(body: bytes, content_type: str, robots: Robots, agent_key: str) -> Asked:
    """Asked with a token of the space of `agent_key`. Raises BadQuestion."""
    _require(content_type == "application/json", "Content-Type is application/json")
    envelope = _decode(body, "body")
    message_id = envelope.get("messageId")
    if not _is_text(message_id):
        raise BadQuestion("messageId is required")
    try:
        _check_envelope(envelope)
        value = _decode(envelope["data"][0]["value"], "value")
        _check_value(value, robots, agent_key)
    except BadQuestion as bad:
        raise BadQuestion(bad.reason, str(message_id)) from None
    return Asked(str(message_id), value)


def _check_envelope(envelope: Mapping[str, Any]) -> None:
    _require(set(envelope) == _ENVELOPE, f"the body has exactly {sorted(_ENVELOPE)}")
    _require(envelope["action"] == "TongyiBeebotChat", "action is not valid")
    _require(envelope["version"] == "2022-04-08", "version is not valid")
    data = envelope["data"]
    _require(isinstance(data, list) and len(data) == 1, "data is an array of one element")
    element = data[0]
    _require(isinstance(element, dict), "data[0] is an object")
    _require(set(element) == {"type", "value"}, "data[0] has exactly type and value")
    _require(element["type"] == "JSON_TEXT", "data[0].type is not valid")
    _require(isinstance(element["value"], str), "data[0].value is a JSON string")


def _check_value(value: Mapping[str, Any], robots: Robots, agent_key: str) -> None:
    for name in ("InstanceId", "Utterance"):
        _require(name in value, f"{name} is required")
    for name, content in value.items():
        check = _FIELDS.get(name)
        if check is None:
            raise BadQuestion(f"{name} is not a field")
        _require(check(content), f"{name} is not valid")
    robot = robots.find(agent_key, value["InstanceId"])
    if robot is None:
        raise BadQuestion("InstanceId does not exist")
    _check_robot(value, robot)


def _check_robot(value: Mapping[str, Any], robot: Robot) -> None:
    is_there = robot.is_published or value.get("SandBox")
    _require(is_there, "Instance is not published")
    too_long = f"Utterance exceeds {robot.max_utterance} characters"
    _require(len(value["Utterance"]) <= robot.max_utterance, too_long)


def _require(holds: object, reason: str) -> None:
    if not holds:
        raise BadQuestion(reason)


def _decode(text: bytes | str, what: str) -> dict[str, Any]:
    try:
        decoded = json.loads(text)
        json.dumps(decoded, ensure_ascii=False).encode()  # a lone surrogate is no UTF-8
    except ValueError:
        raise BadQuestion(f"{what} is not JSON") from None
    if not isinstance(decoded, dict):
        raise BadQuestion(f"{what} is not an object")
    return decoded


def _is_string(value: object) -> bool:
    return isinstance(value, str)


def _is_text(value: object) -> bool:
    return isinstance(value, str) and bool(value.strip())


def _is_session_id(value: object) -> bool:
    return isinstance(value, str) and len(value) <= 64


def _is_vendor_param(value: object) -> bool:
    """A string that holds an object of scalars and lists."""
    try:
        found = json.loads(value) if isinstance(value, str) else None
    except ValueError:
        return False
    if not isinstance(found, dict) or any(isinstance(one, dict) for one in found.values()):
        return False
    labels = found.get("docLabels", "a")
    return _is_text(labels) and (ATTACHMENTS not in found or are_addresses(found[ATTACHMENTS]))


def _is_perspective(value: object) -> bool:
    return isinstance(value, list) and len(value) <= 20 and all(map(_is_string, value))


_FIELDS: dict[str, Callable[[object], bool]] = {
    "InstanceId": _is_text,
    "Utterance": _is_text,
    "SessionId": _is_session_id,
    "SenderId": _is_string,
    "SenderNick": _is_string,
    "VendorParam": _is_vendor_param,
    "Perspective": _is_perspective,
    "SandBox": lambda value: isinstance(value, bool),
    "Command": lambda value: value in _COMMANDS,
}
