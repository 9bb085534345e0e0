"""People for whoever speaks to them in a test."""

from bridge.core.model import Ask
from bridge.core.people import Person


class Unknown:
    """Nobody is known."""

    async def person(self, team: str, user: str) -> Person:  # noqa: ARG002 - the port's names
        return Person()


class AsWritten:
    """Names nobody."""

    async def for_people(self, ask: Ask) -> Ask:
        return ask

    async def for_bot(self, ask: Ask) -> Ask:
        return ask
