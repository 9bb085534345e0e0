"""Turns what Beebot calls RICH_TEXT, be it HTML, Markdown or plain words, into one Markdown."""

import html
import re

from html_to_markdown import ConversionOptions, convert

from bridge.core.markdown import follow_fences

_BLOCKS = (
    *("p", "div", "section", "article", "header", "footer", "pre", "blockquote", "hr", "script"),
    *("ul", "ol", "li", "table", "thead", "tbody", "tr", "td", "th", "style"),
    *("h1", "h2", "h3", "h4", "h5", "h6"),
)
_INLINES = (
    *("a", "b", "i", "u", "s", "em", "strong", "del", "ins", "code", "span", "font", "img"),
    *("sub", "sup", "small", "mark", "kbd"),
)
_NAMES = (*_BLOCKS, *_INLINES, "br")

_ATTRIBUTES = r"(?:\s+[a-z][\w:-]*(?:\s*=\s*(?:\"[^\"]*\"|'[^']*'|[^\s\"'<>]+))?)*\s*/?"
_BLOCK_TAG = re.compile(rf"</?(?:{'|'.join(_BLOCKS)}){_ATTRIBUTES}>", re.IGNORECASE)
# `List<a>` is no tag: without a closing one, an inline tag stands apart from Latin letters.
_TAG = re.compile(
    rf"{_BLOCK_TAG.pattern}|<br\s*/?>|</(?:{'|'.join(_INLINES)})\s*>"
    rf"|(?<![A-Za-z0-9_])<(?:{'|'.join(_INLINES)}){_ATTRIBUTES}>",
    re.IGNORECASE,
)
_HALF_TAG = re.compile(r"</?(?P<name>[a-z][a-z0-9]*)?(?P<rest>\s[^<>]*)?\Z", re.IGNORECASE)
_HALF_ENTITY = re.compile(
    r"&(?:#[0-9a-fx]{0,7}|am?p?|apos?|lt?|gt?|qu?o?t?|nb?s?p?)\Z", re.IGNORECASE
)
_CODE_SPAN = re.compile(r"(?<!`)(`+)(?!`).+?(?<!`)\1(?!`)", re.DOTALL)
_UNSEEN = re.compile(
    r"<(script|style|head|template|iframe|object)\b.*?(?:</\1\s*>|\Z)|<!--.*?(?:-->|\Z)",
    re.DOTALL | re.IGNORECASE,
)
_ADDRESS = re.compile(r"\s(?:href|src)\s*=\s*(\"[^\"]*\"|'[^']*'|[^\s\"'<>]+)", re.IGNORECASE)
_SAFE_ADDRESS = re.compile(r"(?:https?://|mailto:)\S+", re.IGNORECASE)
_BREAK = re.compile(r"[ \t]*<br\s*/?>[ \t]*\n?", re.IGNORECASE)
_NO_ADDRESS = re.compile(r"!\[([^\[\]]*)\]\(<>\)")
_LINE_LEAD = re.compile(r"\s*(?:(?:[-*+>]|#{1,6}|\d{1,9}[.)])\s+)*")
_OPTIONS = ConversionOptions(
    extract_metadata=False, bullets="-", autolinks=False, highlight_style="none"
)

_MARK = re.compile(r"[\\`*\[\]<|]|(?<![^\W_])_|_(?![^\W_])|~(?=~)|&(?=#?\w+;)")
_LINE_MARK = re.compile(
    r"^(?P<indent>[ \t]*)(?P<number>\d{1,9})?(?P<mark>[-+=>#~.)])", re.MULTILINE
)
_INDENT = re.compile(r"^[ \t]+", re.MULTILINE)


def looks_like_html(content: str) -> bool:
    """Whether real tags stand in it outside code; `a < b` and `List<String>` are none."""
    return any(_holds_tag(part) for part, is_code in _split_fences(content) if not is_code)


def to_markdown(content: str) -> str:
    """One Markdown for HTML, Markdown and a mixture of both.

    A prefix of an answer is as good: a tag or an entity that is only half there is dropped.
    Markdown and plain text come back as they are.
    """
    content = _drop_half(content)
    if not looks_like_html(content):
        return content
    parts = (part if is_code else _convert_part(part) for part, is_code in _split_fences(content))
    return "".join(parts).strip("\n")


def escape_plain(content: str) -> str:
    """PLAIN_TEXT as Markdown that shows exactly these characters, line by line."""
    text = _MARK.sub(_escape_mark, content.replace("\r\n", "\n"))
    text = _INDENT.sub(lambda found: "\u00a0" * len(found[0].expandtabs(4)), text)
    text = _LINE_MARK.sub(_escape_line_mark, text)
    return re.sub(r"(?<=[^\n])\n(?=[^\n])", "  \n", text)


def _split_fences(content: str) -> list[tuple[str, bool]]:
    """The parts of it, each with whether it is fenced code."""
    parts: list[tuple[str, bool]] = []
    position, is_code = 0, False
    for start, end, fence in follow_fences(content):
        border = start if fence else end
        parts.append((content[position:border], is_code))
        position, is_code = border, fence is not None
    return [*parts, (content[position:], is_code)]


def _holds_tag(prose: str) -> bool:
    return "<" in prose and bool(_TAG.search(_CODE_SPAN.sub("", prose)))


def _drop_half(content: str) -> str:
    """Drop a tag or an entity that the end of the content cuts in two."""
    start = content.rfind("<")
    half = _HALF_TAG.match(content, start) if start >= 0 else None
    if half and _may_become_tag(half):
        content = content[:start]
    return _HALF_ENTITY.sub("", content[-12:]).join((content[:-12], ""))


def _may_become_tag(half: re.Match[str]) -> bool:
    name = (half["name"] or "").lower()
    if half["rest"]:
        return name in _NAMES
    return any(known.startswith(name) for known in _NAMES)


def _convert_part(prose: str) -> str:
    if not _holds_tag(prose):
        return prose
    seen = _ADDRESS.sub(_drop_bad_address, _UNSEEN.sub("", prose))
    is_page = _BLOCK_TAG.search(_CODE_SPAN.sub("", seen))
    text = _convert(seen) if is_page else _convert_lines(seen)
    before = prose[: len(prose) - len(prose.lstrip("\n"))]
    after = prose[len(prose.rstrip("\n")) :]
    return before + text + after


def _convert(page: str) -> str:
    # An image whose address was dropped leaves its words.
    return re.sub(r"!\[([^\[\]]*)\]\(<>\)", r"\1", convert(page, _OPTIONS).content or "").strip(
        "\n"
    )


def _convert_lines(prose: str) -> str:
    """Markdown with a few tags within its lines: the lines and their marks stay."""
    lines = _BREAK.sub("\n", prose).strip("\n").split("\n")
    return "\n".join(_convert_line(line) if "<" in line else line for line in lines)


def _convert_line(line: str) -> str:
    lead = _LINE_LEAD.match(line)
    end = lead.end() if lead else 0
    return line[:end] + _convert(line[end:])


def _drop_bad_address(found: re.Match[str]) -> str:
    address = html.unescape(found[1].strip("\"'")).strip()
    return found[0] if _SAFE_ADDRESS.fullmatch(address) else ""


def _escape_mark(found: re.Match[str]) -> str:
    return "&amp;" if found[0] == "&" else "\\" + found[0]


def _escape_line_mark(found: re.Match[str]) -> str:
    return f"{found['number'] or ''}\\{found['mark']}"
