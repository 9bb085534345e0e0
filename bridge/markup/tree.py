"""The tree of a text, what its readers make and its renderers write, and the form of its inlines.

Text leaves hold characters as a person reads them: entities are decoded, escapes are undone. A
renderer escapes every leaf when it writes it, so a leaf may hold anything.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from itertools import chain, groupby

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


def tidy(inlines: Iterable[Inline]) -> tuple[Inline, ...]:
    """Words that touch are one text, no span stands within one of its style, no link within a
    link, and no break or space at the edges of the whole or of these.
    """
    return _part_edges(_join(_flatten(inlines, frozenset(), in_link=False)))[1]


def split(inlines: Iterable[Inline]) -> Iterator[tuple[Inline, ...]]:
    """The paragraphs of a run: two breaks part them."""
    lines: list[Inline] = []
    for inline in inlines:
        if isinstance(inline, Break) and lines and isinstance(lines[-1], Break):
            yield tidy(lines)
            lines = []
        lines.append(inline)
    yield tidy(lines)


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
                before, within, after = _part_edges(_join(inner))
                yield from (*before, *((Span(style, within),) if within else ()), *after)
            case Link(address, children, is_image):
                inner = _flatten(children, styles, in_link=True)
                if in_link:
                    yield from inner
                    continue
                before, within, after = _part_edges(_join(inner))
                yield from (*before, Link(address, within, is_image), *after)
            case _:
                yield inline


def _part_edges(
    inlines: Iterable[Inline],
) -> tuple[tuple[Inline, ...], tuple[Inline, ...], tuple[Inline, ...]]:
    """The space before, what stands between, and the space behind."""
    inner, before, after = list(inlines), list[Inline](), list[Inline]()
    while inner and _is_blank(inner[-1]):
        after.insert(0, inner.pop())
    first = next((at for at, inline in enumerate(inner) if not _is_blank(inline)), 0)
    before, inner = inner[:first], inner[first:]
    if inner and isinstance(edge := inner[0], Text) and (kept := edge.text.lstrip()) != edge.text:
        before.append(Text(edge.text[: -len(kept)]))
        inner[0] = Text(kept)
    if inner and isinstance(edge := inner[-1], Text) and (kept := edge.text.rstrip()) != edge.text:
        after.insert(0, Text(edge.text[len(kept) :]))
        inner[-1] = Text(kept)
    return tuple(before), tuple(inner), tuple(after)


def _is_blank(inline: Inline) -> bool:
    return isinstance(inline, Break) or (isinstance(inline, Text) and not inline.text.strip())


def _join(inlines: Iterable[Inline]) -> Iterator[Inline]:
    """Words that touch as one text, spans of one style that touch as one span."""
    for kind, group in groupby(inlines, key=_kind):
        if kind is None:
            yield from group
        elif isinstance(kind, Style):
            spans = [inline for inline in group if isinstance(inline, Span)]
            if len(spans) == 1:
                yield spans[0]
            else:
                yield Span(kind, tuple(_join(chain(*(span.children for span in spans)))))
        elif text := "".join(inline.text for inline in group if isinstance(inline, Text)):
            yield Text(text)


def _kind(inline: Inline) -> Style | str | None:
    match inline:
        case Text():
            return "text"
        case Span():
            return inline.style
    return None


def flatten(blocks: Iterable[Block]) -> tuple[Inline, ...]:
    """Blocks where only inlines can stand: in a cell or a heading."""
    inlines: list[Inline] = []
    for line in _lines(blocks):
        inlines += [Break(is_hard=True), *line] if inlines else line
    return tuple(inlines)


def _lines(blocks: Iterable[Block]) -> Iterator[tuple[Inline, ...]]:
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


def flatten_row(cells: Iterable[tuple[Inline, ...]]) -> tuple[Inline, ...]:
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
