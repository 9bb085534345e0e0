"""Reads the blocks of a message, each as the lines that people see of it.

What people type is a `rich_text` block (docs/slack.md, What a message consists of):

    {"type": "rich_text", "elements": [
        {"type": "rich_text_section", "elements": [
            {"type": "user", "user_id": "U0BEEBOT00"},
            {"type": "text", "text": " how do I get a "},
            {"type": "text", "text": "refund", "style": {"bold": true}},
            {"type": "emoji", "name": "thinking_face", "unicode": "1f914"}]},
        {"type": "rich_text_list", "style": "ordered", "indent": 0, "elements": [
            {"type": "rich_text_section", "elements": [{"type": "text", "text": "by card"}]}]}]}
"""

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any

from bridge.slack.reading.emoji import emoji, with_emoji
from bridge.slack.reading.mrkdwn import broadcast, link, literal, read_mrkdwn, token, unescape
from bridge.slack.reading.payload_fields import Json, get_dict, get_dicts, get_id, get_str

TABLES = {"table", "data_table"}
_PICTURES = {"image", "video", "data_visualization"}
_MUTE = {"actions", "context_actions", "divider", "input"}  # nothing that somebody says
_DEEPEST = 4  # blocks within blocks
_INDENT = "    "


def read_block(block: Json, depth: int = 0) -> str:
    """Empty where there is nothing to read, or no way to."""
    kind = get_str(block, "type")
    if kind in _MUTE or depth > _DEEPEST:
        return ""
    read = _BLOCKS.get(kind)
    return (read(block) if read else _read_unknown(block, depth)).strip("\n")


def is_picture(block: Json) -> bool:
    return get_str(block, "type") in _PICTURES


def is_unknown(block: Json) -> bool:
    """Of a kind that this code does not know, and without any text."""
    kind = get_str(block, "type")
    return not (kind in _MUTE or kind in _BLOCKS or kind in _PICTURES or read_block(block))


def _write_table(rows: Sequence[Sequence[str]]) -> str:
    """Rows of Markdown, the first one as the head; rows that are too short are filled up."""
    width = max(map(len, rows), default=0)
    if not width:
        return ""
    head, *body = (_write_row([*row, *[""] * (width - len(row))]) for row in rows)
    return "\n".join([head, _write_row(["---"] * width), *body])


def _write_row(cells: Sequence[str]) -> str:
    return f"| {' | '.join(' '.join(cell.split()).replace('|', chr(92) + '|') for cell in cells)} |"


def _read_text(text: Json) -> str:
    """A text object."""
    if get_str(text, "type") == "plain_text":
        said = literal(unescape(get_str(text, "text")))
        return said if text.get("emoji") is False else with_emoji(said)
    return read_mrkdwn(get_str(text, "text"))


def _read_table(block: Json) -> str:
    rows = block.get("rows")
    listed = [row for row in rows if isinstance(row, list)] if isinstance(rows, list) else []
    written = _write_table([[_read_cell(cell) for cell in row] for row in listed])
    return "\n\n".join(part for part in (literal(get_str(block, "caption")), written) if part)


def _read_cell(cell: object) -> str:
    """`raw_text`, `raw_number`, rich text, or whatever else has a text or a value."""
    if not isinstance(cell, dict):
        return ""
    match get_str(cell, "type"):
        case "rich_text":
            return _read_rich_text(cell)
        case "mrkdwn" | "plain_text":
            return _read_text(cell)
    if text := get_str(cell, "text"):
        return with_emoji(literal(text))
    value = cell.get("value")
    is_plain = isinstance(value, str | int | float) and not isinstance(value, bool)
    return literal(str(value)) if is_plain else ""


def _read_section(block: Json) -> str:
    return _lines(map(_read_text, [get_dict(block, "text"), *get_dicts(block, "fields")]))


def _read_context(block: Json) -> str:
    """Its images are icons beside the words."""
    said = (_read_text(part).strip() for part in get_dicts(block, "elements"))
    return " ".join(filter(None, said))


def _read_picture(block: Json) -> str:
    """What is written above it, and what it shows."""
    title = _read_text(get_dict(block, "title"))
    alt = literal(get_str(block, "alt_text"))
    return title if alt in {"", title} else _lines([title, f"[{alt}]"])


