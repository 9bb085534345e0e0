"""The tree of a text, what its readers make and its renderers write, and the form of its inlines.

Text leaves hold characters as a person reads them: entities are decoded, escapes are undone. A
renderer escapes every leaf when it writes it, so a leaf may hold anything.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from itertools import groupby
from operator import eq, itemgetter

_BOXES = {"[ ]": False, "[x]": True, "[X]": True}


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
    children: "Inlines"


@dataclass(frozen=True, slots=True)
class Link:
    """`address` as it was written, entities decoded; the renderer judges it. An image is a link
    whose label is its alternative text.
    """

    address: str
    children: "Inlines"
    is_image: bool = False


@dataclass(frozen=True, slots=True)
class Break:
    """A line break that people see; `is_hard` where the writer asked for it."""

    is_hard: bool = False


Inline = Text | Code | Formula | Span | Link | Break
Inlines = tuple[Inline, ...]


@dataclass(frozen=True, slots=True)
class Heading:
    """`level` 1 to 6. Of each block `start` is where it began in the source, in characters."""

    level: int
    children: Inlines
    start: int = 0


@dataclass(frozen=True, slots=True)
class Paragraph:
    children: Inlines
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
    start: int = 0


Row = tuple[Inlines, ...]  # its cells


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


def words_of(inlines: Iterable[Inline], line_break: str = "\n") -> str:
    """What a person reads of them."""
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


def tidy(inlines: Iterable[Inline]) -> Inlines:
    """Words that touch are one text, no span stands within one of its style, no link within a
    link, and no break or space at the edges of the whole or of these.
    """
    return tuple(_part_edges(join(_flatten(inlines, frozenset(), in_link=False)))[1])


def split(inlines: Inlines) -> Iterable[Inlines]:
    """The paragraphs of a tidy run: two breaks part them."""
    parts: list[list[Inline]] = [[]]
    for inline in inlines:
        if isinstance(inline, Break) and parts[-1] and isinstance(parts[-1][-1], Break):
            parts.append([])
        parts[-1].append(inline)
    return filter(None, map(tidy, parts) if len(parts) > 1 else [inlines])


def _flatten(
    inlines: Iterable[Inline], styles: frozenset[Style], *, in_link: bool
) -> Iterator[Inline]:
    for inline in inlines:
        match inline:
            case Span(style, children):
                inner = _flatten(children, styles | {style}, in_link=in_link)
                if style in styles:
                    yield from inner
                    continue
                before, within, after = _part_edges(join(inner))
                yield from before
                if within:
                    yield Span(style, tuple(within))
                yield from after
            case Link(address, children, is_image):
                inner = _flatten(children, styles, in_link=True)
                if in_link:
                    yield from inner
                    continue
                before, within, after = _part_edges(join(inner))
                yield from (*before, Link(address, tuple(within), is_image), *after)
            case _:
                yield inline


def _part_edges(inlines: list[Inline]) -> tuple[list[Inline], list[Inline], list[Inline]]:
    """The space before, what stands between, and the space behind."""
    first, last = 0, len(inlines)
    while first < last and _is_blank(inlines[first]):
        first += 1
    while first < last and _is_blank(inlines[last - 1]):
        last -= 1
    before, inner, after = inlines[:first], inlines[first:last], inlines[last:]
    if inner and isinstance(edge := inner[0], Text) and edge.text[0].isspace():
        inner[0] = kept = Text(edge.text.lstrip())
        before.append(Text(edge.text[: -len(kept.text)]))
    if inner and isinstance(edge := inner[-1], Text) and edge.text[-1].isspace():
        inner[-1] = kept = Text(edge.text.rstrip())
        after.insert(0, Text(edge.text[len(kept.text) :]))
    return before, inner, after


def _is_blank(inline: Inline) -> bool:
    return isinstance(inline, Break) or (isinstance(inline, Text) and inline.text.isspace())


def join(inlines: Iterable[Inline]) -> list[Inline]:
    """Words, code and spans of one style that touch, each as one."""
    some = [one for one in inlines if not isinstance(one, Text) or one.text]
    kinds = [one.style if isinstance(one, Span) else type(one) for one in some]
    if not any(map(eq, kinds, kinds[1:])):
        return some
    joined: list[Inline] = []
    for kind, group in groupby(zip(kinds, some, strict=True), itemgetter(0)):
        same = [one for _, one in group]
        if kind in {Text, Code}:
            joined.append((Text if kind is Text else Code)(words_of(same)))
        elif isinstance(kind, Style):
            children = (one for span in same if isinstance(span, Span) for one in span.children)
            joined.append(Span(kind, tuple(join(children))))
        else:
            joined += same
    return joined


def flatten(blocks: Iterable[Block]) -> Inlines:
    """Blocks where only inlines can stand: in a cell or a heading."""
    inlines: list[Inline] = []
    for line in _lines(blocks):
        inlines += [Break(is_hard=True), *line] if inlines else line
    return tuple(inlines)


def _lines(blocks: Iterable[Block]) -> Iterator[Inlines]:
    for block in blocks:
        match block:
            case Heading() | Paragraph():
                yield tuple(
                    Text(" ") if isinstance(child, Break) and not child.is_hard else child
                    for child in block.children
                )
            case CodeBlock():
                yield from ((Code(line),) for line in block.text.split("\n") if line.strip())
            case List():
                for item in block.items:
                    yield from _lines(item.blocks)
            case Table():
                yield from map(flatten_row, (block.head, *block.rows))
            case Quote():
                yield from _lines(block.blocks)


def flatten_row(cells: Iterable[Inlines]) -> Inlines:
    inlines: list[Inline] = []
    for cell in filter(None, cells):
        inlines += [Text(" "), *cell] if inlines else cell
    return tuple(inlines)


def take_task(blocks: tuple[Block, ...]) -> tuple[bool | None, tuple[Block, ...]]:
    """`[x]` before the words of an item makes a task of it: whether it is done, and its blocks."""
    match blocks:
        case (Paragraph((Text(text), *others)) as first, *rest) if (
            text[:3] in _BOXES and not text[3:4].strip()
        ):
            words = tidy((Text(text[3:]), *others))
            kept = (replace(first, children=words),) if words else ()
            return _BOXES[text[:3]], (*kept, *rest)
    return None, blocks
