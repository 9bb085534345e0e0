"""Takes from foreign Markdown the power to ping people or to forge a link.

Slack reads its own `<…>` tokens inside markdown blocks too. Outside code `<` becomes an entity.
Inside code, where an entity would be shown as such, and wherever a token could begin, U+200B parts
`<` from what follows; so it matters little where Slack believes that code begins.
"""

import re

from bridge.core.markdown import follow_fences
from bridge.slack.text.links import is_allowed, name_host

_MOST_PASSES = 8  # what a dropped link leaves behind can form a new one; two are usual

_CONTROL = re.compile(
    r"[\x00-\x08\x0b-\x1f\x7f\u202a-\u202e\u2066-\u2069]"
)  # and what turns the direction
_BLANK_LINE = re.compile(r"(\n[ \t]*\n)")
_LESS = r"(?:<|&(?:amp;)*(?:lt|#0*60|#x0*3c);?)"
_OPENING = r"(?=\\?[!@#]|[a-z][a-z0-9+.-]*://|mailto:|tel:)"
_LIVE = re.compile(rf"({_LESS}){_OPENING}", re.IGNORECASE)
_ENCODED = re.compile(r"&(?:amp;)*(?:lt|gt|quot|#\d+|#x[0-9a-f]+);", re.IGNORECASE)

_LABEL = r"(?:[^\[\]\\\n]|\n(?!\n)|\\.|!?\[[^\[\]\n]{0,500}\](?:\([^\s()<>]{0,2000}\))?){0,1000}"
_PLAIN_TARGET = r"(?:[^\s()<>]|\([^\s()<>]{0,500}\)){0,2000}"
_TITLE = r"\s+(?:\"[^\"]{0,500}\"|'[^']{0,500}'|\([^()]{0,500}\))"
_INLINE = re.compile(
    r"(?P<escape>\\[^&])"
    r"|(?P<code>(?<!`)(?P<ticks>`+)(?!`).+?(?<!`)(?P=ticks)(?!`))"
    r"|<(?P<auto>(?:https?://|mailto:)[^\s<>|]+|[\w.+-]+@[\w-]+(?:\.[\w-]+)+)>"
    # Slack would take Chinese punctuation for a part of the address before it.
    r"|(?P<bare>(?<![\w/(\[<|])https?://[\w./?=&%#:+~-]+)(?=[，。；：！？、（）《》【】“”‘’…])"
    rf"|!?\[(?P<label>{_LABEL})\]\(\s*(?:<(?P<angle>[^<>\n]*)>|(?P<plain>{_PLAIN_TARGET}))"
    rf"(?:{_TITLE})?\s*\)"
    rf"|(?P<less>{_LESS}{_OPENING}|<)"
    r"|(?P<stray>\](?=[(:]))",
    re.DOTALL | re.IGNORECASE,
)
_IN_LABEL = re.compile(r"!?\[([^\[\]\n]*)\](?:\([^\s()<>]*\))?")


def defuse(markdown: str) -> str:
    """The same text with no live token and no link that leads elsewhere than it shows. Idempotent.

    Autolinks and images become links; a link that is neither http, https nor mailto becomes its
    label.
    """
    text = _CONTROL.sub("", markdown)
    for _ in range(_MOST_PASSES):
        if (defused := _defuse_once(text)) == text:
            break
        text = defused
    return text


def _defuse_once(markdown: str) -> str:
    """Defuse fences as code and all between them as prose."""
    parts: list[str] = []
    position, in_code = 0, False
    for start, end, fence in follow_fences(markdown):
        border = start if fence else end
        parts.append(_defuse_part(markdown[position:border], in_code=in_code))
        position, in_code = border, fence is not None
    parts.append(_defuse_part(markdown[position:], in_code=in_code))
    return "".join(parts)


def _defuse_part(text: str, *, in_code: bool) -> str:
    if in_code:
        return _defuse_code(text)
    # No code span or link crosses a blank line.
    return "".join(_defuse_prose(paragraph) for paragraph in _BLANK_LINE.split(text))


def _defuse_code(code: str) -> str:
    return _LIVE.sub("\\1\u200b", code)


def _defuse_prose(text: str) -> str:
    return _INLINE.sub(_replace, text)


def _replace(found: re.Match[str]) -> str:
    match found.lastgroup:
        case "escape":
            return "&lt;" if found[0] == "\\<" else found[0]
        case "code" | "ticks":
            return _defuse_code(found[0])
        case "auto" | "bare":
            return _write_autolink(found["auto"] or found["bare"])
        case "less":
            return _part_token(found[0], found.string, found.end())
        case "stray":
            return "]\\"
    return _write_link(found)


def _part_token(less: str, text: str, end: int) -> str:
    begins_token = re.match(_OPENING, text[end : end + 40], re.IGNORECASE)
    return ("&lt;" if less == "<" else less) + ("\u200b" if begins_token else "")


def _write_autolink(target: str) -> str:
    if not is_allowed(target):
        target = f"mailto:{target}"
    label = re.sub(r"[\\\[\]*_`~]", r"\\\g<0>", target.removeprefix("mailto:"))
    return f"[{_defuse_prose(label)}]({_write_target(target)})"


def _write_link(found: re.Match[str]) -> str:
    target = _write_target(found["plain"] if found["angle"] is None else found["angle"])
    label = _defuse_prose(_IN_LABEL.sub(r"\1", found["label"]))
    if not is_allowed(target):
        return label
    return f"[{name_host(label, target) if label.strip() else target}]({target})"


def _write_target(target: str) -> str:
    """A target that no parser ends early: encoded where a mark or an entity could."""
    target = _ENCODED.sub(lambda found: _percent(found[0]), target.strip())
    return re.sub(r"[\s()<>|\"]", lambda found: f"%{ord(found[0]):02X}", target)


def _percent(entity: str) -> str:
    name = re.sub(r"^&(?:amp;)*|;$", "", entity).lower()
    code = {"lt": 0x3C, "gt": 0x3E, "quot": 0x22}.get(name)
    if code is None:
        code = int(name[1:]) if name[1:].isdecimal() else int(f"0{name[1:]}", 0)
    return "".join(f"%{byte:02X}" for byte in chr(code).encode()) if 0 < code < 0xD800 else ""
