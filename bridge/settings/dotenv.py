"""Reads a `.env` file in whatever encoding it is, and takes its values as they stand."""

import codecs
from dataclasses import dataclass, field
from io import StringIO
from pathlib import Path
from re import match

from dotenv.parser import Binding, parse_stream

UNREADABLE = "\N{REPLACEMENT CHARACTER}"  # stands in a text for what its encoding does not allow
_MARKS = {
    codecs.BOM_UTF8: "utf-8-sig",
    codecs.BOM_UTF16_LE: "utf-16",
    codecs.BOM_UTF16_BE: "utf-16",
}


@dataclass(slots=True)
class EnvFile:
    """`values` by name in upper case; `unread` are the lines that set nothing, counted from 1."""

    values: dict[str, str] = field(default_factory=dict)
    unread: list[int] = field(default_factory=list)


def read_env_file(path: Path) -> EnvFile | None:
    """None where there is no such file, or a folder; a pipe is read, too. Raises OSError."""
    try:
        content = path.read_bytes()
    except (FileNotFoundError, IsADirectoryError):
        return None
    return parse_env_file(decode(content))


def parse_env_file(text: str) -> EnvFile:
    """Comments, quotes and `export` as other tools know them; `${...}` is left as it stands."""
    file = EnvFile()
    for binding in parse_stream(StringIO(text)):
        if binding.key is not None and binding.value is not None:
            file.values[binding.key.upper()] = "" if _is_comment(binding) else binding.value
        elif binding.error or binding.key is not None:
            first = binding.original.string
            file.unread.append(binding.original.line + first[: -len(first.lstrip())].count("\n"))
    return file


def decode(content: bytes) -> str:
    """By its byte order mark; otherwise UTF-8, or UTF-16 where zeros give it away, or GBK."""
    for mark, encoding in _MARKS.items():
        if content.startswith(mark):
            return content.decode(encoding, errors="replace")
    if b"\0" in content:
        is_little = content[1::2].count(0) >= content[::2].count(0)
        return content.decode("utf-16-le" if is_little else "utf-16-be", errors="replace")
    for encoding in ("utf-8", "gb18030"):  # the latter holds GBK and GB2312
        try:
            return content.decode(encoding)
        except UnicodeDecodeError:
            continue
    return content.decode("utf-8", errors="replace")


def _is_comment(binding: Binding) -> bool:
    """`NAME=  # a remark` sets nothing."""
    return match(r"[^=]*=[^\S\r\n]+#", binding.original.string.lstrip()) is not None
