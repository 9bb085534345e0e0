"""A message, how its text grew, and the stream that may still write to it."""

from dataclasses import dataclass, field
from typing import Any, Literal

Json = dict[str, Any]
StreamMode = Literal["", "markdown_text", "chunks"]


@dataclass(slots=True)
class Stream:
    """A message that chat.startStream opened; `deadline` in Unix seconds."""

    deadline: float
    mode: StreamMode = ""
    bytes_sent: int = 0
    is_completed: bool = False
    stopped_by_user: bool = False
    recipient_user_id: str | None = None
    tasks: dict[str, Json] = field(default_factory=dict)  # task cards, by id
    plan_title: str = ""

    def state(self, now: float) -> Literal["in_progress", "completed", "errored"]:
        if self.is_completed:
            return "completed"
        return "in_progress" if now < self.deadline else "errored"


@dataclass(slots=True)
class Message:
    channel: str
    ts: str
    text: str
    user: str
    team: str
    thread_ts: str | None = None
    blocks: list[Json] = field(default_factory=list)
    attachments: list[Json] = field(default_factory=list)
    metadata: Json | None = None
    files: list[Json] = field(default_factory=list)
    subtype: str | None = None
    bot_id: str | None = None
    app_id: str | None = None
    username: str | None = None
    parent_user_id: str | None = None
    client_msg_id: str | None = None
    edited: Json | None = None
    ephemeral_to: str | None = None
    deleted: bool = False
    stream: Stream | None = None
    history: list[tuple[float, str]] = field(default_factory=list)  # (loop time, text shown)

    @property
    def shown(self) -> str:
        """The text a person sees: markdown blocks take the place of `text`."""
        markdown = [b["text"] for b in self.blocks if b.get("type") == "markdown"]
        return "".join(markdown) if markdown else self.text

    def remember_shown(self, at: float) -> None:
        self.history.append((at, self.shown))

    def to_dict(self, *, now: float, with_metadata: bool = False) -> Json:
        """As Slack gives it in answers and events; absent values are left out."""
        values = {
            "type": "message",
            "subtype": self.subtype,
            "user": self.user,
            "team": self.team,
            "text": self.text,
            "ts": self.ts,
            "thread_ts": self.thread_ts,
            "parent_user_id": self.parent_user_id,
            "client_msg_id": self.client_msg_id,
            "bot_id": self.bot_id,
            "app_id": self.app_id,
            "username": self.username,
            "blocks": self.blocks or None,
            "attachments": self.attachments or None,
            "files": self.files or None,
            "edited": self.edited,
            "metadata": self.metadata if with_metadata else None,
            "streaming_state": self.stream.state(now) if self.stream else None,
        }
        return {name: value for name, value in values.items() if value is not None}
