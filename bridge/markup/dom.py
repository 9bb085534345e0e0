"""Tells tags from words, and makes elements of well-formed pieces of HTML."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

from selectolax.lexbor import LexborHTMLParser, LexborNode

from bridge.markup.tags import (
    BLOCK_NAMES,
    CONTAINERS,
    DROPPED,
    LASTING,
    TAG,
    VOID,
    Attributes,
    is_known,
)

_DEEPEST = 40  # elements within each other; the tags of deeper ones are left out
_UNSEEN = re.compile(r"<!--|<(?:!doctype\b|!\[|\?xml\b)[^<>]*+>", re.IGNORECASE)
_HALF_TAG = re.compile(r"(?:[a-z/!?][^>]*)?\Z", re.IGNORECASE)
_HALF_ENTITY = re.compile(r"&#?\w{0,31}\Z")
_SPACE = re.compile(r"[ \t\r\n\f\xa0]+")
_ITEMS = ("dd", "dt", "li")
_DEFINITIONS, _CELLS = ("dt", "dd"), ("td", "th")
_SECTIONS = ("tbody", "tfoot", "thead")
_ENDED = {
    "li": ("li",),
    **dict.fromkeys(_DEFINITIONS, _DEFINITIONS),
    **dict.fromkeys(_CELLS, _CELLS),
    "tr": (*_CELLS, "tr"),
    **dict.fromkeys(_SECTIONS, (*_CELLS, "tr", *_SECTIONS)),
}


@dataclass(slots=True)
class Unseen:
    """Finds where what nobody sees ends: comments, declarations, scripts and their like."""

    source: str
    is_open: bool
    _never: set[str] = field(default_factory=set)  # closes in the rest of the text

    def find_end(self, at: int) -> int | None:
        """None where nothing of the kind begins, or nothing closes it: then they are words."""
        if unseen := _UNSEEN.match(self.source, at):
            return self._find("-->", unseen.end()) if unseen[0] == "<!--" else unseen.end()
        tag = TAG.match(self.source, at)
        if tag and not tag["slash"] and (name := tag["name"].lower()) in DROPPED:
            return self._find(f"</{name}>", tag.end())
        return None

    def _find(self, closing: str, start: int) -> int | None:
        if closing not in self._never:
            pattern = re.compile(re.escape(closing[:-1]) + r"\s*+>", re.IGNORECASE)
            if found := pattern.search(self.source, start):
                return found.end()
            self._never.add(closing)
        return len(self.source) if self.is_open else None


@dataclass(slots=True)
class _Open:
    """An element whose end is still to come, and where its tag stands among the parts."""

    name: str
    part: int
    is_bare: bool  # no attributes: where nothing closes it, it may be a word about a tag


@dataclass(slots=True)
class Scanner:
    """Cuts HTML into chunks that need nothing of each other, each of well-formed elements.

    What is no tag is escaped. That something closes a tag is known when its parent ends.
    """

    source: str
    is_open: bool
    _unseen: Unseen = field(init=False)
    _open: list[_Open] = field(default_factory=list)
    _parts: list[str] = field(default_factory=list)
    _start: int = 0
    _chunks: list[tuple[int, str, bool]] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._unseen = Unseen(self.source, self.is_open)

    def cut(self) -> list[tuple[int, str, bool]]:
        """Where each chunk begins, its HTML, and whether it is still growing."""
        position = 0
        while (at := self.source.find("<", position)) >= 0:
            self._parts.append(self.source[position:at])
            position = self._take(at)
        rest = self.source[position:]
        if self.is_open or any(opened.name in BLOCK_NAMES for opened in self._open):
            if self._parts[-1:] == ["&lt;"] and _HALF_TAG.match(rest):
                self._parts.pop()
                rest = ""
            self._parts.append(_HALF_ENTITY.sub("", rest) if self.is_open else rest)
        else:
            self._parts.append(rest)
            self._leave(0)
        self._end_chunk(len(self.source))
        if self._chunks and self.is_open:
            self._chunks[-1] = (*self._chunks[-1][:2], True)
        return self._chunks

    def _take(self, at: int) -> int:
        """Take what begins with the `<` there; returns where that ends."""
        tag = TAG.match(self.source, at)
        name = tag["name"].lower() if tag else ""
        if not tag or name in DROPPED or not is_known(name):
            if (end := self._unseen.find_end(at)) is not None:
                return end
            self._parts.append("&lt;")
            return at + 1
        if tag["slash"]:
            self._end(name, at)
        else:
            self._begin(name, tag)
        return tag.end()

    def _begin(self, name: str, tag: re.Match[str]) -> None:
        if name in BLOCK_NAMES:
            self._end_implied(name)
            if not self._open:
                self._end_chunk(tag.start())
                if name in CONTAINERS or (name in _ENDED and name not in _ITEMS):
                    return
        if name in VOID:
            self._parts.append(tag[0])
        elif len(self._open) < _DEEPEST:
            self._open.append(_Open(name, len(self._parts), not tag["attributes"].strip()))
            self._parts.append(tag[0])

    def _end(self, name: str, at: int) -> None:
        names = [opened.name for opened in self._open]
        if name in names:
            self._leave(len(names) - names[::-1].index(name))
            del self._open[-1]
            self._parts.append(f"</{name}>")
        elif name in CONTAINERS and LASTING.isdisjoint(names):
            self._leave(0)
        if name in BLOCK_NAMES and not self._open:
            self._end_chunk(at)

    def _end_implied(self, name: str) -> None:
        """A paragraph ends where a block begins, an item where the next one does."""
        for index in range(len(self._open) - 1, -1, -1):
            outer = self._open[index].name
            if outer == "p" or outer in _ENDED.get(name, ()):
                self._leave(index)
            elif outer in LASTING:
                break

    def _leave(self, depth: int) -> None:
        """End all elements but the outermost `depth`; a bare inline one was a word."""
        for opened in reversed(self._open[depth:]):
            if opened.is_bare and opened.name not in BLOCK_NAMES:
                self._parts[opened.part] = "&lt;" + self._parts[opened.part][1:]
            else:
                self._parts.append(f"</{opened.name}>")
        del self._open[depth:]

    def _end_chunk(self, start: int) -> None:
        if (chunk := "".join(self._parts)).strip():
            self._chunks.append((self._start, chunk, False))
        self._parts.clear()
        self._start = start


@dataclass(slots=True)
class Element:
    name: str
    attributes: Attributes
    children: list["Element | str"] = field(default_factory=list)
    holds_block: bool = False
    is_last: bool = False  # of a text that grows: what is open in it is closed at its end


def parse(chunk: str, *, is_open: bool) -> Element:
    root = Element("div", {})
    document = LexborHTMLParser(chunk, is_fragment=True)
    _adopt(document.root, root, is_kept=False)
    last: Element | str = root
    while is_open and isinstance(last, Element):
        last.is_last = True
        last = last.children[-1] if last.children else ""
    return root


def _adopt(node: LexborNode | None, parent: Element, *, is_kept: bool) -> None:
    while node is not None:
        if node.is_text_node:
            text = node.text_content or ""
            parent.children.append(text if is_kept else _SPACE.sub(_squeeze, text))
        elif node.is_element_node and (name := node.tag):
            child = Element(name, node.attributes)
            _adopt(node.first_child, child, is_kept=is_kept or name == "pre")
            parent.holds_block |= child.holds_block or name in BLOCK_NAMES
            parent.children.append(child)
        node = node.next


def _squeeze(space: re.Match[str]) -> str:
    return "\n" if "\n" in space[0] else " "


def elements(element: Element) -> list[Element]:
    return [child for child in element.children if isinstance(child, Element)]


def holds_table(element: Element) -> bool:
    return element.holds_block and any(
        child.name == "table" or holds_table(child) for child in elements(element)
    )


def number(element: Element, name: str) -> int:
    text = (element.attributes.get(name) or "").strip()
    return int(text) if text.isdecimal() and len(text) < 10 else 1


def raw_text(element: Element, *, is_code: bool = False) -> Iterator[str]:
    """As it stands there, in lines."""
    for child in element.children:
        if isinstance(child, str):
            yield child.replace("\n", " ") if is_code else child
        elif child.name == "br":
            yield "\n"
        else:
            yield from raw_text(child, is_code=is_code)
            yield "\n" if child.name in BLOCK_NAMES else ""
