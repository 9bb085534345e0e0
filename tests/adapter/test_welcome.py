"""Who comes to see the bot is received: at once, in their language, and never twice."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from typing import Any

import aiohttp
import pytest

from bridge.core.background import BackgroundTasks
from bridge.core.errors import Unavailable
from bridge.core.events import BackgroundTaskFailed, Event
from bridge.core.model import Prompt, Robot, RobotId, ThreadKey
from bridge.core.policy import Admission, Policy
from bridge.core.ports import User
from bridge.core.robots import Robots
from bridge.core.translator import Translator
from bridge.emulators.slack import Fault, SlackEmulator
from bridge.emulators.slack.seed import (
    C_ARCHIVED,
    C_GENERAL,
    D_ALICE,
    D_BOB,
    TEAM,
    U_ALICE,
    U_BOB,
)
from bridge.slack.api.cached_lookup import UNKNOWN_S
from bridge.slack.api.limiter import Limiter
from bridge.slack.api.rate_limits import DEFAULT, LIMITS
from bridge.slack.api.web_api import SlackApi, open_client
from bridge.slack.messages import SLACK_MESSAGES
from bridge.slack.outbound.welcome import (
    KEPT_S,
    SHOWN_S,
    AppEvent,
    HomeOpened,
    Joined,
    MessagesOpened,
    TitleChanged,
    Welcome,
)
from bridge.store.buckets import RedisBuckets
from bridge.store.connection import in_process
from bridge.store.repositories import RedisOnce
from tests.refused_methods import RefusedInMemory
from tests.robots import ROBOT, ROBOTS
from tests.slack import slack_emulator

MANIFEST: dict[str, Any] = {
    "features": {
        "app_home": {"home_tab_enabled": True, "messages_tab_enabled": True},
        "agent_view": {"agent_description": "answers"},
    },
    "oauth_config": {"scopes": {"bot": ["assistant:write", "chat:write"]}},
}
PROMPTS = "assistant.threads.setSuggestedPrompts"
HOME = HomeOpened(TEAM, U_ALICE)
TAB = MessagesOpened(TEAM, U_ALICE, D_ALICE)


@dataclass
class Chinese:
    """Bob reads Chinese, everybody else English."""

    users: set[str] = field(default_factory=lambda: {U_BOB})
    guests: set[str] = field(default_factory=set)

    async def find(self, team: str, user: str) -> User:  # noqa: ARG002 - the port's names
        locale = "zh-CN" if user in self.users else "en-US"
        return User(locale=locale, is_guest=user in self.guests)


@dataclass
class FakeBot:
    """`words` None: it does not answer."""

    words: str | None = ""
    asked: int = 0

    async def welcome(self, robot: Robot) -> str:
        assert robot in ROBOTS
        self.asked += 1
        if self.words is None:
            raise Unavailable("no robot")
        return self.words


@dataclass
class Visitors:
    """What people who come to see the bot set off."""

    slack: SlackEmulator
    api: SlackApi
    welcomes: RedisOnce
    titles: RedisOnce
    events: list[Event]
    robot: FakeBot = field(default_factory=FakeBot)
    chinese: Chinese = field(default_factory=Chinese)
    robots: Robots = ROBOTS
    names: dict[RobotId, str] = field(default_factory=dict)
    now: float = 0.0
    policy: Policy = field(default_factory=Policy)

    def __post_init__(self) -> None:
        self.background = BackgroundTasks(self.events.append, pause_s=0.01, grace_s=10)
        self.welcome = self.open()

    def open(self, *, words: str = "", prompts: tuple[Prompt, ...] = ()) -> Welcome:
        return Welcome(
            self.api,
            Translator(self.chinese, messages=SLACK_MESSAGES),
            self.background,
            admission=Admission(self.policy, self.chinese),
            welcomes=self.welcomes,
            robots=self.robots,
            robot_name=lambda robot: self.names.get(robot.id, ""),
            titles=self.titles,
            ask_robot=self.robot.welcome,
            words=words,
            prompts=prompts,
            clock=lambda: self.now,
        )

    async def receive(self, *visits: AppEvent) -> None:
        """All at once; returns when all that they set off is done."""
        for visit in visits:
            self.welcome.handle(visit)
        done = asyncio.Event()
        done.set()
        await self.background.run(done)

    def posts(self, channel: str) -> list[str]:
        return [message.shown for message in self.slack.workspace.channel(channel).live()]

    def count(self, method: str) -> int:
        return len(self.slack.calls_of(method))

    def prompts(self, channel: str) -> list[tuple[str, str]]:
        offered = self.slack.workspace.prompts.get((channel, None), [])
        return [(prompt["title"], prompt["message"]) for prompt in offered]

    @property
    def failures(self) -> list[tuple[str, str]]:
        return [(e.name, e.reason) for e in self.events if isinstance(e, BackgroundTaskFailed)]

    def failures_of(self, name: str) -> list[str]:
        return [reason for failed, reason in self.failures if failed == name]


@pytest.fixture
async def visitors() -> AsyncIterator[Visitors]:
    events: list[Event] = []
    redis = in_process()
    async with slack_emulator(manifest=MANIFEST) as slack, aiohttp.ClientSession() as http:
        client = open_client(slack.bot_token, base_url=slack.api_url, session=http)
        api = SlackApi(
            lambda _team: client,
            Limiter(RedisBuckets(redis, LIMITS, DEFAULT), LIMITS, DEFAULT),
            events.append,
            refused=RefusedInMemory(),
        )
        welcomes, titles = (RedisOnce(redis, kind, ttl_s=60) for kind in ("welcome", "title"))
        yield Visitors(slack, api, welcomes, titles, events)


async def test_the_home_tab_speaks_the_language_of_who_looks_at_it(visitors: Visitors) -> None:
    await visitors.receive(HOME, HomeOpened(TEAM, U_BOB))
    shown = {user: str(home["blocks"]) for user, home in visitors.slack.workspace.homes.items()}
    assert "How to ask" in shown[U_ALICE]
    assert "如何提问" in shown[U_BOB]


@pytest.mark.assistant_methods
async def test_a_guest_who_is_not_answered_is_offered_and_promised_nothing(
    visitors: Visitors,
) -> None:
    visitors.policy, visitors.chinese.guests = Policy(allow_guests=False), {U_ALICE}
    visitors.welcome = visitors.open()
    await visitors.receive(HOME, TAB, MessagesOpened(TEAM, U_BOB, D_BOB))
    home = str(visitors.slack.workspace.homes[U_ALICE]["blocks"])
    assert "I do not answer guests" in home
    assert "How to ask" not in home
    assert visitors.posts(D_ALICE) == []
    assert visitors.prompts(D_ALICE) == []
    assert len(visitors.posts(D_BOB)) == 1
    assert visitors.prompts(D_BOB) != []


async def test_a_home_tab_that_stands_is_not_published_again_for_a_while(
    visitors: Visitors,
) -> None:
    await visitors.receive(HOME)
    visitors.now += SHOWN_S - 1
    await visitors.receive(HOME)
    assert visitors.count("views.publish") == 1
    visitors.now += 1
    await visitors.receive(HOME)
    assert visitors.count("views.publish") == 2


@pytest.mark.assistant_methods
async def test_prompts_that_have_changed_are_offered_at_once(visitors: Visitors) -> None:
    await visitors.receive(TAB)
    await visitors.receive(TAB)
    visitors.chinese.users.add(U_ALICE)
    await visitors.receive(TAB)
    assert visitors.count(PROMPTS) == 2


async def test_a_home_tab_that_failed_is_published_at_the_next_look(visitors: Visitors) -> None:
    visitors.slack.faults.add(Fault("views.publish", "error", error="not_enabled"))
    await visitors.receive(HOME)
    assert visitors.failures == [("home", "not_enabled")]
    await visitors.receive(HOME)
    assert U_ALICE in visitors.slack.workspace.homes


@pytest.mark.assistant_methods
async def test_prompts_of_ours_are_offered_in_the_language_of_the_person(
    visitors: Visitors,
) -> None:
    await visitors.receive(TAB, MessagesOpened(TEAM, U_BOB, D_BOB))
    assert ("What can you do?", "What can you help me with?") in visitors.prompts(D_ALICE)
    assert ("你能做什么？", "你能帮我做些什么？") in visitors.prompts(D_BOB)


@pytest.mark.assistant_methods
async def test_the_operators_prompts_go_before_ours(visitors: Visitors) -> None:
    visitors.welcome = visitors.open(prompts=(Prompt("Leave", "How much leave do I have?"),))
    await visitors.receive(TAB)
    assert visitors.prompts(D_ALICE) == [("Leave", "How much leave do I have?")]


async def test_a_slack_that_knows_no_prompts_is_left_alone(visitors: Visitors) -> None:
    visitors.slack.faults.add(Fault(PROMPTS, "error", error="not_agent_app", times=None))
    await visitors.receive(TAB)
    await visitors.receive(TAB, MessagesOpened(TEAM, U_BOB, D_BOB))
    assert visitors.count(PROMPTS) == 1
    assert visitors.failures == [("prompts", "not_agent_app")]


@pytest.mark.assistant_methods
async def test_prompts_that_slack_had_no_time_for_are_offered_again(visitors: Visitors) -> None:
    visitors.slack.faults.add(Fault(PROMPTS, "http", status=503))
    await visitors.receive(TAB)
    assert visitors.prompts(D_ALICE)
    assert visitors.failures == []


async def test_a_person_is_welcomed_once_however_often_they_come(visitors: Visitors) -> None:
    await visitors.receive(TAB, TAB, TAB)
    visitors.welcome = visitors.open()  # another replica
    await visitors.receive(TAB)
    assert len(visitors.posts(D_ALICE)) == 1
    assert visitors.posts(D_ALICE)[0].startswith("Hello!")


@pytest.mark.parametrize(
    ("robot", "operator", "said"),
    [
        ("FakeBot: ask *me*.", "Operator.", "FakeBot: ask"),
        ("", "Operator: **hi**.", "Operator: **hi**."),
        (None, "Operator: **hi**.", "Operator: **hi**."),
        (" \n", "", "Hello! Ask me anything"),
        (None, "", "Hello! Ask me anything"),
    ],
)
async def test_the_robots_welcome_goes_before_the_operators_and_that_before_ours(
    visitors: Visitors, robot: str | None, operator: str, said: str
) -> None:
    visitors.robot.words = robot
    visitors.welcome = visitors.open(words=operator)
    await visitors.receive(TAB)
    assert visitors.posts(D_ALICE)[0].startswith(said)


async def test_a_welcome_from_outside_pings_nobody(visitors: Visitors) -> None:
    visitors.robot.words = f"Hello <!channel> and <@{U_BOB}>"
    await visitors.receive(TAB)
    assert len(visitors.posts(D_ALICE)) == 1
    assert visitors.slack.pings == []


async def test_a_welcome_that_slack_refuses_as_it_looks_is_said_plainly(visitors: Visitors) -> None:
    refusal = Fault("chat.postMessage", "error", error="invalid_blocks")
    visitors.slack.faults.add(refusal)
    await visitors.receive(TAB)
    assert len(visitors.posts(D_ALICE)) == 1
    assert visitors.failures_of("welcome") == []


async def test_a_welcome_that_was_not_said_is_said_at_the_next_visit(visitors: Visitors) -> None:
    visitors.slack.faults.add(Fault("chat.postMessage", "error", error="messages_tab_disabled"))
    await visitors.receive(TAB)
    assert visitors.posts(D_ALICE) == []
    assert visitors.failures_of("welcome") == ["messages_tab_disabled"]
    await visitors.receive(TAB)
    assert len(visitors.posts(D_ALICE)) == 1


async def test_a_welcome_that_may_stand_there_is_never_said_again(visitors: Visitors) -> None:
    visitors.slack.faults.add(Fault("chat.postMessage", "lost_reply"))
    await visitors.receive(TAB)
    await visitors.receive(TAB)
    assert len(visitors.posts(D_ALICE)) == 1


async def test_a_channel_is_greeted_once_in_the_language_of_who_invited(visitors: Visitors) -> None:
    await visitors.receive(Joined(TEAM, C_GENERAL, U_BOB), Joined(TEAM, C_GENERAL, U_ALICE))
    (greeting,) = visitors.posts(C_GENERAL)
    assert "大家好" in greeting
    assert visitors.slack.pings == []


async def test_a_greeting_needs_no_inviter(visitors: Visitors) -> None:
    await visitors.receive(Joined(TEAM, C_GENERAL, ""))
    assert len(visitors.posts(C_GENERAL)) == 1


async def test_a_channel_that_takes_no_greeting_costs_one_line(visitors: Visitors) -> None:
    await visitors.receive(Joined(TEAM, C_ARCHIVED, U_ALICE))
    assert visitors.failures == [("greeting", "is_archived")]


async def test_the_robot_is_asked_once_an_hour_even_by_many_at_once(visitors: Visitors) -> None:
    await visitors.receive(*5 * [TAB])
    visitors.now = KEPT_S - 1
    await visitors.receive(TAB)
    assert visitors.robot.asked == 1
    visitors.now, visitors.robot.words = KEPT_S, "robot's"
    await visitors.receive(MessagesOpened(TEAM, U_BOB, D_BOB))
    assert visitors.posts(D_BOB) == ["robot's"]
    assert visitors.robot.asked == 2


async def test_a_title_that_somebody_gave_is_kept(visitors: Visitors) -> None:
    thread = ThreadKey(TEAM, D_ALICE, "1763790000.000200")
    await visitors.receive(TitleChanged(thread))
    assert not await visitors.titles.claim(thread.team, thread.channel, thread.root)


async def test_a_robot_that_does_not_answer_is_asked_again_a_minute_later(
    visitors: Visitors,
) -> None:
    visitors.robot.words = None
    await visitors.receive(TAB)
    visitors.now, visitors.robot.words = UNKNOWN_S - 1, "robot's"
    await visitors.receive(TAB)
    assert visitors.robot.asked == 1
    visitors.now = UNKNOWN_S
    await visitors.receive(MessagesOpened(TEAM, U_BOB, D_BOB))
    assert visitors.posts(D_BOB) == ["robot's"]


async def test_a_process_that_ends_before_it_has_words_leaves_the_welcome_to_the_next(
    visitors: Visitors,
) -> None:
    never = asyncio.Event()

    async def think(_robot: Robot) -> str:
        await never.wait()
        return ""

    background = BackgroundTasks(visitors.events.append, grace_s=0.05)
    ending = Welcome(
        visitors.api,
        Translator(Chinese(), messages=SLACK_MESSAGES),
        background,
        admission=Admission(visitors.policy, visitors.chinese),
        welcomes=visitors.welcomes,
        robots=ROBOTS,
        robot_name=lambda _robot: "",
        titles=visitors.titles,
        ask_robot=think,
    )
    ending.handle(TAB)
    done = asyncio.Event()
    done.set()
    await background.run(done)
    await visitors.receive(TAB)
    assert len(visitors.posts(D_ALICE)) == 1


HR = Robot(RobotId("chatbot-cn-hr"))


async def test_where_several_robots_answer_a_welcome_says_which(visitors: Visitors) -> None:
    visitors.robots = Robots(ROBOT, {C_GENERAL: HR})
    visitors.names = {ROBOT.id: "*Every* <@U0BOB00000>", HR.id: "HR"}
    visitors.robot.words = "Hello!"
    visitors.welcome = visitors.open()
    await visitors.receive(TAB, Joined(TEAM, C_GENERAL, U_BOB))
    [welcome] = visitors.posts(D_ALICE)
    assert welcome.endswith(" answers here.\n\nHello!")
    assert "<@" not in welcome
    [greeting] = visitors.posts(C_GENERAL)
    assert greeting.startswith("此处由 HR 回答。")
    assert visitors.slack.pings == []
