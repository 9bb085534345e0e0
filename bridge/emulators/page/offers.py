"""What the page offers beside Slack itself: questions to ask, and faults to try."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

Json = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Sample:
    """A question that a press asks, for people of this language (`en`, `zh`)."""

    label: str
    question: str
    language: str


@dataclass(frozen=True, slots=True)
class FaultSwitch:
    """Something that a press breaks, once; `effect` says what the bridge does then. Texts by
    language.
    """

    name: str
    label: Mapping[str, str]
    effect: Mapping[str, str]
    use: Callable[[], object]


@dataclass(frozen=True, slots=True)
class Offers:
    """`has_own_beebot`: the answers are those of the operator's robot."""

    samples: tuple[Sample, ...] = ()
    faults: Mapping[str, FaultSwitch] = field(default_factory=dict)
    has_own_beebot: bool = False

    def describe(self) -> Json:
        """As the page reads it."""
        return {
            "has_own_beebot": self.has_own_beebot,
            "samples": [
                {"label": one.label, "question": one.question, "language": one.language}
                for one in self.samples
            ],
            "faults": [
                {"name": one.name, "label": dict(one.label), "effect": dict(one.effect)}
                for one in self.faults.values()
            ],
        }
