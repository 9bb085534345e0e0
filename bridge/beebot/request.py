"""What a question looks like on the wire (docs/beebot.md, Asking)."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from bridge.core.model import Question


@dataclass(frozen=True, slots=True)
class RequestOptions:
    """What the operator adds to every question. `vendor_param` is for the robot's flows and
    functions, `perspectives` are codes of the points of view that its knowledge is written from,
    `is_sandbox` asks what is not published yet.
    """

    vendor_param: Mapping[str, Any] = field(default_factory=dict)
    perspectives: tuple[str, ...] = ()
    is_sandbox: bool = False


def encode_question(question: Question, options: RequestOptions) -> bytes:
    """JSON in a string in JSON; the outer one pure ASCII, as recorded."""
    vendor_param = _vendor_param(question, options)
    value = {
        "InstanceId": question.robot.id,
        "Utterance": question.text,
        "SenderId": question.sender,
        **({"SenderNick": question.sender_nick} if question.sender_nick else {}),
        **({"SessionId": question.session} if question.session else {}),
        **({"VendorParam": _dump(vendor_param)} if vendor_param else {}),
        **({"Perspective": options.perspectives} if options.perspectives else {}),
        **({"SandBox": True} if options.is_sandbox else {}),
    }
    envelope = {
        "messageId": question.message_id,
        "action": "TongyiBeebotChat",
        "version": "2022-04-08",
        "data": [{"type": "JSON_TEXT", "value": _dump(value)}],
    }
    return json.dumps(envelope, separators=(",", ":")).encode()


def _vendor_param(question: Question, options: RequestOptions) -> dict[str, Any]:
    """All of it in one place; it travels as one more string of JSON within the string."""
    labels = ",".join(question.robot.labels)
    return {
        **options.vendor_param,
        **({"docLabels": labels} if labels else {}),
        **({"SYS_IMAGE_ATTACHMENTS": question.images} if question.images else {}),
    }


def _dump(value: Mapping[str, Any]) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))
