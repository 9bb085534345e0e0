"""What Slack's composer makes of a message: rich text, pasted tables, forwarded messages."""

import re
from collections.abc import Iterator, Sequence
from typing import Any

from bridge.emulators.slack.messages import Message
from bridge.emulators.slack.workspace import Channel, Installation, User

Json = dict[str, Any]

NO_PREVIEW = "[no preview available]"

_PARTS = re.compile(
    r"(?P<code>```.*?```|`[^`\n]+`)"
    r"|<(?P<sign>[@#!]?)(?P<body>[^<>|]+)(?:\|(?P<label>[^<>]*))?>"
    r"|(?<![\w:]):(?P<emoji>[a-z0-9_+'-]+(?:::skin-tone-[2-6])?):(?!\w)",
    re.DOTALL,
)


def rich_text(text: str, block_id: str) -> Json:
    """The block that stands beside the text of whatever a person types."""
    section = {"type": "rich_text_section", "elements": list(_elements(text))}
    return {"type": "rich_text", "block_id": block_id, "elements": [section]}


def pasted(rows: Sequence[Sequence[str]], block_id: str) -> Json:
    """The attachment that cells become which somebody pastes from a spreadsheet."""
    cells = [[{"type": "raw_text", "text": cell} for cell in row] for row in rows]
    table = {"type": "table", "block_id": block_id, "rows": cells, "column_settings": []}
    return {"id": 1, "blocks": [table], "fallback": NO_PREVIEW}


def forwarded(message: Message, channel: Channel, author: User | None, app: Installation) -> Json:
    """The attachment by which a message is shared elsewhere."""
    link = (
        f"https://{app.team_domain}.slack.com/archives/{channel.id}/p{message.ts.replace('.', '')}"
    )
    parts = {"blocks": message.blocks, "attachments": message.attachments}
    inner = {key: value for key, value in parts.items() if value}
    name = author.real_name if author else message.username or message.user
    attachment = {
        "ts": message.ts,
        "author_id": author.id if author else None,
        "channel_id": channel.id,
        "channel_team": app.team_id,
        "channel_name": channel.name,
        "is_msg_unfurl": True,
        "is_share": True,
        "message_blocks": [
            {"team": app.team_id, "channel": channel.id, "ts": message.ts, "message": inner}
        ],
        "id": 1,
        "original_url": link,
        "from_url": link,
        "fallback": f"[{message.ts}] {name}: {message.text}",
        "text": message.text,
        "author_name": name,
        "author_subname": name,
        "mrkdwn_in": ["text"],
        "files": message.files or None,
        "footer": f"Posted in #{channel.name}" if channel.name else "Slack Conversation",
    }
    return {key: value for key, value in attachment.items() if value is not None}


def _elements(text: str) -> Iterator[Json]:
    end = 0
    for found in _PARTS.finditer(text):
        yield from _words(text[end : found.start()])
        yield _element(found)
        end = found.end()
    yield from _words(text[end:])


def _words(text: str) -> Iterator[Json]:
    if text:
        yield {"type": "text", "text": _decode(text)}


def _element(found: re.Match[str]) -> Json:
    body, label = found["body"], found["label"] or ""
    match found["sign"]:
        case "@":
            return {"type": "user", "user_id": body}
        case "#":
            return {"type": "channel", "channel_id": body}
        case "!":
            return _special(body, label)
        case "":
            link = {"type": "link", "url": _decode(body)}
            return link | ({"text": _decode(label)} if label else {})
    if found["emoji"]:
        return {"type": "emoji", "name": found["emoji"]}
    return {"type": "text", "text": _decode(found["code"])}


def _special(body: str, label: str) -> Json:
    kind, _, rest = body.partition("^")
    if kind == "subteam":
        return {"type": "usergroup", "usergroup_id": rest}
    if kind == "date":
        return {"type": "text", "text": _decode(label)}
    return {"type": "broadcast", "range": kind}


def _decode(text: str) -> str:
    return text.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&")
