"""How the bytes of an answer are cut into HTTP chunks."""

import itertools
import random
from collections.abc import AsyncIterator, Callable, Iterator

Cuts = Callable[[], Iterator[int]]
"""Gives the sizes of the chunks, in order; after the last one each event is a chunk."""


class ConnectionCut(Exception):
    """The connection ends here, in the middle of the answer."""


def cut_every(size: int) -> Cuts:
    return lambda: itertools.repeat(size)


def cut_at(*positions: int) -> Cuts:
    """Cuts before the bytes at these offsets of the stream (ascending, from 1)."""
    sizes = [after - before for before, after in itertools.pairwise((0, *positions))]
    return lambda: iter(sizes)


def cut_randomly(seed: int, largest: int = 40) -> Cuts:
    """Chunks of 1 to `largest` bytes; the same ones for the same seed."""

    def sizes() -> Iterator[int]:
        dice = random.Random(seed)  # noqa: S311 - repeatable, not secret
        while True:
            yield dice.randint(1, largest)

    return sizes


async def recut(events: AsyncIterator[bytes], cuts: Cuts) -> AsyncIterator[bytes]:
    """The same bytes in chunks of those sizes; a chunk may wait for the events that fill it."""
    sizes = cuts()
    size = next(sizes, 0)
    held = b""
    try:
        async for event in events:
            held += event
            while size and len(held) >= size:
                yield held[:size]
                held, size = held[size:], next(sizes, 0)
            if not size and held:
                yield held
                held = b""
    except ConnectionCut:
        yield held
        raise
    if held:
        yield held
