"""Makes marks be read as they were meant in Chinese text and beside numbers.

By CommonMark's letter `**重点：**文字` is not bold: a mark between punctuation and a word neither
opens nor closes. A U+200B inside the mark is no punctuation, and cannot be seen. Nor is `__粗__`
bold between characters. `2*3*4` would be emphasis, `3~5 天，8~10 天` struck out, and `###标题` no
heading.
"""

import re
import unicodedata

from bridge.core.markdown import follow_fences

_GUARD = "\u200b"
_TILDE = "∼"  # looks the same and is no mark
_SPAN = re.compile(
    r"\\."
    r"|(?<!`)(?P<ticks>`+)(?!`).+?(?<!`)(?P=ticks)(?!`)"
    r"|\]\([^\s()]*|https?://[^\s<>()]*"
    r"|(?P<times>(?<=\d)\*(?=\d))"
    r"|(?P<tilde>(?<=\w)(?<!~)~(?=\w)|(?<!~)~(?=\d))"
    r"|(?P<bold>(?<![A-Za-z0-9_])__(?![\s_])(?P<said>[^_`\\\n]{1,1000})(?<!\s)__(?![A-Za-z0-9_]))"
    r"|(?<!\*)(?P<mark>\*{1,3})(?![\s*])(?P<words>[^*`\\\n]{1,1000})(?<!\s)(?P=mark)"
    r"(?!\*|(?<=\d\*)\d)",
    re.DOTALL,
)
_HEADING = re.compile(r"^( {0,3}#{2,6})(?=[^\s#])", re.MULTILINE)


def mend_emphasis(markdown: str) -> str:
    """Guard or replace the marks that would be misread, outside code. Idempotent."""
    parts: list[str] = []
    position, in_code = 0, False
    for start, end, fence in follow_fences(markdown):
        border = start if fence else end
        parts.append(_mend(markdown[position:border], in_code=in_code))
        position, in_code = border, fence is not None
    return "".join([*parts, _mend(markdown[position:], in_code=in_code)])


def _mend(text: str, *, in_code: bool) -> str:
    return text if in_code else _SPAN.sub(_replace, _HEADING.sub(r"\1 ", text))


def _replace(found: re.Match[str]) -> str:
    if found["times"]:
        return "\\*"
    if found["tilde"]:
        return _TILDE
    if found["bold"]:
        return _guard(found, "**", found["said"])
    return _guard(found, found["mark"], found["words"]) if found["mark"] else found[0]


def _guard(found: re.Match[str], mark: str, words: str) -> str:
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
