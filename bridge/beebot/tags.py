"""Finds the HTML elements within a text that may be HTML, Markdown or a mixture of both."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

_CONTAINERS = (
    *("div", "section", "article", "header", "footer", "main", "aside", "nav", "center"),
    *("html", "head", "body", "form", "details", "address", "figure", "video", "audio"),
)
_BLOCKS = (
    *_CONTAINERS,
    *("p", "pre", "blockquote", "hr", "ul", "ol", "li", "dl", "dt", "dd", "figcaption", "title"),
    *("table", "caption", "colgroup", "thead", "tbody", "tfoot", "tr", "td", "th"),
    *("h1", "h2", "h3", "h4", "h5", "h6", "summary", "script", "style", "iframe"),
)
_INLINES = (
    *("a", "b", "i", "u", "s", "q", "em", "strong", "del", "ins", "strike", "code", "span"),
    *("font", "img", "br", "sub", "sup", "small", "big", "mark", "kbd", "samp", "var", "cite"),
    *("abbr", "label", "input", "button", "tt", "wbr"),
)
_VOID = {"hr", "br", "img", "input", "wbr"}
_ENDED_BY_THE_NEXT = {"p", "li", "dt", "dd", "tr", "td", "th"}
_SPACES_OUT = re.compile(r"[ \t]*\n[ \t]*\n")

_ATTRIBUTES = r"(?:\s+[a-z][\w:-]*(?:\s*=\s*(?:\"[^\"]*\"|'[^']*'|[^\s\"'<>]+))?)*\s*/?"
_NAMES = "|".join(sorted((*_BLOCKS, *_INLINES), key=len, reverse=True))
_TAG = rf"<(?P<slash>/?)(?P<name>{_NAMES})(?![\w:-]){_ATTRIBUTES}>"
_CODE = r"(?P<code>(?<!`)(?P<ticks>`+)(?!`)(?:(?!\n[ \t]*\n).)+?(?<!`)(?P=ticks)(?!`))"
_ANY_TAG = re.compile(_TAG, re.IGNORECASE)
_TAG_OR_CODE = re.compile(rf"{_CODE}|{_TAG}", re.IGNORECASE | re.DOTALL)
_LETTER_BEFORE = re.compile(r"[A-Za-z0-9_]\Z")


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
        if not found["code"] and not _is_type_parameter(found):
            return found
    return None


def _is_type_parameter(tag: re.Match[str]) -> bool:
    """`List<a>`: a letter in brackets behind a name, which nothing closes."""
    text, name = tag.string, tag["name"].lower()
    if tag["slash"] or len(name) > 1 or not _LETTER_BEFORE.search(text, 0, tag.start()):
        return False
    return not re.compile(rf"</{name}\s*>", re.IGNORECASE).search(text, tag.end())


def _follow(text: str, opening: re.Match[str]) -> Element:
    """From its opening tag to the tag that closes it."""
    depth = _Depth()
    depth.pass_tag(opening)
    name, start = opening["name"].lower(), opening.start()
    end = opening.end()
    while depth.names:
        border = _border_of(text, end, depth.names)
        tag = _ANY_TAG.search(text, end, border)
        if not tag:
            return Element(name, start, border, is_open=border == len(text))
        depth.pass_tag(tag)
        end = tag.end()
    return Element(name, start, end)


def _border_of(text: str, position: int, names: list[str]) -> int:
    """A paragraph and what stands within one end with a blank line at the latest."""
    if any(name in _BLOCKS and name != "p" for name in names):
        return len(text)
    blank = _SPACES_OUT.search(text, position)
    return blank.start() if blank else len(text)


@dataclass(slots=True)
class _Depth:
    """The names of the elements that are open, the outermost first."""

    names: list[str] = field(default_factory=list)

    def pass_tag(self, tag: re.Match[str]) -> None:
        name = tag["name"].lower()
        if tag["slash"]:
            self._close(name)
        elif name not in _VOID and not self._goes_on(name):
            self.names.append(name)

    def _close(self, name: str) -> None:
        if name in self.names:
            last = len(self.names) - 1 - self.names[::-1].index(name)
            del self.names[last:]

    def _goes_on(self, name: str) -> bool:
        return bool(self.names) and self.names[-1] == name and name in _ENDED_BY_THE_NEXT
