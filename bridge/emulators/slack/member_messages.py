"""What people do with messages and places: write, edit, delete, join, open a tab, press Stop."""

import re
import secrets
import uuid
from collections.abc import Sequence
from typing import Any, Literal

from bridge.emulators.slack.composing import forwarded, pasted, rich_text
from bridge.emulators.slack.files import store
from bridge.emulators.slack.messages import Message
from bridge.emulators.slack.methods_agents import shows_stop_button
from bridge.emulators.slack.scopes import KINDS
from bridge.emulators.slack.seed import OTHER_BOT, OTHER_BOT_USER
from bridge.emulators.slack.workspace import Channel, Upload
from bridge.emulators.slack.world import World

Json = dict[str, Any]

_TOKEN = re.compile(r"<(?:@[UW]|#C|!|https?://|mailto:)[^<>]*>")
_ENTITY = re.compile(r"&(?!(?:amp|lt|gt);)")


class MemberMessages:
    """Does what a person could do, and nothing else: the impossible raises ValueError."""

    world: World

    async def post(  # noqa: PLR0913 - all that a message may have
        self,
        channel: str,
        user: str,
        text: str,
        thread_ts: str | None = None,
        *,
        files: int | Sequence[Upload] = (),
        cells: Sequence[Sequence[str]] = (),
        attachments: Sequence[Json] = (),
    ) -> str:
        """Write a message and return its ts; the events go out in the background.

        `text` may hold tokens as `<@U…>`; other `&`, `<` and `>` are escaped as Slack does.
        `cells` are pasted from a spreadsheet, in rows; of `files`, a number means as many notes.
        """
        place = self._open_channel(channel, user)
        root = place.root(thread_ts)
        shared = [Upload()] * files if isinstance(files, int) else files
        expect(thread_ts is None or root, f"no thread {thread_ts} in {channel}")
        message = Message(
            channel,
            self.world.clock.stamp(),
            escape(text),
            user,
            self.world.workspace.users[user].team_id,
            thread_ts=thread_ts,
            blocks=self._compose(text),
            attachments=[*([pasted(cells, _block_id())] if cells else ()), *attachments],
            files=[store(self.world, upload, user) for upload in shared],
            subtype="file_share" if shared else None,
            parent_user_id=root.user if root else None,
            client_msg_id=str(uuid.uuid4()),
        )
        self.world.timeline.post(message)
        return message.ts

    async def forward(
        self,
        user: str,
        channel: str,
        ts: str,
        *,
        to: str,
        text: str = "",
        thread_ts: str | None = None,
    ) -> str:
        """Share a message in another place (or the same), with or without words of one's own."""
        place = self.world.workspace.channel(channel)
        expect(user in place.members, f"{user} does not see {channel}")
        message = self.world.workspace.message(channel, ts)
        author = None if message.bot_id else self.world.workspace.users[message.user]
        share = forwarded(message, place, author, self.world.app)
        return await self.post(to, user, text, thread_ts, attachments=[share])

    async def post_by_bot(
        self,
        channel: str,
        text: str,
        thread_ts: str | None = None,
        *,
        blocks: Sequence[Json] = (),
        attachments: Sequence[Json] = (),
        username: str | None = None,
    ) -> str:
        """Another app's bot writes."""
        place = self.world.workspace.channel(channel)
        expect(thread_ts is None or place.root(thread_ts), f"no thread {thread_ts}")
        message = Message(
            channel,
            self.world.clock.stamp(),
            text,
            OTHER_BOT_USER,
            self.world.app.team_id,
            thread_ts=thread_ts,
            subtype="bot_message",
            bot_id=OTHER_BOT,
            username=username,
            blocks=list(blocks),
            attachments=list(attachments),
        )
        self.world.timeline.post(message)
        return message.ts

    async def edit(self, channel: str, ts: str, text: str) -> None:
        """The author changes the text of a message."""
        message = self._message_of_person(channel, ts)
        before = message.to_dict(now=self.world.clock.now())
        message.text, message.blocks = escape(text), self._compose(text)
        message.edited = {"user": message.user, "ts": self.world.clock.stamp()}
        self.world.timeline.change(message, before)

    async def delete(self, channel: str, ts: str) -> None:
        """The author takes a message back."""
        self.world.timeline.delete(self._message_of_person(channel, ts))

    async def invite(self, channel: str, inviter: str | None = None) -> None:
        """Bring the bot into a channel (a member does); the app hears of it if its scopes allow."""
        place = self.world.workspace.channel(channel)
        inviter = inviter or min(place.members - {self.world.app.bot_user_id})
        expect(inviter in place.members, f"{inviter} is not in {channel}")
        expect(self.world.app.bot_user_id not in place.members, f"the bot is in {channel} already")
        await self.join(channel, self.world.app.bot_user_id, inviter=inviter)

    async def join(self, channel: str, user: str, *, inviter: str | None = None) -> None:
        """Somebody (or the bot itself, by an invitation) enters a channel."""
        place = self.world.workspace.channel(channel)
        place.members.add(user)
        stamp = self.world.clock.stamp()
        event = {
            "type": "member_joined_channel",
            "user": user,
            "channel": channel,
            "channel_type": channel[0],
            "team": self.world.app.team_id,
            "event_ts": stamp,
            **({"inviter": inviter} if inviter else {}),
        }
        if f"{KINDS[place.kind]}:read" in self.world.manifest.bot_scopes:
            self.world.timeline.announce("member_joined_channel", event, place)
        text = f"<@{user}> has joined the channel"
        team = self.world.workspace.users[user].team_id
        join = Message(channel, stamp, text, user, team, subtype="channel_join")
        self.world.timeline.post(join)

    async def open_home(self, user: str, tab: Literal["home", "messages"] = "home") -> None:
        """Look at the app's Home or Messages tab."""
        manifest, direct = self.world.manifest, self.world.workspace.direct_channel(user)
        is_on = manifest.home_tab_enabled if tab == "home" else manifest.messages_tab_enabled
        expect(is_on and direct, f"the app has no {tab} tab for {user}")
        event: Json = {
            "type": "app_home_opened",
            "user": user,
            "channel": direct.id if direct else "",
            "tab": tab,
            "event_ts": self.world.clock.stamp(),
        }
        home = self.world.workspace.homes.get(user)
        if tab == "home" and home is not None:
            event |= {"view": home}
        self.world.timeline.announce("app_home_opened", event)

    async def stop_session(self, user: str, channel: str, thread_ts: str) -> None:
        """Press Slack's own Stop button under a thread.

        Raises:
            ValueError: The button is not shown there now.
        """
        expect(shows_stop_button(self.world, (channel, thread_ts)), "no Stop button is shown")
        place, now = self.world.workspace.channel(channel), self.world.clock.now()
        stopped = []
        for message in place.thread(thread_ts):
            if message.stream is not None and message.stream.state(now) == "in_progress":
                message.stream.stopped_by_user = True
                stopped.append(message.ts)
        event = {
            "type": "agent_session_stopped",
            "channel": channel,
            "user": user,
            "thread_ts": thread_ts,
            "streaming_message_ts": stopped,
            "event_ts": self.world.clock.stamp(),
        }
        self.world.timeline.announce("agent_session_stopped", event, place)

    async def rename_session(self, user: str, channel: str, thread_ts: str, title: str) -> None:
        """Give the thread's session another title, as people may at any time."""
        key = (channel, thread_ts)
        expect(key in self.world.workspace.sessions, "the thread has no session")
        session = self.world.workspace.sessions[key]
        before, session.title = session.title, title
        self.world.timeline.tell("title", channel=channel, thread_ts=thread_ts, title=title)
        event = {
            "type": "agent_session_title_changed",
            "channel": channel,
            "user": user,
            "thread_ts": thread_ts,
            "title": title,
            "previous_title": before,
            "event_ts": self.world.clock.stamp(),
        }
        place = self.world.workspace.channel(channel)
        self.world.timeline.announce("agent_session_title_changed", event, place)

    def _open_channel(self, channel: str, user: str) -> Channel:
        place = self.world.workspace.channel(channel)
        expect(user in place.members, f"{user} is not in {channel}")
        expect(not place.is_archived, f"{channel} is archived")
        manifest = self.world.manifest
        is_open = manifest.messages_tab_enabled and not manifest.messages_tab_read_only
        expect(place.kind != "im" or is_open, "the app takes no messages in its tab")
        return place

    def _message_of_person(self, channel: str, ts: str) -> Message:
        message = self.world.workspace.message(channel, ts)
        expect(message.bot_id is None, f"{ts} was written by a bot")
        return message

    def _compose(self, text: str) -> list[Json]:
        return [rich_text(escape(text), _block_id())] if text else []


def _block_id() -> str:
    return secrets.token_urlsafe(4)


def escape(text: str) -> str:
    """`&`, `<`, `>` as entities; tokens such as `<@U…>` and entities already there stay."""
    escaped, end = "", 0
    for token in _TOKEN.finditer(text):
        escaped += _escape_plain(text[end : token.start()]) + token.group()
        end = token.end()
    return escaped + _escape_plain(text[end:])


def _escape_plain(text: str) -> str:
    return _ENTITY.sub("&amp;", text).replace("<", "&lt;").replace(">", "&gt;")


def expect(condition: object, problem: str) -> None:
    if not condition:
        raise ValueError(problem)
