"""Slack on loopback as it is today or, with `RETIRED=1` in the environment, without the methods
`assistant.threads.*`, which it retires in February 2027 (docs/slack.md, Sessions).
"""

import os
from typing import Any

from bridge.emulators.slack import SlackEmulator

IS_RETIRED = os.environ.get("RETIRED") == "1"


def slack_emulator(*, is_retired: bool = False, **options: Any) -> SlackEmulator:
    slack = SlackEmulator(**options)
    if is_retired or IS_RETIRED:
        slack.retire_assistant_methods()
    return slack
