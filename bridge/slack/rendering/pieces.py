"""What a written text is made of, and where a message may end in it."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from enum import IntEnum

from bridge.markup.tree import Inline
from bridge.slack.rendering.inlines import Stretch, find_stretches

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
    (`- `) before what the `inlines` became.
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
    inlines: Sequence[Inline] = field(default=(), compare=False, repr=False)

    def hang_in(self, text: str, dedent: int = 0) -> str:
        """With what its lines but the first begin with, of which `dedent` spaces are left out."""
        return text.replace("\n", "\n" + strip_indent(self.hang, dedent)) if self.hang else text

    def separate(self, dedent: int = 0) -> str:
        """What stands between the piece above and this one."""
        return "\n" if self.gap is None else f"\n{strip_indent(self.gap, dedent).rstrip()}\n"

    @property
    def is_code(self) -> bool:
        return bool(self.head) and not self.rows

    def stretches(self) -> list[Stretch]:
        """Of its text."""
        if self.is_code:
            ticks = self.head[: len(self.head) - len(self.head.lstrip("`"))]
            return [Stretch(self.lead + len(self.head), len(self.text), f"\n{ticks}", self.head)]
        return [
            Stretch(one.start + self.lead, one.end + self.lead, one.tail, one.head)
            for one in find_stretches(self.inlines)
        ]


def strip_indent(prefix: str, most: int) -> str:
    """Without the first `most` spaces behind its quote marks."""
    if not most:
        return prefix
    quotes, indent = count_indent(prefix)
    return prefix[:quotes] + prefix[quotes + min(indent, most) :]


def count_indent(prefix: str) -> tuple[int, int]:
    """How long its quote marks are, and how many spaces stand behind them."""
    found = _QUOTES.match(prefix)
    return (found.end(1), len(found[2])) if found else (0, 0)
