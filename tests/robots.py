"""The robot of tests that need but one, as both emulators know it."""

from bridge.core.model import Robot, RobotId
from bridge.core.robots import Robots

ROBOT = Robot(RobotId("chatbot-cn-Example"))
ROBOTS = Robots(ROBOT)
