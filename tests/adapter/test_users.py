"""What the bridge knows of people costs Slack one call a day, and nobody more than a moment."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass, field

import aiohttp
import pytest

from bridge.core.background import cancel_and_wait
from bridge.core.ports import User
from bridge.emulators.slack import Fault, SlackEmulator
from bridge.emulators.slack.seed import TEAM, U_ALICE, U_BOB, U_EXTERNAL
from bridge.slack.cached_lookup import UNKNOWN_S
from bridge.slack.client import open_client
from bridge.slack.limiter import Limiter
from bridge.slack.rate_limits import DEFAULT, LIMITS
from bridge.slack.users import KEPT_S, SlackUsers
from bridge.slack.web_api import SlackApi
from bridge.store.buckets import RedisBuckets
from bridge.store.connection import in_process

MANIFEST = {"oauth_config": {"scopes": {"bot": ["users:read"]}}}
ALICE = User("alice", "en-US", frozenset({TEAM}))
BOB = User("bob", "zh-CN", frozenset({TEAM}))


@dataclass
class Town:
    """`now` is the time of those who ask, in seconds; it moves only by hand."""

    slack: SlackEmulator
    api: SlackApi
    now: float = 1000.0
    people: SlackUsers = field(init=False)

    def __post_init__(self) -> None:
        self.people = self.settle()

    def settle(self, *, most: int = 100, timeout_s: float = 10.0) -> SlackUsers:
        return SlackUsers(self.api, most=most, timeout_s=timeout_s, clock=lambda: self.now)

    async def who(self, user: str) -> User:
        return await self.people.find(TEAM, user)

    @property
    def asked(self) -> list[str]:
        return [call.args["user"] for call in self.slack.calls_of("users.info")]


@pytest.fixture
async def town() -> AsyncIterator[Town]:
    async with SlackEmulator(manifest=MANIFEST) as slack, aiohttp.ClientSession() as http:
        client = open_client(slack.bot_token, base_url=slack.api_url, session=http)
        limiter = Limiter(RedisBuckets(in_process(), LIMITS, DEFAULT), LIMITS, DEFAULT)
        yield Town(slack, SlackApi(lambda _team: client, limiter, lambda _event: None))
        await cancel_and_wait(*lookups())


def lookups() -> list[asyncio.Task[object]]:
    """The questions to Slack that are under way."""
    return [task for task in asyncio.all_tasks() if task.get_name() == "person"]


async def test_a_person_is_known_by_name_and_language(town: Town) -> None:
    assert await town.who(U_ALICE) == ALICE
    assert await town.who(U_BOB) == BOB


async def test_slack_is_asked_again_after_a_day_and_not_before(town: Town) -> None:
    await town.who(U_ALICE)
    town.now += KEPT_S - 1
    assert await town.who(U_ALICE) == ALICE
    assert town.asked == [U_ALICE]
    town.now += 2
    await town.who(U_ALICE)
    assert town.asked == [U_ALICE, U_ALICE]


async def test_those_who_want_to_know_at_once_share_a_call(town: Town) -> None:
    found = await asyncio.gather(*(town.who(U_BOB) for _ in range(20)))
    assert found == [BOB] * 20
    assert town.asked == [U_BOB]


async def test_nobody_waits_longer_than_the_time_out(town: Town) -> None:
    town.slack.faults.add(Fault("users.info", "hang"))
    town.people = town.settle(timeout_s=0.05)
    found = await asyncio.gather(*(town.who(U_ALICE) for _ in range(20)))
    assert found == [User()] * 20
    assert town.asked == [U_ALICE]


async def test_who_comes_later_waits_only_for_the_rest_of_it(town: Town) -> None:
    town.slack.faults.add(Fault("users.info", "hang"))
    town.people = town.settle(timeout_s=60)
    first = asyncio.create_task(town.who(U_ALICE))
    await town.slack.until(lambda: town.asked)
    town.now += 60
    async with asyncio.timeout(5):
        assert await town.who(U_ALICE) == User()
    await cancel_and_wait(first)


async def test_an_answer_that_came_too_late_serves_those_who_come_later(town: Town) -> None:
    town.slack.faults.add(Fault("users.info", "slow", delay_s=0.1))
    town.people = town.settle(timeout_s=0.01)
    assert await town.who(U_ALICE) == User()
    await asyncio.wait(lookups())
    assert await town.who(U_ALICE) == ALICE
    assert town.asked == [U_ALICE]


async def test_a_failure_is_remembered_for_a_minute(town: Town) -> None:
    town.slack.faults.add(Fault("users.info", "error", error="internal_error"))
    assert await town.who(U_ALICE) == User()
    town.now += UNKNOWN_S - 1
    assert await town.who(U_ALICE) == User()
    town.now += 2
    assert await town.who(U_ALICE) == ALICE
    assert town.asked == [U_ALICE, U_ALICE]


async def test_who_was_known_stays_known_while_slack_fails(town: Town) -> None:
    await town.who(U_BOB)
    town.now += KEPT_S
    town.slack.faults.add(Fault("users.info", "http", status=503))
    assert await town.who(U_BOB) == BOB


async def test_the_memory_is_bounded_and_forgets_the_oldest(town: Town) -> None:
    town.people = town.settle(most=2)
    for user in (U_ALICE, U_BOB, U_EXTERNAL, U_BOB, U_ALICE):
        await town.who(user)
    assert town.asked == [U_ALICE, U_BOB, U_EXTERNAL, U_ALICE]


async def test_nobody_is_asked_for_when_nobody_is_named(town: Town) -> None:
    assert await town.who("") == User()
    assert town.asked == []
