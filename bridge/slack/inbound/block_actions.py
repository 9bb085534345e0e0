"""What a press on one of our buttons means; pure, and calm about any shape."""

import re
from dataclasses import dataclass, replace

from bridge.core.commands import Command, Rate, Stop
from bridge.core.model import Ask, Kind, SessionId, ThreadKey, TurnId, turn_id
from bridge.slack import actions
from bridge.slack.actions import ActionValue
from bridge.slack.identity import Identity
from bridge.slack.inbound.intents import Ignore, OpenModal, Policy, is_external
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
from bridge.slack.views.modals import AskReason, Modal, Origin, ShowSources

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
    def turn(self) -> TurnId:
        """Without the time of the press: a second one of the same button is the same turn."""
        return turn_id(self.team, self.channel, f"action:{self.message_ts}:{self.action_id}")

    @property
    def own_turn(self) -> TurnId:
        """Of this very press, for what may be wanted again later."""
        cause = f"action:{self.message_ts}:{self.action_id}:{self.ts}"
        return turn_id(self.team, self.channel, cause)

    def ask(self, words: str, attached: str = "") -> Ask:
        return Ask(
            turn=self.turn,
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

    def opening(self, modal: Modal, command: Command | None = None) -> OpenModal | Ignore:
        if not TRIGGER.fullmatch(self.trigger):
            return Ignore("malformed")
        return OpenModal(self.team, self.user, self.trigger, modal, command)


def read_block_action(
    body: Json, identity: Identity, policy: Policy
) -> Command | OpenModal | Ignore:
    action = next(iter(get_dicts(body, "actions")), {})
    press = _press(body, action, identity)
    if not (_ASKS.fullmatch(press.action_id) or press.action_id in _OTHERS):
        return Ignore("unknown")
    value = value_of(get_str(action, "value"))
    if value is None or not press.is_sound:
        return Ignore("malformed")
    if is_external(body, identity, policy):
        return Ignore("external")
    return _meaning(press, value)


def value_of(packed: str) -> ActionValue | None:
    """None for what our footer did not write."""
    try:
        value = actions.unpack(packed)
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
    container = get_dict(body, "container")
    return Press(
        team=identity.team_id,
        channel=get_id(container, "channel_id"),
        message_ts=get_ts(container, "message_ts"),
        thread_ts=get_ts(container, "thread_ts"),
        user=get_id(get_dict(body, "user"), "id"),
        user_team=get_id(get_dict(body, "user"), "team_id"),
        ts=get_ts(action, "action_ts"),
        trigger=get_str(body, "trigger_id"),
        respond_to=valid_url(get_str(body, "response_url")),
        action_id=get_str(action, "action_id"),
    )


def _meaning(press: Press, value: ActionValue) -> Command | OpenModal | Ignore:
    match press.action_id:
        case actions.STOP:
            return Stop(press.thread, press.user, press.ts, turn=TurnId(value.turn))
        case actions.NEW:
            return replace(press.ask(""), turn=press.own_turn, kind=Kind.RESET, is_quoted=False)
        case actions.SOURCES:
            return press.opening(ShowSources(TurnId(value.turn)))
        case actions.RATE:
            return _rating(press, value)
    has_words = value.words.strip() or value.attached.strip()
    return press.ask(value.words, value.attached) if has_words else Ignore("malformed")


def _rating(press: Press, value: ActionValue) -> Rate | OpenModal | Ignore:
    """Whoever dislikes an answer is counted at once, and asked for the reason."""
    rate = rating_of(value, press.thread, press.user)
    if rate is None:
        return Ignore("malformed")
    if rate.is_good:
        return rate
    origin = Origin(press.channel, press.thread.root, press.respond_to, actions.pack(value))
    return press.opening(AskReason(origin), rate)
