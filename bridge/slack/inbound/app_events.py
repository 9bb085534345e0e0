"""`app_home_opened`, `member_joined_channel` (docs/slack.md, Users) and
`agent_session_title_changed`.
"""

from bridge.core.commands import DropReason
from bridge.core.model import ThreadKey
from bridge.slack.inbound.intents import Ignore
from bridge.slack.outbound.welcome import (
    AppEvent,
    HomeOpened,
    Joined,
    MessagesOpened,
    TitleChanged,
)
from bridge.slack.reading.payload_fields import Json, get_dict, get_id, get_str, get_ts
from bridge.slack.workspace.identity import Identity


def read_app_event(body: Json, identity: Identity) -> AppEvent | Ignore:
    """Read the `event` of an `event_callback`.

    {"type": "app_home_opened", "user": "U0ALICE", "channel": "D0ALICE", "tab": "messages"}
    {"type": "member_joined_channel", "user": "U0BEEBOT00", "channel": "C0HALL",
     "channel_type": "C", "team": "T0HOME", "inviter": "U0ALICE"}
    {"type": "agent_session_title_changed", "user": "U0ALICE", "channel": "C0HALL",
     "thread_ts": "1763790000.000200", "title": "Opening hours", "previous_title": "hi",
     "event_ts": "1763800070.000000"}
    """
    event, team = get_dict(body, "event"), identity.team_id
    user, channel = get_id(event, "user"), get_id(event, "channel")
    match get_str(event, "type"), get_str(event, "tab"):
        case "app_home_opened", "home" if user:
            return HomeOpened(team, user)
        case "app_home_opened", "messages" if user and channel:
            return MessagesOpened(team, user, channel)
        case "member_joined_channel", _ if user == identity.bot_user_id and channel:
            return Joined(team, channel, get_id(event, "inviter"))
        case "agent_session_title_changed", _ if channel and get_ts(event, "thread_ts"):
            return TitleChanged(ThreadKey(team, channel, get_ts(event, "thread_ts")))
        case "member_joined_channel", _ if user and user != identity.bot_user_id:
            return Ignore(DropReason.OTHERS)
    return Ignore(DropReason.MALFORMED)
