"""What the gateway and the stream host share."""

from dataclasses import dataclass

from bridge.emulators.beebot.journal import Journal
from bridge.emulators.beebot.robot import Robot
from bridge.emulators.beebot.sessions import Sessions
from bridge.emulators.beebot.tokens import StreamTokens


@dataclass(frozen=True, slots=True)
class State:
    robot: Robot
    tokens: StreamTokens
    sessions: Sessions
    journal: Journal
