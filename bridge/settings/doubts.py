"""What looks like a mistake in a value and prevents nothing."""

import re
from collections.abc import Iterator, Mapping


def doubts(values: Mapping[str, str]) -> Iterator[str]:
    """A sentence for each; `values` are those that are set, by the names of their fields."""
    secret, robot = values.get("slack_signing_secret"), values["beebot_instance_id"]
    if secret and not re.fullmatch(r"[0-9a-fA-F]{32}", secret):
        yield "SLACK_SIGNING_SECRET is not 32 hexadecimal digits, as Slack's are."
    if not robot.startswith("chatbot-cn-"):
        yield "BEEBOT_INSTANCE_ID does not begin with chatbot-cn-, as those of robots do."
