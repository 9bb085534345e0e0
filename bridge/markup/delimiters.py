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
_SEARCHED = 8  # of them, the last ones, that a closing mark is compared with
NEVER = 1 << 60  # an index behind everything


@dataclass(slots=True)
class Run:
    """`count` marks of one kind that are not used yet."""

    mark: str
    count: int
    opens: bool
    closes: bool


Item = Inline | Run


def make_run(text: str, start: int, end: int) -> Run:
    mark, count = text[start], end - start
    before = text[start - 1] if start else " "
    after = text[end] if end < len(text) else " "
    if before.isdigit() and after.isdigit() and before.isascii() and after.isascii():
        return Run(mark, count, opens=False, closes=False)  # `2*3*4` is a product
    if mark == "~":
        is_pair = count == 2
        return Run(mark, count, is_pair and not after.isspace(), is_pair and not before.isspace())
    left = not after.isspace() and (
        not _is_punctuation(after) or is_cjk(after) or _is_border(before)
    )
    right = not before.isspace() and (
        not _is_punctuation(before) or is_cjk(before) or _is_border(after)
    )
    if mark == "*" and count > 1:
        return Run(mark, count, not after.isspace(), not before.isspace())
    if mark == "*" or (count > 1 and not (before + after).isascii()):
        return Run(mark, count, left, right)
    opens = left and (not right or _is_punctuation(before))
    return Run(mark, count, opens, right and (not left or _is_punctuation(after)))


def _is_border(outside: str) -> bool:
    """Whether a mark may stand between punctuation and this character."""
    return outside.isspace() or _is_punctuation(outside) or is_cjk(outside)


@lru_cache(maxsize=4096)
def _is_punctuation(character: str) -> bool:
    return unicodedata.category(character)[0] in "PS"


def is_cjk(character: str) -> bool:
    return (
        "\u2e80" <= character <= "\ud7ff"
        or "\uf900" <= character <= "\ufaff"
        or "\ufe30" <= character <= "\ufe4f"
        or "\uff00" <= character <= "\uffef"
        or "\U00020000" <= character <= "\U0003ffff"
    )


def pair(
    items: Sequence[Item], *, is_open: bool = False, held: int = NEVER
) -> tuple[list[Inline], int]:
    """The items with their emphasis, and how many of these stand for good.

    `held` is the first item that does not. `is_open`: the text may go on behind the last item;
    marks that are open there are closed, and a last one that may yet grow is left out.
    """
    return _Pairing(is_open=is_open).read(items, held)


class _Pairing:
    def __init__(self, *, is_open: bool) -> None:
        self._is_open = is_open
        self._stack: list[Item] = []
        self._openers: list[tuple[int, Run]] = []  # with their places in the stack
        self._settled = NEVER

    def read(self, items: Sequence[Item], held: int) -> tuple[list[Inline], int]:
        for number, item in enumerate(items):
            if number == held:
                self._settled = min(self._settled, len(self._stack))
            if isinstance(item, Run):
                is_last = self._is_open and number == len(items) - 1
                self._take(item, is_last=is_last)
            else:
                self._stack.append(item)
        if self._is_open:
            self._close_all()
        return _words(self._stack), min(self._settled, len(self._stack))

    def _take(self, run: Run, *, is_last: bool) -> None:
        while run.closes and run.count and (found := self._find_opener(run)) is not None:
            place, opener = self._openers[found]
            if is_last and self._is_half(run):
                break
            del self._openers[found + 1 :]
            used = min(2, opener.count, run.count)
            run.count -= used
            self._wrap(place, opener, used)
        if is_last:
            self._settled = min(self._settled, len(self._stack))
        elif run.count:
            self._stack.append(run)
            if run.opens:
                self._openers = [*self._openers[1 - _MOST_OPEN :], (len(self._stack) - 1, run)]

    def _is_half(self, run: Run) -> bool:
        """`**bold*` is a closing mark that is half there."""
        same = (opener for _, opener in reversed(self._openers) if opener.mark == run.mark)
        return run.count < min(next(same, run).count, 2)

    def _find_opener(self, run: Run) -> int | None:
        for index in range(len(self._openers) - 1, max(-1, len(self._openers) - 1 - _SEARCHED), -1):
            opener = self._openers[index][1]
            if opener.mark == run.mark and _match(opener, run):
                return index
        return None

    def _wrap(self, place: int, opener: Run, used: int) -> None:
        """Make one span of all that stands behind an opener, with `used` of its marks."""
        children = tuple(_words(self._stack[place + 1 :]))
        del self._stack[place + 1 :]
        opener.count -= used
        if not opener.count:
            self._stack.pop()
            self._openers.pop()
        if place < self._settled < NEVER:
            self._settled = place
        if children:
            style = Style.STRIKE if opener.mark == "~" else _STYLES[used]
            self._stack.append(Span(style, children))

    def _close_all(self) -> None:
        while self._openers:
            place, opener = self._openers[-1]
            self._settled = min(self._settled, place)
            self._wrap(place, opener, min(opener.count, 2))


_STYLES = {1: Style.EMPHASIS, 2: Style.STRONG}


def _match(opener: Run, closer: Run) -> bool:
    """CommonMark's rule 9: of marks that could do both, sums of three do not match."""
    if not (opener.closes or closer.opens) or opener.mark == "~":
        return True
    total = opener.count + closer.count
    return total % 3 != 0 or (opener.count % 3 == 0 and closer.count % 3 == 0)


def _words(items: Sequence[Item]) -> list[Inline]:
    return [Text(one.mark * one.count) if isinstance(one, Run) else one for one in items]
