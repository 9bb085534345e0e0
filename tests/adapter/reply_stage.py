"""A question in Slack, leased, and the reply to it: what the tests of replies stand on."""

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import aiohttp

from bridge.core.background import BackgroundTasks
from bridge.core.events import Event
from bridge.core.lease import Lease
from bridge.core.limits import RateLimit
from bridge.core.model import Ask, ThreadKey, TurnRecord, turn_id
from bridge.core.translator import Translator
from bridge.core.turn import Turn
from bridge.emulators.slack import Fault, SlackEmulator
from bridge.emulators.slack.messages import Message
from bridge.emulators.slack.seed import C_GENERAL, D_ALICE, TEAM, U_ALICE
from bridge.slack.api.limiter import Limiter
from bridge.slack.api.pacing import Pace
from bridge.slack.api.rate_limits import DEFAULT, LIMITS
from bridge.slack.api.web_api import SlackApi, open_client
from bridge.slack.messages import SLACK_MESSAGES
from bridge.slack.outbound.late_ends import LateEnds
from bridge.slack.outbound.native_stream import StreamingMode, StreamingPolicy, StreamTiming
from bridge.slack.outbound.replies import SlackReplies, SlackReply
from bridge.store.buckets import RedisBuckets
from bridge.store.connection import in_process
from bridge.store.inbox import RedisInbox
from bridge.telemetry.masking import masking
from tests.refused_methods import RefusedInMemory
from tests.slack import slack_emulator
from tests.users import Unknown

MANIFEST = Path(__file__).parents[2] / "manifest.yml"


@dataclass
class ReplyStage:
    slack: SlackEmulator
    api: SlackApi
    replies: SlackReplies
    turn: Turn
    reply: SlackReply
    events: list[Event]
    root: str
    http: aiohttp.ClientSession
    inbox: RedisInbox
    late_ends: LateEnds

    async def ask(self, text: str, *, channel: str = "") -> None:
        """Another question, at the top level; the reply is the one to it from now on."""
        channel = channel or self.turn.ask.thread.channel
        self.root = await self.slack.post(channel, U_ALICE, text)
        thread = ThreadKey(TEAM, channel, self.root)
        cause = turn_id(TEAM, channel, f"message:{self.root}")
        await self.inbox.enqueue(
            Ask(cause, thread, U_ALICE, self.root, text, is_dm=channel == D_ALICE)
        )
        delivery = await self.inbox.take()
        assert delivery is not None
        self.turn = Turn(delivery, Lease(15), self.inbox)
        self.reply = self.replies.open(self.turn)

    def posts(self) -> list[Message]:
        thread = self.slack.workspace.thread(self.turn.ask.thread.channel, self.root)
        return [message for message in thread if message.bot_id and not message.deleted]

    def texts(self) -> list[str]:
        return [self.slack.shown(post.channel, post.ts) for post in self.posts()]

    def status(self) -> str:
        return self.slack.status(self.turn.ask.thread.channel, self.root)

    def count(self, method: str) -> int:
        return len(self.slack.calls_of(method))

    def know(self, **fields: Any) -> None:
        """Make these fields of the turn record known."""
        record = replace(self.turn.record, **fields)
        self.turn.delivery = replace(self.turn.delivery, record=record)

    def forget_posts(self) -> None:
        """The replica that posted died before it wrote that down."""
        self.turn.delivery = replace(self.turn.delivery, record=TurnRecord(asks=1))


@asynccontextmanager
async def open_reply_stage(
    channel: str = C_GENERAL,
    *,
    streaming: StreamingMode = "auto",
    timing: StreamTiming | None = None,
    limits: Mapping[str, RateLimit] = LIMITS,
) -> AsyncIterator[ReplyStage]:
    events: list[Event] = []
    redis = in_process()
    inbox = RedisInbox(redis)
    async with slack_emulator(manifest=MANIFEST) as slack, aiohttp.ClientSession() as http:
        root = await slack.post(channel, U_ALICE, "a question")
        await inbox.enqueue(
            Ask(
                turn_id(TEAM, channel, f"message:{root}"),
                ThreadKey(TEAM, channel, root),
                U_ALICE,
                root,
                "a question",
                is_dm=channel == D_ALICE,
            )
        )
        delivery = await inbox.take()
        assert delivery is not None
        client = open_client(slack.bot_token, base_url=slack.api_url, session=http)
        limiter = Limiter(RedisBuckets(redis, limits, DEFAULT), limits, DEFAULT)
        api = SlackApi(lambda _team: client, limiter, events.append, refused=RefusedInMemory())
        background, stop = BackgroundTasks(events.append), asyncio.Event()
        late_ends = LateEnds(background)
        replies = SlackReplies(
            api,
            Translator(Unknown(), messages=SLACK_MESSAGES),
            events.append,
            own_bot_id=lambda: slack.bot_id,
            policy=StreamingPolicy(streaming),
            mask=masking(),
            late_ends=late_ends,
            pace=Pace(first_s=1, last_s=3),
            timing=timing or StreamTiming(),
        )
        turn = Turn(delivery, Lease(15), inbox)
        reply = replies.open(turn)
        yield ReplyStage(slack, api, replies, turn, reply, events, root, http, inbox, late_ends)
        stop.set()
        await background.run(stop)
    await redis.aclose()


def slow_down(stage: ReplyStage, method: str) -> asyncio.Event:
    """The next such call takes a while; the event tells that Slack has got it."""
    arrived = asyncio.Event()

    def is_here(_arguments: dict[str, object]) -> bool:
        arrived.set()
        return True

    stage.slack.faults.add(Fault(method=method, kind="slow", delay_s=0.3, when=is_here))
    return arrived
