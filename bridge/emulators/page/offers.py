"""What the page offers and tells beside Slack itself."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

Json = dict[str, Any]
Texts = Mapping[str, str]  # by language: en, zh


@dataclass(frozen=True, slots=True)
class Sample:
    """A question that a press asks, for people of this language (`en`, `zh`)."""

    label: str
    question: str
    language: str


@dataclass(frozen=True, slots=True)
class Place:
    """Where to look, and as whom; the thread of the message `ts` opens once something is there."""

    user: str
    channel: str
    ts: str


@dataclass(frozen=True, slots=True)
class Button:
    """`press` gets who pressed, and tells where to look, if anywhere; `effect` says what the bridge
    does then.
    """

    name: str
    label: Texts
    effect: Texts
    press: Callable[[str], Awaitable[Place | None]]

    def describe(self) -> Json:
        return {"name": self.name, "label": dict(self.label), "effect": dict(self.effect)}


@dataclass(frozen=True, slots=True)
class Offers:
    """`has_own_beebot`: the answers are those of the operator's robot. `received` is the newest of
    each kind of thing that Beebot got, as it got it; `happened` what a button has led to so far.
    """

    samples: tuple[Sample, ...] = ()
    rules: tuple[Button, ...] = ()
    faults: tuple[Button, ...] = ()
    has_own_beebot: bool = False
    ratings_command: str = ""
    received: dict[str, Json] = field(default_factory=dict)
    happened: list[Json] = field(default_factory=list)

    def button(self, name: str) -> Button | None:
        return next((one for one in (*self.rules, *self.faults) if one.name == name), None)

    def describe(self) -> Json:
        """As the page reads it."""
        return {
            "has_own_beebot": self.has_own_beebot,
            "samples": [
                {"label": one.label, "question": one.question, "language": one.language}
                for one in self.samples
            ],
            "rules": [one.describe() for one in self.rules],
            "faults": [one.describe() for one in self.faults],
            "ratings_command": self.ratings_command,
            "received": list(self.received.values()),
            "happened": self.happened,
        }