def _read_unknown(block: Json, depth: int) -> str:
    """Kinds that this code does not know: their texts, in their order."""
    return _lines(_texts(block, depth))


def _texts(node: Any, depth: int) -> Iterator[str]:
    if depth > _DEEPEST:
        return
    for name, value in node.items():
        match value:
            case str() if name in {"text", "title", "subtitle", "description", "caption"}:
                yield with_emoji(literal(value))
            case {"type": "mrkdwn" | "plain_text"}:
                yield _read_text(value)
            case {"type": str()}:
                yield read_block(value, depth + 1)
            case [*parts]:
                yield from (read_block(part, depth + 1) for part in parts if isinstance(part, dict))


def _lines(texts: Iterable[str]) -> str:
    return "\n".join(text for text in texts if text.strip())


def _read_rich_text(block: Json) -> str:
    """Lists, quotes and code get their usual marks; other styles get none."""
    return _lines(map(_read_part, get_dicts(block, "elements")))


def _read_part(part: Json) -> str:
    match get_str(part, "type"):
        case "rich_text_list":
            return "\n".join(_items(part))
        case "rich_text_quote":
            return "\n".join(f"> {line}" for line in _read_inline(part).splitlines())
        case "rich_text_preformatted":
            return f"```\n{_read_inline(part).strip()}\n```"
    return _read_inline(part).strip("\n")


def _items(part: Json) -> Iterator[str]:
    indent, first = _number(part, "indent"), _number(part, "offset") + 1
    for number, item in enumerate(get_dicts(part, "elements"), first):
        sign = f"{number}." if get_str(part, "style") == "ordered" else "•"
        yield f"{_INDENT * min(indent, 8)}{sign} {_read_part(item)}"


def _number(part: Json, name: str) -> int:
    value = part.get(name)
    return value if isinstance(value, int) and 0 <= value < 10_000 else 0


def _read_inline(part: Json) -> str:
    elements = get_dicts(part, "elements")
    return "".join(_ELEMENTS.get(get_str(one, "type"), _read_words)(one) for one in elements)


def _read_words(element: Json) -> str:
    """Also of kinds that this code does not know, if they have a text."""
    text = get_str(element, "text") or get_str(element, "fallback")
    is_code = get_dict(element, "style").get("code") is True
    return f"`{literal(text)}`" if is_code and text.strip() else literal(text)


def _read_emoji(element: Json) -> str:
    tone = element.get("skin_tone")
    points = get_str(element, "unicode")
    return emoji(get_str(element, "name"), code_points=points, skin_tone=str(tone) if tone else "")


def _read_link(element: Json) -> str:
    return literal(link(get_str(element, "url"), with_emoji(get_str(element, "text"))))


def _read_mention(sign: str, name: str) -> Callable[[Json], str]:
    def read(element: Json) -> str:
        mentioned = get_id(element, name)
        return token(sign, mentioned) if mentioned else ""

    return read


def _read_date(element: Json) -> str:
    """The fallback that its author gave: how a reader sees it depends on where they are."""
    fallback = get_str(element, "fallback")
    return literal(fallback) or re.sub(r"[{}]", "", literal(get_str(element, "format")))


_ELEMENTS: dict[str, Callable[[Json], str]] = {
    "broadcast": lambda element: broadcast(get_str(element, "range")),
    "channel": _read_mention("#", "channel_id"),
    "color": lambda element: get_str(element, "value"),
    "date": _read_date,
    "emoji": _read_emoji,
    "link": _read_link,
    "user": _read_mention("@", "user_id"),
    "usergroup": _read_mention("!subteam^", "usergroup_id"),
}
_BLOCKS: dict[str, Callable[[Json], str]] = {
    "context": _read_context,
    "data_table": _read_table,
    "header": lambda block: _read_text(get_dict(block, "text")),
    "image": _read_picture,
    "markdown": lambda block: read_mrkdwn(get_str(block, "text")),
    "rich_text": _read_rich_text,
    "section": _read_section,
    "table": _read_table,
    "video": _read_picture,
}
