"""Where a block stands among others: what its lines begin with, and what is above it."""

from dataclasses import dataclass, replace
from functools import lru_cache

from bridge.markup.tree import Block, CodeBlock, Heading, List, Paragraph
from bridge.slack.rendering.pieces import Rank


@dataclass(frozen=True, slots=True)
class BlockPlace:
    """Of a block: what its lines begin with, and what stands above it. The first line of an item
    begins with the `outer` prefix and a `marker` instead.
    """

    prefix: str = ""
    gap: str | None = ""
    rank: Rank = Rank.BLOCK
    blocks: int = 1
    marker: str = ""
    outer: str = ""
    is_second: bool = False  # a list that follows another one of its kind

    def in_item(self, indent: int, marker: str) -> "BlockPlace":
        outer = self.outer if self.marker else self.prefix
        return replace(
            self, prefix=self.prefix + " " * indent, marker=self.marker + marker, outer=outer
        )

    def in_quote(self) -> "BlockPlace":
        marker = f"{self.marker}> " if self.marker else ""
        return replace(self, prefix=f"{self.prefix}> ", marker=marker)

    def below(self, rank: Rank) -> "BlockPlace":
        return replace(self, marker="", outer="", gap=self.prefix, rank=rank, is_second=False)


@lru_cache(maxsize=256)  # one object for a place, quickly compared
def place_of(
    prefix: str = "", rank: Rank = Rank.BLOCK, *, blocks: int = 1, is_beside: bool = False
) -> BlockPlace:
    """Of what is not the first in its container. `is_beside`: no blank line stands above it."""
    return BlockPlace(prefix, None if is_beside else prefix, rank, blocks)


def follow(above: Block | None, block: Block, other: BlockPlace, place: BlockPlace) -> BlockPlace:
    """The place of a block below another one, which has that `place`."""
    if above is None:
        return place
    rank = min(other.rank, Rank.PART) if isinstance(above, Heading) else other.rank
    is_block = other.rank is Rank.BLOCK or not isinstance(block, Paragraph | List)
    is_beside = (
        other.rank is Rank.PART
        and isinstance(above, Paragraph)
        and (isinstance(block, CodeBlock) or (isinstance(block, List) and block.first in {None, 1}))
    )
    follows = place_of(other.prefix, rank, blocks=int(is_block), is_beside=is_beside)
    if isinstance(above, List) and isinstance(block, List) and not place.is_second:
        return replace(follows, is_second=(above.first is None) == (block.first is None))
    return follows
