"""Reads what was said in a thread before the bot was first asked there."""

import asyncio
import re
from collections import deque
from collections.abc import AsyncIterator, Callable
from dataclasses import KW_ONLY, dataclass

from bridge.core.errors import BridgeError
from bridge.core.events import ContextUnread, Observer
from bridge.core.model import Ask
from bridge.slack.api.web_api import SlackApi
from bridge.slack.reading.message import read_quoted
from bridge.slack.reading.mrkdwn import literal, token
from bridge.slack.reading.payload_fields import Json, get_dict, get_str
from bridge.slack.reading.post import Post, read_post
from bridge.slack.workspace.identity import Identity

MOST = 50  # messages, the newest ones
TIMEOUT_S = 4.0
_MOST_PAGES = 5
_LIKE_A_PERSON = re.compile(
    "[@＠:：]"
)  # an app chooses its name; `@ann: yes` would be a line of Ann's
_SAID = {"", "file_share", "thread_broadcast", "bot_message"}  # subtypes of what somebody says


@dataclass(frozen=True, slots=True)
class SlackHistory:
    """Implements the port `History`. Unless it `reads_external`, what people of other organisations
    said is passed over.
    """

    api: SlackApi
    identity: Callable[[], Identity | None]
    observe: Observer
    _: KW_ONLY
    reads_external: bool = False
    timeout_s: float = TIMEOUT_S

    async def before(self, ask: Ask) -> str:
        identity = self.identity()
        if identity is None:
            return ""
        said: deque[str] = deque(maxlen=MOST)
        try:
            async with asyncio.timeout(self.timeout_s):
                async for post in self._read(ask, identity):
                    if post.bot_id == identity.bot_id:
                        return ""
                    if self._counts(post, identity) and (line := _write(post)):
                        said.appendleft(line)
        except BridgeError as error:
            self.observe(ContextUnread(ask.turn, error.code, error.advice))
            return ""
        except TimeoutError:
            self.observe(ContextUnread(ask.turn, "slow"))
            return ""
        return "\n".join(said)

    async def _read(self, ask: Ask, identity: Identity) -> AsyncIterator[Post]:
        """The thread up to the question, the oldest first. Raises `Refused` for one with too many
        pages: the first ones are not what was said just before.
        """
        thread, newest = ask.thread, 0.0
        messages = self.api.read_messages(
            "conversations.replies",
            {"channel": thread.channel, "ts": thread.root, "latest": ask.ts},
            team=thread.team,
            turn=ask.turn,
            most_pages=_MOST_PAGES,
        )
        async for message in messages:
            post = read_post({"channel": thread.channel}, message, team=identity.team_id)
            if post.is_sound and newest < float(post.ts) < float(ask.ts):
                newest = float(post.ts)  # the root may stand on each page
                yield post

    def _counts(self, post: Post, identity: Identity) -> bool:
        is_of_others = post.author_team != "" and not identity.owns(post.author_team)
        return post.subtype in _SAID and (self.reads_external or not is_of_others)


def _write(post: Post) -> str:
    """One line, empty for what says nothing."""
    words = " ".join(read_quoted(post.message).attached.split())
    return f"{_author(post)}: {words}" if words else ""


def _author(post: Post) -> str:
    """A token for a person; an app goes by the name that it has there, and as an app."""
    if not post.is_by_bot:
        return token("@", post.user)
    profile: Json = get_dict(post.message, "bot_profile")
    name = get_str(post.message, "username") or get_str(profile, "name")
    name = " ".join(_LIKE_A_PERSON.sub(" ", name).split())
    return f"{literal(name)} (bot)" if name else "bot"
