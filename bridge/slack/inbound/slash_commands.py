"""Slash commands and message shortcuts: questions that are not messages of who asks.

Pure, and calm about any shape (docs/slack.md, Presses, commands, modals).
"""

from dataclasses import replace

from bridge.core.commands import DropReason
from bridge.core.model import Ask, Kind, ThreadKey, turn_id
from bridge.core.policy import Policy
from bridge.core.utterance import cut
from bridge.slack.block_kit.actions import ModalMetadata
from bridge.slack.block_kit.views import AskQuestion
from bridge.slack.inbound.intents import Ignore, OpenModal, Respond, check_length, is_external
from bridge.slack.reading.message import read_question, read_quoted
from bridge.slack.reading.payload_fields import (
    Json,
    get_dict,
    get_id,
    get_trigger,
    get_ts,
    get_url,
)
from bridge.slack.workspace.identity import Identity

# Words that are answered by a sentence of `messages.py`, and not asked; "" is the command alone.
REPLIES = {"": Respond("help"), "help": Respond("help")}


def read_slash_command(
    body: Json, identity: Identity, policy: Policy, *, now: float
) -> Ask | Respond | Ignore:
    """`now` in epoch seconds: Slack does not say when a command was typed.

    The question has no thread yet; until its root is posted, its trigger stands for that.

    {"command": "/beebot", "text": "how do I get a refund?", "team_id": "T0HOME",
     "channel_id": "C0HALL", "user_id": "U0ALICE", "trigger_id": "123.456.abc",
     "response_url": "https://hooks.slack.com/commands/…"}
    """
    channel, user = get_id(body, "channel_id"), get_id(body, "user_id")
    trigger = get_trigger(body)
    if not (channel and user and trigger):
        return Ignore(DropReason.MALFORMED)
    text = read_question({"text": body.get("text")}, identity.bot_user_id).words
    ask = Ask(
        turn=turn_id(identity.team_id, channel, f"command:{trigger}"),
        thread=ThreadKey(identity.team_id, channel, f"command-{trigger}"),
        user=user,
        ts=f"{now:.6f}",
        text=text,
        is_dm=channel.startswith("D"),
        kind=Kind.OPEN,
        respond_to=get_url(body, "response_url"),
        user_team=get_id(body, "team_id"),
    )
    if reply := REPLIES.get(text.casefold()):
        return replace(reply, instead_of=ask)
    return check_length(ask, policy.max_utterance)


def read_message_shortcut(body: Json, identity: Identity, policy: Policy) -> OpenModal | Ignore:
    """What to ask about the message is typed into a modal, and asked in the message's thread.

    {"type": "message_action", "callback_id": "ask_about_message", "trigger_id": "123.456.abc",
     "user": {"id": "U0ALICE", "team_id": "T0HOME"}, "channel": {"id": "C0HALL", "name": "hall"},
     "message": {"type": "message", "user": "U0BOB", "ts": "1763800000.000100", "text": "Late?"},
     "response_url": "https://hooks.slack.com/app/…"}
    """
    message, trigger = get_dict(body, "message"), get_trigger(body)
    channel, user = get_id(body, "channel", "id"), get_id(body, "user", "id")
    root = get_ts(message, "thread_ts") or get_ts(message, "ts")
    if not (channel and user and root and trigger):
        return Ignore(DropReason.MALFORMED)
    if is_external(body, identity, policy):
        return Ignore(DropReason.EXTERNAL)
    content = read_quoted(message)
    quoted = cut(content.attached, policy.max_utterance)
    metadata = ModalMetadata(
        channel,
        root,
        get_url(body, "response_url"),
        files=content.files,
        images=",".join(content.images),
        has_unknown=content.has_unknown,
        is_cut=quoted != content.attached,
    )
    modal = AskQuestion(metadata, quoted, policy.max_utterance)
    return OpenModal(ThreadKey(identity.team_id, channel, root), user, trigger, modal)
