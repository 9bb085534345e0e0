"""Decides how much of a growing text may be said for good, for what was streamed stays."""

import re
from collections import deque

from bridge.core.markdown import Fence, close_open, follow_fences

# A text may be cut before one of these, and with luck nothing is open there.
_MARK = re.compile(r"[\n*_~`\[<&!\\]")
_MOST_CUTS = 64
_MOST_UNSETTLED = 400  # characters
# What the next character may join, extend, or give another meaning.
_UNSETTLED = re.compile(
    r"(?:[\s*_~`#\]!]"
    r"|[\u200d\ufe0f\ud800-\udfff\u2190-\u2bff\U0001f000-\U0001faff]"  # half an emoji
    r"|\[\d{1,4}\]"  # a citation moves on as its paragraph grows
    r"|(?:<|&(?:amp;)*(?:lt|#0*60|#x0*3c);?)\\?[a-z0-9+.-]{0,64}"  # half a token or scheme
    r"|(?<![A-Za-z0-9])h(?:t(?:t(?:p(?:s?(?::(?:/(?:/[\w./?=&%#:+~-]*)?)?)?)?)?)?)?"  # an address
    r")+\Z",
    re.IGNORECASE,
)


class Steady:
    """Looks twice at a text that grows: what stood there both times is taken for steady."""

    def __init__(self) -> None:
        self._before: str | None = None

    def look(self, markdown: str) -> str | None:
        """What may be said of it; None at the first of two looks."""
        if self._before is None:
            self._before = markdown
            return None
        before, self._before = self._before, None
        return settled(markdown[: _shared(before, markdown)])


def _shared(before: str, now: str) -> int:
    """How many characters both begin with."""
    if now.startswith(before):
        return len(before)
    both = enumerate(zip(before, now, strict=False))
    return next((at for at, (one, other) in both if one != other), min(len(before), len(now)))


def settled(text: str) -> str:
    """The beginning of it that reads the same whatever follows.

    Held back at the end: what is open (emphasis, code, a link, a table head), what is only half
    there (a row, an entity, a tag, a line of code), and what may yet turn into something else.
    """
    nothing: tuple[int, int, Fence | None] = (0, 0, None)
    start, end, fence = next(iter(deque(follow_fences(text), maxlen=1)), nothing)
    if fence is None:
        return (text[:end] + _settle_prose(text[end:])).rstrip()
    lines = text.rfind("\n", end)
    return text[: lines if lines > end else start].rstrip()


def _settle_prose(prose: str) -> str:
    start = prose.rfind("\n\n") + 1
    kept, block = prose[:start], _without_half_row(prose[start:])
    marks = [mark.start() for mark in _MARK.finditer(block)][-_MOST_CUTS:]
    for cut in (len(block), *reversed(marks)):
        said = _without_unsettled(block[:cut])
        if close_open(said) == said:
            return kept + said
    return kept


def _without_half_row(block: str) -> str:
    above, newline, line = block.rpartition("\n")
    return above + newline if line.lstrip().startswith("|") else block


def _without_unsettled(text: str) -> str:
    found = _UNSETTLED.search(text, max(len(text) - _MOST_UNSETTLED, 0))
    return text[: found.start()] if found else text
