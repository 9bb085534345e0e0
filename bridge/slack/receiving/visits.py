"""What Slack tells of people who come to see the bot rather than to ask it."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class HomeOpened:
    """Somebody looks at the bot's Home tab."""

    team: str
    user: str


@dataclass(frozen=True, slots=True)
class MessagesOpened:
    """Somebody looks at the bot's Messages tab; `channel` is their DM with it."""

    team: str
    user: str
    channel: str


@dataclass(frozen=True, slots=True)
class Joined:
    """The bot itself was added to a channel; `inviter` is empty when Slack does not say by whom."""

    team: str
    channel: str
    inviter: str


Visit = HomeOpened | MessagesOpened | Joined
