"""Reads the inside of a paragraph, a heading, an item or a cell, in one pass.

An own lexer in place of markdown-it's inline rules: docs/adr/0019-text-is-a-tree.md tells why.
"""

import re
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

from bridge.markup import tags
from bridge.markup.addresses import find_address, is_address, write_address
from bridge.markup.delimiters import NEVER, pair
from bridge.markup.entities import decode_entities
from bridge.markup.lexer import NODE, Lexer, Line, is_ascii_word
from bridge.markup.tidy import join, tidy
from bridge.markup.tree import Break, Inline, Link, Text

_MOST_OPEN = 32  # brackets, or tags, that wait for their end
_LONGEST_LABEL = 200  # characters that wait for a bracket while a text grows
_RAW = {"code", "kbd", "samp", "tt"}

_AUTOLINK = re.compile(
    r"<(?:(?P<address>(?:https?://|mailto:|tel:|ftp://)[^\s<>|]++)"
    r"|(?P<mail>[\w.+-]++@[\w-]++(?:\.[\w-]++)++))>",
    re.IGNORECASE,
)
_NESTED = r"\((?:[^\s()\\]|\\.|\((?:[^\s()\\]|\\.|\([^\s()]*+\))*+\))*+\)"
_TITLE = r"\"[^\"]{0,500}\"|'[^']{0,500}'|\([^()]{0,500}\)"
_TARGET = re.compile(
    rf"\(\s*+(?:<(?P<angle>[^<>\n]*+)>|(?P<plain>(?:[^\s()\\]|\\.|{_NESTED})*+)"
    r"|(?P<spaced>https?://(?:[^()\n<>\"]|\([^()\n]*+\))*+))"
    rf"(?:\s++(?:{_TITLE}))?+\s*+\)",
    re.IGNORECASE,
)
_HALF_TARGET = re.compile(r"\((?:[^()\n]|\([^()\n]*+\)?+)*+\Z")
_REFERENCE = re.compile(r"\[(?P<label>[^\[\]\n]{0,100})\]")
_PLAIN_LABEL = re.compile(r"\^?\d{0,4}|[ xX]")


Pieces = str | Sequence[str | Inline]


def read_inline(
    pieces: Pieces,
    *,
    is_html: bool = False,
    is_open: bool = False,
    targets: Mapping[str, str] | None = None,
) -> tuple[Inline, ...]:
    """Markdown, with finished nodes in between; `is_html`: the text of a DOM, where only `**`,
    `~~`, code, links and formulas count. `is_open`: the text may go on where it ends.
    """
    return read_line(pieces, is_html=is_html, is_open=is_open, targets=targets).shown


def read_line(
    pieces: Pieces,
    *,
    is_html: bool = False,
    is_open: bool = False,
    targets: Mapping[str, str] | None = None,
) -> Line:
    parts = [pieces] if isinstance(pieces, str) else pieces
    nodes = [part for part in parts if not isinstance(part, str)]
    source = "".join(part.replace(NODE, "") if isinstance(part, str) else NODE for part in parts)
    lexer = _Lexer(source, nodes, targets or {}, is_html=is_html, is_open=is_open)
    return lexer.read()


@dataclass(slots=True)
class _Bracket:
    """An opening bracket, and where in the text and among the items it stands."""

    start: int
    place: int
    is_image: bool
    is_active: bool = True


@dataclass(slots=True)
class _Tag:
    name: str
    attributes: str
    place: int
    end: int


