"""The manifest asks for what the bridge uses: no scope too few, and none too many."""

import ast
import re
from collections.abc import Iterator
from typing import Any

import yaml
from slack_sdk.web.async_client import AsyncWebClient

from tests.architecture.sources import ROOT, modules

HISTORY = {"channels:history", "groups:history", "im:history", "mpim:history"}
# docs.slack.dev: the bot scopes of each method and event.
METHODS: dict[str, set[str]] = {
    "apps.connections.open": set(),  # a scope of the app-level token
    "assistant.threads.setStatus": {"chat:write"},
    "auth.test": set(),
    "chat.appendStream": {"chat:write"},
    "chat.delete": {"chat:write"},
    "chat.postEphemeral": {"chat:write"},
    "chat.postMessage": {"chat:write"},
    "chat.startStream": {"chat:write"},
    "chat.stopStream": {"chat:write"},
    "chat.update": {"chat:write"},
    "conversations.history": HISTORY,
    "conversations.replies": HISTORY,
    "views.open": set(),
    "views.publish": set(),
}
EVENTS: dict[str, tuple[str, set[str]]] = {
    "app_home_opened": ("app_home_opened", set()),
    "app_mention": ("app_mention", {"app_mentions:read"}),
    "message.channels": ("message", {"channels:history"}),
    "message.groups": ("message", {"groups:history"}),
    "message.im": ("message", {"im:history"}),
    "message.mpim": ("message", {"mpim:history"}),
}
FAMILIES = (
    "admin", "agents", "apps", "assistant", "auth", "bookmarks", "bots", "canvases", "chat",
    "conversations", "dnd", "emoji", "files", "functions", "pins", "reactions", "reminders",
    "search", "team", "usergroups", "users", "views", "workflows",
)  # fmt: skip
CALLS = tuple(f"{family}_" for family in FAMILIES)
METHOD = re.compile(rf"({'|'.join(FAMILIES)})(\.[a-z][A-Za-z]*)+")


def manifest() -> dict[str, Any]:
    read: dict[str, Any] = yaml.safe_load((ROOT / "manifest.yml").read_text(encoding="utf-8"))
    return read


def called() -> set[str]:
    """Slack's methods in the adapter: named in a string, or called on slack_sdk's client."""
    nodes = [node for module in modules("bridge/slack") for node in ast.walk(module.tree)]
    return {name for node in nodes for name in _methods(node)}


def _methods(node: ast.AST) -> Iterator[str]:
    match node:
        case ast.Constant(value=str(text)) if METHOD.fullmatch(text):
            yield text
        case ast.Call(func=ast.Attribute(attr=name)) if name.startswith(CALLS):
            if hasattr(AsyncWebClient, name):
                yield name.replace("_", ".")


def heard() -> set[str]:
    """The events that the ingress has a listener for."""
    return {
        argument.value
        for module in modules("bridge/slack")
        for node in ast.walk(module.tree)
        if isinstance(node, ast.Call)
        and isinstance(node.func, ast.Attribute)
        and node.func.attr == "event"
        for argument in node.args
        if isinstance(argument, ast.Constant) and isinstance(argument.value, str)
    }


def subscribed() -> list[str]:
    events: list[str] = manifest()["settings"]["event_subscriptions"]["bot_events"]
    return events


def test_the_methods_are_found_in_the_source() -> None:
    assert {"auth.test", "apps.connections.open", "chat.postMessage", "chat.update"} <= called()


def test_the_scopes_of_every_method_are_known() -> None:
    assert called() - set(METHODS) == set()


def test_the_scopes_are_those_that_the_methods_and_events_need() -> None:
    by_method = {scope for method in called() for scope in METHODS[method]}
    by_event = {scope for event in subscribed() for scope in EVENTS[event][1]}
    scopes = manifest()["oauth_config"]["scopes"]["bot"]
    assert len(scopes) == len(set(scopes))
    assert set(scopes) == by_method | by_event


def test_the_events_are_those_that_somebody_listens_to() -> None:
    assert len(subscribed()) == len(set(subscribed()))
    assert {EVENTS[event][0] for event in subscribed()} == heard()


def test_posts_are_heard_in_every_kind_of_conversation() -> None:
    assert {event for event in EVENTS if event.startswith("message.")} <= set(subscribed())


def test_the_address_is_the_one_that_the_bridge_serves() -> None:
    url = manifest()["settings"]["event_subscriptions"]["request_url"]
    assert url.endswith("/slack/events")
