"""What is known of a posted message; message metadata ties it to its turn, to find it again."""

from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from bridge.core.errors import (
    BridgeError,
    LeaseLost,
    OutcomeUnknown,
    Permanent,
    RateLimited,
    Unavailable,
)
from bridge.core.model import Ask, TurnId
from bridge.slack.api.web_api import SlackApi
from bridge.slack.block_kit.message import Message

EVENT_TYPE = "bridge_answer"
MOST_BYTES = 10_000  # UTF-8, in a stream. Others saw 10,600 to 11,977 pass; there is no promise.
# Seconds that a call which was sent may still take after we are cancelled: Slack carries it out
# anyway, and the next writer must know its result.
PARTING_S = 1.5
_OPEN_STATES = {"in_progress", "errored"}
_CLOCKS_DIFFER_S = 60.0  # a slash command carries no time of Slack's


class CannotStream(BridgeError):
    """The answer goes on by edits; `refusal` is there when Slack declined to begin a stream."""

    def __init__(self, reason: str, refusal: Permanent | None = None) -> None:
        super().__init__(reason)
        self.refusal = refusal


@dataclass(frozen=True, slots=True)
class Streaming:
    """A message that is a native stream, and the `text` that it holds. None: that is not known, so
    it can only be stopped.
    """

    text: str | None = None

    def rest_of(self, message: Message) -> str | None:
        """What is missing to this message; None where appending does not lead there."""
        first = message.blocks[0]
        if self.text is None or first["type"] != "markdown":
            return None
        text = str(first["text"])
        is_ahead = text.startswith(self.text) and len(text.encode()) <= MOST_BYTES
        return text.removeprefix(self.text) if is_ahead else None


Content = Message | Streaming


@dataclass(slots=True)
class Posted:
    """A message of the answer as Slack has it. `page` is counted from 0. `content` is None if it is
    not known. `began` is when its stream began; until `refuses_until` Slack may refuse edits
    because of a stream. Both are epoch seconds.
    """

    ts: str
    page: int
    content: Content | None = None
    began: float = 0.0
    refuses_until: float = 0.0

    @contextmanager
    def in_doubt(self) -> Iterator[None]:
        """The block makes a call that changes the message. Until Slack answers, the content counts
        as unknown. If the call was surely not sent, it is again what it was.
        """
        known = self.content
        self.content = Streaming() if isinstance(known, Streaming) else None
        try:
            yield
        except OutcomeUnknown:
            raise
        except (RateLimited, Unavailable, LeaseLost):
            self.content = known
            raise


def metadata(turn: TurnId, page: int) -> dict[str, Any]:
    return {"event_type": EVENT_TYPE, "event_payload": {"turn": turn, "page": page}}


@dataclass(slots=True)
class FoundPosts:
    """The timestamps of the posts of a turn, by page, and of its newest stream, empty for none. The
    stream may have expired.

    A stream has no metadata before it is stopped. It must be of this turn, because the turns of a
    thread follow one another.
    """

    pages: dict[int, str] = field(default_factory=dict)
    stream: str = ""


async def find_posts(api: SlackApi, ask: Ask, *, own_bot_id: str) -> FoundPosts:
    """Raises `BridgeError`."""
    found = FoundPosts()
    thread = {"ts": ask.thread.root, "oldest": ask.ts}
    async for post in _read(api, ask, own_bot_id, "conversations.replies", **thread):
        if (page := _page_of(ask.turn, post)) is not None:
            found.pages[page] = post["ts"]
        elif post.get("streaming_state") in _OPEN_STATES and not post.get("metadata"):
            found.stream = post["ts"]
    return found


async def find_root(api: SlackApi, ask: Ask, own_bot_id: str) -> str:
    """The timestamp of the root that was posted for this turn, empty for none. Raises
    `BridgeError`.
    """
    oldest = f"{float(ask.ts) - _CLOCKS_DIFFER_S:.6f}"
    async for post in _read(api, ask, own_bot_id, "conversations.history", oldest=oldest):
        if _page_of(ask.turn, post) == 0:
            return str(post["ts"])
    return ""


async def _read(
    api: SlackApi, ask: Ask, own_bot_id: str, method: str, **where: str
) -> AsyncIterator[dict[str, Any]]:
    """The posts of our own bot. Others must be left out: any app may use our event type."""
    arguments = {"channel": ask.thread.channel, "include_all_metadata": "true", **where}
    messages = api.read_messages(method, arguments, team=ask.thread.team, turn=ask.turn)
    async for message in messages:
        if message.get("bot_id") == own_bot_id:
            yield message


def _page_of(turn: TurnId, message: dict[str, Any]) -> int | None:
    """Which of the turn's messages it is. `metadata` is for example
    `{"event_type": "bridge_answer", "event_payload": {"turn": "2d9c…", "page": 0}}`.
    """
    tag = message.get("metadata") or {}
    payload = tag.get("event_payload") or {}
    is_ours = tag.get("event_type") == EVENT_TYPE and payload.get("turn") == turn
    page = payload.get("page")
    return page if is_ours and isinstance(page, int) else None
