"""What happens around an answer in Slack: threads opened, humans called, words for one person."""

import asyncio
from collections.abc import AsyncIterator, Coroutine
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from bridge.core.errors import LeaseLost, ThreadGone
from bridge.core.lease import Lease
from bridge.core.model import Answer, Ask, Handover, Kind, ThreadKey, TurnRecord, turn_id
from bridge.core.ports import LeaseState
from bridge.core.translator import Translator
from bridge.core.turn import Turn
from bridge.emulators.slack import Fault, SlackEmulator
from bridge.emulators.slack.messages import Message
from bridge.emulators.slack.seed import (
    C_ELSEWHERE,
    C_GENERAL,
    C_RANDOM,
    D_ALICE,
    TEAM,
    U_ALICE,
    U_BOB,
)
from bridge.slack.api.limiter import Limiter
from bridge.slack.api.rate_limits import DEFAULT, LIMITS
from bridge.slack.api.web_api import SlackApi, open_client
from bridge.slack.messages import SLACK_MESSAGES
from bridge.slack.outbound.posts import find_root
from bridge.slack.outbound.threads import SlackThreads
from bridge.store.buckets import RedisBuckets
from bridge.store.connection import in_process
from bridge.store.inbox import RedisInbox
from tests.refused_methods import RefusedInMemory
from tests.slack import slack_emulator
from tests.users import Unknown

MANIFEST = Path(__file__).parents[2] / "manifest.yml"
GROUP = "S0SUPPORT0"


@dataclass
class SlackWithThreads:
    """The emulated Slack, and a bridge that may open threads in it."""

    slack: SlackEmulator
    api: SlackApi
    http: aiohttp.ClientSession
    inbox: RedisInbox
    called: set[tuple[str, ...]] = field(default_factory=set)

    def threads(self, handover: str = "") -> SlackThreads:
        return SlackThreads(
            self.api,
            Translator(Unknown(), messages=SLACK_MESSAGES),
            self.http,
            own_bot_id=lambda: self.slack.bot_id,
            handovers=self,
            handover=handover,
        )

    async def claim(self, *place: str, by: str = "") -> bool:  # noqa: ARG002
        is_first = place not in self.called
        self.called.add(place)
        return is_first

    async def mark(self, *place: str) -> None:
        self.called.add(place)

    async def release(self, *place: str) -> None:
        self.called.discard(place)

    async def take(self, ask: Ask) -> Turn:
        await self.inbox.enqueue(ask)
        delivery = await self.inbox.take()
        assert delivery is not None
        return Turn(delivery, Lease(15), self.inbox)

    async def answering(self, channel: str = C_GENERAL) -> Turn:
        """A turn whose question stands in the channel, #general."""
        root = await self.slack.post(channel, U_ALICE, "a question")
        turn, thread = turn_id(TEAM, channel, root), ThreadKey(TEAM, channel, root)
        is_dm = channel == D_ALICE
        return await self.take(Ask(turn, thread, U_ALICE, root, "<!here> why?", is_dm=is_dm))

    async def commanded(self, channel: str = C_GENERAL, text: str = "<!here> & why?") -> Turn:
        """A turn that begins with `/beebot`."""
        ts = self.slack.clock.stamp()
        turn = turn_id(TEAM, channel, f"command:{ts}")
        thread = ThreadKey(TEAM, channel, ts)
        return await self.take(Ask(turn, thread, U_ALICE, ts, text, kind=Kind.OPEN))

    def posts(self, channel: str) -> list[Message]:
        return [one for one in self.slack.workspace.channel(channel).live() if one.bot_id]


@pytest.fixture
async def room() -> AsyncIterator[SlackWithThreads]:
    redis = in_process()
    async with slack_emulator(manifest=MANIFEST) as slack, aiohttp.ClientSession() as http:
        client = open_client(slack.bot_token, base_url=slack.api_url, session=http)
        limiter = Limiter(RedisBuckets(redis, LIMITS, DEFAULT), LIMITS, DEFAULT)
        api = SlackApi(
            lambda _team: client, limiter, lambda _event: None, refused=RefusedInMemory()
        )
        yield SlackWithThreads(slack, api, http, RedisInbox(redis))
    await redis.aclose()


async def test_a_question_without_a_thread_gets_one(room: SlackWithThreads) -> None:
    turn = await room.commanded()
    thread = await room.threads().open(turn)
    (root,) = room.posts(C_GENERAL)
    assert thread == ThreadKey(TEAM, C_GENERAL, root.ts)
    assert root.text == f"<@{U_ALICE}> asks: &lt;!here&gt; &amp; why?"
    assert [ping.token for ping in room.slack.pings] == [f"<@{U_ALICE}>"]


async def test_a_root_whose_post_was_never_confirmed_is_found_and_not_posted_twice(
    room: SlackWithThreads,
) -> None:
    room.slack.faults.add(Fault(method="chat.postMessage", kind="lost_reply"))
    thread = await room.threads().open(await room.commanded())
    assert [post.ts for post in room.posts(C_GENERAL)] == [thread.root]


