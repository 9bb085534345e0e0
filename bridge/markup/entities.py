"""Entities, also those that were escaped again and again."""

import html
import re

ENTITY = re.compile(
    r"&(?:amp;)*(?P<name>#\d{1,7}|#[xX][0-9a-fA-F]{1,6}|[A-Za-z][A-Za-z0-9]{1,31});"
)


def decode_entities(text: str) -> str:
    """The characters that are meant: `&amp;lt;` is `<`."""
    return ENTITY.sub(decode_entity, text) if "&" in text else text


def decode_entity(found: re.Match[str]) -> str:
    once = f"&{found['name']};"
    character = html.unescape(once)
    return found[0] if character == once else character.replace("\u00a0", " ")
