"""What an answer begins with where no message of its thread shows the question."""

from collections.abc import Iterator

from bridge.core.model import Ask
from bridge.core.translator import Translator
from bridge.markup.tree import Block, Break, Inline, Paragraph, Quote, Text

MOST = 600  # characters of the question; Beebot takes 512


async def quoted_question(ask: Ask, translator: Translator) -> tuple[Block, ...]:
    """The quoted question and who asked it, to put before the answer; nothing where the thread
    shows the question.
    """
    if not ask.is_quoted:
        return ()
    return quote(ask.text or ask.attached, await translator.name(ask.thread.team, ask.user))


def quote(question: str, name: str) -> tuple[Block, ...]:
    asked = question if len(question) <= MOST else question[: MOST - 1] + "…"
    signature = Paragraph((Text(f"— {_flat(name)}"),))
    said = Paragraph(tuple(_lines(asked)))
    return (Quote((said, signature) if name.strip() else (said,)),)


def _lines(words: str) -> Iterator[Inline]:
    """These words exactly, line by line."""
    lines = [_flat(line) for line in words.splitlines() if line.strip()]
    for line in lines[:1]:
        yield Text(line)
    for line in lines[1:]:
        yield Break(is_hard=True)
        yield Text(line)


def _flat(text: str) -> str:
    return " ".join(text.split())
