"""Reads the inside of a block in one pass: a lexer of our own (docs/adr/0019-text-is-a-tree.md)."""

import re
from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from markdown_it.common.utils import unescapeAll

from bridge.markup import constructs, elements
from bridge.markup.delimiters import Item, make_run, pair
from bridge.markup.tree import Break, Code, Formula, Inline, Link, Text, tidy

_MOST_OPEN = 32  # brackets and tags that wait for their end
_LONGEST_LABEL = 200  # characters that wait for a bracket while a text grows


@dataclass(frozen=True, slots=True)
class Line:
    """What is shown of a text that may go on; `settle` reads its beginning that reads so whatever
    follows.
    """

    shown: tuple[Inline, ...]
    settle: Callable[[], tuple[Inline, ...]]


def read_line(
    source: str,
    targets: Mapping[str, str] | None = None,
    *,
    is_html: bool = False,
    is_open: bool = False,
) -> Line:
    """`targets` of links by their folded labels. `is_html`: of Markdown only `**`, `~~`, code,
    links and formulas count. `is_open`: the text may go on where it ends.
    """
    lexer = _Lexer(source, targets or {}, is_html=is_html, is_open=is_open)
    shown = lexer.read()
    safe = source[: lexer.safe]
    return Line(
        shown,
        lambda: read_line(safe, targets, is_html=is_html).shown if is_open else shown,
    )


@dataclass(slots=True)
class _Opening:
    """A bracket or a tag, where in the text it stands, and where among the items."""

    name: str
    start: int
    end: int
    place: int
    attributes: str = ""


