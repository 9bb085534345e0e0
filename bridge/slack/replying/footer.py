"""What stands under an answer: sources, questions to go on with, notices of the bridge."""

from collections.abc import Iterable

from bridge.core.model import Answer
from bridge.core.words import Words
from bridge.slack.text.message import Block, note


def footer(answer: Answer, words: Words) -> list[Block]:
    """Context blocks, in the order in which a reader needs them."""
    lines = [_sources(answer, words.say("sources")), _questions(answer)]
    if answer.handover:
        lines.append(words.say("handover"))
    if answer.markdown:
        lines.extend(answer.notices)
    return notes(lines)


def notes(lines: Iterable[str]) -> list[Block]:
    return [note(line) for line in lines if line]


def _sources(answer: Answer, heading: str) -> str:
    titles = [f"[{source.number}] {source.title}" for source in answer.sources]
    return f"{heading}: " + " · ".join(titles) if titles else ""


def _questions(answer: Answer) -> str:
    return "\n".join(f"• {question}" for question in (*answer.options, *answer.related))
