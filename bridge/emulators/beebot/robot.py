"""The robots of the account and their business spaces, as its owner set them up."""

from dataclasses import dataclass


@dataclass(slots=True)
class Robot:
    """`agent_key` is empty in the account's default business space. One that is not published
    answers in the test environment alone.
    """

    instance_id: str
    agent_key: str
    max_utterance: int = 512
    concurrency: int = 0
    replays_repeats: bool = True
    is_published: bool = True
    name: str = "智能客服"
    kind: str = "scenario_im"
    language: str = "zh-cn"
    welcome: str = "您好！我是智能助手，请问有什么可以帮您？"


class Robots:
    """By instance id; the first is the one that was there before others were added."""

    def __init__(self, first: Robot) -> None:
        self._by_id = {first.instance_id: first}

    def add(self, robot: Robot) -> None:
        self._by_id[robot.instance_id] = robot

    def remove(self, instance_id: str) -> None:
        del self._by_id[instance_id]

    def has_space(self, agent_key: str) -> bool:
        return bool(self.in_space(agent_key))

    def in_space(self, agent_key: str) -> list[Robot]:
        return [robot for robot in self._by_id.values() if robot.agent_key == agent_key]

    def find(self, agent_key: str, instance_id: str) -> Robot | None:
        robot = self._by_id.get(instance_id)
        return robot if robot and robot.agent_key == agent_key else None
