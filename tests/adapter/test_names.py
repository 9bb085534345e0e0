"""People and channels are spelled by the names that people see, and never by bare ids."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass, field

import aiohttp
import pytest

from bridge.core.background import cancel_and_wait
from bridge.core.errors import Unavailable
from bridge.core.messages import Locale
from bridge.core.model import Ask, ThreadKey, TurnId
from bridge.core.translator import Translator
from bridge.emulators.slack import Fault, SlackEmulator
from bridge.emulators.slack.seed import (
    C_ELSEWHERE,
    C_GENERAL,
    G_SECRET,
    TEAM,
    U_ALICE,
    U_BOB,
)
from bridge.slack.api.limiter import Limiter
from bridge.slack.api.rate_limits import DEFAULT, LIMITS
from bridge.slack.api.web_api import SlackApi, open_client
from bridge.slack.messages import SLACK_MESSAGES
from bridge.slack.workspace.users import SlackNames, SlackUsers, StandIns
from bridge.store.buckets import RedisBuckets
from bridge.store.connection import in_process
from bridge.store.repositories import RedisStandIns
from tests.refused_methods import RefusedInMemory
from tests.slack import slack_emulator
from tests.users import Unknown

MANIFEST = {"oauth_config": {"scopes": {"bot": ["users:read", "channels:read", "groups:read"]}}}
THREAD = ThreadKey(TEAM, C_GENERAL, "1.0")


def ask(text: str, attached: str = "", root: str = "1.0") -> Ask:
    thread = ThreadKey(TEAM, C_GENERAL, root)
    return Ask(TurnId("t"), thread, U_ALICE, root, text, attached=attached)


@dataclass
class Workspace:
    slack: SlackEmulator
    api: SlackApi
    names: SlackNames = field(init=False)

    def __post_init__(self) -> None:
        self.names = self.settle()

    def settle(
        self,
        *,
        timeout_s: float = 10.0,
        stand_ins: StandIns | None = None,
        locale: Locale = Locale.EN,
    ) -> SlackNames:
        """Names are sent unless there are `stand_ins`."""
        return SlackNames(
            SlackUsers(self.api, timeout_s=timeout_s),
            self.api,
            stand_ins or UnreachableUsers(),
            Translator(Unknown(), locale, messages=SLACK_MESSAGES),
            sends_names=stand_ins is None,
            timeout_s=timeout_s,
        )

    async def reads(self, text: str) -> str:
        said = await self.names.for_bot(ask(text))
        assert said == await self.names.for_people(ask(text))
        return said.text


@pytest.fixture
async def workspace() -> AsyncIterator[Workspace]:
    async with slack_emulator(manifest=MANIFEST) as slack, aiohttp.ClientSession() as http:
        client = open_client(slack.bot_token, base_url=slack.api_url, session=http)
        limiter = Limiter(RedisBuckets(in_process(), LIMITS, DEFAULT), LIMITS, DEFAULT)
        yield Workspace(
            slack,
            SlackApi(lambda _team: client, limiter, lambda _event: None, refused=RefusedInMemory()),
        )
        lookups = [t for t in asyncio.all_tasks() if t.get_name() in {"person", "channel"}]
        await cancel_and_wait(*lookups)


async def test_people_and_channels_are_looked_up_once(workspace: Workspace) -> None:
    text = f"ask <@{U_BOB}> or <@{U_BOB}|old-name> in <#{C_ELSEWHERE}>"
    assert await workspace.reads(text) == "ask @bob or @bob in #elsewhere"
    assert len(workspace.slack.calls_of("users.info")) == 1
    assert len(workspace.slack.calls_of("conversations.info")) == 1


async def test_a_channel_that_brings_its_name_is_not_looked_up(workspace: Workspace) -> None:
    assert (
        await workspace.reads("in <#C0FAR|far-away>, <!subteam^S0OPS|ops>") == "in #far-away, @ops"
    )
    assert workspace.slack.calls == []


async def test_what_is_attached_is_spelled_too(workspace: Workspace) -> None:
    said = await workspace.names.for_bot(ask("why?", f"<@{U_BOB}|Bob Li>:\n| <@{U_ALICE}> |"))
    assert said.attached == "@bob:\n| @alice |"


async def test_who_is_not_known_is_somebody_and_never_an_id(workspace: Workspace) -> None:
    text = f"<@U0NOBODY> <@U0NOBODY2|ann> <#{G_SECRET}> <#C0NOWHERE> <!subteam^S0OPS>"
    assert await workspace.reads(text) == "@someone @ann #a channel #a channel @a group"


async def test_who_is_not_known_is_somebody_in_the_language_of_who_asks(
    workspace: Workspace,
) -> None:
    workspace.names = workspace.settle(locale=Locale.ZH)
    said = await workspace.reads(f"<@U0NOBODY> <@{U_BOB}> <#{G_SECRET}> <!subteam^S0OPS>")
    assert said == "@某人 @bob #某个频道 @某个用户组"


async def test_slack_without_the_scope_costs_nothing_but_the_names(workspace: Workspace) -> None:
    workspace.slack.faults.add(Fault("users.info", "error", error="missing_scope", times=9))
    workspace.slack.faults.add(Fault("conversations.info", "error", error="missing_scope", times=9))
    assert await workspace.reads(f"<@{U_BOB}> in <#{C_ELSEWHERE}>") == "@someone in #a channel"


async def test_all_lookups_together_take_no_longer_than_one_may(workspace: Workspace) -> None:
    workspace.slack.faults.add(Fault("users.info", "hang", times=9))
    workspace.slack.faults.add(Fault("conversations.info", "hang", times=9))
    workspace.names = workspace.settle(timeout_s=0.5)
    people = " ".join(f"<@U0NOBODY{number}>" for number in range(5))
    began = asyncio.get_running_loop().time()
    said = await workspace.names.for_people(ask(f"{people} <#{C_ELSEWHERE}>"))
    assert asyncio.get_running_loop().time() - began < 0.5 * 5, "six of them, one after the other"
    assert said.text == "@someone " * 5 + "#a channel"


async def test_a_list_of_people_does_not_spend_the_budget_of_all(workspace: Workspace) -> None:
    people = " ".join(f"<@U0NOBODY{number}>" for number in range(60))
    workspace.names = workspace.settle(timeout_s=1.0)
    said = await workspace.names.for_people(ask(f"{people} <@U0LAST|ann> <#C0LAST|hall>"))
    assert said.text == " ".join(["@someone"] * 60) + " @ann #hall"
    asking = [task for task in asyncio.all_tasks() if task.get_name() == "person"]
    assert 0 < len(workspace.slack.calls_of("users.info")) + len(asking) <= 20


async def test_a_question_that_mentions_nobody_asks_nobody(workspace: Workspace) -> None:
    assert await workspace.reads("a <\u2060@U0BOB> b") == "a <@U0BOB> b"
    assert workspace.slack.calls == []


async def test_where_names_are_kept_back_the_bot_reads_numbers_and_people_names(
    workspace: Workspace,
) -> None:
    workspace.names = workspace.settle(stand_ins=RedisStandIns(in_process(), ttl_s=60))
    first = ask(f"<@{U_BOB}|bob> and <@{U_ALICE}> in <#{C_ELSEWHERE}|elsewhere>", "<!subteam^S1A>")
    said = await workspace.names.for_bot(first)
    assert (said.text, said.attached) == ("@person1 and @person2 in #channel1", "@group1")
    assert workspace.slack.calls == []
    assert (await workspace.names.for_people(first)).text == "@bob and @alice in #elsewhere"
    later = await workspace.names.for_bot(ask(f"<@U0NEW> <@{U_ALICE}>"))
    assert later.text == "@person3 @person2"
    elsewhere = await workspace.names.for_bot(ask(f"<@{U_ALICE}>", root="2.0"))
    assert elsewhere.text == "@person1"


class UnreachableUsers:
    async def numbers(self, *_: object) -> list[int]:
        raise Unavailable("redis")


async def test_a_store_that_is_away_gives_no_name_away(workspace: Workspace) -> None:
    workspace.names = workspace.settle(stand_ins=UnreachableUsers())
    said = await workspace.names.for_bot(ask(f"<@{U_BOB}|bob> in <#{C_ELSEWHERE}|elsewhere>"))
    assert said.text == "@someone in #a channel"
