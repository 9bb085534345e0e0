"""Who writes to the bot: what the bridge may know of a person."""

from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True, slots=True)
class Person:
    """Empty where Slack does not tell; `locale` is a tag such as `en-US`, `teams` are the ids of
    the workspaces and the organisation that the person belongs to.
    """

    name: str = ""
    locale: str = ""
    teams: frozenset[str] = frozenset()


class People(Protocol):
    async def person(self, team: str, user: str) -> Person:
        """Never raises and takes no longer than a second: without an answer nobody is known."""
        ...
