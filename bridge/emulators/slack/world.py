"""Everything a Web API method may look at or change, and the look-ups they share."""

import secrets
from dataclasses import dataclass, field
from typing import Any

from bridge.emulators.slack.arguments import Arguments
from bridge.emulators.slack.clock import Clock
from bridge.emulators.slack.manifest import Manifest
from bridge.emulators.slack.messages import Message
from bridge.emulators.slack.refusals import RefusedError, refuse_unless
from bridge.emulators.slack.scopes import require_scope
from bridge.emulators.slack.sockets import Sockets
from bridge.emulators.slack.timeline import Timeline
from bridge.emulators.slack.triggers import Triggers
from bridge.emulators.slack.workspace import Channel, Installation, Workspace

Json = dict[str, Any]

_AUTHORSHIP = ("username", "icon_emoji", "icon_url")


@dataclass(slots=True)
class World:
    app: Installation
    manifest: Manifest
    workspace: Workspace
    clock: Clock
    timeline: Timeline
    triggers: Triggers
    sockets: Sockets
    stream_lifetime_s: float
    base_url: str = ""
    retired: set[str] = field(default_factory=set)  # methods that are answered no more

    def visible_channel(self, channel_id: str) -> Channel:
        """A channel the app may know of: private ones only as a member."""
        channel = self.workspace.channels.get(channel_id)
        if channel is None or (channel.kind != "channel" and not self.is_member(channel)):
            raise RefusedError("channel_not_found")
        return channel

    def joined_channel(self, channel_id: str) -> Channel:
        channel = self.visible_channel(channel_id)
        refuse_unless(self.is_member(channel), "not_in_channel")
        return channel

    def writable_channel(self, channel_id: str) -> Channel:
        channel = self.joined_channel(channel_id)
        refuse_unless(not channel.is_archived, "is_archived")
        is_open = channel.kind != "im" or self.manifest.messages_tab_enabled
        refuse_unless(is_open, "messages_tab_disabled")
        return channel

    def is_member(self, channel: Channel) -> bool:
        return self.app.bot_user_id in channel.members

    def app_message(self, channel: Channel, ts: str, *, error: str) -> Message:
        """A message of the app's own; `error` when it is somebody else's."""
        message = channel.messages.get(ts)
        if message is None or message.deleted:
            raise RefusedError("message_not_found")
        refuse_unless(message.bot_id == self.app.bot_id, error)
        return message

    def draft(self, channel: Channel, args: Arguments, *, thread_ts: str | None) -> Message:
        """A message of the app that nobody has seen yet; text, blocks and metadata still empty."""
        if any(args.text(name) for name in _AUTHORSHIP):
            require_scope(self.manifest, ("chat:write.customize",))
        root = channel.messages.get(thread_ts or "")
        return Message(
            channel.id,
            self.clock.stamp(),
            "",
            self.app.bot_user_id,
            self.app.team_id,
            thread_ts=thread_ts,
            bot_id=self.app.bot_id,
            app_id=self.app.app_id,
            username=args.text("username"),
            parent_user_id=root.user if root else None,
        )

    def clear_status(self, channel_id: str, thread_ts: str | None) -> None:
        """The next reply of the app takes the status words away."""
        if self.workspace.statuses.pop((channel_id, thread_ts or ""), None):
            self.timeline.tell("status", channel=channel_id, thread_ts=thread_ts, status="")


def with_block_ids(blocks: list[Json]) -> list[Json]:
    """Slack gives every block an id, except markdown blocks, which have none."""
    return [
        block if block["type"] == "markdown" else {"block_id": secrets.token_hex(3), **block}
        for block in blocks
    ]
