"""Which scope each Web API method and each event needs."""

from collections.abc import Mapping

from bridge.emulators.slack.manifest import Manifest
from bridge.emulators.slack.refusals import RefusedError

KINDS = {"channel": "channels", "group": "groups", "im": "im", "mpim": "mpim"}
_HISTORY = tuple(f"{prefix}:history" for prefix in KINDS.values())
_READ = tuple(f"{prefix}:read" for prefix in KINDS.values())

# A method is open to an app that holds one of the scopes; () means none is needed.
METHOD_SCOPES: Mapping[str, tuple[str, ...]] = {
    "agents.sessions.rename": ("chat:write",),
    "agents.sessions.setStatus": ("chat:write",),
    "api.test": (),
    "apps.connections.open": (),
    "assistant.threads.setStatus": ("chat:write",),
    "assistant.threads.setSuggestedPrompts": ("assistant:write",),
    "assistant.threads.setTitle": ("assistant:write",),
    "auth.test": (),
    "blocks.validate": (),
    "bots.info": ("users:read",),
    "chat.appendStream": ("chat:write",),
    "chat.delete": ("chat:write",),
    "chat.getPermalink": (),
    "chat.postEphemeral": ("chat:write",),
    "chat.postMessage": ("chat:write",),
    "chat.startStream": ("chat:write",),
    "chat.stopStream": ("chat:write",),
    "chat.update": ("chat:write",),
    "conversations.history": _HISTORY,
    "conversations.info": _READ,
    "conversations.members": _READ,
    "conversations.open": ("im:write", "mpim:write"),
    "conversations.replies": _HISTORY,
    "files.info": ("files:read",),
    "users.info": ("users:read",),
    "views.open": (),
    "views.publish": (),
    "views.push": (),
    "views.update": (),
}

# An event is sent to an app that subscribed to it and holds one of the scopes.
EVENT_SCOPES: Mapping[str, tuple[str, ...]] = {
    "agent_session_stopped": ("chat:write",),
    "agent_session_title_changed": ("chat:write",),
    "app_context_changed": ("assistant:write",),
    "app_home_opened": (),
    "app_mention": ("app_mentions:read",),
    "app_uninstalled": (),
    "member_joined_channel": ("channels:read", "groups:read"),
    "message.channels": ("channels:history",),
    "message.groups": ("groups:history",),
    "message.im": ("im:history",),
    "message.mpim": ("mpim:history",),
    "tokens_revoked": (),
}


def require_scope(manifest: Manifest, needed: tuple[str, ...]) -> None:
    """Refuse with `missing_scope` unless the app holds one of the scopes."""
    if needed and not manifest.bot_scopes.intersection(needed):
        provided = ",".join(sorted(manifest.bot_scopes))
        raise RefusedError("missing_scope", needed=",".join(needed), provided=provided)


def is_sent(manifest: Manifest, event: str) -> bool:
    """Whether the app's subscriptions and scopes let this event through, e.g. `message.im`."""
    needed = EVENT_SCOPES[event]
    holds_scope = not needed or bool(manifest.bot_scopes.intersection(needed))
    return event in manifest.bot_events and holds_scope
