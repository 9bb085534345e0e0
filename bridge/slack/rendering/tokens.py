"""Reads what stands within a block into a row of marks and words."""

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from enum import IntEnum, auto

from bridge.markup.tree import Break, Code, Formula, Inline, Link, Span, Style, Text
from bridge.slack.rendering.escaping import is_punctuation, write_address, write_code
from bridge.slack.rendering.links import find_host_to_name, is_allowed

_MARKS = {Style.STRONG: "**", Style.EMPHASIS: "*", Style.STRIKE: "~~"}
_TICKS = re.compile(r"`+")
_BARE = re.compile(r"https?://[A-Za-z0-9./?=&%#:+_-]*[A-Za-z0-9/=&%#+-]", re.IGNORECASE)
_LOOSE_UNDERSCORE = re.compile(r"(?<![A-Za-z0-9])_|_(?![A-Za-z0-9])")
_MAY_GO_ON = re.compile(r"[,.;:!?)]*")  # behind a bare address
_BEHIND_BARE = re.compile(r"[,.;:!?)]*\s")
# At the end of a text that goes on: what its next character may join or give another meaning.
_UNSURE = re.compile(
    r"(?:[\s\\*_~#]|<[\w/:+.-]{0,64}|&[#\w]{0,32}|\u200d|\ufe0f"
    r"|[\u2190-\u2bff\U0001f000-\U0001faff])+\Z"
)
_LONGEST_LABEL = 1000  # characters
_MOST_UNSURE = 200  # characters
_ONLY_MARKS = re.compile(r"[\s\d.)\[\]xX#>*+=|:_~-]*")


def words_of(inlines: Iterable[Inline], line_break: str = " ") -> str:
    """What a person reads of them on one line."""
    return "".join(_words(inlines, line_break))


def _words(inlines: Iterable[Inline], line_break: str) -> Iterator[str]:
    for inline in inlines:
        match inline:
            case Text(text) | Code(text) | Formula(text):
                yield text
            case Break():
                yield line_break
            case Span() | Link():
                yield from _words(inline.children, line_break)


class Kind(IntEnum):
    WORDS = auto()
    OPENING = auto()
    CLOSING = auto()
    CODE = auto()
    LABEL = auto()  # what begins a link
    TARGET = auto()
    BARE = auto()  # an address alone
    BREAK = auto()


MARKING = {Kind.OPENING, Kind.CLOSING}


@dataclass(frozen=True, slots=True)
class Token:
    kind: Kind
    text: str
    is_bracketed: bool = False  # words in a label whose brackets do not match

    def count_words(self) -> int:
        """How many characters of it people read."""
        match self.kind:
            case Kind.WORDS | Kind.BARE:
                return len(self.text)
            case Kind.CODE:
                return len(self.text.strip("`"))
        return int(self.kind is Kind.BREAK)


def tokenize(inlines: Sequence[Inline], line_break: str) -> list[Token]:
    if len(inlines) == 1 and isinstance(only := inlines[0], Text):
        return [Token(Kind.WORDS, only.text)]
    tokenizer = _Tokenizer(line_break)
    tokenizer.read(inlines)
    return tokenizer.tokens


