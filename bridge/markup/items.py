"""Makes items of lists, and tasks of those that begin with a box."""

import re
from collections.abc import Sequence
from dataclasses import replace

from bridge.markup.tree import Block, Item, Paragraph, Text

_TASK = re.compile(r"\[([ xX])\]\s+(?=\S)|\[([ xX])\]\Z")


def make_item(blocks: Sequence[Block], start: int) -> Item:
    """`[x]` before its words makes a task of it."""
    if blocks and isinstance(first := blocks[0], Paragraph):
        match first.children:
            case (Text(text), *others) if found := _TASK.match(text):
                rest = text[found.end() :]
                words = (Text(rest), *others) if rest else tuple(others)
                kept = (replace(first, children=words),) if words else ()
                return Item((*kept, *blocks[1:]), found[0][1] != " ", start)
    return Item(tuple(blocks), None, start)
