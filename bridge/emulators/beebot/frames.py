"""One pushed segment of an answer, and its exact form on the wire."""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID, uuid5

KNOWLEDGE = "NON_STRUCTURAL_KNOWLEDGE"
DIALOGUE_FLOW = "TASK_DRIVEN_DIALOGUE"
SYSTEM_POLICY = "SYSTEM_ASK_CONFIG"

_WORD = re.compile(r"[a-zA-Z0-9_]+|[^\sa-zA-Z0-9_]")


@dataclass(frozen=True, slots=True)
class Broken:
    """`success:false`, in place of a segment."""

    code: str
    message: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Frame:
    """A segment before it is sent: `body` is the MessageBody, None in the opening frame.

    `words` are the QuerySegList; None means: cut from the question. `raw` is sent as it stands.
    `pause_s` comes before it; None means: the script's own delay.
    """

    body: Mapping[str, Any] | None = None
    source: str = KNOWLEDGE
    is_ai: bool = True
    ends: bool = False
    words: tuple[str, ...] | None = None
    broken: Broken | None = None
    raw: bytes | None = None
    pause_s: float | None = None

    @property
    def text(self) -> str:
        """The answer so far, as the conversation log keeps it."""
        return read_text(self.body) if self.body else ""


@dataclass(frozen=True, slots=True)
class Envelope:
    """What all segments of one answer share."""

    message_id: str
    answer_id: str
    session_id: str
    utterance: str
    words: tuple[str, ...] = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "words", tuple(_WORD.findall(self.utterance)))

    def seal(self, frame: Frame, number: int) -> bytes:
        """The event of the `number`th segment; the same bytes each time it is asked for."""
        if frame.raw is not None:
            return frame.raw
        request_id = self._request_id(number)
        if frame.broken is not None:
            return refuse(frame.broken, self.message_id, request_id)
        value = {
            "IsAIGC": frame.is_ai,
            **self._body(frame),
            "MessageId": self.answer_id,
            "SequenceId": self._sequence_id(number),
            "SessionId": self.session_id,
            "StreamEnd": frame.ends,
        }
        data = [{"type": "JSON_TEXT", "value": dump(value)}]
        return _event({"data": data, **_ids(self.message_id, request_id), "success": True})

    def _request_id(self, number: int) -> str:
        return self.answer_id if number == 0 else str(uuid5(UUID(self.answer_id), f"r{number}"))

    def _sequence_id(self, number: int) -> str:
        return uuid5(UUID(self.answer_id), f"s{number}").hex

    def _body(self, frame: Frame) -> dict[str, Any]:
        if frame.body is None:
            return {}
        words = self.words if frame.words is None else frame.words
        return {"MessageBody": frame.body, "QuerySegList": words, "Source": frame.source}


def refuse(broken: Broken, message_id: str, request_id: str) -> bytes:
    """The event that says `success:false`."""
    reason = {"code": broken.code, "message": broken.message}
    return _event({**reason, **_ids(message_id, request_id), "success": False})


def dump(value: object) -> str:
    """Compact JSON with sorted keys and raw UTF-8, as recorded."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"), sort_keys=True)


def read_text(body: Mapping[str, Any]) -> str:
    """The words of a MessageBody; a clarification is one text too."""
    if "ClarifyMessageBody" in body:
        return str(body["ClarifyMessageBody"].get("ClarifyContent", ""))
    sentences = body.get("DirectMessageBody", {}).get("SentenceList", [])
    return "\n".join(str(sentence.get("Content", "")) for sentence in sentences)


def _ids(message_id: str, request_id: str) -> dict[str, str]:
    return {"messageId": message_id, "requestId": request_id}


def _event(envelope: dict[str, Any]) -> bytes:
    return f"data:{dump(envelope)}\n\n".encode()
