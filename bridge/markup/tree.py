"""The tree of a text: what its readers make and its renderers write.

Text leaves hold characters as a person reads them: entities are decoded, escapes are undone. A
renderer escapes every leaf when it writes it, so a leaf may hold anything.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum


class Style(StrEnum):
    """What a span does to its content."""

    STRONG = "strong"
    EMPHASIS = "emphasis"
    STRIKE = "strike"


class Align(StrEnum):
    """How a column of a table is set."""

    NONE = ""
    LEFT = "left"
    CENTER = "center"
    RIGHT = "right"


@dataclass(frozen=True, slots=True)
class Text:
    """Words; never a line break, which is a `Break`."""

    text: str


@dataclass(frozen=True, slots=True)
class Code:
    text: str


@dataclass(frozen=True, slots=True)
class Formula:
    """TeX without its delimiters."""

    tex: str


@dataclass(frozen=True, slots=True)
class Span:
    style: Style
    children: tuple["Inline", ...]


@dataclass(frozen=True, slots=True)
class Link:
    """`address` as it was written, entities decoded; the renderer judges it. An image is a link
    whose label is its alternative text.
    """

    address: str
    children: tuple["Inline", ...]
    is_image: bool = False


@dataclass(frozen=True, slots=True)
class Break:
    """A line break that people see; `is_hard` where the writer asked for it."""

    is_hard: bool = False


Inline = Text | Code | Formula | Span | Link | Break


@dataclass(frozen=True, slots=True)
class Heading:
    """`level` 1 to 6. Of each block `start` is where it began in the source, in characters."""

    level: int
    children: tuple[Inline, ...]
    start: int = 0


@dataclass(frozen=True, slots=True)
class Paragraph:
    children: tuple[Inline, ...]
    start: int = 0


@dataclass(frozen=True, slots=True)
class CodeBlock:
    """`language` is the first word of the info string. A display formula is one as well."""

    text: str
    language: str = ""
    start: int = 0


@dataclass(frozen=True, slots=True)
class Item:
    """Of a list; `is_done` None where it is no task."""

    blocks: tuple["Block", ...]
    is_done: bool | None = None
    start: int = 0


@dataclass(frozen=True, slots=True)
class List:
    """`first` is the number of the first item of an ordered list, None of one with bullets."""

    items: tuple[Item, ...]
    first: int | None = None
    is_tight: bool = True
    start: int = 0


Row = tuple[tuple[Inline, ...], ...]  # its cells


@dataclass(frozen=True, slots=True)
class Table:
    """All rows have as many cells as `aligns`; `head` may be of empty cells."""

    aligns: tuple[Align, ...]
    head: Row
    rows: tuple[Row, ...]
    start: int = 0


@dataclass(frozen=True, slots=True)
class Quote:
    blocks: tuple["Block", ...]
    start: int = 0


@dataclass(frozen=True, slots=True)
class Rule:
    start: int = 0


Block = Heading | Paragraph | CodeBlock | List | Table | Quote | Rule
Blocks = Sequence[Block]
