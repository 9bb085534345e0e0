"""What a reading brings: blocks, and where the next one begins."""

from dataclasses import dataclass

from bridge.markup.tree import Block, CodeBlock, List, Table


@dataclass(frozen=True, slots=True)
class Resume:
    """Where reading begins again when a text has grown: at `position`, in a block that begins with
    the source `head` and holds `done` already. None: at the beginning of a block.
    """

    position: int
    head: str = ""
    done: List | Table | CodeBlock | None = None


@dataclass(frozen=True, slots=True)
class Parsed:
    """`blocks` closed, as they are shown; `settled` what of them reads so whatever follows."""

    blocks: tuple[Block, ...] = ()
    settled: tuple[Block, ...] = ()
    resume: Resume = Resume(0)
