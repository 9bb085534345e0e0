"""What the page is told of the workspace: everything at first, then each change."""

from collections.abc import Callable, Mapping
from typing import Any

from bridge.emulators.page.blocks import (
    draw_attachments,
    draw_blocks,
    draw_files,
    draw_message,
    draw_tasks,
)
from bridge.emulators.page.composing import to_typed
from bridge.emulators.page.offers import Offers
from bridge.emulators.page.text import Names
from bridge.emulators.slack import (
    C_ELSEWHERE,
    C_GENERAL,
    C_NEWS,
    C_RANDOM,
    D_ALICE,
    D_BOB,
    U_ALICE,
    U_BOB,
    U_GUEST,
    Message,
    SlackEmulator,
)

Json = dict[str, Any]

PEOPLE = (U_ALICE, U_BOB, U_GUEST)
CHANNELS = (C_GENERAL, C_RANDOM, C_NEWS, C_ELSEWHERE, D_ALICE, D_BOB)


class View:
    """Reads the emulator and changes nothing; all it gives is fit for JSON."""

    def __init__(self, slack: SlackEmulator, offers: Offers) -> None:
        self._slack = slack
        self._offers = offers
        self._workspace = slack.workspace
        channels = {channel.id: channel.name for channel in self._workspace.channels.values()}
        self.user_names = {user.id: user.name for user in self._workspace.users.values()}
        self._names = Names(self.user_names, channels)
        self._changes: Mapping[str, Callable[[Json], Json | None]] = {
            "happened": dict,
            "home": lambda record: self._home(record["user"]),
            "message": self._newest,
            "message_changed": self._newest,
            "message_deleted": lambda r: _at("deleted", r["channel"], ts=r["ts"]),
            "prompts": lambda r: self._prompts(r["channel"], r["thread_ts"]),
            "received": dict,
            "session": lambda r: self._status(r["channel"], r["thread_ts"]),
            "status": lambda r: self._status(r["channel"], r["thread_ts"]),
            "title": lambda r: self._status(r["channel"], r["thread_ts"]),
            "view": self._newest_modal,
            "view_closed": lambda r: {"type": "modal_closed", "id": r["view_id"]},
            "view_errors": lambda r: _errors(r["view_id"], r["errors"]),
        }

    def state(self) -> Json:
        workspace = self._workspace
        return {
            "type": "state",
            "workspace": self._slack.world.app.team_name,
            "bot": self._slack.bot_user_id,
            "people": PEOPLE,
            "users": {
                u.id: {
                    "name": u.name,
                    "full": u.real_name,
                    "locale": u.locale,
                    "is_guest": u.is_restricted,
                    "is_bot": u.is_bot,
                }
                for u in workspace.users.values()
            },
            "channels": self._channels(),
            "messages": self._messages(),
            "statuses": [
                self._status(*key) for key in {**workspace.statuses, **workspace.sessions}
            ],
            "prompts": [self._prompts(*key) for key in workspace.prompts],
            "modals": [self._modal(view) for view in workspace.views.values()],
            "homes": [self._home(user) for user in workspace.homes],
            **self._declared(),
            **self._offers.describe(),
        }

    def change(self, record: Json) -> Json | None:
        """One record of `SlackEmulator.subscribe()`; None when the page need not know."""
        if record.get("channel", CHANNELS[0]) not in CHANNELS:
            return None
        tell = self._changes.get(record["type"])
        return tell(record) if tell else None

    def _declared(self) -> Json:
        """What the manifest offers to people."""
        manifest = self._slack.world.manifest
        return {
            "has_home": manifest.home_tab_enabled,
            "first_prompts": list(manifest.prompts),
            "commands": [
                {"name": name, "hint": command.usage_hint, "about": command.description}
                for name, command in manifest.commands.items()
            ],
            "shortcuts": [
                {"id": callback_id, "name": shortcut.name}
                for callback_id, shortcut in manifest.shortcuts.items()
                if shortcut.kind == "message"
            ],
        }

    def _channels(self) -> list[Json]:
        shown = [self._workspace.channel(channel) for channel in CHANNELS]
        return [
            {"id": c.id, "name": c.name, "kind": c.kind, "members": sorted(c.members)}
            for c in shown
        ]

    def _messages(self) -> list[Json]:
        posts = [m for channel in CHANNELS for m in self._workspace.channel(channel).live()]
        whispers = self._workspace.ephemerals
        seen = [m for m in whispers if m.channel in CHANNELS and not m.deleted]
        return [self._message(message) for message in (*posts, *seen)]

    def _newest(self, record: Json) -> Json | None:
        """The message as it is now, which may be newer than the record; None if it is gone."""
        try:
            message = self._workspace.message(record["channel"], record["ts"])
        except KeyError:
            return None
        return {"type": "message", "message": self._message(message)}

    def _message(self, message: Message) -> Json:
        is_person = message.bot_id is None
        return {
            "channel": message.channel,
            "ts": message.ts,
            "root": message.thread_ts if message.thread_ts != message.ts else None,
            "user": message.user,
            "name": message.username or self.user_names.get(message.user, message.user),
            "html": self._draw(message),
            "is_app": not is_person,
            "typed": to_typed(message.text, self.user_names) if is_person else None,
            "is_edited": is_person and message.edited is not None,
            "is_streaming": self._is_streaming(message),
            "is_join": message.subtype == "channel_join",
            "only_for": message.ephemeral_to,
        }

    def _draw(self, message: Message) -> str:
        stream = message.stream
        tasks = draw_tasks(stream.plan_title, stream.tasks.values()) if stream else ""
        # What a person typed stands in the text as well, with its marks.
        blocks = message.blocks if message.bot_id else []
        said = tasks + draw_message(message.text, blocks, self._names)
        return said + draw_attachments(message.attachments, self._names) + draw_files(message.files)

    def _is_streaming(self, message: Message) -> bool:
        now = self._slack.clock.now()
        return message.stream is not None and message.stream.state(now) == "in_progress"

    def _status(self, channel: str, root: str) -> Json:
        """What stands under a thread while the app works; nothing when it does not."""
        session = self._slack.session(channel, root)
        return _at(
            "status",
            channel,
            root=root,
            words=self._slack.status(channel, root),
            is_working=session == "processing",
            session=session,
            title=self._slack.title(channel, root),
            may_stop=self._slack.stop_button(channel, root),
        )

    def _prompts(self, channel: str, root: str | None) -> Json:
        return _at("prompts", channel, root=root, prompts=self._workspace.prompts[channel, root])

    def _home(self, user: str) -> Json:
        home = self._workspace.homes[user]
        html = draw_blocks(home["blocks"], self._names)
        return {"type": "home", "user": user, "id": home["id"], "html": html}

    def _newest_modal(self, record: Json) -> Json | None:
        view = self._workspace.views.get(record["view"]["id"])
        return None if view is None else {"type": "modal", "modal": self._modal(view)}

    def _modal(self, view: Json) -> Json:
        titles = {name: (view.get(name) or {}).get("text") for name in ("title", "submit", "close")}
        html = draw_blocks(view["blocks"], self._names)
        return {
            "id": view["id"],
            "user": self._workspace.viewers[view["id"]],
            "below": view["previous_view_id"],
            "html": html,
            **titles,
        }


def _at(kind: str, channel: str, **told: Any) -> Json:
    return {"type": kind, "channel": channel, **told}


def _errors(view_id: str, errors: Json) -> Json:
    return {"type": "modal_errors", "id": view_id, "errors": errors}
