"""What a slash command and the shortcut of a message mean; pure, and calm about any shape."""

from bridge.core.model import Ask, Kind, ThreadKey, turn_id
from bridge.core.utterance import cut
from bridge.slack.identity import Identity
from bridge.slack.reading.message import read_question, read_quoted
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
    text = read_question({"text": body.get("text")}, identity.bot_user_id).words
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
    """What to ask about the message is typed into a modal, and asked in the message's thread."""
    message, trigger = table(body, "message"), word(body, "trigger_id")
    channel = identifier(table(body, "channel"), "id")
    user = identifier(table(body, "user"), "id")
    root = timestamp(message, "thread_ts") or timestamp(message, "ts")
    if not (channel and user and root and TRIGGER.fullmatch(trigger)):
        return Dropped("malformed")
    if is_external(body, identity, policy):
        return Dropped("external")
    said = read_quoted(message)
    quoted = cut(said.attached, policy.max_utterance)
    origin = Origin(
        channel,
        root,
        address(word(body, "response_url")),
        files=said.files,
        has_unknown=said.has_unknown,
        is_cut=quoted != said.attached,
    )
    modal = AskQuestion(origin, quoted, policy.max_utterance)
    return Opening(identity.team_id, user, trigger, modal)
