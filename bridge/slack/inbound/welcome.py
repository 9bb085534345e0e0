"""Receives people who come to see the bot: its Home tab, its first words, what they could ask."""

import time
from collections.abc import Awaitable, Callable, Hashable, Sequence
from functools import partial
from typing import Any

from cachetools import TTLCache

from bridge.core.background import BackgroundTasks
from bridge.core.errors import BridgeError, ContentRefused, OutcomeUnknown, Permanent
from bridge.core.limits import Priority
from bridge.core.model import Prompt, parse_prompts
from bridge.core.ports import Once
from bridge.core.translator import Translator
from bridge.slack.cached_lookup import MOST, CachedLookup
from bridge.slack.inbound.app_events import AppEvent, HomeOpened, Joined, MessagesOpened
from bridge.slack.message import Message, plain_message, short_message
from bridge.slack.views.home import home_view
from bridge.slack.web_api import SlackApi

KEPT_S = 3600.0  # the robot's own words of welcome
ROBOT_S = 60.0  # how long they are waited for
FRESH_S = 300.0  # what somebody was shown is not sent again for so long, unless it has changed
REFUSED_S = 3600.0  # an app that may not offer prompts will hardly become one that may


class Welcome:
    """All of it is done in the background: nobody waits, and a failure costs a line in the log.

    `ask_robot` gives the robot's own words of welcome, empty where it has none, and may raise
    `BridgeError`; then the operator's `words` are said, else those of `messages.py`. From there
    come the prompts as well, without `prompts`.
    """

    def __init__(  # noqa: PLR0913 - through what it speaks, and whose words it says
        self,
        api: SlackApi,
        translator: Translator,
        background: BackgroundTasks,
        *,
        welcomes: Once,
        ask_robot: Callable[[], Awaitable[str]],
        words: str = "",
        prompts: Sequence[Prompt] = (),
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._api = api
        self._translator = translator
        self._background = background
        self._welcomes = welcomes
        self._robot_words = CachedLookup(
            "welcome", ask_robot, "", kept_s=KEPT_S, timeout_s=ROBOT_S, clock=clock
        )
        self._words = words
        self._prompts = prompts
        self._shown: TTLCache[Hashable, object] = TTLCache(MOST, FRESH_S)
        self._refused: TTLCache[str, bool] = TTLCache(MOST, REFUSED_S)

    def handle(self, event: AppEvent) -> None:
        match event:
            case HomeOpened():
                self._background.start("home", partial(self._furnish, event))
            case MessagesOpened():
                self._background.start("prompts", partial(self._offer, event))
                self._background.start("welcome", partial(self._welcome, event))
            case Joined():
                self._background.start("greeting", partial(self._greet, event))

    async def _furnish(self, event: HomeOpened) -> None:
        view = home_view(await self._translator.for_user(event.team, event.user))
        key = ("home", event.team, event.user)
        if self._shown.get(key) != view:
            home = {"user_id": event.user, "view": view}
            await self._call("views.publish", event.team, home, priority=Priority.PROGRESS)
            self._shown[key] = view

    async def _offer(self, event: MessagesOpened) -> None:
        translation = await self._translator.for_user(event.team, event.user)
        prompts = self._prompts or parse_prompts(translation.text("prompts"))
        offer = {
            "channel_id": event.channel,
            "title": translation.text("prompts_title"),
            "prompts": [{"title": one.title, "message": one.message} for one in prompts],
        }
        key = ("prompts", event.team, event.channel)
        if event.team in self._refused or self._shown.get(key) == offer:
            return
        method = "assistant.threads.setSuggestedPrompts"
        try:
            await self._call(method, event.team, offer, priority=Priority.PROGRESS)
        except Permanent:
            self._refused[event.team] = True
            raise
        self._shown[key] = offer

    async def _welcome(self, event: MessagesOpened) -> None:
        words = (await self._robot_words.find()).strip() or self._words
        if not words:
            words = (await self._translator.for_user(event.team, event.user)).text("welcome")
        await self._introduce(event.team, event.channel, words)

    async def _greet(self, event: Joined) -> None:
        words = (await self._translator.for_user(event.team, event.inviter)).text("greeting")
        await self._introduce(event.team, event.channel, words)

    async def _introduce(self, team: str, channel: str, words: str) -> None:
        """Claimed only once the words are there: who ends in between would leave it unsaid."""
        if not await self._welcomes.claim(team, channel):
            return
        try:
            await self._say(team, channel, words)
        except OutcomeUnknown:
            raise  # it may stand there: rather never than twice
        except BridgeError:
            await self._welcomes.release(team, channel)
            raise

    async def _say(self, team: str, channel: str, markdown: str) -> None:
        said = short_message(markdown)  # more than a page is no welcome
        try:
            await self._post(team, channel, said)
        except ContentRefused:
            await self._post(team, channel, plain_message(said.blocks[0]["text"]))

    async def _post(self, team: str, channel: str, said: Message) -> None:
        message = {
            "channel": channel,
            "blocks": said.blocks,
            "text": said.text,
            "unfurl_links": False,
            "unfurl_media": False,
        }
        await self._call(
            "chat.postMessage", team, message, channel=channel, priority=Priority.FINAL
        )

    async def _call(
        self,
        method: str,
        team: str,
        arguments: dict[str, Any],
        *,
        priority: Priority,
        channel: str = "",
    ) -> None:
        await self._api.call(method, arguments, team=team, channel=channel, priority=priority)
