"""Ties each post to its turn by message metadata, and finds it again by it."""

from typing import Any

from bridge.core.model import Ask, TurnId
from bridge.core.ports import Priority
from bridge.slack.calls import SlackCalls

EVENT_TYPE = "bridge_answer"


def metadata(turn: TurnId, page: int) -> dict[str, Any]:
    return {"event_type": EVENT_TYPE, "event_payload": {"turn": turn, "page": page}}


async def find_posts(calls: SlackCalls, ask: Ask) -> list[str]:
    """The timestamps of the posts of this turn, by page. Raises `BridgeError`."""
    pages: dict[int, str] = {}
    cursor = ""
    while True:
        answer = await calls.call(
            "conversations.replies",
            {
                "channel": ask.thread.channel,
                "ts": ask.thread.root,
                "oldest": ask.ts,
                "include_all_metadata": "true",
                "limit": "200",
                **({"cursor": cursor} if cursor else {}),
            },
            team=ask.thread.team,
            channel=ask.thread.channel,
            priority=Priority.FINAL,
        )
        pages |= _pages_of(ask.turn, answer.get("messages") or [])
        cursor = (answer.get("response_metadata") or {}).get("next_cursor") or ""
        if not cursor:
            return [pages[number] for number in sorted(pages)]


def _pages_of(turn: TurnId, messages: list[dict[str, Any]]) -> dict[int, str]:
    found = {}
    for message in messages:
        tag = message.get("metadata") or {}
        payload = tag.get("event_payload") or {}
        if tag.get("event_type") == EVENT_TYPE and payload.get("turn") == turn:
            found[int(payload.get("page", 0))] = str(message["ts"])
    return found
