"""Writes words, code and addresses so that they stay what they are, whatever they hold.

Slack reads its own `<…>` tokens inside markdown blocks too, in code as well, and nobody knows how
often it decodes entities. So U+200B stands between a `<` and what would make it a token.
"""

import html
import re
import unicodedata
from functools import lru_cache

GUARD = "\u200b"  # cannot be seen, and is neither space nor punctuation

# Also what turns the direction of writing, and half an emoji, which JSON can name and UTF-8 cannot.
_CONTROL = re.compile("[\x00-\x08\x0b-\x1f\x7f\u202a-\u202e\u2066-\u2069\ud800-\udfff]")
_RANGE = re.compile(r"(?<!~)~(?=\d)|(?<=\w)~(?=\w)")
_LIVE = re.compile(
    r"<(?=\\?[!@#]|[a-z][a-z0-9+.-]*://|(?:mailto|tel|sms|javascript|data):)", re.IGNORECASE
)
_ENTITIES = re.compile(r"(?:<\\?[\w+.-]*)?&[&#\w;]*")
_LONGEST_SCHEME = 40  # characters, of the beginning of a token
_MOST_DECODED = 8  # times
ENTITY = r"&(?=(?:#\d{1,7}|#[xX][0-9a-fA-F]{1,6}|[A-Za-z][A-Za-z0-9]{1,31});)"
_UNFIT = re.compile(rf"[\s()<>|\"`]|{ENTITY}")


def clean(text: str) -> str:
    """Without what cannot be seen and may deceive."""
    return _CONTROL.sub("", text) if _CONTROL.search(text) else text


def defuse(text: str) -> str:
    """Part each `<` from what would make it a token, also one that entities hide."""
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


def write_address(address: str) -> str:
    """A target that no parser ends early, within `](` and `)`."""
    target = _UNFIT.sub(lambda found: f"%{ord(found[0]):02X}", clean(address.strip()))
    return target.replace("&", "%26") if "&" in target and _is_live(target) else target


def is_punctuation(character: str) -> bool:
    return unicodedata.category(character)[0] in "PS"


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
