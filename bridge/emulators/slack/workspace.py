"""The workspace: its people, channels and messages, and what the app has set on them."""

from dataclasses import dataclass, field
from typing import Any, Literal

from bridge.emulators.slack.messages import Message

Json = dict[str, Any]
ChannelKind = Literal["channel", "group", "im", "mpim"]


@dataclass(frozen=True, slots=True)
class Installation:
    """The app as installed in the team."""

    team_id: str
    team_name: str
    team_domain: str
    app_id: str
    bot_id: str
    bot_user_id: str
    bot_name: str


@dataclass(frozen=True, slots=True)
class User:
    id: str
    name: str
    real_name: str
    team_id: str
    is_bot: bool = False
    locale: str = "en-US"
    is_restricted: bool = False  # a guest
    is_ultra_restricted: bool = False  # a guest of a single channel, who is `is_restricted` as well
    is_deleted: bool = False

    def to_dict(self) -> Json:
        profile = {"real_name": self.real_name, "display_name": self.name, "team": self.team_id}
        return {
            "id": self.id,
            "team_id": self.team_id,
            "name": self.name,
            "real_name": self.real_name,
            "deleted": self.is_deleted,
            "is_bot": self.is_bot,
            "is_restricted": self.is_restricted,
            "is_ultra_restricted": self.is_ultra_restricted,
            "tz": "Asia/Shanghai",
            "tz_offset": 28800,
            "locale": self.locale,
            "profile": profile,
        }


@dataclass(frozen=True, slots=True)
class Upload:
    """A file that a person shares. `is_unknown`: messages tell no more of it than its id, as they
    do of files of other organisations. `linked_to` is where another service has it.
    """

    name: str = "note.txt"
    content: bytes = b"A short note"
    mimetype: str = "text/plain"
    is_unknown: bool = False
    linked_to: str = ""


@dataclass(slots=True)
class Channel:
    id: str
    name: str
    kind: ChannelKind
    members: set[str]
    is_archived: bool = False
    is_ext_shared: bool = False
    messages: dict[str, Message] = field(default_factory=dict)  # by ts, oldest first

    def to_dict(self, bot_user_id: str) -> Json:
        """As conversations.info gives it."""
        others = sorted(self.members - {bot_user_id})
        return {
            "id": self.id,
            "name": self.name,
            "is_channel": self.kind == "channel",
            "is_group": self.kind == "group",
            "is_im": self.kind == "im",
            "is_mpim": self.kind == "mpim",
            "is_private": self.kind != "channel",
            "is_archived": self.is_archived,
            "is_ext_shared": self.is_ext_shared,
            "is_shared": self.is_ext_shared,
            "is_member": bot_user_id in self.members,
            **({"user": others[0]} if self.kind == "im" else {}),
        }

    def live(self) -> list[Message]:
        return [m for m in self.messages.values() if not m.deleted]

    def thread(self, root_ts: str) -> list[Message]:
        """The root and its replies, oldest first, without deleted ones."""
        return [m for m in self.live() if root_ts in {m.ts, m.thread_ts}]

    def root(self, thread_ts: str | None) -> Message | None:
        """The message a thread hangs on: no reply itself, and still there or with replies left."""
        root = self.messages.get(thread_ts or "")
        if root is None or root.thread_ts not in {None, root.ts}:
            return None
        return root if not root.deleted or self.thread(root.ts) else None


@dataclass(slots=True)
class Status:
    """The words under a thread ("is thinking…") and when they were set (Unix seconds)."""

    text: str
    set_at: float
    loading_messages: list[str]


@dataclass(slots=True)
class AgentSession:
    """An agent session of a thread; `processing` lapses at `lapses_at` (Unix seconds)."""

    status: str
    lapses_at: float
    title: str = ""


ThreadKey = tuple[str, str]  # channel, root ts


@dataclass(slots=True)
class Workspace:
    """Everything a person in the workspace could look at."""

    users: dict[str, User]
    channels: dict[str, Channel]
    files: dict[str, tuple[Upload, str]] = field(default_factory=dict)  # and who shared it, by id
    ephemerals: list[Message] = field(default_factory=list)
    statuses: dict[ThreadKey, Status] = field(default_factory=dict)
    sessions: dict[ThreadKey, AgentSession] = field(default_factory=dict)
    titles: dict[ThreadKey, str] = field(default_factory=dict)
    prompts: dict[tuple[str, str | None], list[Json]] = field(default_factory=dict)
    views: dict[str, Json] = field(default_factory=dict)  # open modals, by view id, newest last
    viewers: dict[str, str] = field(default_factory=dict)  # who looks at a modal, by view id
    homes: dict[str, Json] = field(default_factory=dict)  # App Home tabs, by user

    def channel(self, channel_id: str) -> Channel:
        return self.channels[channel_id]

    def thread(self, channel: str, root_ts: str) -> list[Message]:
        """The root and its replies, oldest first, without deleted ones."""
        return self.channels[channel].thread(root_ts)

    def message(self, channel: str, ts: str) -> Message:
        """A message of the channel, or one that only one person sees.

        Raises:
            KeyError: Nobody sees such a message.
        """
        stored = self.channels[channel].messages.get(ts)
        if stored is not None and not stored.deleted:
            return stored
        for message in self.ephemerals:
            if (message.channel, message.ts) == (channel, ts) and not message.deleted:
                return message
        raise KeyError(f"no message {ts} in {channel}")

    def modals(self, user_id: str) -> list[Json]:
        """The open modals of this person, the one on top last."""
        return [view for view in self.views.values() if self.viewers[view["id"]] == user_id]

    def direct_channel(self, user_id: str) -> Channel | None:
        """The DM between this user and the app."""
        ims = (c for c in self.channels.values() if c.kind == "im" and user_id in c.members)
        return next(ims, None)