class _Tokenizer:
    def __init__(self, line_break: str) -> None:
        self.tokens: list[Token] = []
        self._line_break = line_break
        self._open: list[str] = []
        self._in_label = False

    def read(self, inlines: Sequence[Inline]) -> None:
        for index, inline in enumerate(inlines):
            match inline:
                case Text(text):
                    self._put(Kind.WORDS, text)
                case Code(text) | Formula(text):
                    self._put(Kind.CODE, _write_code(text))
                case Break(is_hard):
                    self._break(is_hard=is_hard)
                case Span(style, children):
                    self._read_span(style, children)
                case Link():
                    self._read_link(inline, inlines[index + 1 : index + 3])

    def _put(self, kind: Kind, text: str) -> None:
        last = self.tokens[-1] if self.tokens else None
        if last and kind is last.kind is Kind.WORDS:
            self.tokens[-1] = Token(kind, last.text + text)
        elif text:
            self.tokens.append(Token(kind, text))

    def _break(self, *, is_hard: bool) -> None:
        """No mark is open over the end of a line."""
        if self._in_label or self._line_break != "\n":
            self._put(Kind.WORDS, " " if self._in_label else self._line_break)
        elif not self._begins_line():
            for mark in reversed(self._open):
                self._close(mark)
            self._put(Kind.BREAK, "  \n" if is_hard else "\n")
            for mark in self._open:
                self._put(Kind.OPENING, mark)

    def _begins_line(self) -> bool:
        shown = (token.kind for token in reversed(self.tokens) if token.kind is not Kind.OPENING)
        return next(shown, Kind.BREAK) is Kind.BREAK

    def _close(self, mark: str) -> None:
        if self.tokens[-1].kind is Kind.OPENING:
            self.tokens.pop()
        else:
            self._put(Kind.CLOSING, mark)

    def _read_span(self, style: Style, children: Sequence[Inline]) -> None:
        mark = _MARKS[style]
        child = children[0] if len(children) == 1 else None
        if isinstance(child, Span) and {style, child.style} == {Style.STRONG, Style.EMPHASIS}:
            mark, children = "***", child.children
        self._open.append(mark)
        self._put(Kind.OPENING, mark)
        self.read(children)
        self._open.pop()
        self._close(mark)

    def _read_link(self, link: Link, behind: Sequence[Inline]) -> None:
        target, words = write_address(link.address), words_of(link.children)
        if self._in_label or not is_allowed(target):
            return self.read(link.children)
        if len(words) > _LONGEST_LABEL:  # it could not be cut
            self.read(link.children)
            self._put(Kind.WORDS, " ")
            words, link = "", Link(link.address, ())
        if self._is_bare(link.address, target, words, behind):
            return self._put(Kind.BARE, target)
        host = find_host_to_name(words, target)
        self._put(Kind.LABEL, "[")
        first, self._in_label = len(self.tokens), True
        self.read(link.children if words.strip() else (Text(target),))
        self._put(Kind.WORDS, f" ({host})" if host else "")
        self._in_label, label = False, self.tokens[first:]
        if not _is_balanced("".join(one.text for one in label if one.kind is Kind.WORDS)):
            self.tokens[first:] = [replace(one, is_bracketed=True) for one in label]
        return self._put(Kind.TARGET, f"]({target})")

    def _is_bare(self, address: str, target: str, words: str, behind: Sequence[Inline]) -> bool:
        """Whether Slack ends the address where it ends, and nothing in it is read as a mark."""
        if self._open or words != address or target != address or not _BARE.fullmatch(address):
            return False
        if _LOOSE_UNDERSCORE.search(address):
            return False
        before = self.tokens[-1] if self.tokens else None
        if before and before.kind is not Kind.BREAK and before.text[-1] not in " \n(":
            return False
        signs = [
            one.text if isinstance(one, Text) else "\n`"[not isinstance(one, Break)]
            for one in behind
        ]
        return bool(_BEHIND_BARE.match("".join(signs) + "\n" * (len(signs) < 2)))


def _write_code(text: str) -> str:
    code = write_code(text).replace("\n", " ")
    if not code.strip():
        return ""
    ticks = "`"
    if runs := _TICKS.findall(code):
        ticks = "`" * (max(map(len, runs)) + 1)
    needs_room = code[0] == "`" or code[-1] == "`" or code[0] == code[-1] == " "
    return f"{ticks} {code} {ticks}" if needs_room else f"{ticks}{code}{ticks}"


def _is_balanced(words: str) -> bool:
    depth = 0
    for sign in words:
        depth += (sign == "[") - (sign == "]")
        if depth < 0:
            return False
    return not depth


def hold_back(tokens: list[Token]) -> None:
    """Shorten them to what reads the same whatever follows."""
    while tokens:
        last = tokens[-1]
        match last.kind:
            case Kind.WORDS:
                tokens.pop()
                if tokens and tokens[-1].kind is Kind.BARE and _MAY_GO_ON.fullmatch(last.text):
                    continue
                if kept := _without_unsure(last.text, begins_line=_begins_line(tokens)):
                    tokens.append(Token(last.kind, kept, last.is_bracketed))
                    return
            case Kind.CLOSING:
                before = tokens[-2]
                if before.kind is Kind.CLOSING or not _is_disarming(before.text[-1]):
                    return
                _drop_span(tokens)
            case Kind.CODE | Kind.TARGET:
                return
            case _:
                tokens.pop()


def _without_unsure(words: str, *, begins_line: bool) -> str:
    if found := _UNSURE.search(words, max(len(words) - _MOST_UNSURE, 0)):
        words = words[: found.start()]
    return "" if begins_line and _ONLY_MARKS.fullmatch(words) else words


def _begins_line(tokens: Sequence[Token]) -> bool:
    return not tokens or tokens[-1].kind is Kind.BREAK


def _drop_span(tokens: list[Token]) -> None:
    depth = 0
    while tokens:
        kind = tokens.pop().kind
        depth += (kind is Kind.CLOSING) - (kind is Kind.OPENING)
        if not depth:
            return


def _is_disarming(inside: str) -> bool:
    return inside.isspace() or is_punctuation(inside)
