"""What a slash command and the shortcut of a message mean; pure, and calm about any shape."""

from bridge.core.model import Ask, Kind, ThreadKey, turn_id
from bridge.slack.identity import Identity
from bridge.slack.receiving.meaning import Dropped, Opening, Policy, Told, is_external, judge
from bridge.slack.receiving.shapes import (
    TRIGGER,
    Json,
    address,
    identifier,
    table,
    timestamp,
    word,
)
from bridge.slack.surfaces.modals import AskQuestion, Origin
from bridge.slack.text.incoming import from_slack


def read_command(
    body: Json, identity: Identity, policy: Policy, *, now: float
) -> Ask | Told | Dropped:
    """`now` in epoch seconds: Slack does not say when a command was typed.

    The question has no thread yet; until its root is posted, its trigger stands for that.
    """
    channel, user = identifier(body, "channel_id"), identifier(body, "user_id")
    trigger = word(body, "trigger_id")
    if not (channel and user and TRIGGER.fullmatch(trigger)):
        return Dropped("malformed")
    text = from_slack(word(body, "text"), identity.bot_user_id)
    if text.casefold() in {"", "help"}:
        return Told("help")
    ask = Ask(
        turn=turn_id(identity.team_id, channel, f"command:{trigger}"),
        thread=ThreadKey(identity.team_id, channel, f"command-{trigger}"),
        user=user,
        ts=f"{now:.6f}",
        text=text,
        is_dm=channel.startswith("D"),
        kind=Kind.OPEN,
        respond_to=address(word(body, "response_url")),
        user_team=identifier(body, "team_id"),
    )
    return judge(ask, policy)


def read_shortcut(body: Json, identity: Identity, policy: Policy) -> Opening | Dropped:
    """The question may be changed before it is asked, in the thread of the message."""
    message, trigger = table(body, "message"), word(body, "trigger_id")
    channel = identifier(table(body, "channel"), "id")
    user = identifier(table(body, "user"), "id")
    root = timestamp(message, "thread_ts") or timestamp(message, "ts")
    if not (channel and user and root and TRIGGER.fullmatch(trigger)):
        return Dropped("malformed")
    if is_external(body, identity, policy):
        return Dropped("external")
    origin = Origin(channel, root, address(word(body, "response_url")))
    text = from_slack(word(message, "text"), identity.bot_user_id)
    modal = AskQuestion(origin, text, policy.max_utterance)
    return Opening(identity.team_id, user, trigger, modal)
