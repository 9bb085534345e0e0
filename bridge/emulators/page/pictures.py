"""Pictures that people share: how the page sends them, and how it shows files."""

import re
from base64 import b64decode
from collections.abc import Iterable
from html import escape
from typing import Any

from bridge.emulators.slack import Upload

PICTURES = ("image/png", "image/jpeg", "image/gif", "image/webp")

_DATA_URL = re.compile(r"data:(image/\w+);base64,([A-Za-z0-9+/=]+)")


def read_picture(url: str, name: str) -> Upload:
    """Of a `data:` URL. Raises ValueError for anything but a picture."""
    found = _DATA_URL.fullmatch(url)
    if found is None or found[1] not in PICTURES:
        raise ValueError("This is no picture that Slack would show.")
    return Upload(name or "picture", b64decode(found[2], validate=True), found[1])


def draw_files(files: Iterable[dict[str, Any]]) -> str:
    """HTML: pictures are seen, other files have a name."""
    return "".join(map(_draw_file, files))


def _draw_file(file: dict[str, Any]) -> str:
    name = escape(str(file.get("name", "")))
    if file.get("mimetype") in PICTURES:
        address = f"/ui/pictures/{escape(file['id'])}"
        return f'<img class="picture" src="{address}" alt="{name}">'
    return f'<div class="file">{name}</div>'
