"""Ties each post to its turn by message metadata, and finds it again by it."""

from typing import Any

from bridge.core.model import Ask, TurnId
from bridge.core.ports import Priority
from bridge.slack.calls import SlackCalls

EVENT_TYPE = "bridge_answer"
_CLOCKS_DIFFER_S = 60.0  # a command carries no time of Slack's


def metadata(turn: TurnId, page: int) -> dict[str, Any]:
    return {"event_type": EVENT_TYPE, "event_payload": {"turn": turn, "page": page}}


async def find_posts(calls: SlackCalls, ask: Ask, *, own_bot_id: str) -> dict[int, str]:
    """The timestamps of our posts of this turn, by page. Raises `BridgeError`.

    Anybody may tag a message with our event type; only what our own bot posted counts.
    """
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
        ours = [one for one in answer.get("messages") or [] if one.get("bot_id") == own_bot_id]
        pages |= _pages_of(ask.turn, ours)
        cursor = (answer.get("response_metadata") or {}).get("next_cursor") or ""
        if not cursor:
            return pages


async def find_root(calls: SlackCalls, ask: Ask, own_bot_id: str) -> str:
    """The timestamp of the root that was posted for this turn, empty for none. Raises
    `BridgeError`.
    """
    answer = await calls.call(
        "conversations.history",
        {
            "channel": ask.thread.channel,
            "oldest": str(float(ask.ts) - _CLOCKS_DIFFER_S),
            "include_all_metadata": "true",
            "limit": "200",
        },
        team=ask.thread.team,
        channel=ask.thread.channel,
        priority=Priority.FINAL,
    )
    ours = [one for one in answer.get("messages") or [] if one.get("bot_id") == own_bot_id]
    return _pages_of(ask.turn, ours).get(0, "")


def _pages_of(turn: TurnId, messages: list[dict[str, Any]]) -> dict[int, str]:
    found = {}
    for message in messages:
        tag = message.get("metadata") or {}
        payload = tag.get("event_payload") or {}
        page = payload.get("page")
        is_ours = tag.get("event_type") == EVENT_TYPE and payload.get("turn") == turn
        if is_ours and isinstance(page, int):
            found[page] = str(message["ts"])
    return found
