"""Emphasis: which runs of `*`, `_` and `~` open and close it, and what stands between them.

CommonMark's rules, in the CJK-friendly reading: Chinese characters and their punctuation are no
border of words, and strong marks may stand beside any punctuation.
"""

import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

from bridge.markup.tree import Inline, Span, Style, Text

_MOST_OPEN = 32  # marks that wait for their end; so deep may spans be nested
_LONGEST_RUN = 8  # longer ones are words: each two marks would be a span within a span
_SEARCHED = 8  # of them, the last ones, that a closing mark is compared with


@dataclass(slots=True)
class Run:
    """`count` marks of one kind that are not used yet; `start` is where in the text they stand."""

    mark: str
    count: int
    start: int
    opens: bool = False
    closes: bool = False


Item = Inline | Run


def make_run(text: str, start: int, end: int) -> Run:
    mark, count = text[start], end - start
    before = text[start - 1] if start else " "
    after = text[end] if end < len(text) else " "
    run = Run(mark, count, start, not after.isspace(), not before.isspace())
    if count > _LONGEST_RUN:
        return Run(mark, count, start)
    if before.isdigit() and after.isdigit() and before.isascii() and after.isascii():
        return Run(mark, count, start)  # `2*3*4` is a product
    if mark == "~" or (mark == "*" and count > 1):
        return run
    run.opens &= not is_punctuation(after) or is_cjk(after) or _is_border(before)
    run.closes &= not is_punctuation(before) or is_cjk(before) or _is_border(after)
    if mark == "_" and (count == 1 or (before + after).isascii()):
        left, right = run.opens, run.closes
        run.opens = left and (not right or is_punctuation(before))
        run.closes = right and (not left or is_punctuation(after))
    return run


def _is_border(outside: str) -> bool:
    """Whether a mark may stand between punctuation and this character."""
    return outside.isspace() or is_punctuation(outside) or is_cjk(outside)


@lru_cache(maxsize=4096)
def is_punctuation(character: str) -> bool:
    return unicodedata.category(character)[0] in "PS"


@lru_cache(maxsize=4096)
def is_cjk(character: str) -> bool:
    return unicodedata.east_asian_width(character) in "FHW"


def pair(items: Sequence[Item], end: int | None = None, safe: int = 0) -> tuple[list[Inline], int]:
    """The items with their emphasis.

    `end` is where a text ends that may go on there: marks that are open are closed, and a last one
    that may yet grow is left out. `safe`: how far the text is settled without emphasis. Returns the
    inlines, and how far it is settled with it.
    """
    pairing = _Pairing(-1 if end is None else end, safe)
    for item in items:
        pairing.take(item)
    if end is not None:
        pairing.close_all()
    return _as_inlines(pairing.stack), pairing.safe


class _Pairing:
    def __init__(self, end: int, safe: int) -> None:
        self.stack: list[Item] = []
        self.safe = safe
        self._end = end
        self._openers: list[tuple[int, Run]] = []  # with their places in the stack

    def take(self, item: Item) -> None:
        if not isinstance(item, Run):
            self.stack.append(item)
            return
        end = item.start + item.count
        while item.closes and item.count and (found := self._find_opener(item)) is not None:
            opener = self._openers[found][1]
            if end > self.safe:
                self.safe = min(self.safe, opener.start)
            if end == self._end and self._is_half(item):
                break
            used = min(2, opener.count, item.count)
            item.count -= used
            del self._openers[found + 1 :]
            self._wrap(used)
        if item.count and end != self._end:
            self.stack.append(item)
            if item.opens:
                self._openers = [*self._openers[1 - _MOST_OPEN :], (len(self.stack) - 1, item)]

    def _is_half(self, run: Run) -> bool:
        """`**bold*` is a closing mark that is half there."""
        same = (opener.count for _, opener in reversed(self._openers) if opener.mark == run.mark)
        return run.count < min(next(same), 2)

    def _find_opener(self, run: Run) -> int | None:
        for index in range(len(self._openers) - 1, max(-1, len(self._openers) - 1 - _SEARCHED), -1):
            if _match(self._openers[index][1], run):
                return index
        return None

    def _wrap(self, used: int) -> None:
        """Make one span of all that stands behind the last opener, with `used` of its marks."""
        place, opener = self._openers[-1]
        children = tuple(_as_inlines(self.stack[place + 1 :]))
        del self.stack[place + 1 :]
        opener.count -= used
        if not opener.count:
            self.stack.pop()
            self._openers.pop()
        if children:
            strong = Style.STRONG if used == 2 else Style.EMPHASIS
            self.stack.append(Span(Style.STRIKE if opener.mark == "~" else strong, children))

    def close_all(self) -> None:
        while self._openers:
            opener = self._openers[-1][1]
            self.safe = min(self.safe, opener.start)
            self._wrap(min(opener.count, 2))


def _match(opener: Run, closer: Run) -> bool:
    """CommonMark's rule 9: of marks that could do both, sums of three do not match."""
    if opener.mark != closer.mark:
        return False
    if not (opener.closes or closer.opens) or opener.mark == "~":
        return True
    total = opener.count + closer.count
    return total % 3 != 0 or (opener.count % 3 == 0 and closer.count % 3 == 0)


def _as_inlines(items: Sequence[Item]) -> list[Inline]:
    return [Text(one.mark * one.count) if isinstance(one, Run) else one for one in items]
