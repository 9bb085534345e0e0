"""`view_submission`: what a submitted modal means. Pure, and calm about any shape (docs/slack.md,
Presses, commands, modals).
"""

from dataclasses import replace

from bridge.core.commands import DropReason, Rate
from bridge.core.model import Ask, ThreadKey, turn_id
from bridge.core.policy import Policy
from bridge.slack.block_kit import actions
from bridge.slack.block_kit.actions import ModalMetadata
from bridge.slack.block_kit.views import FIELD, REASON_LIMIT, quoted_in
from bridge.slack.inbound.block_actions import rating_of, value_of
from bridge.slack.inbound.intents import Ignore, Respond, check_length, is_external
from bridge.slack.reading.message import read_input
from bridge.slack.reading.payload_fields import ID, TS, Json, get_dict, get_id, get_str
from bridge.slack.workspace.identity import Identity


def read_view_submission(
    body: Json, identity: Identity, policy: Policy, *, now: float
) -> Ask | Rate | Respond | Ignore:
    """`now` in epoch seconds: Slack does not say when a modal was submitted.

    {"type": "view_submission", "user": {"id": "U0ALICE", "team_id": "T0HOME"},
     "view": {"id": "V0123", "type": "modal", "callback_id": "question",
              "private_metadata": '{"channel":"C0HALL","root":"1763790000.000200"}',
              "blocks": [{"type": "section", "block_id": "quoted_0", …}, {"type": "input", …}],
              "state": {"values": {"words": {"words": {"value": "Why is it late?"}}}}}}
    """
    view, user = get_dict(body, "view"), get_dict(body, "user")
    callback_id = get_str(view, "callback_id")
    if callback_id not in {actions.REASON, actions.QUESTION}:
        return Ignore(DropReason.UNKNOWN)
    metadata = _metadata(view)
    if metadata is None or not get_id(user, "id"):
        return Ignore(DropReason.MALFORMED)
    if is_external(body, identity, policy):
        return Ignore(DropReason.EXTERNAL)
    thread = ThreadKey(identity.team_id, metadata.channel, metadata.root)
    wrote = get_str(view, "state", "values", FIELD, FIELD, "value").strip()
    if callback_id == actions.REASON:
        return _rate(metadata, thread, get_id(user, "id"), wrote)
    ask = Ask(
        turn=turn_id(thread.team, thread.channel, f"view:{get_str(view, 'id')}"),
        thread=thread,
        user=get_id(user, "id"),
        ts=f"{now:.6f}",
        text=read_input(wrote),
        attached=quoted_in(view),
        is_cut=metadata.is_cut,
        files=metadata.files,
        images=actions.split_ids(metadata.images),
        has_unknown=metadata.has_unknown,
        is_dm=thread.channel.startswith("D"),
        is_quoted=True,
        respond_to=metadata.respond_to,
        user_team=get_id(user, "team_id"),
    )
    return check_length(ask, policy.max_utterance)


def _rate(metadata: ModalMetadata, thread: ThreadKey, user: str, comment: str) -> Rate | Ignore:
    value = value_of(metadata.value)
    rate = rating_of(value, thread, user) if value else None
    if rate is None:
        return Ignore(DropReason.MALFORMED)
    return replace(rate, comment=comment[:REASON_LIMIT])


def _metadata(view: Json) -> ModalMetadata | None:
    """None for what we did not write."""
    try:
        metadata = actions.unpack(ModalMetadata, get_str(view, "private_metadata"))
    except ValueError:
        return None
    is_sound = ID.fullmatch(metadata.channel) and TS.fullmatch(metadata.root)
    return metadata if is_sound else None
