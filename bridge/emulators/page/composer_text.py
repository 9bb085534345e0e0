"""What a person types, as Slack's clients send it, and back again for editing."""

import re
from collections.abc import Mapping

from bridge.emulators.page.tokens import decode

_URL = re.compile(r"https?://[^\s<>|]*[^\s<>|.,;:!?)\]}'\"，。；：！？）】」]")
_LINK = re.compile(r"<(https?://[^<>|]+)(?:\|[^<>]*)?>")


def to_slack(typed: str, users: Mapping[str, str]) -> str:
    """Escaped, with `@name` as `<@U…>` and web addresses as links; `users` are names by id."""
    text = typed.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    text = _URL.sub(r"<\g<0>>", text)
    ids = {name.lower(): user for user, name in users.items()}
    names = "|".join(re.escape(name) for name in sorted(ids, key=len, reverse=True))
    mention = re.compile(rf"(?<![\w@/])@({names})(?![a-z0-9_-])", re.IGNORECASE)
    return mention.sub(lambda match: f"<@{ids[match[1].lower()]}>", text)


def rows_of(pasted: str) -> list[list[str]]:
    """Cells as a spreadsheet puts them on the clipboard: parted by tabs and line ends."""
    return [line.split("\t") for line in pasted.splitlines() if line.strip()]


def to_typed(text: str, users: Mapping[str, str]) -> str:
    """The text as its author typed it."""
    for user, name in users.items():
        text = text.replace(f"<@{user}>", f"@{name}")
    return decode(_LINK.sub(r"\1", text))
