"""Writes what stands within a block as Slack's Markdown.

Each mark stands alone: U+200B parts it from another mark, and from what would disarm it.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

from bridge.markup.tree import Inline
from bridge.slack.rendering.escaping import GUARD, Prose, flank
from bridge.slack.rendering.tokens import MARKING, Kind, Token, hold_back, tokenize


@dataclass(frozen=True, slots=True)
class Stretch:
    """Where written text may be cut: `tail` closes there what is open, `head` opens it again.
    `said` are the characters that people read before it.
    """

    start: int
    end: int
    said: int
    tail: str = ""
    head: str = ""


class Written(NamedTuple):
    text: str
    stretches: Sequence[Stretch] = ()


def write_inlines(
    inlines: Sequence[Inline],
    *,
    line_break: str = "\n",
    begins_line: bool = True,
    is_open: bool = False,
) -> Written:
    """`line_break` is what becomes of a break. `is_open`: the text will go on; left out is what its
    next character may change.
    """
    tokens = tokenize(inlines, line_break)
    if is_open:
        hold_back(tokens)
    return _Joining(tokens, begins_line=begins_line).join()


class _Joining:
    def __init__(self, tokens: Sequence[Token], *, begins_line: bool) -> None:
        self._stretches: list[Stretch] = []
        self._tokens = tokens
        self._begins_line = begins_line
        # A star that stands before it would be taken for its end.
        are_single = any(t.text in {"*", "***"} and t.kind in MARKING for t in tokens)
        self._used = {"*"} if are_single else set()
        self._prose = Prose()
        self._parts: list[str] = []
        self._length = self._said = 0
        self._last = " "  # character; a space where a line begins
        self._open: list[str] = []
        self._in_label = False

    def join(self) -> Written:
        before: Token | None = None
        for index, token in enumerate(self._tokens):
            self._put_token(token, before, index)
            self._said += token.count_words()
            before = token
        return Written("".join(self._parts).rstrip(" \t"), self._stretches)

    def _put(self, text: str) -> None:
        if text:
            self._parts.append(text)
            self._length += len(text)
            self._last = text[-1]

    def _put_token(self, token: Token, before: Token | None, index: int) -> None:
        kind = token.kind
        is_beside = before is not None and kind in MARKING and before.kind in MARKING
        if is_beside or (kind, self._last) in {(Kind.LABEL, "!"), (Kind.CODE, "`")}:
            self._put(GUARD)
        match kind:
            case Kind.WORDS:
                self._put_words(token, before, self._find_next(index))
            case Kind.OPENING:
                self._put_opening(token.text, self._find_next(index))
            case Kind.CLOSING:
                self._put_closing(self._find_next(index))
            case Kind.CODE:
                self._put_code(token.text)
            case Kind.BREAK:
                self._put_break(token.text)
            case _:
                self._in_label = kind is Kind.LABEL
                self._put(token.text)

    def _find_next(self, index: int) -> str:
        """The character behind the token; a space where the line ends."""
        if index + 1 == len(self._tokens):
            return " "
        token, here = self._tokens[index + 1], self._tokens[index]
        if token.kind in MARKING and here.kind in MARKING:
            return GUARD
        return " " if token.kind is Kind.BREAK else token.text[0]

    def _put_words(self, token: Token, before: Token | None, after: str) -> None:
        begins_line = before.kind is Kind.BREAK if before else self._begins_line
        text = token.text if before else token.text.lstrip(" \t\n")
        self._prose.used = self._used.union(mark[0] for mark in self._open)
        written = self._prose.write(
            text, self._last, after, begins_line=begins_line, in_label=token.is_bracketed
        )
        start = self._length
        self._put(written)
        self._stretch(start)

    def _put_code(self, code: str) -> None:
        ticks = code[: len(code) - len(code.lstrip("`"))]
        self._put(code)
        self._stretch(self._length - len(code) + len(ticks), ticks)

    def _put_break(self, line_break: str) -> None:
        if self._parts:
            kept = self._parts[-1].rstrip(" \t")
            self._length -= len(self._parts[-1]) - len(kept)
            self._parts[-1] = kept
        self._put(line_break)
        self._last = " "
        self._stretch(self._length)

    def _stretch(self, start: int, ticks: str = "") -> None:
        """No label is cut: each part of it would have to be honest."""
        if not self._in_label:
            closing, opening = "".join(reversed(self._open)), "".join(self._open)
            end = self._length - len(ticks)
            stretch = Stretch(start, end, self._said, ticks + closing, opening + ticks)
            self._stretches.append(stretch)

    def _put_opening(self, mark: str, after: str) -> None:
        self._open.append(mark)
        outside = self._last
        self._put(mark)
        if not flank(outside, after)[0]:
            self._put(GUARD)

    def _put_closing(self, after: str) -> None:
        if not flank(self._last, after)[1]:
            self._put(GUARD)
        self._put(self._open.pop())
