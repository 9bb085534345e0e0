"""Who is answered where."""

from typing import Literal

from bridge.settings.group import Group


class PolicySettings(Group):
    """Who is answered where."""

    bridge_follow_threads: bool = True
    """true to take replies without a mention as questions, or false"""
    bridge_allow_external: bool = False
    """true to answer people of other companies (Slack Connect), or false"""
    bridge_stop: Literal["asker", "anyone"] = "asker"
    """asker to let only the person who asked stop an answer, anyone to let everybody"""
