"""Receives who comes to see the bot: the Home tab, the suggested prompts, the welcome, and the
greeting of a channel. A title that people gave to a thread stays.
"""

import time
from collections.abc import Awaitable, Callable, Hashable, Sequence
from dataclasses import dataclass
from functools import partial

from cachetools import TTLCache

from bridge.core.background import BackgroundTasks
from bridge.core.errors import BridgeError, ContentRefused, OutcomeUnknown
from bridge.core.limits import Call, Priority
from bridge.core.model import Prompt, Robot, ThreadKey, parse_prompts
from bridge.core.policy import Admission
from bridge.core.ports import Once
from bridge.core.robots import Robots
from bridge.core.translator import Translation, Translator
from bridge.markup.plain import escape_plain
from bridge.slack.api.cached_lookup import MOST, CachedLookup
from bridge.slack.api.rate_limits import PROMPTS
from bridge.slack.api.web_api import SlackApi
from bridge.slack.block_kit.message import Message, plain_message, short_message
from bridge.slack.block_kit.views import home_view

KEPT_S = 3600.0  # the robot's own words of welcome
ROBOT_S = 60.0  # how long they are waited for
SHOWN_S = 300.0  # what somebody was shown is not sent again for so long, unless it has changed


@dataclass(frozen=True, slots=True)
class HomeOpened:
    """Somebody looks at the bot's Home tab."""

    team: str
    user: str


@dataclass(frozen=True, slots=True)
class MessagesOpened:
    """Somebody looks at the bot's Messages tab; `channel` is their DM with it."""

    team: str
    user: str
    channel: str


@dataclass(frozen=True, slots=True)
class Joined:
    """The bot itself was added to a channel; `inviter` is empty when Slack does not say by whom."""

    team: str
    channel: str
    inviter: str


@dataclass(frozen=True, slots=True)
class TitleChanged:
    """Somebody has given the session of a thread a title of their own."""

    thread: ThreadKey


AppEvent = HomeOpened | MessagesOpened | Joined | TitleChanged


class Welcome:
    """Works in the background; a failure is a line in the log.

    The welcome is what the robot says of itself (`ask_robot`, which may raise `BridgeError`). If it
    says nothing, the operator's `words`; without them, the sentence of `messages.py`. The prompts
    are the operator's, else those of `messages.py`. `robot_name` gives an empty name if nobody
    knows it. `titles` knows which threads have a title.
    """

    def __init__(  # noqa: PLR0913 - through what it speaks, and whose words it says
        self,
        api: SlackApi,
        translator: Translator,
        background: BackgroundTasks,
        *,
        admission: Admission,
        welcomes: Once,
        titles: Once,
        robots: Robots,
        robot_name: Callable[[Robot], str],
        ask_robot: Callable[[Robot], Awaitable[str]],
        words: str = "",
        prompts: Sequence[Prompt] = (),
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._api = api
        self._translator = translator
        self._background = background
        self._admission = admission
        self._policy = admission.policy
        self._welcomes = welcomes
        self._titles = titles
        self._robot_words = CachedLookup(
            "welcome",
            partial(ask_robot, robots.in_dms),
            "",
            kept_s=KEPT_S,
            timeout_s=ROBOT_S,
            clock=clock,
        )
        self._robots = robots
        self._robot_name = robot_name
        self._words = words
        self._prompts = prompts
        self._shown: TTLCache[Hashable, object] = TTLCache(MOST, SHOWN_S, timer=clock)

    def handle(self, event: AppEvent) -> None:
        match event:
            case HomeOpened():
                self._background.start("home", partial(self._publish_home, event))
            case MessagesOpened() if self._policy.allow_dms:
                self._background.start("prompts", partial(self._offer_prompts, event))
                self._background.start("welcome", partial(self._welcome, event))
            case Joined() if self._policy.channels.admits(event.channel):
                self._background.start("greeting", partial(self._greet, event))
            case TitleChanged():
                self._background.start("title", partial(self._keep_title, event.thread))

    async def _keep_title(self, thread: ThreadKey) -> None:
        """Somebody has given it one."""
        await self._titles.claim(thread.team, thread.channel, thread.root)

    async def _publish_home(self, event: HomeOpened) -> None:
        translation = await self._translator.for_user(event.team, event.user)
        refusal = await self._admission.refuses_visitor(event.team, event.user)
        refused = f"refused_{refusal}" if refusal else ""
        view = home_view(
            translation,
            refused,
            allow_dms=self._policy.allow_dms,
            robot=self._robot_name(self._robots.in_dms),
            has_others=self._robots.are_several,
        )
        key = ("home", event.team, event.user)
        if self._shown.get(key) != view:
            await self._api.call(
                "views.publish",
                {"user_id": event.user, "view": view},
                team=event.team,
                priority=Priority.PROGRESS,
            )
            self._shown[key] = view

    async def _offer_prompts(self, event: MessagesOpened) -> None:
        if await self._admission.refuses_visitor(event.team, event.user):
            return
        translation = await self._translator.for_user(event.team, event.user)
        prompts = self._prompts or parse_prompts(translation.text("prompts"))
        offer = {
            "channel_id": event.channel,
            "title": translation.text("prompts_title"),
            "prompts": [{"title": one.title, "message": one.message} for one in prompts],
        }
        key = ("prompts", event.team, event.channel)
        if self._shown.get(key) == offer or await self._api.optional.is_refused(
            event.team, PROMPTS, event.channel
        ):
            return
        call = Call(event.team, PROMPTS, event.channel, Priority.PROGRESS)
        await self._api.call_optional(call, offer)
        self._shown[key] = offer

    async def _welcome(self, event: MessagesOpened) -> None:
        if await self._admission.refuses_visitor(event.team, event.user):
            return
        words = (await self._robot_words.find()).strip() or self._words
        translation = await self._translator.for_user(event.team, event.user)
        named = self._naming(self._robots.in_dms, translation)
        words = words or translation.text("welcome")
        await self._introduce(event.team, event.channel, words, named)

    async def _greet(self, event: Joined) -> None:
        translation = await self._translator.for_user(event.team, event.inviter)
        named = self._naming(self._robots.at(event.channel), translation)
        await self._introduce(event.team, event.channel, translation.text("greeting"), named)

    def _naming(self, robot: Robot, translation: Translation) -> str:
        """Markdown; empty where there is but one robot, or nobody knows what it is called."""
        name = self._robot_name(robot) if self._robots.are_several else ""
        return translation.text("robot", name=escape_plain(name)) if name else ""

    async def _introduce(self, team: str, channel: str, words: str, named: str) -> None:
        """Claim the welcome right before the post. If the process ends between the two, nobody is
        welcomed there: that is better than twice.
        """
        if not await self._welcomes.claim(team, channel):
            return
        # Who answers comes first: what exceeds a page is cut.
        message = short_message("\n\n".join(filter(None, (named, words))))
        try:
            try:
                await self._post(team, channel, message)
            except ContentRefused:
                await self._post(team, channel, plain_message(message.blocks[0]["text"]))
        except OutcomeUnknown:
            raise  # it may stand there: rather never than twice
        except BridgeError:
            await self._welcomes.release(team, channel)
            raise

    async def _post(self, team: str, channel: str, message: Message) -> None:
        post = {
            "channel": channel,
            "blocks": message.blocks,
            "text": message.text,
            "unfurl_links": False,
            "unfurl_media": False,
        }
        await self._api.call("chat.postMessage", post, team=team, channel=channel)
