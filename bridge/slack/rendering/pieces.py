"""What a written text is made of, and where a message may end in it."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from enum import IntEnum

from bridge.slack.rendering.escaping import GUARD
from bridge.slack.rendering.inlines import Stretch

_BLOCK_SIGN = re.compile(r"[-+*#>=|:_~\d\[ \t]")  # might begin a block where it begins a line
_NEXT_LINE = re.compile(r"\n(?=[^\n])")
_QUOTES = re.compile(r"((?:> )*)( *)")


class Rank(IntEnum):
    """How well a message may begin with a piece."""

    NEVER = 0
    PART = 1  # of an item or a quote, or what a heading belongs to
    ITEM = 2  # or a row
    BLOCK = 3


@dataclass(frozen=True, slots=True)
class Piece:
    """A paragraph, a heading, a code block or the row of a table, as it is written.

    `prefix` is what its first line begins with (`> `, indents), `hang` what the others do; `gap`
    is the prefix of the blank line above it, None where there is none. `blocks` and `rows` count
    as Slack does. Where a message begins with it, `head` opens again what it belongs to: the head
    of a table, or the fence of a code block that is cut. `lead` counts the characters of a marker
    (`- `) before what the `inner` stretches are of.
    """

    text: str
    prefix: str = ""
    hang: str = ""
    gap: str | None = ""
    rank: Rank = Rank.BLOCK
    blocks: int = 1
    rows: int = 0
    head: str = ""
    lead: int = 0
    at: tuple[int, int] = (0, 0)  # its block, and the item or row of that, counted at the top
    inner: Sequence[Stretch] = field(default=(), compare=False, repr=False)

    def hang_in(self, text: str, dedent: int = 0) -> str:
        """With what its lines but the first begin with, of which `dedent` spaces are left out."""
        if not self.hang or "\n" not in text:
            return text
        begins_line = "\n" + _strip_indent(self.hang, dedent)
        if begins_line.isspace():
            return _NEXT_LINE.sub(begins_line, text)
        return text.replace("\n", begins_line)

    def separate(self, dedent: int = 0) -> str:
        """What stands between the piece above and this one."""
        return "\n" if self.gap is None else f"\n{_strip_indent(self.gap, dedent).rstrip()}\n"

    @property
    def is_code(self) -> bool:
        return bool(self.head) and not self.rows

    def stretches(self) -> Sequence[Stretch]:
        """Of its text."""
        if self.is_code:
            ticks = self.head[: len(self.head) - len(self.head.lstrip("`"))]
            return [Stretch(self.lead + len(self.head), len(self.text), 0, f"\n{ticks}", self.head)]
        if not self.lead:
            return self.inner
        return [
            replace(one, start=one.start + self.lead, end=one.end + self.lead) for one in self.inner
        ]


@dataclass(frozen=True, slots=True)
class Place:
    """In a written text: a piece, and a place in it, before which people read as many characters
    of it as are `said`. `head` opens again what was cut there.
    """

    piece: int = 0
    offset: int = 0
    head: str = ""
    said: int = 0


BEGINNING = Place()


@dataclass(frozen=True, slots=True)
class Part:
    """What a piece brings to a message: of `text` the first `lead` characters part it from what
    stands above, and begin it; then comes the piece from `offset` on.
    """

    index: int
    piece: Piece
    text: str
    lead: int
    offset: int = 0


def parts_from(pieces: Sequence[Piece], start: Place) -> Iterator[Part]:
    """The first one's indent is left out everywhere, or its text would be read as code."""
    if start.offset and not pieces[start.piece].text[start.offset :].strip("`\n"):
        start = Place(start.piece + 1)
    if start.piece >= len(pieces):
        return
    piece = pieces[start.piece]
    prefix = piece.hang if start.offset else piece.prefix
    dedent = _count_indent(prefix)[1]
    body = piece.text[start.offset :]
    head = start.head if start.offset else piece.head if piece.rows == 1 else ""
    if start.offset and not head and _BLOCK_SIGN.match(body):
        head = GUARD
    lead = _strip_indent(prefix, dedent)
    text = lead + piece.hang_in(head + body, dedent)
    lead += piece.hang_in(f"{head}.", dedent)[:-1]
    yield Part(start.piece, piece, text, len(lead), start.offset)
    for index in range(start.piece + 1, len(pieces)):
        piece = pieces[index]
        lead = piece.separate(dedent) + _strip_indent(piece.prefix, dedent)
        yield Part(index, piece, lead + piece.hang_in(piece.text, dedent), len(lead))


def _strip_indent(prefix: str, most: int) -> str:
    """Without the first `most` spaces behind its quote marks."""
    if not most:
        return prefix
    quotes, indent = _count_indent(prefix)
    return prefix[:quotes] + prefix[quotes + min(indent, most) :]


def _count_indent(prefix: str) -> tuple[int, int]:
    """How long its quote marks are, and how many spaces stand behind them."""
    found = _QUOTES.match(prefix)
    return (found.end(1), len(found[2])) if found else (0, 0)
