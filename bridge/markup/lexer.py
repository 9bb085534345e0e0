"""Reads the marks of a line one after the other, each in one step."""

import re
from bisect import bisect_right
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

from bridge.markup.delimiters import NEVER, Item, make_run, pair
from bridge.markup.entities import ENTITY, decode_entity
from bridge.markup.formulas import find_formula, find_open_formula
from bridge.markup.tags import words_of
from bridge.markup.tidy import tidy
from bridge.markup.tree import Break, Code, Formula, Inline, Text

NODE = "\uf8ff"  # stands in a text for a finished node

_MARKDOWN = re.compile(r"[\\`*_~\[\]!<&$\n\uf8ff]|https?://|www\.", re.IGNORECASE)
_MARKDOWN_QUICK = re.compile(r"[\\`*_~\[\]!<&$\n\uf8ff]")
_HTML = re.compile(r"[\\`*~\[\]!&$\n\uf8ff]|https?://|www\.", re.IGNORECASE)
_HTML_QUICK = re.compile(r"[\\`*~\[\]!&$\n\uf8ff]")

_TICKS = re.compile(r"`+")
_BLANKS = re.compile(r"[ \t]*+")
_DUNDER = re.compile(r"__[a-z][a-z0-9_]{0,60}?__(?![A-Za-z0-9_])")

