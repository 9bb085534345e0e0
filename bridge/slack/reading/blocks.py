"""Reads the blocks of a message, each as the lines that people see of it."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any

from bridge.slack.payload_fields import Json, get_dict, get_dicts, get_str
from bridge.slack.reading.emoji import with_emoji
from bridge.slack.reading.mrkdwn import literal, read_mrkdwn, unescape
from bridge.slack.reading.rich_text import read_rich_text

TABLES = {"table", "data_table"}
_PICTURES = {"image", "video", "data_visualization"}

_MUTE = {"actions", "context_actions", "divider", "input"}  # nothing that somebody says
_DEEPEST = 4  # blocks within blocks


def read_block(block: Json, depth: int = 0) -> str:
    """Empty where there is nothing to read, or no way to."""
    kind = get_str(block, "type")
    if kind in _MUTE or depth > _DEEPEST:
        return ""
    read = _BLOCKS.get(kind)
    return (read(block) if read else _read_unknown(block, depth)).strip("\n")


def read_text(text: Json) -> str:
    """A text object."""
    if get_str(text, "type") == "plain_text":
        said = literal(unescape(get_str(text, "text")))
        return said if text.get("emoji") is False else with_emoji(said)
    return read_mrkdwn(get_str(text, "text"))


def is_picture(block: Json) -> bool:
    return get_str(block, "type") in _PICTURES


def is_unknown(block: Json) -> bool:
    """Of a kind that came after us, and without any words."""
    kind = get_str(block, "type")
    return not (kind in _MUTE or kind in _BLOCKS or kind in _PICTURES or read_block(block))


def write_table(rows: Sequence[Sequence[str]]) -> str:
    """Rows of Markdown, the first one as the head; rows that are too short are filled up."""
    width = max(map(len, rows), default=0)
    if not width:
        return ""
    head, *body = (_write_row([*row, *[""] * (width - len(row))]) for row in rows)
    return "\n".join([head, _write_row(["---"] * width), *body])


def _write_row(cells: Sequence[str]) -> str:
    return f"| {' | '.join(' '.join(cell.split()).replace('|', chr(92) + '|') for cell in cells)} |"


def _read_table(block: Json) -> str:
    rows = block.get("rows")
    listed = [row for row in rows if isinstance(row, list)] if isinstance(rows, list) else []
    written = write_table([[_read_cell(cell) for cell in row] for row in listed])
    return "\n\n".join(part for part in (literal(get_str(block, "caption")), written) if part)


def _read_cell(cell: object) -> str:
    """`raw_text`, `raw_number`, rich text, or whatever else has a text or a value."""
    if not isinstance(cell, dict):
        return ""
    match get_str(cell, "type"):
        case "rich_text":
            return read_rich_text(cell)
        case "mrkdwn" | "plain_text":
            return read_text(cell)
    if text := get_str(cell, "text"):
        return with_emoji(literal(text))
    value = cell.get("value")
    is_plain = isinstance(value, str | int | float) and not isinstance(value, bool)
    return literal(str(value)) if is_plain else ""


def _read_section(block: Json) -> str:
    texts = [get_dict(block, "text"), *get_dicts(block, "fields")]
    return _lines(map(read_text, texts))


def _read_context(block: Json) -> str:
    """Its images are icons beside the words."""
    return " ".join(
        said for part in get_dicts(block, "elements") if (said := read_text(part).strip())
    )


def _read_picture(block: Json) -> str:
    """What is written above it, and what it shows."""
    title = read_text(get_dict(block, "title"))
    alt = literal(get_str(block, "alt_text"))
    return title if alt in {"", title} else _lines([title, f"[{alt}]"])


def _read_unknown(block: Json, depth: int) -> str:
    """Kinds that came after us: their texts, in the order in which they stand."""
    return _lines(_texts(block, depth))


def _texts(node: Any, depth: int) -> Iterator[str]:
    if depth > _DEEPEST:
        return
    for name, value in node.items():
        match value:
            case str() if name in {"text", "title", "subtitle", "description", "caption"}:
                yield with_emoji(literal(value))
            case {"type": "mrkdwn" | "plain_text"}:
                yield read_text(value)
            case {"type": str()}:
                yield read_block(value, depth + 1)
            case [*parts]:
                yield from (read_block(part, depth + 1) for part in parts if isinstance(part, dict))


def _lines(texts: Iterable[str]) -> str:
    return "\n".join(text for text in texts if text.strip())


_BLOCKS: dict[str, Callable[[Json], str]] = {
    "context": _read_context,
    "data_table": _read_table,
    "header": lambda block: read_text(get_dict(block, "text")),
    "image": _read_picture,
    "markdown": lambda block: read_mrkdwn(get_str(block, "text")),
    "rich_text": read_rich_text,
    "section": _read_section,
    "table": _read_table,
    "video": _read_picture,
}
