"""What the gateway and the stream host share."""

from dataclasses import dataclass

from bridge.emulators.beebot.journal import Journal
from bridge.emulators.beebot.robot import Robot, Robots
from bridge.emulators.beebot.sessions import Sessions
from bridge.emulators.beebot.tokens import StreamTokens


@dataclass(frozen=True, slots=True)
class State:
    robot: Robot  # the first one, by which the account's limits are set
    robots: Robots
    tokens: StreamTokens
    sessions: Sessions
    journal: Journal
