"""Makes emphasis next to Chinese punctuation be read as it was meant.

By CommonMark's letter `**重点：**文字` is not bold: a mark between punctuation and a word neither
opens nor closes. A U+200B inside the mark is no punctuation, and cannot be seen.
"""

import re
import unicodedata

from bridge.core.markdown import follow_fences

_GUARD = "\u200b"
_SPAN = re.compile(
    r"\\."
    r"|(?<!`)(?P<ticks>`+)(?!`).+?(?<!`)(?P=ticks)(?!`)"
    r"|(?<!\*)(?P<mark>\*{1,3})(?![\s*])(?P<words>[^*`\\\n]{1,1000})(?<!\s)(?P=mark)(?!\*)",
    re.DOTALL,
)


def mend_emphasis(markdown: str) -> str:
    """Guard the marks that punctuation would disarm, outside code. Idempotent."""
    parts: list[str] = []
    position, in_code = 0, False
    for start, end, fence in follow_fences(markdown):
        border = start if fence else end
        parts.append(_mend(markdown[position:border], in_code=in_code))
        position, in_code = border, fence is not None
    return "".join([*parts, _mend(markdown[position:], in_code=in_code)])


def _mend(text: str, *, in_code: bool) -> str:
    return text if in_code else _SPAN.sub(_guard, text)


def _guard(found: re.Match[str]) -> str:
    if not found["mark"]:
        return found[0]
    mark, words = found["mark"], found["words"]
    before = found.string[found.start() - 1 : found.start()]
    after = found.string[found.end() : found.end() + 1]
    head = _GUARD if _is_disarmed(before, words[0]) else ""
    tail = _GUARD if _is_disarmed(after, words[-1]) else ""
    return f"{mark}{head}{words}{tail}{mark}"


def _is_disarmed(outside: str, inside: str) -> bool:
    is_word = bool(outside) and not outside.isspace() and not _is_punctuation(outside)
    return is_word and _is_punctuation(inside)


def _is_punctuation(character: str) -> bool:
    return unicodedata.category(character)[0] in "PS"
