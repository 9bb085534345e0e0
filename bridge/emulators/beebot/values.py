"""What the emulator saw: one frozen value per thing a client did to it."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Application:
    """An ApplyForStreamAccessToken call that was granted."""

    at: float
    access_key_id: str
    agent_key: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """A question the stream host accepted.

    `session_id` is the session it went into (a new one when the client named none; what the client
    sent is in `value`). `turn` counts the questions of that session, from 1. `token` is the access
    token in the URL, `value` the decoded object of the request.
    """

    message_id: str
    session_id: str
    utterance: str
    sender_id: str
    sender_nick: str
    at: float
    token: str
    turn: int
    value: Mapping[str, Any]

    @property
    def instance_id(self) -> str:
        return str(self.value["InstanceId"])


@dataclass(frozen=True, slots=True)
class ImageFetch:
    """A picture that was fetched for a question; `status` 0: no answer, or none that was whole."""

    url: str
    status: int
    content_type: str
    body: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class Feedback:
    """A rating; `message_id` is the answer's inner MessageId."""

    at: float
    instance_id: str
    message_id: str
    session_id: str
    rating: str
    content: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Cancellation:
    """A CancelChat call; `worked` says that an answer was running and stopped."""

    at: float
    instance_id: str
    session_id: str
    chat_id: str
    answer: str
    worked: bool


@dataclass(frozen=True, slots=True)
class LogQuery:
    """A ListTongyiConversationLogs call that was served."""

    at: float
    instance_id: str
    session_id: str


@dataclass(frozen=True, slots=True)
class Refusal:
    """A request that was turned down, by a rule or by a fault; `where` is gateway or stream."""

    at: float
    where: str
    code: str
    message: str
