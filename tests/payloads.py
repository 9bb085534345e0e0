"""Parts of messages as Slack sends them, with made-up ids."""

from collections.abc import Sequence
from typing import Any

Json = dict[str, Any]


def text(words: str, **style: bool) -> Json:
    return {"type": "text", "text": words} | ({"style": style} if style else {})


def section(*elements: Json) -> Json:
    return {"type": "rich_text_section", "elements": list(elements)}


def rich_text(*parts: Json) -> Json:
    return {"type": "rich_text", "block_id": "a1B2c", "elements": list(parts)}


def table(*rows: Sequence[Json | str]) -> Json:
    """A pasted table; cells are plain, as from a spreadsheet, or whole."""
    return {
        "type": "table",
        "block_id": "t4b1e",
        "rows": [
            [{"type": "raw_text", "text": cell} if isinstance(cell, str) else cell for cell in row]
            for row in rows
        ],
        "column_settings": [],
    }


def pasted(*tables: Json) -> Json:
    """The attachment by which a pasted table comes."""
    return {"id": 1, "blocks": list(tables), "fallback": "[no preview available]"}


def forwarded(words: str, *blocks: Json, **more: Any) -> Json:
    """A message of Bob's that somebody forwarded, with or without the blocks that it had."""
    link = "https://works.slack.com/archives/C0OPS/p1763700000000100"
    inner = {
        "team": "T0HOME",
        "channel": "C0OPS",
        "ts": "1763700000.000100",
        "message": {"blocks": list(blocks)},
    }
    return {
        "ts": "1763700000.000100",
        "author_id": "U0BOB",
        "channel_id": "C0OPS",
        "channel_team": "T0HOME",
        "channel_name": "ops",
        "is_msg_unfurl": True,
        "is_share": True,
        "message_blocks": [inner] if blocks else [],
        "id": 1,
        "original_url": link,
        "from_url": link,
        "fallback": f"[November 21st, 2026 4:40 AM] bob: {words}",
        "text": words,
        "author_name": "Bob Li",
        "author_link": "https://works.slack.com/team/U0BOB",
        "author_icon": "https://avatars.slack-edge.com/b_48.jpg",
        "author_subname": "Bob Li",
        "mrkdwn_in": ["text"],
        "footer": "Posted in #ops",
    } | more


ALERT: Json = {
    "type": "message",
    "subtype": "bot_message",
    "text": "",
    "ts": "1763700001.000200",
    "username": "Alertmanager",
    "bot_id": "B0ALERT",
    "app_id": "A0ALERT",
    "attachments": [
        {
            "id": 1,
            "color": "a30200",
            "fallback": "[FIRING:1] HighCPU db-1",
            "title": "[FIRING:1] HighCPU",
            "title_link": "https://alerts.example/alerts?receiver=ops",
            "text": "*Summary:* CPU above 90&amp;percnt; on `db-1` :fire:",
            "fields": [
                {"title": "Severity", "value": "critical", "short": True},
                {"title": "Runbook", "value": "<https://runbooks.example/cpu|cpu>", "short": False},
            ],
            "footer": "Prometheus",
            "mrkdwn_in": ["text", "fields"],
        }
    ],
}
ALERT_OF_BLOCKS: Json = {
    "type": "message",
    "subtype": "bot_message",
    "text": "Deploy failed",
    "ts": "1763700002.000300",
    "bot_id": "B0DEPLOY",
    "blocks": [
        {
            "type": "header",
            "text": {"type": "plain_text", "text": "Deploy failed :x:", "emoji": True},
        },
        {
            "type": "section",
            "text": {"type": "mrkdwn", "text": "`web` by <@U0BOB>"},
            "fields": [
                {"type": "mrkdwn", "text": "*Env*\nproduction"},
                {"type": "plain_text", "text": "Took 3 &lt; 5 min", "emoji": True},
            ],
            "accessory": {"type": "image", "image_url": "https://x.example/i", "alt_text": "logo"},
        },
        {"type": "divider"},
        {
            "type": "context",
            "elements": [
                {"type": "image", "image_url": "https://x.example/i.png", "alt_text": "icon"},
                {"type": "mrkdwn", "text": "commit <https://git.example/c/1|abc123>"},
            ],
        },
        {
            "type": "actions",
            "elements": [
                {
                    "type": "button",
                    "action_id": "retry",
                    "text": {"type": "plain_text", "text": "Retry"},
                }
            ],
        },
        {
            "type": "image",
            "image_url": "https://x.example/graph.png",
            "alt_text": "errors per minute",
        },
    ],
}
