"""Writes plain words as Markdown."""

import re

_MARK = re.compile(r"[\\`*\[\]<|$]|(?<![^\W_])_|_(?![^\W_])|~(?=~)|&(?=#?\w+;)")
_LINE_MARK = re.compile(r"\A(\d{1,9}+)?([-+=>#~.)])")


def escape_plain(words: str) -> str:
    """Markdown that shows exactly these characters, line by line."""
    return "  \n".join(map(_escape_line, words.replace("\r\n", "\n").split("\n")))


def _escape_line(line: str) -> str:
    words = line.lstrip(" \t")
    indent = "\u00a0" * len(line[: len(line) - len(words)].expandtabs(4))
    text = _MARK.sub(r"\\\g<0>", words).replace("\\[", "&#91;")  # `\[` opens a formula
    return indent + _LINE_MARK.sub(r"\1\\\2", text)
