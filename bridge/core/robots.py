"""Which robot answers where."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from bridge.core.model import Ask, Robot, RobotId

DM = "dm"  # the place of all direct messages


@dataclass(frozen=True, slots=True)
class Robots:
    """`places` are ids of channels, and `DM`; everywhere else the `default` answers."""

    default: Robot
    places: Mapping[str, Robot] = field(default_factory=dict)

    def __iter__(self) -> Iterator[Robot]:
        """Each once, the default first. One that has other labels elsewhere is the same robot."""
        known = {robot.id: robot for robot in (*self.places.values(), self.default)}
        yield self.default
        yield from (robot for id_, robot in known.items() if id_ != self.default.id)

    def answering(self, ask: Ask) -> Robot:
        return self.at(ask.thread.channel, is_dm=ask.is_dm)

    def at(self, channel: str, *, is_dm: bool = False) -> Robot:
        return self.places.get(DM if is_dm else channel, self.default)

    @property
    def in_dms(self) -> Robot:
        return self.at("", is_dm=True)

    @property
    def are_several(self) -> bool:
        return len(list(self)) > 1

    def find(self, robot: RobotId) -> Robot | None:
        return next((one for one in self if one.id == robot), None)
