"""What the bridge knows of people costs Slack one call a day, and nobody more than a moment."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass, field, replace

import aiohttp
import pytest

from bridge.core.background import cancel_and_wait
from bridge.core.events import Event, SlackCalled
from bridge.core.ports import User
from bridge.emulators.slack import Fault, SlackEmulator
from bridge.emulators.slack.seed import TEAM, U_ALICE, U_BOB, U_EXTERNAL
from bridge.slack.api.cached_lookup import UNKNOWN_S
from bridge.slack.api.limiter import Limiter
from bridge.slack.api.rate_limits import DEFAULT, LIMITS
from bridge.slack.api.web_api import SlackApi, open_client
from bridge.slack.workspace.users import KEPT_S, SlackUsers
from bridge.store.buckets import RedisBuckets
from bridge.store.connection import in_process
from tests.refused_methods import RefusedInMemory
from tests.slack import slack_emulator

MANIFEST = {"oauth_config": {"scopes": {"bot": ["users:read"]}}}
ALICE = User("alice", "en-US", frozenset({TEAM}), is_guest=False)
BOB = User("bob", "zh-CN", frozenset({TEAM}), is_guest=False)


@dataclass
class Workspace:
    """`now` is the time of those who ask, in seconds; it moves only by hand."""

    slack: SlackEmulator
    api: SlackApi
    now: float = 1000.0
    users: SlackUsers = field(init=False)

    def __post_init__(self) -> None:
        self.users = self.settle()

    def settle(self, *, most: int = 100, timeout_s: float = 10.0) -> SlackUsers:
        return SlackUsers(self.api, most=most, timeout_s=timeout_s, clock=lambda: self.now)

    async def who(self, user: str) -> User:
        return await self.users.find(TEAM, user)

    @property
    def asked(self) -> list[str]:
        return [call.args["user"] for call in self.slack.calls_of("users.info")]


@pytest.fixture
async def workspace() -> AsyncIterator[Workspace]:
    async with slack_emulator(manifest=MANIFEST) as slack, aiohttp.ClientSession() as http:
        client = open_client(slack.bot_token, base_url=slack.api_url, session=http)
        limiter = Limiter(RedisBuckets(in_process(), LIMITS, DEFAULT), LIMITS, DEFAULT)
        yield Workspace(
            slack,
            SlackApi(lambda _team: client, limiter, lambda _event: None, refused=RefusedInMemory()),
        )
        await cancel_and_wait(*lookups())


def lookups() -> list[asyncio.Task[object]]:
    """The questions to Slack that are under way."""
    return [task for task in asyncio.all_tasks() if task.get_name() == "person"]


async def test_a_person_is_known_by_name_and_language(workspace: Workspace) -> None:
    assert await workspace.who(U_ALICE) == ALICE
    assert await workspace.who(U_BOB) == BOB


@pytest.mark.parametrize("flags", [{"is_restricted": True}, {"is_ultra_restricted": True}])
async def test_a_guest_of_the_workspace_is_known_as_one(
    workspace: Workspace, flags: dict[str, bool]
) -> None:
    people = workspace.slack.workspace.users
    people[U_BOB] = replace(people[U_BOB], **flags)  # type: ignore[arg-type]
    assert (await workspace.who(U_BOB)).is_guest is True
    assert (await workspace.who("U0NOBODY00")).is_guest is None


async def test_a_bot_that_is_no_user_is_not_looked_up(workspace: Workspace) -> None:
    assert await workspace.who("B0OTHERBOT") == User()
    assert workspace.asked == []


async def test_slack_is_asked_again_after_a_day_and_not_before(workspace: Workspace) -> None:
    await workspace.who(U_ALICE)
    workspace.now += KEPT_S - 1
    assert await workspace.who(U_ALICE) == ALICE
    assert workspace.asked == [U_ALICE]
    workspace.now += 2
    await workspace.who(U_ALICE)
    assert workspace.asked == [U_ALICE, U_ALICE]


async def test_those_who_want_to_know_at_once_share_a_call(workspace: Workspace) -> None:
    found = await asyncio.gather(*(workspace.who(U_BOB) for _ in range(20)))
    assert found == [BOB] * 20
    assert workspace.asked == [U_BOB]


async def test_nobody_waits_longer_than_the_time_out(workspace: Workspace) -> None:
    workspace.slack.faults.add(Fault("users.info", "hang"))
    workspace.users = workspace.settle(timeout_s=0.05)
    found = await asyncio.gather(*(workspace.who(U_ALICE) for _ in range(20)))
    assert found == [User()] * 20
    assert workspace.asked == [U_ALICE]


async def test_who_comes_later_waits_only_for_the_rest_of_it(workspace: Workspace) -> None:
    workspace.slack.faults.add(Fault("users.info", "hang"))
    workspace.users = workspace.settle(timeout_s=60)
    first = asyncio.create_task(workspace.who(U_ALICE))
    await workspace.slack.until(lambda: workspace.asked)
    workspace.now += 60
    async with asyncio.timeout(30):
        assert await workspace.who(U_ALICE) == User()
    await cancel_and_wait(first)


async def test_an_answer_that_came_too_late_serves_those_who_come_later(
    workspace: Workspace,
) -> None:
    workspace.slack.faults.add(Fault("users.info", "slow", delay_s=0.1))
    workspace.users = workspace.settle(timeout_s=0.01)
    assert await workspace.who(U_ALICE) == User()
    await asyncio.wait(lookups())
    assert await workspace.who(U_ALICE) == ALICE
    assert workspace.asked == [U_ALICE]


async def test_a_failure_is_remembered_for_a_minute(workspace: Workspace) -> None:
    workspace.slack.faults.add(Fault("users.info", "error", error="internal_error"))
    assert await workspace.who(U_ALICE) == User()
    workspace.now += UNKNOWN_S - 1
    assert await workspace.who(U_ALICE) == User()
    workspace.now += 2
    assert await workspace.who(U_ALICE) == ALICE
    assert workspace.asked == [U_ALICE, U_ALICE]


async def test_who_was_known_stays_known_while_slack_fails(workspace: Workspace) -> None:
    await workspace.who(U_BOB)
    workspace.now += KEPT_S
    workspace.slack.faults.add(Fault("users.info", "http", status=503))
    assert await workspace.who(U_BOB) == BOB


async def test_the_memory_is_bounded_and_forgets_the_oldest(workspace: Workspace) -> None:
    workspace.users = workspace.settle(most=2)
    for user in (U_ALICE, U_BOB, U_EXTERNAL, U_BOB, U_ALICE):
        await workspace.who(user)
    assert workspace.asked == [U_ALICE, U_BOB, U_EXTERNAL, U_ALICE]


async def test_nobody_is_asked_for_when_nobody_is_named(workspace: Workspace) -> None:
    assert await workspace.who("") == User()
    assert workspace.asked == []


async def test_a_scope_that_is_missing_is_named_where_the_call_is_told() -> None:
    manifest = {"oauth_config": {"scopes": {"bot": ["chat:write"]}}}
    events: list[Event] = []
    async with slack_emulator(manifest=manifest) as slack, aiohttp.ClientSession() as http:
        client = open_client(slack.bot_token, base_url=slack.api_url, session=http)
        limiter = Limiter(RedisBuckets(in_process(), LIMITS, DEFAULT), LIMITS, DEFAULT)
        users = SlackUsers(
            SlackApi(lambda _team: client, limiter, events.append, refused=RefusedInMemory())
        )
        assert await users.find(TEAM, U_ALICE) == User()
    (called,) = events
    assert isinstance(called, SlackCalled)
    assert called.result == "missing_scope"
    assert "users:read" in called.advice
