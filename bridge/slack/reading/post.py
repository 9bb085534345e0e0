"""A message of Slack's: its author, place and time, from any payload that has one."""

from dataclasses import dataclass

from bridge.core.model import ThreadKey, TurnId, turn_id
from bridge.slack.reading.message import read_mentions
from bridge.slack.reading.payload_fields import (
    ID,
    TS,
    Json,
    get_dicts,
    get_id,
    get_str,
    get_ts,
)

APP_MENTION = "app_mention"  # an event; the same post also comes as a `message`

# A claim on a turn lives for two days, and an event may come a day late. So if a mention that was
# answered is edited later than this, its claim may be gone, and it would be answered once more.
_EDIT_WINDOW_S = 86_400


@dataclass(frozen=True, slots=True)
class Post:
    """A field that is missing or odd is empty.

    `message` is the whole payload of the message. `named` is the part of it in which its author may
    mention somebody. `team` is where the app is installed, `author_team` is the author's. `user` is
    the author; for a bot without a user, the bot.
    """

    team: str
    channel: str
    ts: str
    thread_ts: str
    user: str
    message: Json
    named: str
    subtype: str
    bot_id: str
    author_team: str
    edited_ts: str
    is_dm: bool

    @property
    def turn(self) -> TurnId:
        return turn_id(self.team, self.channel, f"message:{self.ts}")

    @property
    def thread(self) -> ThreadKey:
        return ThreadKey(self.team, self.channel, self.thread_ts or self.ts)

    @property
    def is_reply(self) -> bool:
        return self.thread_ts not in {"", self.ts}

    @property
    def is_sound(self) -> bool:
        return bool(ID.fullmatch(self.channel) and TS.fullmatch(self.ts))

    @property
    def is_by_bot(self) -> bool:
        """Written by a bot, by an app in the name of a person, or by Slack itself."""
        is_bot = self.subtype == "bot_message" or self.user == "USLACKBOT"
        return is_bot or self.bot_id != ""

    @property
    def is_edited_late(self) -> bool:
        if not TS.fullmatch(self.edited_ts):
            return False
        return int(self.edited_ts.split(".")[0]) - int(self.ts.split(".")[0]) > _EDIT_WINDOW_S

    @property
    def is_app_mention(self) -> bool:
        return get_str(self.message, "type") == APP_MENTION

    @property
    def may_lack_files(self) -> bool:
        """An `app_mention` does not always tell of its files, although its message does."""
        return self.is_app_mention and not get_dicts(self.message, "files")

    def mentions(self, user: str) -> bool:
        return f"<@{user}>" in self.named or f"<@{user}|" in self.named


def read_post(event: Json, message: Json, *, team: str) -> Post:
    """`message` is the event itself, or what it says a message is or was."""
    return Post(
        team=team,
        channel=get_str(event, "channel"),
        ts=get_str(message, "ts"),
        thread_ts=get_ts(message, "thread_ts"),
        user=get_str(message, "user") or get_id(message, "bot_id"),
        message=message,
        named=read_mentions(message),
        subtype=get_str(message, "subtype"),
        bot_id=get_str(message, "bot_id"),
        author_team=_author_team(message),
        edited_ts=get_str(message, "edited", "ts"),
        is_dm=event.get("channel_type") == "im",
    )


def _author_team(message: Json) -> str:
    """Slack leaves the team out of messages with files. Then the files may name it."""
    teams = [get_str(message, name) for name in ("user_team", "source_team", "team")]
    teams += [get_str(file, "user_team") for file in get_dicts(message, "files")]
    return next(filter(None, teams), "")
