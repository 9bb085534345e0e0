"""Finds the HTML elements within a text that may be HTML, Markdown or a mixture of both."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

_CONTAINERS = (
    *("div", "section", "article", "header", "footer", "main", "aside", "nav", "center"),
    *("html", "head", "body", "form", "details", "address", "figure", "video", "audio"),
)
_BLOCKS = {
    *_CONTAINERS,
    *("p", "pre", "blockquote", "hr", "ul", "ol", "li", "dl", "dt", "dd", "figcaption", "title"),
    *("table", "caption", "colgroup", "thead", "tbody", "tfoot", "tr", "td", "th"),
    *("h1", "h2", "h3", "h4", "h5", "h6", "summary", "script", "style", "iframe"),
}
_INLINES = {
    *("a", "b", "i", "u", "s", "q", "em", "strong", "del", "ins", "strike", "code", "span"),
    *("font", "img", "br", "sub", "sup", "small", "big", "mark", "kbd", "samp", "var", "cite"),
    *("abbr", "label", "input", "button", "tt", "wbr"),
}
_NAMES = _BLOCKS | _INLINES
_VOID = {"hr", "br", "img", "input", "wbr"}
_PAIRED = _NAMES - _VOID
_ENDED_BY_THE_NEXT = {"p", "li", "dt", "dd", "tr", "td", "th"}
_SPACES_OUT = re.compile(r"[ \t]*\n[ \t]*\n")

_ATTRIBUTES = r"(?:\s+[a-z][\w:-]*(?:\s*=\s*(?:\"[^\"]*\"|'[^']*'|[^\s\"'<>]+))?)*\s*/?"
_TAG = rf"<(?P<slash>/?)(?P<name>[a-z][a-z0-9]{{0,9}}){_ATTRIBUTES}>"
_CODE = r"(?P<code>(?<!`)(?P<ticks>`+)(?!`)(?:(?!\n[ \t]*\n).)+?(?<!`)(?P=ticks)(?!`))"
_ANY_TAG = re.compile(_TAG, re.IGNORECASE)
_TAG_OR_CODE = re.compile(rf"{_CODE}|{_TAG}", re.IGNORECASE | re.DOTALL)
_LETTER = re.compile(r"[A-Za-z0-9_]")


@dataclass(frozen=True, slots=True)
class Element:
    """A piece of HTML from its opening tag to its closing one; open where the text ends first."""

    name: str
    start: int
    end: int
    is_open: bool = False

    @property
    def is_block(self) -> bool:
        return self.name in _BLOCKS

    @property
    def is_break(self) -> bool:
        return self.name == "br"


def find_elements(text: str) -> Iterator[Element]:
    """The outermost elements outside code, in order. A closing tag that closes nothing is one."""
    position = 0
    while tag := _next_tag(text, position):
        element = _follow(text, tag)
        yield element
        position = element.end


def _next_tag(text: str, position: int) -> re.Match[str] | None:
    for found in _TAG_OR_CODE.finditer(text, position):
        if not found["code"] and _is_known(found) and not _is_type_parameter(found):
            return found
    return None


def _is_known(tag: re.Match[str]) -> bool:
    return tag["name"].lower() in _NAMES


def _is_type_parameter(tag: re.Match[str]) -> bool:
    """`List<a>`: a letter in brackets behind a name, which nothing closes."""
    text, name = tag.string, tag["name"].lower()
    before = text[max(0, tag.start() - 1) : tag.start()]
    if tag["slash"] or len(name) > 1 or not _LETTER.match(before):
        return False
    return not re.compile(rf"</{name}\s*>", re.IGNORECASE).search(text, tag.end())


def _follow(text: str, opening: re.Match[str]) -> Element:
    """From its opening tag to the tag that closes it."""
    depth = _Depth()
    depth.pass_tag(opening)
    name, start = opening["name"].lower(), opening.start()
    end = opening.end()
    while depth.names:
        tag = _ANY_TAG.search(text, end)
        next_end = tag.start() if tag else len(text)
        if (border := _find_border(text, end, next_end, depth.names)) is not None:
            return Element(name, start, border)
        if not tag:
            return Element(name, start, len(text), is_open=True)
        depth.pass_tag(tag)
        end = tag.end()
    return Element(name, start, end)


def _find_border(text: str, start: int, end: int, names: list[str]) -> int | None:
    """A paragraph and what stands within one end with a blank line at the latest."""
    if any(name in _BLOCKS and name != "p" for name in names):
        return None
    blank = _SPACES_OUT.search(text, start, end)
    return blank.start() if blank else None


@dataclass(slots=True)
class _Depth:
    """The names of the elements that are open, the outermost first."""

    names: list[str] = field(default_factory=list)

    def pass_tag(self, tag: re.Match[str]) -> None:
        name = tag["name"].lower()
        if tag["slash"]:
            self._close(name)
        elif name in _PAIRED and not self._goes_on(name):
            self.names.append(name)

    def _close(self, name: str) -> None:
        if name in self.names:
            last = len(self.names) - 1 - self.names[::-1].index(name)
            del self.names[last:]

    def _goes_on(self, name: str) -> bool:
        return bool(self.names) and self.names[-1] == name and name in _ENDED_BY_THE_NEXT
