"""What the robot answers: a script says which frames come, how fast, and what goes wrong."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import KW_ONLY, dataclass, replace
from typing import Any

from bridge.emulators.beebot import bodies
from bridge.emulators.beebot.cuts import Cuts
from bridge.emulators.beebot.faults import Fault
from bridge.emulators.beebot.frames import DIALOGUE_FLOW, KNOWLEDGE, SYSTEM_POLICY, Frame
from bridge.emulators.beebot.values import Question

OPENING = Frame(is_ai=False)
"""The first frame of every answer: ids and nothing else."""


@dataclass(frozen=True, slots=True)
class Script:
    """An answer. `frames` are cumulative texts, or frames sent as they are.

    Texts get the opening frame before them and StreamEnd with the last; frames get neither.
    `delay_s` lies before each frame but the first, `first_delay_s` before the first.
    """

    frames: Sequence[str | Frame]
    _: KW_ONLY
    delay_s: float = 0.02
    first_delay_s: float = 0.0
    content_type: str = bodies.RICH
    faults: tuple[Fault, ...] = ()
    cuts: Cuts | None = None

    def under(self, *faults: Fault) -> "Script":
        """The same answer with these faults besides its own."""
        return replace(self, faults=(*self.faults, *faults))

    def cut(self, cuts: Cuts) -> "Script":
        """The same answer in HTTP chunks of these sizes."""
        return replace(self, cuts=cuts)

    def at_pace(self, delay_s: float, first_delay_s: float = 0.0) -> "Script":
        return replace(self, delay_s=delay_s, first_delay_s=first_delay_s)

    def plan(self) -> tuple[Frame, ...]:
        """The frames to send, texts made into frames, each with its pause."""
        last = len(self.frames) - 1
        plan = [self._frame(item, ends=n == last) for n, item in enumerate(self.frames)]
        if isinstance(self.frames[0], str):
            plan.insert(0, OPENING)
        return tuple(self._paced(frame, number) for number, frame in enumerate(plan))

    def _frame(self, item: str | Frame, *, ends: bool) -> Frame:
        if isinstance(item, Frame):
            return item
        return Frame(body=bodies.direct(item, self.content_type), ends=ends)

    def _paced(self, frame: Frame, number: int) -> Frame:
        if frame.pause_s is not None:
            return frame
        return replace(frame, pause_s=self.delay_s if number else self.first_delay_s)


Answer = Script | Callable[[Question], Script]
"""A script, or what makes one for a question."""


def grow(text: str, step: int) -> list[str]:
    """The prefixes of a text, `step` characters apart, the whole text last."""
    return [text[:end] for end in range(step, len(text), step)] + [text]


def typed(
    text: str, step: int = 4, delay_s: float = 0.02, *, content_type: str = bodies.RICH
) -> Script:
    """A text that grows by `step` characters a frame."""
    return Script(grow(text, step), delay_s=delay_s, content_type=content_type)


def with_sources(
    text: str,
    sources: Sequence[str | Mapping[str, Any]],
    step: int = 4,
    *,
    questions: Sequence[str] = (),
    delay_s: float = 0.02,
) -> Script:
    """A growing text; its last frame cites sources (titles, or ItemList elements), and offers
    questions to go on with.
    """
    extras: bodies.Body = {"RelatedQuestionList": list(questions)} if questions else {}
    cited = bodies.direct_sentences(
        [{"Content": text, "ReferNumber": 1}],
        AnswerReference=bodies.references(sources),
        **extras,
    )
    return _growing(text, cited, step, delay_s)


def related(
    text: str, questions: Sequence[str | Mapping[str, Any]], step: int = 4, *, delay_s: float = 0.02
) -> Script:
    """A growing text; its last frame offers questions to go on with."""
    offered = bodies.direct(text, RelatedQuestionList=list(questions))
    return _growing(text, offered, step, delay_s)


def clarify(title: str, options: Sequence[str]) -> Script:
    """A counter-question with options to choose from, in one frame."""
    return _single(bodies.clarification(title, options), KNOWLEDGE)


def handover(text: str, skill_group: str = "12") -> Script:
    """A dialogue flow transfers the visitor to a human."""
    return _single(bodies.transfer(text, skill_group), DIALOGUE_FLOW)


def no_answer(text: str) -> Script:
    """The robot's fallback phrase."""
    return _single(bodies.direct(text, bodies.PLAIN, HitSystemAskConfig="NO_ANSWER"), SYSTEM_POLICY)


def empty() -> Script:
    """An answer that ends without a word."""
    return Script(["", "", ""])


def unknown_type() -> Script:
    """A message of a type that no page lists."""
    return _single(bodies.hologram(), KNOWLEDGE)


def _single(body: bodies.Body, source: str) -> Script:
    return Script([OPENING, Frame(body=body, source=source, ends=True)])


def _growing(text: str, last: bodies.Body, step: int, delay_s: float) -> Script:
    texts = [Frame(body=bodies.direct(part)) for part in grow(text, step)]
    return Script([OPENING, *texts, Frame(body=last, ends=True)], delay_s=delay_s)
