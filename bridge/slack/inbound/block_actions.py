"""`block_actions`: what a press on one of our buttons means. Pure, and calm about any shape
(docs/slack.md, Presses, commands, modals).
"""

import re
from dataclasses import replace

from bridge.core.commands import Command, DropReason, Rate, Stop
from bridge.core.model import Ask, Kind, RobotId, SessionId, ThreadKey, TurnId, turn_id
from bridge.core.policy import Policy
from bridge.slack.block_kit import actions
from bridge.slack.block_kit.actions import ActionValue, ModalMetadata
from bridge.slack.block_kit.views import AskReason, Modal, ShowSources
from bridge.slack.inbound.intents import Ignore, OpenModal, is_external
from bridge.slack.reading.payload_fields import (
    Json,
    get_dict,
    get_dicts,
    get_id,
    get_str,
    get_trigger,
    get_ts,
    get_url,
)
from bridge.slack.workspace.identity import Identity

# A press on one of _ASKS asks what the button carries. Each of _OTHERS has a case in `_intent`.
_ASKS = re.compile(rf"{actions.ASK}[0-9]{{1,3}}|{actions.REGENERATE}")
_OTHERS = {actions.STOP, actions.NEW, actions.SOURCES, actions.RATE}
_TURN = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")


def read_block_action(
    body: Json, identity: Identity, policy: Policy
) -> Command | OpenModal | Ignore:
    """Read what Slack posts as `payload`.

    {"type": "block_actions", "user": {"id": "U0ALICE", "team_id": "T0HOME"},
     "trigger_id": "123.456.abc", "response_url": "https://hooks.slack.com/actions/…",
     "container": {"type": "message", "channel_id": "C0HALL",
                   "message_ts": "1763800000.000100", "thread_ts": "1763790000.000200"},
     "actions": [{"type": "button", "action_id": "ask_0", "action_ts": "1763800050.000300",
                  "value": '{"turn":"5b0f6c0e-…","words":"And on Sundays?"}'}]}
    """
    action = next(iter(get_dicts(body, "actions")), {})
    action_id = get_str(action, "action_id")
    if not (_ASKS.fullmatch(action_id) or action_id in _OTHERS):
        return Ignore(DropReason.UNKNOWN)
    value, press = value_of(get_str(action, "value")), _press(body, action, identity)
    if value is None or press is None:
        return Ignore(DropReason.MALFORMED)
    if is_external(body, identity, policy):
        return Ignore(DropReason.EXTERNAL)
    return _intent(body, action_id, press, value)


def value_of(packed: str) -> ActionValue | None:
    """None for what our footer did not write."""
    try:
        value = actions.unpack(ActionValue, packed)
    except ValueError:
        return None
    return value if _TURN.fullmatch(value.turn) else None


def rating_of(value: ActionValue, thread: ThreadKey, user: str) -> Rate | None:
    if not (value.verdict and value.session and value.answer_id):
        return None
    return Rate(
        turn=TurnId(value.turn),
        thread=thread,
        user=user,
        session=SessionId(value.session),
        answer_id=value.answer_id,
        is_good=value.verdict == "good",
        robot=RobotId(value.robot) or None,
    )


def _press(body: Json, action: Json, identity: Identity) -> Ask | None:
    """Who pressed, where and when, as the question that it may be; None where any of that is
    missing or odd.
    """
    container, user = get_dict(body, "container"), get_dict(body, "user")
    channel, message_ts = get_id(container, "channel_id"), get_ts(container, "message_ts")
    user_id, ts = get_id(user, "id"), get_ts(action, "action_ts")
    if not (channel and message_ts and user_id and ts):
        return None
    cause = f"action:{message_ts}:{get_str(action, 'action_id')}"  # pressed twice, it is one turn
    if get_str(action, "action_id") == actions.NEW:
        cause = f"{cause}:{ts}"  # which may be wanted again later
    root = get_ts(container, "thread_ts") or message_ts
    return Ask(
        turn=turn_id(identity.team_id, channel, cause),
        thread=ThreadKey(identity.team_id, channel, root),
        user=user_id,
        ts=ts,
        text="",
        is_dm=channel.startswith("D"),
        is_quoted=True,
        respond_to=get_url(body, "response_url"),
        user_team=get_id(user, "team_id"),
    )


def _intent(
    body: Json, action_id: str, press: Ask, value: ActionValue
) -> Command | OpenModal | Ignore:
    match action_id:
        case actions.STOP:
            return Stop(press.thread, press.user, press.ts, turn=TurnId(value.turn))
        case actions.NEW:
            return replace(press, kind=Kind.RESET, is_quoted=False)
        case actions.SOURCES:
            return _open_modal(body, press, ShowSources(TurnId(value.turn)))
        case actions.RATE:
            return _rate(body, press, value)
        case _:  # one of _ASKS
            return _question(press, value)


def _question(press: Ask, value: ActionValue) -> Ask | Ignore:
    """What the button carries, asked."""
    has_words = value.words.strip() or value.attached.strip()
    images = actions.split_ids(value.images)
    asked = replace(
        press, text=value.words, attached=value.attached, images=images, files=len(images)
    )
    return asked if has_words or images else Ignore(DropReason.MALFORMED)


def _rate(body: Json, press: Ask, value: ActionValue) -> Rate | OpenModal | Ignore:
    """A bad one is counted at once, and its reason asked for in a modal."""
    rate = rating_of(value, press.thread, press.user)
    if rate is None:
        return Ignore(DropReason.MALFORMED)
    if rate.is_good:
        return rate
    thread, packed = press.thread, actions.pack(value)
    metadata = ModalMetadata(thread.channel, thread.root, press.respond_to, packed)
    return _open_modal(body, press, AskReason(metadata), rate)


def _open_modal(
    body: Json, press: Ask, modal: Modal, command: Command | None = None
) -> OpenModal | Ignore:
    if trigger := get_trigger(body):
        return OpenModal(press.thread, press.user, trigger, modal, command)
    return Ignore(DropReason.MALFORMED)
