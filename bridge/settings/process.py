"""The process, its logs, and what becomes of its turns when it ends."""

from typing import Annotated, Literal

from pydantic import Field, ValidationInfo, field_validator

from bridge.settings.group import Group
from bridge.settings.values import DAY_S, Advanced, Count, LogLevel, MaybeSecret, Seconds


class ProcessSettings(Group):
    """The process."""

    port: Annotated[int, Field(ge=0, le=65535)] = 3000
    """the TCP port to listen on; 0 takes any free one"""
    bridge_metrics_token: MaybeSecret = None
    """the bearer token that GET /metrics asks for; unset switches the page off"""
    bridge_log_level: LogLevel = "INFO"
    """the least important kind of line to log"""
    bridge_log_format: Literal["json", "console"] = "json"
    """json for machines, console for people"""
    bridge_slots: Advanced[Count] = 1000
    """how many answers one process works on at once"""
    bridge_grace_s: Annotated[float, Field(ge=0, le=DAY_S)] = 25.0
    """the seconds that running answers get after SIGTERM"""

    bridge_lease_s: Advanced[Seconds] = 15.0
    """the seconds of silence after which another replica takes a turn over"""
    bridge_beat_s: Advanced[Seconds] = 1.0
    """the seconds between two signs of life, at most a third of BRIDGE_LEASE_S"""
    bridge_recheck_s: Advanced[Seconds] = 30.0
    """the seconds until Redis is probed again, and a token tried again that Slack refused"""
    bridge_takeover: Advanced[Literal["ask", "keep"]] = "ask"
    """ask to ask a broken answer again after a crash, keep to leave it incomplete"""

    @field_validator("bridge_beat_s")
    @classmethod
    def _beat_thrice_a_lease(cls, beat_s: float, info: ValidationInfo) -> float:
        if beat_s * 3 > info.data.get("bridge_lease_s", DAY_S * 3):
            raise ValueError("is too long for BRIDGE_LEASE_S")
        return beat_s
