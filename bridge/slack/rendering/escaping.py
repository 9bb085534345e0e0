"""Writes text, code and addresses so that Slack shows them as they are.

Slack reads its own `<…>` tokens inside markdown blocks too, in code as well, and nobody knows how
often it decodes entities. So U+200B stands between a `<` and what would make it a token.
"""

import html
import re
import unicodedata
from functools import lru_cache

from bridge.markup.delimiters import is_punctuation

GUARD = "\u200b"  # cannot be seen, and is neither space nor punctuation

# Also what turns the direction of writing, and half an emoji, which JSON can name and UTF-8 cannot.
_CONTROL = re.compile("[\x00-\x08\x0b-\x1f\x7f\u202a-\u202e\u2066-\u2069\ud800-\udfff]")
_RANGE = re.compile(r"(?<!~)~(?=\d)|(?<=\w)~(?=\w)")
_LIVE = re.compile(
    r"<(?=\\?[!@#]|[a-z][a-z0-9+.-]*://|(?:mailto|tel|sms|javascript|data):)", re.IGNORECASE
)
_ENTITIES = re.compile(r"(?:<\\?[\w+.-]*)?&[&#\w;]*")
# Formats, joiners, fillers and selectors.
_UNSEEN = dict.fromkeys((
    0xAD, 0x34F, 0x61C, 0x115F, 0x1160, 0x17B4, 0x17B5, 0xFEFF,
    *range(0x180B, 0x1810), *range(0x200B, 0x2010), *range(0x202A, 0x202F), *range(0x2060, 0x2070),
    *range(0xFE00, 0xFE10), *range(0xE0000, 0xE1000),
))  # fmt: skip
_HOST_END = re.compile(r"[/?#@\\]")
_LONGEST_SCHEME = 40  # characters, of the beginning of a token
_MOST_DECODED = 8  # times
ENTITY = r"&(?=(?:#\d{1,7}|#[xX][0-9a-fA-F]{1,6}|[A-Za-z][A-Za-z0-9]{1,31});)"
_UNFIT = re.compile(rf"[\s()<>|\"`]|{ENTITY}")


def clean(text: str) -> str:
    """Without what cannot be seen and may deceive."""
    return _CONTROL.sub("", text) if _CONTROL.search(text) else text


def defuse(text: str) -> str:
    """Separate each `<` from what would make it a token, also one that is hidden in entities."""
    text = _LIVE.sub(f"<{GUARD}", text) if "<" in text else text
    if "&" in text and _is_live(text):
        text = _ENTITIES.sub(_part_entities, text)
        text = text.replace("&", f"&{GUARD}") if _is_live(text) else text
    return text


def defuse_prose(text: str) -> str:
    """The same; `3~5 … 8~10` would be struck out as well."""
    text = defuse(text)
    return _RANGE.sub("∼", text) if "~" in text else text


def _part_entities(found: re.Match[str]) -> str:
    is_live = _is_live(found.string[found.start() : found.end() + _LONGEST_SCHEME])
    return found[0].replace("&", f"&{GUARD}") if is_live else found[0]


def decode(text: str) -> str:
    """With entities decoded, as often as anybody may do that."""
    for _ in range(_MOST_DECODED):
        text = html.unescape(text)
    return text


def _is_live(text: str) -> bool:
    """Also where entities hide in entities without end."""
    decoded = decode(text)
    return bool(_LIVE.search(decoded)) or decoded != html.unescape(decoded)


def as_seen(text: str) -> str:
    """As a person and a browser read it: entities decoded, without width and what is unseen."""
    return unicodedata.normalize("NFKC", decode(text)).translate(_UNSEEN).replace("。", ".")


def write_address(address: str) -> str:
    """A target that no parser ends early, within `](` and `)`; its host as browsers read it."""
    target = clean(address.strip())
    target = f"http://{target}" if target[:4].lower() == "www." else target
    scheme, mark, rest = target.partition("://")
    host = _HOST_END.split(rest, maxsplit=1)[0]
    if mark and not host.isascii() and not _HOST_END.search(seen := as_seen(host)):
        target = f"{scheme}{mark}{seen}{rest[len(host) :]}"
    target = _UNFIT.sub(lambda found: f"%{ord(found[0]):02X}", target)
    return target.replace("&", "%26") if "&" in target and _is_live(target) else target


@lru_cache(maxsize=4096)
def flank(before: str, after: str, mark: str = "*") -> tuple[bool, bool]:
    """Whether marks between these characters may open, and may close, by CommonMark's rules."""
    is_left = not after.isspace() and (
        not is_punctuation(after) or before.isspace() or is_punctuation(before)
    )
    is_right = not before.isspace() and (
        not is_punctuation(before) or after.isspace() or is_punctuation(after)
    )
    if mark == "_" and is_left and is_right:
        return is_punctuation(before), is_punctuation(after)
    return is_left, is_right
