"""What a question looks like on the wire (docs/beebot.md, Asking): its URL and its body."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote

from yarl import URL

from bridge.core.model import Question


@dataclass(frozen=True, slots=True)
class StreamToken:
    """What one application gave. Whoever holds it can talk to the robot: all of it is secret.

    `issued_at` is the epoch time at which the request *began*; the two hours count from there.
    """

    access_token: str = field(repr=False)
    channel_id: str = field(repr=False)
    secret: str = field(repr=False)
    issued_at: float


def sign(secret: str, timestamp_ms: int) -> str:
    """The vendor's samples show `×tamp` here: damage by an HTML entity (docs/beebot.md)."""
    text = f"streamSecret={secret}&timestamp={timestamp_ms}"
    return hashlib.md5(text.encode(), usedforsecurity=False).hexdigest()


def stream_url(base: str, token: StreamToken, *, timestamp_ms: int) -> URL:
    """Where one question is posted. The path is as secret as the token: log it nowhere."""
    parts = (
        token.access_token,
        token.channel_id,
        sign(token.secret, timestamp_ms),
        str(timestamp_ms),
    )
    path = "/".join(quote(part, safe="") for part in parts)
    return URL(f"{base.rstrip('/')}/{path}", encoded=True)


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
