"""Reads rich text: what people type, as Slack's composer stores it."""

import re
from collections.abc import Callable, Iterator

from bridge.slack.payload_fields import Json, get_dicts, get_id, get_str
from bridge.slack.reading.emoji import emoji, with_emoji
from bridge.slack.reading.mrkdwn import broadcast, link, literal, token

_INDENT = "    "


def read_rich_text(block: Json) -> str:
    """Lists, quotes and code keep the marks by which people know them; other styles have none."""
    return "\n".join(part for part in map(_read_part, get_dicts(block, "elements")) if part.strip())


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


def _read_inline(part: Json) -> str:
    return "".join(map(_read_element, get_dicts(part, "elements")))


def _read_element(element: Json) -> str:
    read = _ELEMENTS.get(get_str(element, "type"), _read_text)
    return read(element)


def _read_text(element: Json) -> str:
    """Also of kinds that came after us, as far as they have a text."""
    text = get_str(element, "text") or get_str(element, "fallback")
    style = element.get("style")
    is_code = isinstance(style, dict) and style.get("code") is True
    return f"`{literal(text)}`" if is_code and text.strip() else literal(text)


def _read_emoji(element: Json) -> str:
    tone = element.get("skin_tone")
    points = get_str(element, "unicode")
    return emoji(get_str(element, "name"), code_points=points, skin_tone=str(tone) if tone else "")


def _read_link(element: Json) -> str:
    label = with_emoji(get_str(element, "text"))
    return literal(link(get_str(element, "url"), label))


def _read_mention(sign: str, name: str) -> Callable[[Json], str]:
    def read(element: Json) -> str:
        mentioned = get_id(element, name)
        return token(sign, mentioned) if mentioned else ""

    return read


def _read_date(element: Json) -> str:
    """The fallback that its author gave: how a reader sees it depends on where they are."""
    fallback = get_str(element, "fallback")
    return literal(fallback) or re.sub(r"[{}]", "", literal(get_str(element, "format")))


def _number(part: Json, name: str) -> int:
    value = part.get(name)
    return value if isinstance(value, int) and 0 <= value < 10_000 else 0


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