# At the end of a growing text: a tag, a Slack token, an entity or a lone mark that the next
# characters will explain.
_DANGLING = re.compile(
    r"<[^\s<>]{0,255}\Z"
    r"|<[a-zA-Z][\w:]*+\s(?:\s*+[\w:-]*+|[^<>=]{0,500}=[^<>]{0,1000})\Z"
    r"|&(?:amp;)*+(?:[A-Za-z]{1,8}|\#[xX]?+[0-9a-fA-F]{0,6})?\Z"
    r"|(?<!\\)(?:\\\\)*+\\\Z"
    r"|(?<!~)~\Z|(?<!\S)!\Z"
)
# What the next character may join, extend, or give another meaning.
_UNSETTLED = re.compile(
    r"(?:[\s*_~`#\]!|$]"
    r"|[\u200d\ufe0f\ud800-\udfff\u2190-\u2bff\U0001f000-\U0001faff]"  # half an emoji
    r"|\[\d{1,4}\]"
    r"|(?<![A-Za-z0-9])(?:h(?:t(?:t(?:ps?(?::/{0,2}+)?)?)?)?|ww?w?\.?)(?![^\s]))++\Z",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Line:
    """What is shown of a text that may go on, and its beginning that reads so whatever follows."""

    shown: tuple[Inline, ...]
    settled: tuple[Inline, ...]


class Lexer:
    """What has no partner elsewhere in the text: words, code, formulas, entities, marks."""

    def __init__(
        self,
        source: str,
        nodes: Sequence[Inline],
        *,
        is_html: bool,
        is_open: bool,
    ) -> None:
        self._is_html = is_html
        self._is_open = is_open
        self._nodes = deque(nodes)
        self._items: list[Item] = []
        self._held = NEVER  # the first item that may yet read otherwise
        self._ticks: dict[int, list[int]] | None = None
        half = _DANGLING.search(source, max(0, len(source) - 1024)) if is_open else None
        self._source = source[: half.start()] if half else source
        self._steady = len(self._source)  # up to here the last words stand for good
        if is_open and (found := _UNSETTLED.search(self._source, max(0, self._steady - 64))):
            self._steady = found.start()

    def read(self) -> Line:
        source = self._source
        has_address = "://" in source or "www." in source or "WWW." in source
        special = (
            (_HTML if has_address else _HTML_QUICK)
            if self._is_html
            else (_MARKDOWN if has_address else _MARKDOWN_QUICK)
        )
        position = 0
        while found := special.search(source, position):
            start = found.start()
            if start > position:
                self._add_words(position, start)
            before = len(self._items)
            position = self.takers[found[0][0]](self, start)
            if position > self._steady:
                self._hold(before if len(self._items) >= before else len(self._items) - 1)
        if position < len(source):
            self._add_words(position, len(source))
        return self._finish()

    def _finish(self) -> Line:
        if self._is_open:
            self._close_open()
        items, settled = pair(self._items, is_open=self._is_open, held=self._held)
        return Line(tidy(items), tidy(items[:settled]) if self._is_open else ())

    def _close_open(self) -> None:
        """End what is open where the text may go on."""

    def _hold(self, place: int) -> None:
        self._held = min(self._held, place)

    def _add(self, item: Item) -> None:
        self._items.append(item)

    def _add_words(self, start: int, end: int) -> None:
        source = self._source
        if start < self._steady < end:
            self._items.append(Text(source[start : self._steady]))
            start = self._steady
        if end > self._steady:
            self._hold(len(self._items))
        self._items.append(Text(source[start:end]))

    def _take_word(self, start: int) -> int:
        """A mark that means nothing here."""
        self._add_words(start, start + 1)
        return start + 1

    def _take_node(self, start: int) -> int:
        self._add(self._nodes.popleft())
        return start + 1

    def _take_newline(self, start: int) -> int:
        source = self._source
        is_hard = source.endswith("  ", max(0, start - 2), start)
        self._strip_blanks()
        self._add(Break(is_hard=is_hard))
        return self._skip_blanks(start + 1)

    def _strip_blanks(self) -> None:
        """No space stands before a line break."""
        if self._items and isinstance(last := self._items[-1], Text):
            self._items[-1] = Text(last.text.rstrip(" \t"))

    def _skip_blanks(self, start: int) -> int:
        blanks = _BLANKS.match(self._source, start)
        return blanks.end() if blanks else start

    def _take_backslash(self, start: int) -> int:
        source = self._source
        following = source[start + 1 : start + 2]
        if following in {"(", "["} and (end := self._take_formula(start)) > start:
            return end
        if self._is_html:
            return self._take_word(start)
        if following == "\n":
            self._take_newline(start + 1)
            self._items[-1] = Break(is_hard=True)
            return self._skip_blanks(start + 2)
        if following and following.isascii() and not (following.isalnum() or following.isspace()):
            self._add_words(start + 1, start + 2)
            return start + 2
        return self._take_word(start)

    # Code and formulas: nothing within is a mark.

    def _take_ticks(self, start: int) -> int:
        after = self._find_end(start)
        length = after - start
        if (end := self._find_ticks(length, after)) >= 0:
            code = self._source[after:end].replace("\n", " ")
            if code.strip() and code[0] == code[-1] == " ":
                code = code[1:-1]
            self._add(Code(self._fill(code)))
            return end + length
        if not self._is_open:
            self._add_words(start, after)
            return after
        self._hold(len(self._items))
        if kept := self._source[after:].replace("\n", " ").strip().rstrip("`").rstrip():
            self._add(Code(self._fill(kept)))
        return len(self._source)

    def _find_ticks(self, length: int, after: int) -> int:
        if self._ticks is None:
            self._ticks = {}
            for run in _TICKS.finditer(self._source):
                self._ticks.setdefault(len(run[0]), []).append(run.start())
        places = self._ticks.get(length, [])
        index = bisect_right(places, after - 1)
        return places[index] if index < len(places) else -1

    def _fill(self, code: str) -> str:
        """Finished nodes within code are their words."""
        while NODE in code:
            code = code.replace(NODE, words_of([self._nodes.popleft()]), 1)
        return code

    def _take_formula(self, start: int) -> int:
        """The end of the formula that begins here; `start` itself where none does."""
        if found := find_formula(self._source, start):
            self._add(Formula(" ".join(self._fill(found[0]).split())))
            return found[1]
        tex = find_open_formula(self._source, start) if self._is_open else None
        if tex is None:
            return start
        self._hold(len(self._items))
        if not tex:
            return start
        self._add(Formula(" ".join(self._fill(tex).split())))
        return len(self._source)

    def _take_dollar(self, start: int) -> int:
        is_in_word = start > 0 and is_ascii_word(self._source[start - 1])
        end = start if is_in_word else self._take_formula(start)
        return end if end > start else self._take_word(start)

    def _find_end(self, start: int) -> int:
        """Of a run of the same mark."""
        mark, end = self._source[start], start + 1
        while self._source.startswith(mark, end):
            end += 1
        return end

    # Emphasis

    def _take_run(self, start: int) -> int:
        source = self._source
        mark, end = source[start], self._find_end(start)
        if mark == "_" and end - start == 2 and (name := _DUNDER.match(source, start)):
            self._add_words(start, name.end())
            return name.end()
        if (self._is_html and end - start < 2) or (mark == "~" and end - start != 2):
            self._add_words(start, end)
            return end
        self._add(make_run(source, start, end))
        return end

    def _take_entity(self, start: int) -> int:
        found = ENTITY.match(self._source, start)
        if not found:
            return self._take_word(start)
        self._add(Text(decode_entity(found)))
        return found.end()

    takers: ClassVar[dict[str, Callable[[Any, int], int]]] = {
        NODE: _take_node,
        "\n": _take_newline,
        "\\": _take_backslash,
        "`": _take_ticks,
        "$": _take_dollar,
        **dict.fromkeys("*_~", _take_run),
        "&": _take_entity,
    }


def is_ascii_word(character: str) -> bool:
    return character.isascii() and (character.isalnum() or character in "_)]")
