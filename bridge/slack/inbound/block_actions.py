"""`block_actions`: what a press on one of our buttons means. Pure, and calm about any shape
(docs/slack.md, Presses, commands, modals).
"""

import re
from dataclasses import dataclass, replace

from bridge.core.commands import Command, Rate, Stop
from bridge.core.model import Ask, Kind, SessionId, ThreadKey, TurnId, turn_id
from bridge.slack import actions
from bridge.slack.actions import ActionValue, ModalMetadata
from bridge.slack.identity import Identity
from bridge.slack.inbound.intents import Ignore, OpenModal, Policy
from bridge.slack.payload_fields import (
    TRIGGER,
    Json,
    get_dict,
    get_dicts,
    get_id,
    get_str,
    get_ts,
    valid_url,
)
from bridge.slack.views import AskReason, Modal, ShowSources

_ASKS = re.compile(rf"{actions.ASK}[0-9]{{1,3}}|{actions.REGENERATE}")
_OTHERS = {actions.STOP, actions.NEW, actions.SOURCES, actions.RATE}
_TURN = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")


@dataclass(frozen=True, slots=True)
class Press:
    """Who pressed what, where and when; missing or odd fields are empty."""

    team: str
    channel: str
    message_ts: str
    thread_ts: str
    user: str
    user_team: str
    ts: str
    trigger: str
    respond_to: str
    action_id: str

    @property
    def is_sound(self) -> bool:
        return all((self.channel, self.message_ts, self.user, self.ts))

    @property
    def thread(self) -> ThreadKey:
        return ThreadKey(self.team, self.channel, self.thread_ts or self.message_ts)

    @property
    def cause(self) -> str:
        """Without the time of the press: a second one of the same button is the same turn."""
        return f"action:{self.message_ts}:{self.action_id}"

    def turn(self, cause: str) -> TurnId:
        return turn_id(self.team, self.channel, cause)

    def ask(self, words: str, attached: str = "") -> Ask:
        return Ask(
            turn=self.turn(self.cause),
            thread=self.thread,
            user=self.user,
            ts=self.ts,
            text=words,
            attached=attached,
            is_dm=self.channel.startswith("D"),
            is_quoted=True,
            respond_to=self.respond_to,
            user_team=self.user_team,
        )

    def reset(self) -> Ask:
        """Of this very press: it may be wanted again later."""
        turn = self.turn(f"{self.cause}:{self.ts}")
        return replace(self.ask(""), turn=turn, kind=Kind.RESET, is_quoted=False)

    def open_modal(self, modal: Modal, command: Command | None = None) -> OpenModal | Ignore:
        if not TRIGGER.fullmatch(self.trigger):
            return Ignore("malformed")
        return OpenModal(self.team, self.user, self.trigger, modal, command)


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
    press = _press(body, action, identity)
    if not (_ASKS.fullmatch(press.action_id) or press.action_id in _OTHERS):
        return Ignore("unknown")
    value = value_of(get_str(action, "value"))
    if value is None or not press.is_sound:
        return Ignore("malformed")
    if policy.is_external(body, identity):
        return Ignore("external")
    return _intent(press, value)


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
    )


def _press(body: Json, action: Json, identity: Identity) -> Press:
    container, user = get_dict(body, "container"), get_dict(body, "user")
    return Press(
        team=identity.team_id,
        channel=get_id(container, "channel_id"),
        message_ts=get_ts(container, "message_ts"),
        thread_ts=get_ts(container, "thread_ts"),
        user=get_id(user, "id"),
        user_team=get_id(user, "team_id"),
        ts=get_ts(action, "action_ts"),
        trigger=get_str(body, "trigger_id"),
        respond_to=valid_url(get_str(body, "response_url")),
        action_id=get_str(action, "action_id"),
    )


def _intent(press: Press, value: ActionValue) -> Command | OpenModal | Ignore:
    match press.action_id:
        case actions.STOP:
            return Stop(press.thread, press.user, press.ts, turn=TurnId(value.turn))
        case actions.NEW:
            return press.reset()
        case actions.SOURCES:
            return press.open_modal(ShowSources(TurnId(value.turn)))
        case actions.RATE:
            return _rating(press, value)
    has_words = value.words.strip() or value.attached.strip()
    return press.ask(value.words, value.attached) if has_words else Ignore("malformed")


def _rating(press: Press, value: ActionValue) -> Rate | OpenModal | Ignore:
    """A bad one is counted at once, and its reason asked for in a modal."""
    rate = rating_of(value, press.thread, press.user)
    if rate is None:
        return Ignore("malformed")
    if rate.is_good:
        return rate
    metadata = ModalMetadata(
        press.channel, press.thread.root, press.respond_to, actions.pack(value)
    )
    return press.open_modal(AskReason(metadata), rate)
