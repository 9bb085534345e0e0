"""Finds out which images of a question the bot can be shown, and gives it their addresses."""

import asyncio
from collections.abc import Callable
from dataclasses import KW_ONLY, dataclass, replace
from itertools import compress

from bridge.core.errors import BridgeError
from bridge.core.events import ImageUnread, Observer
from bridge.core.model import Ask
from bridge.core.utterance import cut
from bridge.slack.api.web_api import SlackApi
from bridge.slack.images.files import SlackFiles
from bridge.slack.images.relay import ImageAddresses
from bridge.slack.reading.message import read_question
from bridge.slack.reading.payload_fields import Json, get_str
from bridge.slack.workspace.identity import Identity

TIMEOUT_S = 4.0


@dataclass(frozen=True, slots=True)
class SlackImages:
    """Implements the port `Images`. `room` is how many characters of what is attached are kept."""

    api: SlackApi
    files: SlackFiles
    addresses: ImageAddresses
    _: KW_ONLY
    identity: Callable[[], Identity | None]
    observe: Observer
    room: int
    timeout_s: float = TIMEOUT_S

    async def complete(self, ask: Ask) -> Ask:
        identity = self.identity()
        if not ask.may_lack_files or identity is None:
            return ask
        try:
            async with asyncio.timeout(self.timeout_s):
                message = await self._find_message(ask)
        except (BridgeError, TimeoutError) as error:
            self.observe(ImageUnread.of(ask.turn, error))
            return ask
        content = read_question(message, identity.bot_user_id)
        if not (content.files or content.has_unknown):
            return ask
        attached = cut(content.attached, self.room)
        return replace(
            ask,
            files=content.files,
            images=content.images,
            attached=attached,
            is_cut=attached != content.attached,
            has_unknown=content.has_unknown,
        )

    async def readable(self, ask: Ask) -> tuple[str, ...]:
        found = await asyncio.gather(*(self._is_readable(ask, image) for image in ask.images))
        return tuple(compress(ask.images, found))

    def address(self, image: str) -> str:
        return self.addresses.sign(image)

    async def _is_readable(self, ask: Ask, image: str) -> bool:
        try:
            async with (
                asyncio.timeout(self.timeout_s),
                self.files.open_image(ask.thread.team, image),
            ):
                return True
        except (BridgeError, TimeoutError) as error:
            self.observe(ImageUnread.of(ask.turn, error))
            return False

    async def _find_message(self, ask: Ask) -> Json:
        """The question's own, as it stands in its channel; empty where it is gone."""
        only = {"oldest": ask.ts, "latest": ask.ts, "inclusive": "true"}  # and the root
        messages = self.api.read_messages(
            "conversations.replies",
            {"channel": ask.thread.channel, "ts": ask.thread.root, **only},
            team=ask.thread.team,
            turn=ask.turn,
        )
        async for message in messages:
            if get_str(message, "ts") == ask.ts:
                return message
        return {}
