"""Payloads of presses, modals, shortcuts and commands as Slack writes them, for the tests."""

from typing import Any

from hypothesis import strategies as st

from bridge.core.model import TurnId
from bridge.slack.block_kit.actions import ActionValue, pack
from bridge.slack.workspace.identity import Identity

Json = dict[str, Any]

BOT = Identity(team_id="T0HOME", bot_user_id="U0BOT", bot_id="B0BOT")
TURN = TurnId("5b0f6c0e-6f0c-5c43-9c8e-5a5c7f4f2a11")
MESSAGE = "1763800000.000100"
ROOT = "1763790000.000200"
PRESSED = "1763800050.000300"
REPLY_TO = "https://hooks.slack.example/actions/T0HOME/1/abc"
TRIGGER = "123.456.abcdef0123"
RATED = ActionValue(TURN, session="s1", answer_id="m1", verdict="bad")
NOW = 1763800099.25


def heading(kind: str) -> Json:
    return {
        "type": kind,
        "user": {"id": "U0ALICE", "team_id": "T0HOME"},
        "team": {"id": "T0HOME", "domain": "works"},
        "trigger_id": TRIGGER,
        "response_url": REPLY_TO,
    }


def press(action_id: str, value: ActionValue | str, **container: Any) -> Json:
    place = {
        "type": "message",
        "message_ts": MESSAGE,
        "channel_id": "C0HALL",
        "thread_ts": ROOT,
        "is_ephemeral": False,
    }
    action = {
        "type": "button",
        "action_id": action_id,
        "block_id": "b1",
        "value": value if isinstance(value, str) else pack(value),
        "action_ts": PRESSED,
    }
    return heading("block_actions") | {"container": place | container, "actions": [action]}


def shortcut(**message: Any) -> Json:
    said = {"type": "message", "ts": MESSAGE, "text": "It &lt;is&gt; late", "user": "U0BOB"}
    place = {"id": "C0HALL", "name": "hall"}
    name = {"callback_id": "ask_about_message"}
    return heading("message_action") | name | {"channel": place, "message": said | message}


def submission(callback_id: str, metadata: str, wrote: str | None) -> Json:
    field = {"words": {"words": {"type": "plain_text_input", "value": wrote}}}
    view = {
        "id": "V0123",
        "type": "modal",
        "callback_id": callback_id,
        "private_metadata": metadata,
        "state": {"values": field},
        "blocks": [{"type": "input", "block_id": "words", "element": {}}],
    }
    return heading("view_submission") | {"view": view}


def command(text: str, channel: str = "C0HALL") -> Json:
    return {
        "command": "/beebot",
        "text": text,
        "team_id": "T0HOME",
        "channel_id": channel,
        "user_id": "U0ALICE",
        "trigger_id": TRIGGER,
        "response_url": REPLY_TO,
    }


_LEAF = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8)
_NAMES = st.sampled_from(
    [
        "type", "user", "id", "team_id", "team", "trigger_id", "response_url", "container",
        "message_ts", "channel_id", "thread_ts", "actions", "action_id", "value", "action_ts",
        "view", "private_metadata", "state", "values", "words", "callback_id", "channel",
        "message", "ts", "text", "command", "user_id", "event", "tab", "inviter", "blocks",
        "element", "block_id",
    ]
)  # fmt: skip
json_values = st.recursive(
    _LEAF,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(_NAMES, inner, max_size=5),
    max_leaves=20,
)


@st.composite
def spoiled(draw: st.DrawFn, sound: Json) -> Json:
    """A payload in which anything, at any depth, may be something else."""

    def spoil(node: Any) -> Any:
        if draw(st.integers(0, 9)) == 0:
            return draw(json_values)
        if isinstance(node, dict):
            return {name: spoil(part) for name, part in node.items()}
        return [spoil(part) for part in node] if isinstance(node, list) else node

    return {name: spoil(part) for name, part in sound.items()}
