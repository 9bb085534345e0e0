"""Turns what Beebot calls RICH_TEXT, be it HTML, Markdown or plain words, into one Markdown."""

import html
import re
from collections.abc import Callable, Iterator

from html_to_markdown import ConversionOptions, convert

from bridge.beebot.tags import Element, find_elements
from bridge.core.formulas import write_formulas
from bridge.core.markdown import follow_fences
from bridge.core.references import find_targets, resolve_references

_CODE_SPAN = r"(?P<code>(?<!`)(?P<ticks>`+)(?!`)(?:(?!\n[ \t]*\n).)+?(?<!`)(?P=ticks)(?!`))"
_UNSEEN = re.compile(
    _CODE_SPAN + r"|<(?P<name>script|style|head|template|iframe|object|xml)\b"
    r".*?(?:</(?P=name)\s*>|\Z)|<!--.*?(?:-->|\Z)|<!(?:doctype|\[)[^<>]*(?:>|\Z)",
    re.DOTALL | re.IGNORECASE,
)
_ENTITY = re.compile(_CODE_SPAN + r"|&(?:#\d{1,7}|#x[0-9a-f]{1,6}|[a-z][a-z0-9]{1,30});", re.DOTALL)
_HALF_TAG = re.compile(r"<[^<>]*\Z|&#?\w{0,30}\Z")

# What stands for another element: the converter knows no `summary`, `dt` or fallback of a video.
_SUMMARY = re.compile(r"</?details\b[^<>]*>|<summary\b[^<>]*>|</summary\s*>", re.IGNORECASE)
_TERM = re.compile(r"(<dt\b[^<>]*>)|</dt\s*>", re.IGNORECASE)
_PLAYER = re.compile(
    r"(<(video|audio)\b[^<>]*>(?:\s*<source\b[^<>]*>)*)[^<>]*(?=</\2)", re.IGNORECASE
)
# GitHub's way: behind a container and a blank line Markdown goes on.
_CONTAINER = re.compile(
    r"<(?:div|section|article|center|main|header|footer|aside)\b[^<>]*>"
    r"(?=[ \t]*\n[ \t]*\n\s*[^<\s])",
    re.IGNORECASE,
)
_RAISED = re.compile(r"<(su[bp])\b[^<>]*>\s*([-+=()\dn]{1,20})\s*</\1\s*>", re.IGNORECASE)
_PLAIN = "0123456789+-=()n"
_RAISED_SIGNS = {
    "sup": str.maketrans(_PLAIN, "⁰¹²³⁴⁵⁶⁷⁸⁹⁺⁻⁼⁽⁾ⁿ"),
    "sub": str.maketrans(_PLAIN, "₀₁₂₃₄₅₆₇₈₉₊₋₌₍₎ₙ"),
}
_ADDRESS = re.compile(r"\s(?:href|src)\s*=\s*(\"[^\"]*\"|'[^']*'|[^\s\"'<>]+)", re.IGNORECASE)
_SAFE_ADDRESS = re.compile(r"(?:https?://|mailto:)\S+", re.IGNORECASE)
_NO_WORDS = re.compile(r"(?<!!)\[\s*\]\((?:<[^<>]*>|[^\s()]*)(?:\s+\"[^\"]*\")?\)")
_NO_ADDRESS = re.compile(r"!\[([^\[\]]*)\]\(<>\)")

