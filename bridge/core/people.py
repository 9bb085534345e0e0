"""Who writes to the bot and whom they mention: what the bridge may know of them."""

from dataclasses import dataclass
from typing import Protocol

from bridge.core.model import Ask


@dataclass(frozen=True, slots=True)
class Person:
    """Empty where Slack does not tell; `locale` is a tag such as `en-US`, `teams` are the ids of
    the workspaces and the organisation that the person belongs to.
    """

    name: str = ""
    locale: str = ""
    teams: frozenset[str] = frozenset()


class Names(Protocol):
    """Puts names in the place of the tokens by which a question mentions people and channels.
    Never raises, and takes about a second at most: whoever is not known by then is "somebody".
    """

    async def for_people(self, ask: Ask) -> Ask:
        """The names that people see."""
        ...

    async def for_bot(self, ask: Ask) -> Ask:
        """What the bot may read instead: the same, or a stand-in that is stable in the thread."""
        ...


class People(Protocol):
    async def person(self, team: str, user: str) -> Person:
        """Never raises and takes no longer than a second: without an answer nobody is known."""
        ...
