"""The one place where messages appear, change and vanish: tells watchers, and the app by events."""

import asyncio
from typing import Any

from bridge.emulators.slack import event_payloads
from bridge.emulators.slack.clock import Clock
from bridge.emulators.slack.deliveries import Envelope
from bridge.emulators.slack.dispatcher import Dispatcher
from bridge.emulators.slack.feed import Feed
from bridge.emulators.slack.manifest import Manifest
from bridge.emulators.slack.messages import Message
from bridge.emulators.slack.pings import Ping, find_pings
from bridge.emulators.slack.scopes import is_sent
from bridge.emulators.slack.workspace import Channel, Installation, Workspace

Json = dict[str, Any]


class Timeline:
    """Applies a change to the workspace and spreads the news.

    `mention_lag_s` is by how much the app_mention of a post comes later than its message event;
    negative: earlier. With `mentions_lack_files` it does not carry what its message carries.
    """

    def __init__(
        self,
        app: Installation,
        manifest: Manifest,
        *,
        workspace: Workspace,
        clock: Clock,
        feed: Feed,
        dispatcher: Dispatcher,
    ) -> None:
        self.pings: list[Ping] = []
        self.mention_lag_s = 0.0
        self.mentions_lack_files = False
        self._app = app
        self._manifest = manifest
        self._workspace = workspace
        self._clock = clock
        self._feed = feed
        self._dispatcher = dispatcher

    def post(self, message: Message, *, links_names: bool = False) -> None:
        channel = self._workspace.channel(message.channel)
        channel.messages[message.ts] = message
        root = channel.messages.get(message.thread_ts or "")
        if root is not None:
            root.thread_ts = root.ts  # a root with replies names itself
        self._note_shown(message, links_names=links_names)
        self._publish("message", message)
        now = self._clock.now()
        event = event_payloads.message_posted(message, channel, app=self._app, now=now)
        lag_s = -self.mention_lag_s if self._is_mention(message, channel) else 0.0
        self.announce(event_payloads.CHANNEL_EVENTS[channel.kind], event, channel, after_s=lag_s)
        self._announce_mention(message, channel)

    def whisper(self, message: Message) -> None:
        """Show a message to one person only; Slack sends no event for it."""
        self._workspace.ephemerals.append(message)
        self._note_shown(message)
        self._publish("message", message)

    def change(self, message: Message, before: Json, *, links_names: bool = False) -> None:
        """Tell that a message, already changed, was `before` (as dict)."""
        self.grow(message, links_names=links_names)
        if message.ephemeral_to is not None:
            return
        channel = self._workspace.channel(message.channel)
        after = message.to_dict(now=self._clock.now())
        event = event_payloads.message_changed(channel, after, before, stamp=self._clock.stamp())
        self.announce(event_payloads.CHANNEL_EVENTS[channel.kind], event, channel)
        self._announce_mention(message, channel)

    def grow(self, message: Message, *, links_names: bool = False) -> None:
        """A change that is only seen: Slack sends no event for what streams append."""
        self._note_shown(message, links_names=links_names)
        self._publish("message_changed", message)

    def delete(self, message: Message) -> None:
        message.deleted = True
        self._publish("message_deleted", message)
        if message.ephemeral_to is not None:
            return
        channel = self._workspace.channel(message.channel)
        before = message.to_dict(now=self._clock.now())
        event = event_payloads.message_deleted(channel, before, stamp=self._clock.stamp())
        self.announce(event_payloads.CHANNEL_EVENTS[channel.kind], event, channel)

    def announce(
        self, name: str, event: Json, channel: Channel | None = None, *, after_s: float = 0.0
    ) -> None:
        """Send an event, in the background, if the app subscribed to it and is in the channel."""
        is_inside = channel is None or self._app.bot_user_id in channel.members
        if is_inside and is_sent(self._manifest, name):
            is_shared = channel is not None and channel.is_ext_shared
            if is_shared and event.get("files"):
                event = event_payloads.without_team(event)
            envelope = self.envelope(event, is_shared=is_shared)
            self._dispatcher.send(envelope, after_s=max(after_s, 0.0))

    def envelope(self, event: Json, *, event_id: str = "", is_shared: bool = False) -> Envelope:
        event_id = event_id or event_payloads.new_event_id()
        now = self._clock.now()
        payload = event_payloads.envelope(
            self._app, event, event_id=event_id, now=now, is_shared=is_shared
        )
        return Envelope("events_api", payload, event_id)

    def tell(self, kind: str, **fields: Any) -> None:
        """Let the watchers know of something that is no message."""
        self._feed.publish(kind, **fields)

    def _announce_mention(self, message: Message, channel: Channel) -> None:
        if self._is_mention(message, channel):
            now = self._clock.now()
            event = event_payloads.mention(message, channel, app=self._app, now=now)
            if self.mentions_lack_files:
                event.pop("files", None)
            self.announce("app_mention", event, channel, after_s=self.mention_lag_s)

    def _is_mention(self, message: Message, channel: Channel) -> bool:
        is_own = message.user == self._app.bot_user_id
        names_it = f"<@{self._app.bot_user_id}>" in message.text
        return names_it and not is_own and channel.kind != "im"

    def _note_shown(self, message: Message, *, links_names: bool = False) -> None:
        message.remember_shown(asyncio.get_running_loop().time())
        if message.bot_id == self._app.bot_id:
            found = find_pings(message, links_names=links_names)
            self.pings += [ping for ping in dict.fromkeys(found) if ping not in self.pings]

    def _publish(self, kind: str, message: Message) -> None:
        self._feed.publish(
            kind,
            channel=message.channel,
            ts=message.ts,
            thread_ts=message.thread_ts,
            shown=message.shown,
            ephemeral_to=message.ephemeral_to,
            message=message.to_dict(now=self._clock.now(), with_metadata=True),
        )