def successor_of(turn: Turn) -> Turn:
    """Of a replica that died before it wrote the timestamp down."""
    delivery = replace(turn.delivery, record=TurnRecord(asks=1))
    return Turn(delivery, turn.lease, RedisInbox(in_process()))


async def test_a_root_that_another_replica_posted_before_it_died_is_found(
    room: SlackWithThreads,
) -> None:
    turn = await room.commanded()
    first = await room.threads().open(turn)
    assert await room.threads().open(successor_of(turn)) == first
    assert len(room.posts(C_GENERAL)) == 1


async def test_a_root_is_found_however_much_was_said_since(room: SlackWithThreads) -> None:
    turn = await room.commanded()
    first = await room.threads().open(turn)
    for number in range(250):
        await room.slack.post_by_bot(C_GENERAL, f"talk {number}")
    assert await room.threads().open(successor_of(turn)) == first


async def test_the_root_of_another_question_with_the_same_words_is_not_taken_for_it(
    room: SlackWithThreads,
) -> None:
    first, second = await room.commanded(), await room.commanded()
    root = (await room.threads().open(first)).root
    assert await find_root(room.api, first.ask, room.slack.bot_id) == root
    assert await find_root(room.api, second.ask, room.slack.bot_id) == ""
    assert await find_root(room.api, first.ask, "B0OTHER000") == ""


async def test_where_the_bot_is_no_member_no_thread_can_be_opened(room: SlackWithThreads) -> None:
    with pytest.raises(ThreadGone):
        await room.threads().open(await room.commanded(C_ELSEWHERE))


async def test_a_private_word_goes_where_the_command_asked_for_it(room: SlackWithThreads) -> None:
    url = room.slack.response_urls.issue(C_ELSEWHERE, U_ALICE)
    nowhere = ThreadKey(TEAM, C_ELSEWHERE, "command-1")
    await room.threads().send_ephemeral(nowhere, U_ALICE, "Invite me.", respond_to=url)
    (told,) = room.slack.workspace.ephemerals
    assert (told.channel, told.ephemeral_to, told.text) == (C_ELSEWHERE, U_ALICE, "Invite me.")


async def test_an_ephemeral_in_a_thread_is_for_one_person(room: SlackWithThreads) -> None:
    turn = await room.answering()
    await room.slack.post(C_GENERAL, U_BOB, "stop", turn.ask.thread.root)
    await room.threads().send_ephemeral(turn.ask.thread, U_BOB, "Not yours.")
    (told,) = room.slack.workspace.ephemerals
    assert (told.thread_ts, told.ephemeral_to) == (turn.ask.thread.root, U_BOB)


async def test_who_asked_at_the_top_of_a_channel_is_told_there(
    room: SlackWithThreads,
) -> None:
    ask = (await room.answering()).ask
    await room.threads().send_ephemeral(ask.told_in, U_BOB, "Not here.")
    (told,) = room.slack.workspace.ephemerals
    assert (told.channel, told.thread_ts, told.ephemeral_to) == (C_GENERAL, None, U_BOB)


async def test_an_ephemeral_that_cannot_be_heard_costs_nothing(room: SlackWithThreads) -> None:
    turn = await room.answering()
    await room.threads().send_ephemeral(turn.ask.thread, "U0NOBODY00", "Hello?")
    dead = "http://127.0.0.1:1/response"
    await room.threads().send_ephemeral(turn.ask.thread, U_BOB, "Hello?", respond_to=dead)
    assert room.slack.workspace.ephemerals == []


async def test_a_user_group_is_called_once_in_the_life_of_a_thread(room: SlackWithThreads) -> None:
    turn, threads = await room.answering(), room.threads(GROUP)
    await threads.call_human(turn)
    await threads.call_human(turn)
    (call,) = room.posts(C_GENERAL)
    assert call.thread_ts == turn.ask.thread.root
    assert call.text == f"<!subteam^{GROUP}> Somebody needs a human: &lt;!here&gt; why?"
    assert [ping.token for ping in room.slack.pings] == [f"<!subteam^{GROUP}>"]


async def test_a_channel_is_told_where_the_thread_is(room: SlackWithThreads) -> None:
    turn = await room.answering()
    await room.threads(C_RANDOM).call_human(turn)
    (call,) = room.posts(C_RANDOM)
    assert f"/archives/{C_GENERAL}/p" in call.text
    assert turn.ask.thread.root.replace(".", "") in call.text
    assert room.slack.pings == []


async def test_who_calls_nobody_posts_nothing(room: SlackWithThreads) -> None:
    turn = await room.answering()
    await room.threads().call_human(turn)
    assert (room.posts(C_GENERAL), room.called) == ([], set())