class _Lexer:
    def __init__(
        self, source: str, targets: Mapping[str, str], *, is_html: bool, is_open: bool
    ) -> None:
        self._source = source = constructs.drop_dangling(source, is_open=is_open, is_html=is_html)
        self._targets, self._is_html, self._is_open = targets, is_html, is_open
        self._items: list[Item] = []
        self._openings: deque[_Opening] = deque(maxlen=_MOST_OPEN)
        self._unclosed: set[str] = set()  # what closes nothing any more in the rest of the text
        unsettled = constructs.UNSETTLED.search(source, max(0, len(source) - 64))
        self.safe = unsettled.start() if unsettled else len(source)  # up to here all is settled

    def read(self) -> tuple[Inline, ...]:
        source, position = self._source, 0
        while found := constructs.CONSTRUCT.search(source, position):
            start = found.start()
            self._add_words(source[position:start])
            position = getattr(self, f"_take_{found.lastgroup}")(found)
            if position <= start:  # it means nothing here
                position = start + 1
                self._add_words(source[start])
            elif position > self.safe:
                self._hold(start)
        self._add_words(source[position:])
        self._close_open()
        if not self._is_open:
            return tidy(pair(self._items)[0])
        inlines, self.safe = pair(self._items, len(source), self.safe)
        return tidy(inlines)

    def _close_open(self) -> None:
        """Elements end; of a growing text, links whose target is still to come show their label."""
        end = len(self._source)
        while self._openings and (self._is_open or self._is_html):
            opening = self._openings.pop()
            if opening.name not in {"[", "!["}:
                self._end_element(opening, end, end)
            elif not self._is_open or end - opening.start > _LONGEST_LABEL:
                continue
            else:
                self._items[opening.place] = Text("")
            self._hold(opening.start)

    def _hold(self, start: int) -> None:
        """From there on it may yet read otherwise."""
        self.safe = min(self.safe, start)

    def _add_words(self, words: str) -> None:
        if words:
            self._items.append(Text(words))

    def _take_line_break(self, found: re.Match[str]) -> int:
        is_hard = "  \n" in found[0] or not found[0].isspace()
        self._items.append(Break(is_hard=is_hard))
        return found.end()

    def _take_escape(self, found: re.Match[str]) -> int:
        if self._is_html or found[0][0] == "$":
            return 0
        self._add_words(self._source[found.start() + 1])
        return found.start() + 2

    # Code and formulas: nothing within is a mark.

    def _take_ticks(self, found: re.Match[str]) -> int:
        ticks, after = found[0], found.end()
        rest = () if ticks in self._unclosed else constructs.TICKS.finditer(self._source, after)
        if closing := next((run for run in rest if run[0] == ticks), None):
            code, end = self._source[after : closing.start()].replace("\n", " "), closing.end()
        elif self._is_open:
            self._hold(found.start())
            code, end = self._source[after:].replace("\n", " ").strip(), len(self._source)
            code = code.rstrip("`").rstrip()
        else:
            self._unclosed.add(ticks)
            code, end = "", after
            self._add_words(ticks)
        code = constructs.decode_entities(code) if self._is_html else code
        if code.strip() and code[0] == code[-1] == " ":
            code = code[1:-1]
        self._items += [Code(code)] if code else []
        return end

    def _take_formula(self, found: re.Match[str]) -> int:
        tex, is_half = constructs.read_formula(found)
        if is_half and self._is_open:
            self._hold(found.start())
        if tex is not None and (self._is_open or not is_half):
            self._items += [Formula(tex)] if tex else []
            return found.end()
        if not self._is_html or not found["square"] or is_half:
            return self._take_escape(found)
        self._add_words(f"[{found['square']}]")  # a number in brackets
        return found.end()

    def _take_run(self, found: re.Match[str]) -> int:
        marks, (start, end) = found[0], found.span()
        is_mark = len(marks) == 2 if marks[0] == "~" else len(marks) > 1 or not self._is_html
        if is_mark and not (self._is_html and marks[0] == "_"):
            self._items.append(make_run(self._source, start, end))
        else:
            self._add_words(marks)
        return end

    def _take_dunder(self, found: re.Match[str]) -> int:
        """`__init__` is a name."""
        self._add_words(found[0])
        return found.end()

    def _take_entity(self, found: re.Match[str]) -> int:
        self._items.append(Text(constructs.decode_entity(found)))
        return found.end()

    # Links

    def _take_autolink(self, found: re.Match[str]) -> int:
        words = constructs.decode_entities(found["autolink"])
        address = words if ":" in words else f"mailto:{words}"
        self._items.append(Link(address, (Text(words.removeprefix("mailto:")),)))
        return found.end()

    def _take_address(self, found: re.Match[str]) -> int:
        bare = found[0].rstrip(".,;:!?'\"*_~&-")
        end = found.start() + len(bare)
        if found.end() == len(self._source):
            self._hold(found.start())
        if len(bare) <= len("http://"):
            return 0
        words = constructs.decode_entities(bare)
        address = words if "://" in words[:8] else f"http://{words}"
        self._items.append(Link(address, (Text(words),)))
        return end

    def _take_opening(self, found: re.Match[str]) -> int:
        self._openings.append(_Opening(found[0], *found.span(), len(self._items)))
        self._add_words(found[0])
        return found.end()

    def _take_closing(self, found: re.Match[str]) -> int:
        bracket = next((one for one in reversed(self._openings) if one.name in {"[", "!["}), None)
        if not bracket:
            return 0
        target = constructs.TARGET.match(self._source, found.end())
        if not target and self._is_open and constructs.is_half_target(self._source, found.end()):
            return self._take_half_link(bracket, found.start())
        address, end = self._find_target(bracket, found.start(), target)
        if address is None:
            self._openings.remove(bracket)
            return 0
        if end > self.safe:
            self._hold(bracket.start)
        label = tuple(pair(self._items[bracket.place + 1 :])[0])
        del self._items[bracket.place :]
        self._items += [Link(address, label, bracket.name == "![")] if address else label
        while self._openings.pop() is not bracket:
            pass
        if bracket.name == "[":  # no link stands within another
            self._openings = deque((o for o in self._openings if o.name != "["), _MOST_OPEN)
        return end

    def _take_half_link(self, bracket: _Opening, start: int) -> int:
        """`[label](htt` where the text ends: the label alone."""
        self._hold(bracket.start)
        words = self._source[bracket.end : start].lstrip("^")
        is_plain = bracket.name == "[" and (words in {"", " ", "x", "X"} or words.isdecimal())
        if is_plain and start + 1 == len(self._source):
            self._openings.remove(bracket)
            return 0  # a number, or the box of a task
        return len(self._source)

    def _find_target(
        self, bracket: _Opening, start: int, target: re.Match[str] | None
    ) -> tuple[str | None, int]:
        """The address of a link whose label ends at `start`, and where the link ends."""
        source, label = self._source, self._source[bracket.end : start]
        if target:
            written = next((one for one in target.groups() if one is not None), "").strip()
            address = constructs.decode_entities(unescapeAll(written))
            is_none = address and bracket.name == "[" and not constructs.looks_like_address(address)
            return (None if is_none else address), target.end()  # `f[0](arg)`
        named = constructs.REFERENCE.match(source, start + 1)
        name = (named[1] if named else "") or label
        found = self._targets.get(constructs.fold(name)) if len(name) <= _LONGEST_LABEL else None
        if found is not None and label.isdecimal():  # the number of a citation keeps its brackets
            self._items[bracket.place + 1 :] = [Text(f"[{label}]")]
        return found, named.end() if named else start + 1

    # Tags

    def _take_comment(self, found: re.Match[str]) -> int:
        end = -1 if "-->" in self._unclosed else self._source.find("-->", found.end())
        if end < 0 and self._is_open:
            self._hold(found.start())
            return len(self._source)
        if end < 0:
            self._unclosed.add("-->")
        return end + len("-->") if end >= 0 else 0

    def _take_tag(self, found: re.Match[str]) -> int:
        name = found["name"].lower()
        if not elements.is_known(name):
            return 0
        if found["slash"]:
            return self._take_end_tag(name, found)
        opening = _Opening(name, *found.span(), len(self._items), found["attributes"])
        self._add_words(found[0])
        if name not in elements.VOID:
            self._openings.append(opening)
        elif opening.attributes.strip() or name in {"wbr", "hr", "input"}:
            self._end_element(opening, found.end(), found.end())
        return found.end()

    def _take_end_tag(self, name: str, found: re.Match[str]) -> int:
        opening = next((one for one in reversed(self._openings) if one.name == name), None)
        if opening is None:
            return found.end() if name in elements.BLOCK_NAMES else 0
        while self._openings.pop() is not opening:
            pass
        if found.end() > self.safe:
            self._hold(opening.start)
        if elements.is_transparent(name, opening.attributes):
            self._items[opening.place] = Text("")
        else:
            self._end_element(opening, *found.span())
        return found.end()

    def _end_element(self, opening: _Opening, start: int, end: int) -> None:
        """Its content ends at `start`."""
        items = self._items[opening.place + 1 :]
        if opening.name in elements.CODES:
            items = [Text(elements.read_code(self._source[opening.end : start]))]
        is_growing = self._is_open and start == len(self._source)
        inner, self.safe = pair(items, start if is_growing else None, self.safe)
        made = elements.make_element(opening.name, opening.attributes, inner)
        if opening.name in elements.BLOCK_NAMES:
            made = (Break(), *made, Break())
        del self._items[opening.place :]
        self._items += made
        last = self._items[-1] if self._items and self._is_html and not made else None
        if isinstance(last, Text) and self._source.startswith(" ", end):
            self._items[-1] = Text(last.text.rstrip(" "))  # no space stands there twice
