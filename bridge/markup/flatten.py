"""Blocks where only inlines can stand: in a cell or a heading."""

from collections.abc import Iterable, Iterator

from bridge.markup.tree import (
    Block,
    Break,
    Code,
    CodeBlock,
    Heading,
    Inline,
    List,
    Paragraph,
    Quote,
    Table,
    Text,
)  # fmt: skip


def flatten(blocks: Iterable[Block]) -> tuple[Inline, ...]:
    inlines: list[Inline] = []
    for line in _flatten(blocks):
        inlines += [Break(is_hard=True), *line] if inlines else line
    return tuple(inlines)


def _flatten(blocks: Iterable[Block]) -> Iterator[tuple[Inline, ...]]:
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
                    yield from _flatten(item.blocks)
            case Table():
                yield from map(flatten_row, (block.head, *block.rows))
            case Quote():
                yield from _flatten(block.blocks)


def flatten_row(cells: Iterable[tuple[Inline, ...]]) -> tuple[Inline, ...]:
    inlines: list[Inline] = []
    for cell in filter(None, cells):
        inlines += [Text(" "), *cell] if inlines else cell
    return tuple(inlines)
