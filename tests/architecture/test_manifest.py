"""The manifest asks for the scopes and events that the code uses: none less, none more."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml
from slack_sdk.web.async_client import AsyncWebClient

from bridge.slack.api import rate_limits as limits
from bridge.slack.block_kit import actions
from bridge.slack.inbound.guard import PATH
from tests.architecture.sources import parse

ROOT = Path(__file__).parents[2]
MANIFEST = yaml.safe_load((ROOT / "manifest.yml").read_text())
FEATURES = MANIFEST["features"]
COMMANDS = [command["command"] for command in FEATURES["slash_commands"]]
SHORTCUTS = [(shortcut["type"], shortcut["callback_id"]) for shortcut in FEATURES["shortcuts"]]
HISTORY = {"channels:history", "groups:history", "im:history", "mpim:history"}

# Slack's reference: the bot scopes that a method needs, and that an event needs to be sent.
METHOD_SCOPES = {
    "agents.sessions.rename": {"chat:write"},
    "agents.sessions.setStatus": {"chat:write"},
    "api.test": set[str](),
    "apps.connections.open": set[str](),  # asks for the app-level token's connections:write
    "assistant.threads.setStatus": {"chat:write"},
    "assistant.threads.setSuggestedPrompts": {"assistant:write"},
    "auth.test": set[str](),
    "bots.info": {"users:read"},
    "chat.appendStream": {"chat:write"},
    "chat.delete": {"chat:write"},
    "chat.getPermalink": set[str](),
    "chat.postEphemeral": {"chat:write"},
    "chat.postMessage": {"chat:write"},
    "chat.startStream": {"chat:write"},
    "chat.stopStream": {"chat:write"},
    "chat.update": {"chat:write"},
    "conversations.history": HISTORY,
    "conversations.info": {"channels:read", "groups:read"},  # im:read, mpim:read for those
    "conversations.replies": HISTORY,
    "files.info": {"files:read"},
    "users.info": {"users:read"},
    "views.open": set[str](),
    "views.publish": set[str](),
}
EVENT_SCOPES = {
    "agent_session_stopped": {"chat:write"},
    "agent_session_title_changed": {"chat:write"},
    "app_home_opened": set[str](),
    "app_mention": {"app_mentions:read"},
    "member_joined_channel": {"channels:read", "groups:read"},
    "message.channels": {"channels:history"},
    "message.groups": {"groups:history"},
    "message.im": {"im:history"},
    "message.mpim": {"mpim:history"},
}


def called_methods() -> set[str]:
    """Slack's methods that `bridge/slack` and the wiring call, by their dotted names."""
    sources = {*(ROOT / "bridge" / "slack").rglob("*.py"), ROOT / "bridge" / "wiring.py"}
    sources.remove(Path(limits.__file__))  # names methods, and calls none
    names = {name: value for name, value in vars(limits).items() if str(value) in METHODS}
    return {method for path in sources for method in methods_in(path.read_text(), names)}


def methods_in(source: str, names: dict[str, str]) -> Iterator[str]:
    """A method of the SDK's client, `chat_update`, its name as text, `"chat.update"`, or a constant
    that stands for it, `UPDATE`.
    """
    for node in ast.walk(parse(source)):
        if isinstance(node, ast.Attribute) and node.attr in SDK_METHODS:
            yield SDK_METHODS[node.attr]
        if isinstance(node, ast.Constant) and node.value in METHODS:
            yield str(node.value)
        if isinstance(node, ast.Name) and node.id in names:
            yield names[node.id]


SDK_METHODS = {
    name: name.replace("_", ".")
    for name in dir(AsyncWebClient)
    if not name.startswith("_") and "_" in name and name != "api_call"
}
METHODS = set(SDK_METHODS.values())


def subscribed_events() -> set[str]:
    return set(MANIFEST["settings"]["event_subscriptions"]["bot_events"])


