"""Writes plain words as Markdown."""

import re

_MARK = re.compile(r"[\\`*\[\]<|$]|(?<![^\W_])_|_(?![^\W_])|~(?=~)|&(?=#?\w+;)")
_LINE_MARK = re.compile(
    r"^(?P<indent>[ \t]*+)(?P<number>\d{1,9}+)?(?P<mark>[-+=>#~.)])", re.MULTILINE
)
_INDENT = re.compile(r"^[ \t]++", re.MULTILINE)


def escape_plain(words: str) -> str:
    """Markdown that shows exactly these characters, line by line."""
    text = _MARK.sub(_escape_mark, words.replace("\r\n", "\n"))
    text = _INDENT.sub(lambda found: "\u00a0" * len(found[0].expandtabs(4)), text)
    text = _LINE_MARK.sub(_escape_line_mark, text)
    return re.sub(r"(?<=[^\n])\n(?=[^\n])", "  \n", text)


def _escape_mark(found: re.Match[str]) -> str:
    return "&#91;" if found[0] == "[" else f"\\{found[0]}"  # `\[` opens a formula


def _escape_line_mark(found: re.Match[str]) -> str:
    return f"{found['number'] or ''}\\{found['mark']}"
