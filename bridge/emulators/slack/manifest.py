"""What the app's manifest declares: scopes, events, features."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml


@dataclass(frozen=True, slots=True)
class Command:
    description: str
    usage_hint: str
    escapes: bool  # people, channels and links reach the app as tokens, `<` as `&lt;`


@dataclass(frozen=True, slots=True)
class Shortcut:
    name: str
    kind: str  # "global" | "message"


@dataclass(frozen=True, slots=True)
class Manifest:
    """The parts of a manifest that change what Slack sends or accepts."""

    name: str
    bot_display_name: str
    bot_scopes: frozenset[str]
    bot_events: frozenset[str]
    commands: Mapping[str, Command]  # by what one types, e.g. "/ask"
    shortcuts: Mapping[str, Shortcut]  # by callback_id
    prompts: Sequence[Mapping[str, str]]  # `title` and `message`; shown until the app sets others
    is_agent: bool
    is_interactive: bool
    home_tab_enabled: bool
    messages_tab_enabled: bool
    messages_tab_read_only: bool


def load_manifest(source: Mapping[str, Any] | Path) -> Manifest:
    """Read a manifest, parsed or as a YAML file."""
    if isinstance(source, Path):
        source = yaml.safe_load(source.read_text(encoding="utf-8")) or {}
    return _read(source)


def _read(manifest: Mapping[str, Any]) -> Manifest:
    features = manifest.get("features", {})
    settings = manifest.get("settings", {})
    home = features.get("app_home", {})
    name = manifest.get("display_information", {}).get("name", "app")
    return Manifest(
        name=name,
        bot_display_name=features.get("bot_user", {}).get("display_name", name),
        bot_scopes=frozenset(manifest.get("oauth_config", {}).get("scopes", {}).get("bot", ())),
        bot_events=frozenset(settings.get("event_subscriptions", {}).get("bot_events", ())),
        commands={c["command"]: _command(c) for c in features.get("slash_commands", ())},
        shortcuts={
            s["callback_id"]: Shortcut(s["name"], s["type"]) for s in features.get("shortcuts", ())
        },
        prompts=features.get("agent_view", {}).get("suggested_prompts", ()),
        is_agent="agent_view" in features or "assistant_view" in features,
        is_interactive=bool(settings.get("interactivity", {}).get("is_enabled")),
        home_tab_enabled=bool(home.get("home_tab_enabled")),
        messages_tab_enabled=bool(home.get("messages_tab_enabled")),
        messages_tab_read_only=bool(home.get("messages_tab_read_only_enabled")),
    )


def _command(declared: Mapping[str, Any]) -> Command:
    return Command(
        declared.get("description", ""),
        declared.get("usage_hint", ""),
        escapes=bool(declared.get("should_escape")),
    )
