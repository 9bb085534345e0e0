"""Writes words, code and addresses so that they stay what they are, whatever they hold.

Slack reads its own `<…>` tokens inside markdown blocks too, in code as well, and nobody knows how
often it decodes entities. So U+200B stands between a `<` and what would make it a token.
"""

import html
import re
import unicodedata
from dataclasses import dataclass, field
from functools import lru_cache

GUARD = "\u200b"  # cannot be seen, and is neither space nor punctuation

# Also what turns the direction of writing, and half an emoji, which JSON can name and UTF-8 cannot.
_CONTROL = re.compile("[\x00-\x08\x0b-\x1f\x7f\u202a-\u202e\u2066-\u2069\ud800-\udfff]")
_TILDE = re.compile(r"(?<!~)~(?=\d)|(?<=\w)~(?=\w)")
_LINE_END = re.compile(r"[\n\t]")
_LIVE = re.compile(
    r"<(?=\\?[!@#]|[a-z][a-z0-9+.-]*://|(?:mailto|tel|sms|javascript|data):)", re.IGNORECASE
)
_ENTITIES = re.compile(r"(?:<\\?[\w+.-]*)?&[&#\w;]*")
_LONGEST_SCHEME = 40  # characters, of the beginning of a token
_MOST_DECODED = 8  # times; what holds more entities in entities is taken for hostile
_ENTITY = r"&(?=(?:#\d{1,7}|#[xX][0-9a-fA-F]{1,6}|[A-Za-z][A-Za-z0-9]{1,31});)"
_SPECIAL = re.compile(rf"\\|`|<|\*+|_+|~+|[\[\]]|(?<=\])[(:]|{_ENTITY}")
_PUNCTUATION = frozenset("!\"#$%&'()*+,-./:;<=>?@[\\]^_`{|}~")
# What would begin a block where a line begins.
_LINE_START = re.compile(
    r"(?P<kept>\d{1,9}(?=[.)](?:\s|\Z)))?"
    r"(?P<mark>(?<=\d)[.)]|#(?=#{0,5}(?:\s|\Z))|~(?=~~)|>|[-+*](?=\s|\Z)|\[(?=[ xX]\]\s)"
    r"|[-=_*:|](?=[-=_*:|\s]*\Z))"
)
_UNFIT = re.compile(rf"[\s()<>|\"`]|{_ENTITY}")


def clean(text: str) -> str:
    """Without what cannot be seen and may deceive."""
    return _CONTROL.sub("", text) if _CONTROL.search(text) else text


def defuse(text: str) -> str:
    """Part each `<` from what would make it a token, also one that entities hide."""
    text = _LIVE.sub(f"<{GUARD}", text)
    if "&" in text and _is_live(text):
        text = _ENTITIES.sub(_part_entities, text)
        text = text.replace("&", f"&{GUARD}") if _is_live(text) else text
    return text


def _part_entities(found: re.Match[str]) -> str:
    is_live = _is_live(found.string[found.start() : found.end() + _LONGEST_SCHEME])
    return found[0].replace("&", f"&{GUARD}") if is_live else found[0]


def decode(text: str) -> str:
    """Entities decoded until none is left, or raises ValueError for far too many in each other."""
    for _ in range(_MOST_DECODED):
        if (decoded := html.unescape(text)) == text:
            return text
        text = decoded
    raise ValueError("entities within entities")


def _is_live(text: str) -> bool:
    try:
        return bool(_LIVE.search(decode(text)))
    except ValueError:
        return True


def mend_tildes(text: str) -> str:
    """`3~5 … 8~10` would be struck out."""
    return _TILDE.sub("∼", text) if "~" in text else text


def write_code(text: str) -> str:
    """Code without its fence."""
    return defuse(clean(text))


def write_address(address: str) -> str:
    """A target that no parser ends early, within `](` and `)`."""
    target = _UNFIT.sub(lambda found: f"%{ord(found[0]):02X}", clean(address.strip()))
    return target.replace("&", "%26") if "&" in target and _is_live(target) else target


def is_punctuation(character: str) -> bool:
    return unicodedata.category(character)[0] in "PS"


@lru_cache(maxsize=4096)
def flank(before: str, after: str) -> tuple[bool, bool]:
    """Whether marks between these characters may open, and may close, by CommonMark's rules."""
    is_left = not after.isspace() and (
        not is_punctuation(after) or before.isspace() or is_punctuation(before)
    )
    is_right = not before.isspace() and (
        not is_punctuation(before) or after.isspace() or is_punctuation(after)
    )
    return is_left, is_right


@dataclass(slots=True)
class Prose:
    """Writes the words of one block. A mark that nothing before it can pair with needs no
    backslash; `pending` are those that a later one could, and `used` what spans are marked with.
    """

    pending: set[str] = field(default_factory=set)
    used: set[str] = field(default_factory=set)

    def write(
        self, text: str, before: str, after: str, *, begins_line: bool, in_label: bool
    ) -> str:
        """`before` and `after` are the characters around, a space where the line ends."""
        text = _LINE_END.sub(" ", clean(text))
        head = ""
        if begins_line and (found := _LINE_START.match(text)):
            head = f"{found['kept'] or ''}\\{found['mark']}"
            text, before = text[found.end() :], found["mark"]
        if not _SPECIAL.search(text) and not (before == "]" and text[:1] in {"(", ":"}):
            return head + text
        text = mend_tildes(defuse(text))
        if text[:1] in {"(", ":"} and before == "]":
            head, text, before = f"{head}\\{text[0]}", text[1:], text[0]
        written = _SPECIAL.sub(
            lambda found: self._escape(found, before, after, in_label=in_label), text
        )
        return head + written

    def _escape(self, found: re.Match[str], before: str, after: str, *, in_label: bool) -> str:
        text, (start, end) = found.string, found.span()
        sign = text[start]
        following = text[end] if end < len(text) else after
        match sign:
            case "*" | "_" | "~":
                preceding = text[start - 1] if start else before
                at_edge = (not start and not before.isspace()) or (
                    end == len(text) and not after.isspace()
                )
                return self._write_run(found[0], preceding, following, at_edge=at_edge)
            case "\\":
                is_read = end == len(text) or following in _PUNCTUATION
                return "\\\\" if is_read else sign
            case "<":
                return "&lt;" + GUARD * (end == len(text) and not after.isspace())
            case "&":
                return "&amp;"
            case "[" | "]" if not in_label:
                return sign
        return f"\\{sign}"

    def _write_run(self, run: str, before: str, after: str, *, at_edge: bool) -> str:
        mark, escaped = run[0], "".join(f"\\{sign}" for sign in run)
        opens, closes = flank(before, after)
        if mark == "_":
            opens, closes = (
                opens and (not closes or is_punctuation(before)),
                closes and (not opens or is_punctuation(after)),
            )
        elif len(run) > 1 and (opens or closes):
            return escaped
        if at_edge or (before.isdigit() and after.isdigit() and mark == "*"):
            return escaped
        if (closes and mark in self.pending) or ((opens or closes) and mark in self.used):
            return escaped
        if opens:
            self.pending.add(mark)
        return run
