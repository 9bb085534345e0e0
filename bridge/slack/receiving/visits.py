"""What Slack tells of people who come to see the bot rather than to ask it."""

from dataclasses import dataclass

from bridge.slack.identity import Identity
from bridge.slack.receiving.meaning import Dropped
from bridge.slack.receiving.shapes import Json, identifier, table, word


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


def read_visit(body: Json, identity: Identity) -> Visit | Dropped:
    event, team = table(body, "event"), identity.team_id
    user, channel = identifier(event, "user"), identifier(event, "channel")
    match word(event, "type"), word(event, "tab"):
        case "app_home_opened", "home" if user:
            return HomeOpened(team, user)
        case "app_home_opened", "messages" if user and channel:
            return MessagesOpened(team, user, channel)
        case "member_joined_channel", _ if user == identity.bot_user_id and channel:
            return Joined(team, channel, identifier(event, "inviter"))
        case "member_joined_channel", _ if user and user != identity.bot_user_id:
            return Dropped("others")
    return Dropped("malformed")
