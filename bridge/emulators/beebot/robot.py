"""The robot and its business space, as the account's owner set them up."""

from dataclasses import dataclass


@dataclass(slots=True)
class Robot:
    """`agent_key` is empty in the account's default business space. One that is not published
    answers in the test environment alone.
    """

    instance_id: str
    agent_key: str
    max_utterance: int
    concurrency: int
    replays_repeats: bool
    is_published: bool = True
    welcome: str = "您好！我是智能助手，请问有什么可以帮您？"