_ROW = re.compile(r"^[ \t]*\|.*<br.*$", re.MULTILINE | re.IGNORECASE)
_BREAK_IN_ROW = re.compile(r"\s*(?:<br\s*/?>\s*)+(\|)?", re.IGNORECASE)
_LINE_END = re.compile(r"[ \t]*\n?")
_BLANK_LINES = re.compile(r"\n(?:[ \t]*\n){2,}")
_GAP = "\n\n"
_LEAD = re.compile(r"[ \t]*(?:(?:[-*+>]|#{1,6}|\d{1,9}[.)])[ \t]+)+")
_OPTIONS = ConversionOptions(
    extract_metadata=False,
    bullets="-",
    autolinks=False,
    highlight_style="none",
    expand_abbreviations=False,
    br_in_tables=True,
    compact_tables=True,
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

    A prefix of an answer is as good: an element that is still open is converted as far as it goes.
    Only HTML, formulas and references are touched: all between them comes back as it is.
    """
    parts = [
        (part if is_code else _convert_prose(part), is_code)
        for part, is_code in _split_fences(content)
    ]
    targets = find_targets("\n".join(part for part, is_code in parts if not is_code))
    markdown = "".join(
        part if is_code else resolve_references(part, targets) for part, is_code in parts
    )
    return content if markdown == content else markdown.strip("\n")


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
    return "<" in prose and any(find_elements(prose))


def _convert_prose(prose: str) -> str:
    if "<" in prose:
        prose = _convert_elements(_prepare(prose))
    if "&" in prose:
        prose = _ENTITY.sub(_decode_entity, prose)
    return write_formulas(prose)


def _prepare(prose: str) -> str:
    """Drop what nobody sees, and write in simpler tags what the converter does not know."""
    seen = _UNSEEN.sub(lambda found: found["code"] or "", prose)
    for pattern, replacement in _SIMPLER:
        seen = pattern.sub(replacement, seen)
    return _ROW.sub(_join_row, seen)


def _convert_elements(prose: str) -> str:
    text, position = "", 0
    for element in _join_neighbours(prose):
        text = _append(text + _squeeze(prose[position : element.start]), element, prose)
        position = element.end + _count_space_behind(prose, element)
    return text + _squeeze(prose[position:]) if position else prose


def _count_space_behind(prose: str, element: Element) -> int:
    """Space that a block or a line break swallows."""
    behind = prose[element.end :]
    if element.is_block:
        return len(behind) - len(behind.lstrip())
    space = _LINE_END.match(behind) if element.is_break else None
    return space.end() if space else 0


def _squeeze(between: str) -> str:
    """Dropped tags leave blank lines."""
    return _BLANK_LINES.sub("\n\n", between)


def _join_neighbours(prose: str) -> Iterator[Element]:
    """Blocks with nothing but space between them are one page."""
    last: Element | None = None
    for element in find_elements(prose):
        if last and _are_neighbours(prose, last, element):
            last = Element(last.name, last.start, element.end, is_open=element.is_open)
            continue
        if last:
            yield last
        last = element
    if last:
        yield last


def _are_neighbours(prose: str, first: Element, second: Element) -> bool:
    between = prose[first.end : second.start]
    if first.is_block and second.is_block:
        return not between.strip()
    return not between and not any(
        element.is_block or element.is_break for element in (first, second)
    )


def _append(text: str, element: Element, prose: str) -> str:
    page = prose[element.start : element.end]
    if element.is_open:
        page = _HALF_TAG.sub("", page)
    if element.is_break:
        return text + "\n" if text.endswith("\n") else f"{text.rstrip(' ')}  \n"
    if not element.is_block:
        return text + _convert(page)
    if not _LEAD.fullmatch(text, text.rfind("\n") + 1):
        text = text.rstrip() + _GAP if text.strip() else "\n" * text.count("\n")
    return text + _convert(page) + _GAP


def _convert(page: str) -> str:
    markdown = convert(_ADDRESS.sub(_drop_bad_address, page), _OPTIONS).content or ""
    # An image whose address was dropped leaves its words.
    words = _NO_ADDRESS.sub(r"\1", _NO_WORDS.sub("", markdown)).strip("\n")
    return _ROW.sub(_join_row, words)


def _join_row(row: re.Match[str]) -> str:
    """A cell of a Markdown table knows no line break."""
    return _BREAK_IN_ROW.sub(lambda found: " |" if found[1] else " · ", row[0])


def _open_details(tag: re.Match[str]) -> str:
    match tag[0][:3].lower():
        case "<su":
            return "\n\n<p><b>"
        case "</s":
            return "</b></p>\n\n"
    return ""


def _write_term(tag: re.Match[str]) -> str:
    return f"{tag[1]}<b>" if tag[1] else "</b></dt>"


def _raise(element: re.Match[str]) -> str:
    return element[2].translate(_RAISED_SIGNS[element[1].lower()])


def _drop_bad_address(found: re.Match[str]) -> str:
    address = html.unescape(found[1].strip("\"'")).strip()
    return found[0] if _SAFE_ADDRESS.fullmatch(address) else ""


def _decode_entity(found: re.Match[str]) -> str:
    """Only what cannot be read as a mark or as a tag."""
    character = html.unescape(found[0])
    return found[0] if found["code"] or character.isascii() else character.replace("\u00a0", " ")


_SIMPLER: tuple[tuple[re.Pattern[str], str | Callable[[re.Match[str]], str]], ...] = (
    (_SUMMARY, _open_details),
    (_TERM, _write_term),
    (_PLAYER, r"\1"),
    (_CONTAINER, ""),
    (_RAISED, _raise),
)


def _escape_mark(found: re.Match[str]) -> str:
    return "&amp;" if found[0] == "&" else "\\" + found[0]


def _escape_line_mark(found: re.Match[str]) -> str:
    return f"{found['number'] or ''}\\{found['mark']}"
