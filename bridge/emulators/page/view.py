"""What the page is told of the workspace: everything at first, then each change."""

from typing import Any

from bridge.emulators.page.blocks import draw_message
from bridge.emulators.page.tokens import Names
from bridge.emulators.page.typed import to_typed
from bridge.emulators.slack import (
    C_GENERAL,
    C_RANDOM,
    D_ALICE,
    D_BOB,
    U_ALICE,
    U_BOB,
    Message,
    SlackEmulator,
)

Json = dict[str, Any]

PEOPLE = (U_ALICE, U_BOB)
CHANNELS = (C_GENERAL, C_RANDOM, D_ALICE, D_BOB)


class View:
    """Reads the emulator and changes nothing; all it gives is fit for JSON."""

    def __init__(self, slack: SlackEmulator) -> None:
        self._slack = slack
        workspace = slack.workspace
        channels = {channel.id: channel.name for channel in workspace.channels.values()}
        self.user_names = {user.id: user.name for user in workspace.users.values()}
        self._names = Names(self.user_names, channels)

    def state(self) -> Json:
        workspace = self._slack.workspace
        shown = [workspace.channel(channel) for channel in CHANNELS]
        whispers = [m for m in workspace.ephemerals if m.channel in CHANNELS and not m.deleted]
        return {
            "type": "state",
            "workspace": self._slack.world.app.team_name,
            "bot": self._slack.bot_user_id,
            "people": PEOPLE,
            "users": {
                u.id: {"name": u.name, "full": u.real_name} for u in workspace.users.values()
            },
            "channels": [
                {"id": c.id, "name": c.name, "kind": c.kind, "members": sorted(c.members)}
                for c in shown
            ],
            "messages": [
                self._message(m) for m in (*(m for c in shown for m in c.live()), *whispers)
            ],
            "statuses": [
                {"channel": channel, "root": root, "words": self._slack.status(channel, root)}
                for channel, root in workspace.statuses
            ],
        }

    def change(self, record: Json) -> Json | None:
        """One record of `SlackEmulator.subscribe()`; None when the page need not know."""
        if record.get("channel") not in CHANNELS:
            return None
        channel = record["channel"]
        if record["type"] in {"message", "message_changed"}:
            return self._newest(channel, record["ts"])
        if record["type"] == "message_deleted":
            return {"type": "deleted", "channel": channel, "ts": record["ts"]}
        if record["type"] == "status":
            root, words = record["thread_ts"], record["status"]
            return {"type": "status", "channel": channel, "root": root, "words": words}
        return None

    def _newest(self, channel: str, ts: str) -> Json | None:
        """The message as it is now, which may be newer than the record; None if it is gone."""
        try:
            message = self._slack.workspace.message(channel, ts)
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
            "html": draw_message(message.text, message.blocks, self._names),
            "typed": to_typed(message.text, self.user_names) if is_person else None,
            "is_edited": is_person and message.edited is not None,
            "only_for": message.ephemeral_to,
        }