class _Lexer(Lexer):
    """Links and tags as well, which have two ends."""

    def __init__(
        self,
        source: str,
        nodes: Sequence[Inline],
        targets: Mapping[str, str],
        *,
        is_html: bool,
        is_open: bool,
    ) -> None:
        super().__init__(source, nodes, is_html=is_html, is_open=is_open)
        self._targets = targets
        self._brackets: deque[_Bracket] = deque(maxlen=_MOST_OPEN)
        self._tags: deque[_Tag] = deque(maxlen=_MOST_OPEN)
        self._has_comment_end = True

    def _close_open(self) -> None:
        """Links whose target is still to come show their label; open elements end."""
        for bracket in self._brackets:
            if len(self._source) - bracket.start <= _LONGEST_LABEL and bracket.is_active:
                self._items[bracket.place] = Text("")
                self._hold(bracket.place)
        while self._tags:
            tag = self._tags.pop()
            self._hold(tag.place)
            inner, _ = pair(self._items[tag.place + 1 :], is_open=True)
            self._make_element(tag, tuple(inner))

    def _take_bang(self, start: int) -> int:
        if not self._source.startswith("[", start + 1):
            return self._take_word(start)
        return self._open_bracket(start, start + 2, is_image=True)

    def _take_opening(self, start: int) -> int:
        return self._open_bracket(start, start + 1, is_image=False)

    def _open_bracket(self, start: int, end: int, *, is_image: bool) -> int:
        self._brackets.append(_Bracket(start, len(self._items), is_image))
        self._add(Text(self._source[start:end]))
        return end

    def _take_closing(self, start: int) -> int:
        if not self._brackets:
            return self._take_word(start)
        bracket = self._brackets.pop()
        if not bracket.is_active:
            return self._take_word(start)
        source, after = self._source, start + 1
        if target := _TARGET.match(source, after) if source.startswith("(", after) else None:
            return self._take_target(bracket, start, target)
        if self._is_open and (after == len(source) or _HALF_TARGET.match(source, after)):
            return self._take_half(bracket, start)
        return self._take_reference(bracket, start)

    def _take_target(self, bracket: _Bracket, start: int, target: re.Match[str]) -> int:
        angle, plain, spaced = target["angle"], target["plain"], target["spaced"]
        address = angle if angle is not None else plain if plain is not None else spaced or ""
        address = decode_entities(_unescape(self._fill(address.strip())))
        is_call = bracket.start and is_ascii_word(self._source[bracket.start - 1])
        if is_call and not bracket.is_image and not is_address(address):
            return self._take_word(start)
        self._link(bracket, address)
        return target.end()

    def _take_half(self, bracket: _Bracket, start: int) -> int:
        """`[label](htt` where the text ends: the label alone."""
        words = self._source[bracket.start + 1 : start]
        if start + 1 == len(self._source) and _PLAIN_LABEL.fullmatch(words):
            self._hold(bracket.place)
            return self._take_word(start)
        self._items[bracket.place] = Text("")
        self._hold(bracket.place)
        return len(self._source)

    def _take_reference(self, bracket: _Bracket, start: int) -> int:
        label = self._source[bracket.start + 1 + bracket.is_image : start]
        named = _REFERENCE.match(self._source, start + 1)
        name = (named["label"] if named else "") or label
        address = self._targets.get(fold(name)) if self._targets and len(name) <= 200 else None
        if address is None:
            return self._take_word(start)
        end = named.end() if named else start + 1
        if label.isdecimal():  # the number of a citation keeps its brackets
            self._items[bracket.place + 1 :] = [Text(f"[{label}]")]
        self._link(bracket, address)
        return end

    def _link(self, bracket: _Bracket, address: str) -> None:
        """A link of all that stands behind a bracket."""
        place = bracket.place
        label = tidy(pair(self._items[place + 1 :])[0])
        del self._items[place:]
        while self._tags and self._tags[-1].place > place:
            self._tags.pop()
        if place < self._held < NEVER:
            self._held = place
        for child in label if not address else (Link(address, label, bracket.is_image),):
            self._add(child)
        if not bracket.is_image:
            for outer in self._brackets:
                outer.is_active = outer.is_active and outer.is_image

    def _take_address(self, start: int) -> int:
        end = find_address(self._source, start)
        if end == start:
            return self._take_word(start)
        if end == len(self._source) and self._is_open:
            self._hold(len(self._items))
        bare = self._source[start:end]
        self._add(Link(write_address(bare), (Text(decode_entities(bare)),)))
        return end

    # Tags

    def _take_less(self, start: int) -> int:
        if found := _AUTOLINK.match(self._source, start):
            address = decode_entities(found["address"] or f"mailto:{found['mail']}")
            words = (found["mail"] or found["address"]).removeprefix("mailto:")
            self._add(Link(address, (Text(decode_entities(words)),)))
            return found.end()
        if self._source.startswith("<!--", start) and not self._is_html:
            end = self._source.find("-->", start) if self._has_comment_end else -1
            self._has_comment_end = end >= 0
            if end < 0 and self._is_open:
                self._hold(len(self._items))
                return len(self._source)
            return end + 3 if end >= 0 else self._take_word(start)
        found = tags.TAG.match(self._source, start)
        if not found or not tags.is_known(found["name"]):
            return self._take_word(start)
        return self._take_tag(found)

    def _take_tag(self, found: re.Match[str]) -> int:
        name = found["name"].lower()
        if found["slash"]:
            return self._close_tag(found, name)
        if name in tags.VOID:
            if name == "br":
                self._strip_blanks()
                self._add(Break(is_hard=True))
                end = self._skip_blanks(found.end())
                return self._skip_blanks(end + self._source.startswith("\n", end))
            attributes = tags.read_attributes(found["attributes"])
            made = tags.make_inline(name, attributes, ())
            is_real = name in {"wbr", "hr", "input"} or "src" in attributes
            self._items += made if is_real else (Text(found[0]),)
            return found.end()
        self._tags.append(_Tag(name, found["attributes"], len(self._items), found.end()))
        self._add(Text(found[0]))
        return found.end()

    def _close_tag(self, found: re.Match[str], name: str) -> int:
        tag = next((tag for tag in reversed(self._tags) if tag.name == name), None)
        if tag is None:
            if name not in tags.BLOCK_NAMES:
                self._add_words(found.start(), found.end())
            return found.end()
        while self._tags.pop() is not tag:
            pass
        while self._brackets and self._brackets[-1].place > tag.place:
            self._brackets.pop()
        if name in _RAW:
            inner: tuple[Inline, ...] = tuple(self._raw(self._source[tag.end : found.start()]))
        else:
            inner = tuple(pair(self._items[tag.place + 1 :])[0])
        self._make_element(tag, inner)
        return found.end()

    def _raw(self, source: str) -> list[Inline]:
        return [Text(decode_entities(source.replace(NODE, "")))] if source else []

    def _make_element(self, tag: _Tag, inner: tuple[Inline, ...]) -> None:
        made = tags.make_inline(tag.name, tags.read_attributes(tag.attributes), join(inner))
        if tag.name in tags.BLOCK_NAMES:
            made = (Break(), *made, Break())
        del self._items[tag.place :]
        if tag.place < self._held < NEVER:
            self._held = tag.place
        self._items += made

    takers: ClassVar[dict[str, Callable[[Any, int], int]]] = {
        **Lexer.takers,
        "!": _take_bang,
        "[": _take_opening,
        "]": _take_closing,
        "<": _take_less,
        **dict.fromkeys("hHwW", _take_address),
    }


def _unescape(address: str) -> str:
    return re.sub(r"\\([!-/:-@\[-`{-~])", r"\1", address) if "\\" in address else address


def fold(label: str) -> str:
    return " ".join(label.casefold().split())
