"""Who is answered where, and how often."""

from typing import Annotated, Literal

from pydantic import Field, ValidationInfo, field_validator

from bridge.core.policy import AllowDeny, Policy, Quotas
from bridge.settings.values import BotIds, ChannelIds, Count, Group, Restricting, UserIds

Quota = Annotated[int, Field(ge=0)]


class PolicySettings(Group):
    """Who is answered where."""

    bridge_allow_channels: Restricting[ChannelIds] = frozenset()
    """the ids of the only channels to answer in, with commas between them; unset, all of
    them"""
    bridge_deny_channels: Restricting[ChannelIds] = frozenset()
    """the ids of channels not to answer in, with commas between them"""
    bridge_allow_dms: Restricting[bool] = True
    """true to answer direct messages, or false"""
    bridge_allow_users: Restricting[UserIds] = frozenset()
    """the ids of the only people to answer, with commas between them; unset,
    everybody"""
    bridge_deny_users: Restricting[UserIds] = frozenset()
    """the ids of people not to answer, with commas between them"""
    bridge_allow_guests: Restricting[bool] = True
    """true to answer guests of the workspace, or false"""
    bridge_allow_external: bool = False
    """true to answer people of other companies (Slack Connect), or false"""
    bridge_allow_bots: BotIds = frozenset()
    """the ids of other bots and workflows that may ask by a mention, with commas between
    them"""
    bridge_bot_turns: Restricting[Count] = 5
    """how many questions bots may ask in a thread until a person writes there"""
    bridge_bot_per_hour: Restricting[Quota] = 60
    """how many questions one bot may ask in an hour, in all its threads; 0 sets no limit"""
    bridge_follow_threads: Restricting[bool] = True
    """true to take replies without a mention as questions, or false"""
    bridge_follow_threads_except: Restricting[ChannelIds] = frozenset()
    """the ids of channels where the opposite of BRIDGE_FOLLOW_THREADS holds, with commas between
    them"""
    bridge_stop: Literal["asker", "anyone"] = "asker"
    """asker to let only the person who asked stop an answer, anyone to let everybody"""
    bridge_user_per_minute: Restricting[Quota] = 0
    """how many questions one person may ask in a minute; 0 sets no limit"""
    bridge_user_per_day: Restricting[Quota] = 0
    """how many questions one person may ask in 24 hours; 0 sets no limit"""
    bridge_workspace_per_minute: Restricting[Quota] = 0
    """how many questions all people together may ask in a minute; 0 sets no limit"""
    bridge_workspace_per_day: Restricting[Quota] = 0
    """how many questions all people together may ask in 24 hours; 0 sets no limit"""

    @field_validator("bridge_deny_channels", "bridge_deny_users")
    @classmethod
    def _not_allowed_as_well(cls, denied: frozenset[str], info: ValidationInfo) -> frozenset[str]:
        other = (info.field_name or "").replace("deny", "allow")
        if denied & info.data.get(other, frozenset()):
            raise ValueError(f"names an id that {other.upper()} names as well")
        return denied

    def policy(self, max_utterance: int) -> Policy:
        return Policy(
            follow_threads=self.bridge_follow_threads,
            allow_external=self.bridge_allow_external,
            max_utterance=max_utterance,
            follow_except=self.bridge_follow_threads_except,
            channels=AllowDeny(self.bridge_allow_channels, self.bridge_deny_channels),
            people=AllowDeny(self.bridge_allow_users, self.bridge_deny_users),
            bots=self.bridge_allow_bots,
            allow_dms=self.bridge_allow_dms,
            allow_guests=self.bridge_allow_guests,
        )

    def quotas(self) -> Quotas:
        return Quotas(
            self.bridge_user_per_minute,
            self.bridge_user_per_day,
            self.bridge_workspace_per_minute,
            self.bridge_workspace_per_day,
            bot_per_hour=self.bridge_bot_per_hour,
            bot_turns=self.bridge_bot_turns,
        )
