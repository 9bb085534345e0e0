"""What one process remembers of the methods that Slack refuses."""

from bridge.slack.api.optional_methods import Place


class RefusedInMemory:
    def __init__(self) -> None:
        self._places: set[Place] = set()

    async def add(self, place: Place) -> None:
        self._places.add(place)

    async def has_any(self, *places: Place) -> bool:
        return not self._places.isdisjoint(places)
