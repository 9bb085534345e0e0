"""The robot of the demo: knows six conversations, and answers all else in general."""

from collections.abc import Iterable
from pathlib import Path
from typing import Any

import yaml
from pydantic import BaseModel, ConfigDict

from bridge.emulators.beebot.demo_answers import demo_answer, step_of
from bridge.emulators.beebot.images import addresses_in
from bridge.emulators.beebot.scripts import (
    Script,
    clarify,
    handover,
    related,
    typed,
    with_sources,
)
from bridge.emulators.beebot.values import Question

_FILE = Path(__file__).with_name("demo.yaml")


class _Model(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Source(_Model):
    title: str
    quote: str


class Choice(_Model):
    """A counter-question with what can be chosen."""

    title: str
    options: tuple[str, ...]


class Turn(_Model):
    """One thing that can be asked; it has an answer, a choice, or a handover to a human."""

    question: str
    words: tuple[str, ...]
    answer: str = ""
    clarify: Choice | None = None
    handover: str = ""
    sources: tuple[Source, ...] = ()
    related: tuple[str, ...] = ()

    def fits(self, utterance: str) -> bool:
        return any(word in utterance.lower() for word in self.words)

    def script(self, delay_s: float) -> Script:
        if self.clarify:
            return clarify(self.clarify.title, self.clarify.options).at_pace(delay_s)
        if self.handover:
            return handover(self.handover).at_pace(delay_s)
        text = self.answer.strip()
        sources = [{"Title": one.title, "Content": one.quote} for one in self.sources]
        step = step_of(text)
        if sources:
            return with_sources(text, sources, step, questions=self.related, delay_s=delay_s)
        if self.related:
            return related(text, self.related, step, delay_s=delay_s)
        return typed(text, step, delay_s)


class Conversation(_Model):
    """`language` is `en` or `zh`; it begins with the first turn, the others follow in any order."""

    label: str
    language: str
    turns: tuple[Turn, ...]


def load_conversations() -> tuple[Conversation, ...]:
    content: Any = yaml.safe_load(_FILE.read_text(encoding="utf-8"))
    return tuple(Conversation.model_validate(one) for one in content)


class DemoRobot:
    """Remembers which conversation a session is in, so that a follow-up uses what was said."""

    def __init__(self, delay_s: float) -> None:
        """`delay_s` lies between the frames of an answer."""
        self._delay_s = delay_s
        self._conversations = load_conversations()
        self._current: dict[str, Conversation] = {}

    def answer(self, question: Question) -> Script:
        found = None if addresses_in(question.value) else self._find(question)
        if found is None:
            return demo_answer(question, self._delay_s)
        self._current[question.session_id], turn = found
        return turn.script(self._delay_s)

    def _find(self, question: Question) -> tuple[Conversation, Turn] | None:
        """As it is written, else by a word: first in the session's conversation."""
        utterance = question.utterance.strip()
        current = self._current.get(question.session_id)
        known = [(current, turn) for turn in current.turns[1:]] if current else []
        everywhere = [(one, turn) for one in self._conversations for turn in one.turns]
        openings = [(one, one.turns[0]) for one in self._conversations]
        for pairs in (known, everywhere):
            for conversation, turn in pairs:
                if turn.question == utterance:
                    return conversation, turn
        return _first_that_fits((*known, *openings), utterance)


def _first_that_fits(
    pairs: Iterable[tuple[Conversation, Turn]], utterance: str
) -> tuple[Conversation, Turn] | None:
    return next((pair for pair in pairs if pair[1].fits(utterance)), None)
