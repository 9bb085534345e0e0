"""People for whoever speaks to them in a test."""

from bridge.core.model import Ask
from bridge.core.ports import User


class Unknown:
    """Nobody is known."""

    async def find(self, team: str, user: str) -> User:  # noqa: ARG002 - the port's names
        return User()


class AsWritten:
    """Names nobody."""

    async def for_people(self, ask: Ask) -> Ask:
        return ask

    async def for_bot(self, ask: Ask) -> Ask:
        return ask

    async def of_asker(self, ask: Ask) -> str:  # noqa: ARG002 - the port's name
        return ""
