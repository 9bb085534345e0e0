"""What a person types and pastes, as Slack's clients send it, and back again for editing."""

import re
from base64 import b64decode
from collections.abc import Mapping

from bridge.emulators.page.text import decode
from bridge.emulators.slack import Upload

PICTURES = ("image/png", "image/jpeg", "image/gif", "image/webp")

_URL = re.compile(r"https?://[^\s<>|]*[^\s<>|.,;:!?)\]}'\"，。；：！？）】」]")
_DATA_URL = re.compile(r"data:(image/\w+);base64,([A-Za-z0-9+/=]+)")
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


def read_picture(url: str, name: str) -> Upload:
    """Of a `data:` URL. Raises ValueError for anything but a picture."""
    found = _DATA_URL.fullmatch(url)
    if found is None or found[1] not in PICTURES:
        raise ValueError("This is no picture that Slack would show.")
    return Upload(name or "picture", b64decode(found[2], validate=True), found[1])


def to_typed(text: str, users: Mapping[str, str]) -> str:
    """The text as its author typed it."""
    for user, name in users.items():
        text = text.replace(f"<@{user}>", f"@{name}")
    return decode(_LINK.sub(r"\1", text))
