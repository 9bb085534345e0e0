"""People for whoever speaks to them in a test."""

from bridge.core.people import Person


class Unknown:
    """Nobody is known."""

    async def person(self, team: str, user: str) -> Person:  # noqa: ARG002 - the port's names
        return Person()
