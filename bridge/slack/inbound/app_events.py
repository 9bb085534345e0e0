"""What Slack tells of people who come to see the bot rather than to ask it."""

from dataclasses import dataclass

from bridge.slack.identity import Identity
from bridge.slack.inbound.intents import Ignore
from bridge.slack.payload_fields import Json, get_dict, get_id, get_str


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


AppEvent = HomeOpened | MessagesOpened | Joined


def read_app_event(body: Json, identity: Identity) -> AppEvent | Ignore:
    event, team = get_dict(body, "event"), identity.team_id
    user, channel = get_id(event, "user"), get_id(event, "channel")
    match get_str(event, "type"), get_str(event, "tab"):
        case "app_home_opened", "home" if user:
            return HomeOpened(team, user)
        case "app_home_opened", "messages" if user and channel:
            return MessagesOpened(team, user, channel)
        case "member_joined_channel", _ if user == identity.bot_user_id and channel:
            return Joined(team, channel, get_id(event, "inviter"))
        case "member_joined_channel", _ if user and user != identity.bot_user_id:
            return Ignore("others")
    return Ignore("malformed")