def test_methods_are_found_in_each_spelling() -> None:
    source = 'client.chat_postMessage()\nclient.api_call("chat.update", json={})\ncall(STOP)'
    found = set(methods_in(source, {"STOP": "chat.stopStream"}))
    assert found == {"chat.postMessage", "chat.update", "chat.stopStream"}


def test_the_scopes_of_every_method_and_event_in_use_are_known_here() -> None:
    assert called_methods() <= set(METHOD_SCOPES)
    assert subscribed_events() <= set(EVENT_SCOPES)


def test_the_manifest_grants_what_is_used_and_nothing_else() -> None:
    needed: set[str] = set()
    for method in called_methods():
        needed |= METHOD_SCOPES[method]
    for event in subscribed_events():
        needed |= EVENT_SCOPES[event]
    if COMMANDS or SHORTCUTS:
        needed.add("commands")
    granted = MANIFEST["oauth_config"]["scopes"]["bot"]
    assert sorted(granted) == sorted(needed)


def test_every_kind_of_message_that_is_subscribed_is_listened_to() -> None:
    """`message.im` and its like all arrive as `message`; the rest arrive under their own names."""
    kinds = {event.partition(".")[0] for event in subscribed_events()}
    slack = ROOT / "bridge" / "slack"
    receiving = [*slack.glob("inbound/*.py"), slack / "reading" / "post.py"]
    heard = "".join(path.read_text() for path in receiving)
    assert [kind for kind in kinds if f'"{kind}"' not in heard] == []


def listeners() -> set[tuple[str, str]]:
    """What the ingress listens to: Bolt's word for the kind, and the name that is passed to it."""
    source = (ROOT / "bridge" / "slack" / "inbound" / "ingress.py").read_text()
    calls = (node for node in ast.walk(parse(source)) if isinstance(node, ast.Call))
    return {
        (call.func.attr, ast.unparse(call.args[0]).removeprefix("actions."))
        for call in calls
        if isinstance(call.func, ast.Attribute) and ast.unparse(call.func.value) == "app"
    }


def named(kind: str) -> list[str]:
    return [getattr(actions, name) for found, name in listeners() if found == kind]


def test_every_command_and_shortcut_is_declared_and_handled() -> None:
    assert named("command") == COMMANDS
    assert [("message", name) for name in named("message_shortcut")] == SHORTCUTS


def test_presses_and_modals_reach_the_app() -> None:
    assert {"block_action", "view_submission"} <= {kind for kind, _ in listeners()}
    assert MANIFEST["settings"]["interactivity"]["is_enabled"]


def test_everything_is_sent_to_one_address() -> None:
    settings = MANIFEST["settings"]
    addresses = {command["url"] for command in FEATURES["slash_commands"]}
    addresses |= {
        settings[name]["request_url"] for name in ("interactivity", "event_subscriptions")
    }
    (address,) = addresses
    assert address.endswith(PATH)


@pytest.mark.parametrize(
    ("section", "key", "most"),
    [
        (MANIFEST["display_information"], "name", 35),
        (MANIFEST["display_information"], "description", 140),
        (FEATURES["bot_user"], "display_name", 80),
        (FEATURES["agent_view"], "agent_description", 300),
        (FEATURES["shortcuts"][0], "name", 24),
        (FEATURES["shortcuts"][0], "description", 150),
        (FEATURES["slash_commands"][0], "description", 2000),
        (FEATURES["slash_commands"][0], "usage_hint", 1000),
    ],
)
def test_texts_are_within_slacks_limits(section: dict[str, str], key: str, most: int) -> None:
    assert 0 < len(section[key]) <= most


def test_people_can_write_to_the_bot_in_its_messages_tab_and_look_at_its_home() -> None:
    home = FEATURES["app_home"]
    assert home["home_tab_enabled"]
    assert home["messages_tab_enabled"]
    assert not home["messages_tab_read_only_enabled"]