@pytest.mark.parametrize(("method", "handover"), [
    ("chat.postMessage", GROUP), ("chat.getPermalink", C_RANDOM),
])  # fmt: skip
async def test_a_call_that_slack_refused_may_be_made_again(
    room: SlackWithThreads, method: str, handover: str
) -> None:
    turn, threads = await room.answering(), room.threads(handover)
    room.slack.faults.add(Fault(method=method, kind="error", error="not_in_channel"))
    error = await threads.call_human(turn)
    assert error is not None
    assert error.code == "not_in_channel"
    assert room.called == set()
    assert await threads.call_human(turn) is None
    assert len(room.posts(C_GENERAL) + room.posts(C_RANDOM)) == 1


async def test_a_call_that_may_have_rung_is_not_made_again(room: SlackWithThreads) -> None:
    turn, threads = await room.answering(), room.threads(GROUP)
    room.slack.faults.add(Fault(method="chat.postMessage", kind="lost_reply"))
    assert await threads.call_human(turn) is None
    assert await threads.call_human(turn) is None
    assert len(room.slack.pings) == 1


async def test_a_call_waits_until_the_workspace_affords_it(room: SlackWithThreads) -> None:
    turn = await room.answering()
    room.slack.faults.add(Fault(method="chat.postMessage", kind="ratelimited", retry_after_s=1))
    await room.threads(GROUP).call_human(turn)
    assert len(room.slack.pings) == 1


async def test_who_lost_the_turn_calls_nobody(room: SlackWithThreads) -> None:
    turn = await room.answering()
    turn.lease.update(LeaseState.LOST, asked_at=0)
    with pytest.raises(LeaseLost):
        await room.threads(GROUP).call_human(turn)
    assert (room.posts(C_GENERAL), room.called) == ([], set())


async def test_a_call_under_way_is_carried_through(room: SlackWithThreads) -> None:
    turn = await room.answering()
    room.slack.faults.add(Fault(method="chat.postMessage", kind="slow", delay_s=0.2))
    calling = asyncio.create_task(room.threads(GROUP).call_human(turn))
    await room.slack.until(lambda: room.called)
    calling.cancel()
    with pytest.raises(asyncio.CancelledError):
        await calling
    assert len(room.slack.pings) == 1


async def lose_it_in_line(
    room: SlackWithThreads, turn: Turn, work: Coroutine[Any, Any, object]
) -> None:
    """The turn goes to another replica while its post waits until Slack takes posts again."""
    fault = Fault(method="chat.postMessage", kind="ratelimited", retry_after_s=1)
    room.slack.faults.add(fault)
    working = asyncio.ensure_future(work)
    await room.slack.until(lambda: room.slack.calls_of("chat.postMessage"))
    turn.lease.update(LeaseState.LOST, asked_at=0.0)
    with pytest.raises(LeaseLost):
        await working


async def test_who_loses_the_turn_while_the_post_waits_opens_no_thread(
    room: SlackWithThreads,
) -> None:
    turn = await room.commanded()
    await lose_it_in_line(room, turn, room.threads().open(turn))
    assert room.posts(C_GENERAL) == []


async def test_who_loses_the_turn_while_the_call_waits_calls_nobody(room: SlackWithThreads) -> None:
    turn = await room.answering()
    await lose_it_in_line(room, turn, room.threads(GROUP).call_human(turn))
    assert room.slack.pings == []
    assert room.called == set(), "whoever has the turn now may call"


@pytest.mark.parametrize(
    ("handover", "told"),
    [
        (Handover("12", "HitKeywords"), "(reason: HitKeywords; skill group: 12)"),
        (Handover("", "HitKeywords"), "(reason: HitKeywords)"),
        (Handover("12"), "(skill group: 12)"),
        (Handover("<!here>", "a\nb"), "(reason: a b; skill group: &lt;!here&gt;)"),
        (Handover(), "why?"),
    ],
)
async def test_why_and_for_whom_reaches_who_is_called(
    room: SlackWithThreads, handover: Handover, told: str
) -> None:
    turn = await room.answering()
    record = replace(turn.record, answer=Answer("One moment.", handover=handover))
    turn.delivery = replace(turn.delivery, record=record)
    await room.threads(GROUP).call_human(turn)
    (said,) = [post.text for post in room.posts(C_GENERAL)]
    assert said.endswith(told)
    assert [ping.token for ping in room.slack.pings] == [f"<!subteam^{GROUP}>"]


async def test_without_anybody_to_call_nobody_is(room: SlackWithThreads) -> None:
    ask = (await room.answering()).ask
    assert room.threads(GROUP).can_call_human(ask)
    assert not room.threads().can_call_human(ask)


async def test_a_user_group_is_not_called_into_a_direct_message_but_a_channel_is_told(
    room: SlackWithThreads,
) -> None:
    turn = await room.answering(D_ALICE)
    assert not room.threads(GROUP).can_call_human(turn.ask)
    await room.threads(GROUP).call_human(turn)
    assert (room.posts(D_ALICE), room.called) == ([], set())
    assert room.threads(C_RANDOM).can_call_human(turn.ask)
    await room.threads(C_RANDOM).call_human(turn)
    assert len(room.posts(C_RANDOM)) == 1
