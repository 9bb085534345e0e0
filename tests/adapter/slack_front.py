"""The receiving half of the Slack adapter, put together as the app does it, for the tests."""

import asyncio
import hashlib
import hmac
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

import aiohttp
from aiohttp import web
from fakeredis import FakeAsyncRedis, FakeServer

from bridge.core.background import BackgroundTasks
from bridge.core.command_handler import CommandHandler
from bridge.core.commands import Rate
from bridge.core.events import CommandHandled, Event, Observer, PayloadDropped
from bridge.core.limits import AcquireResult, Call
from bridge.core.model import Ask
from bridge.core.policy import Policy
from bridge.core.translator import Translator
from bridge.emulators.slack import SlackEmulator
from bridge.slack.api.limiter import Limiter
from bridge.slack.api.rate_limits import DEFAULT, LIMITS
from bridge.slack.api.web_api import SlackApi, open_client
from bridge.slack.inbound.guard import PATH, Dispatch, Guard
from bridge.slack.inbound.ingress import REDELIVERY_S, Ingress
from bridge.slack.inbound.responses import InteractionResponses
from bridge.slack.inbound.socket_mode import SocketMode
from bridge.slack.messages import SLACK_MESSAGES
from bridge.slack.outbound.threads import SlackThreads
from bridge.slack.outbound.welcome import AppEvent
from bridge.slack.workspace.identity import Identity
from bridge.slack.workspace.users import SlackUsers
from bridge.store.inbox import RedisInbox
from bridge.store.repositories import RedisAnswerSources, RedisOnce, RedisRatings
from tests.refused_methods import RefusedInMemory

SECRET = "emulated-signing-secret"
HOME = Identity(team_id="T0BRIDGE00", bot_user_id="U0BEEBOT00", bot_id="B0BEEBOT00")
MANIFEST = Path(__file__).parents[2] / "manifest.yml"


class UnlimitedBuckets:
    """Buckets out of which every call may go."""

    async def acquire(
        self,
        calls: Sequence[Call],  # noqa: ARG002 - the port's names
        length_s: float,  # noqa: ARG002
        waited_s: float,  # noqa: ARG002
    ) -> AcquireResult:
        return AcquireResult()

    async def shrink(self, call: Call, ahead: int, after_s: float) -> None:
        pass

    async def release(self, team: str, turn: str) -> None:
        pass


@dataclass
class SlackWithBridge:
    """`store` may be made to fail: `store.connected = False`. `people_s` and `modal_s` are how long
    Slack may take to tell of a person, and to open a modal.
    """

    identity: Identity | None = HOME
    policy: Policy = field(default_factory=Policy)
    accepts: bool = True
    api_url: str = "http://127.0.0.1:1"
    store: FakeServer = field(default_factory=FakeServer)
    events: list[Event] = field(default_factory=list)
    ratings: list[Rate] = field(default_factory=list)
    app_events: list[AppEvent] = field(default_factory=list)
    people_s: float = 1.0
    modal_s: float = 2.0
    url: str = ""

    def __post_init__(self) -> None:
        self.redis = FakeAsyncRedis(server=self.store, decode_responses=True)
        self.inbox = RedisInbox(self.redis)
        self.answer_sources = RedisAnswerSources(self.redis)

    def ingress(self, session: aiohttp.ClientSession, observe: Observer | None = None) -> Ingress:
        observe = observe or self.events.append
        client = open_client("xoxb-emulated-bot", base_url=self.api_url, session=session)
        limiter = Limiter(UnlimitedBuckets(), LIMITS, DEFAULT)
        api = SlackApi(lambda _team: client, limiter, observe, refused=RefusedInMemory())
        translator = Translator(SlackUsers(api, timeout_s=self.people_s), messages=SLACK_MESSAGES)
        background = BackgroundTasks(observe)
        threads = SlackThreads(
            api,
            translator,
            session,
            own_bot_id=lambda: HOME.bot_id,
            handovers=RedisOnce(self.redis, "handover", ttl_s=60),
        )
        handler = CommandHandler(
            self.inbox,
            RedisRatings(self.redis),
            self.rate,
            threads=threads,
            translator=translator,
            background=background,
            redelivery_s=REDELIVERY_S,
            observe=observe,
        )
        return Ingress(
            handler,
            lambda: self.identity,
            observe,
            client=client,
            responses=InteractionResponses(
                api,
                translator,
                threads,
                background=background,
                answer_sources=self.answer_sources,
                declines=RedisOnce(self.redis, "declined", ttl_s=60),
            ),
            policy=self.policy,
            accepts=lambda: self.accepts,
            on_app_event=self.app_events.append,
            modal_s=self.modal_s,
        )

    async def rate(self, rate: Rate) -> None:
        self.ratings.append(rate)

    async def asks(self) -> list[Ask]:
        """The questions at the head of their mailboxes."""
        return await self.inbox.waiting(100)

    @property
    def results(self) -> list[str]:
        return [event.result for event in self.events if isinstance(event, CommandHandled)]

    @property
    def drops(self) -> list[tuple[str, str]]:
        return [(e.kind, e.why) for e in self.events if isinstance(e, PayloadDropped)]


@asynccontextmanager
async def serving(front: SlackWithBridge) -> AsyncIterator[SlackWithBridge]:
    """The route of the HTTP mode on a free port of 127.0.0.1; `front.url` leads there."""
    async with aiohttp.ClientSession() as session, front.redis:
        guard = Guard(SECRET, front.ingress(session).dispatch, front.events.append)
        app = web.Application()
        app.add_routes(guard.routes)
        runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.5, auto_decompress=False)
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        front.url = f"http://127.0.0.1:{runner.addresses[0][1]}{PATH}"
        try:
            yield front
        finally:
            await runner.cleanup()


@asynccontextmanager
async def socket_mode(
    slack: SlackEmulator,
    front: SlackWithBridge,
    *,
    xapp: str = "xapp-emulated-app",
    wrap: Dispatch | None = None,
) -> AsyncIterator[SocketMode]:
    """Runs for the length of the block."""
    stop = asyncio.Event()
    async with aiohttp.ClientSession() as session:
        client = open_client(xapp, base_url=slack.api_url, session=session)
        dispatch = wrap or front.ingress(session).dispatch
        socket = SocketMode(
            dispatch, client, front.events.append, ping_s=0.2, patience_s=0.6, backoff_s=0.05
        )
        async with asyncio.timeout(60), asyncio.TaskGroup() as services:
            services.create_task(socket.run(stop))
            try:
                yield socket
            finally:
                stop.set()


async def connected(slack: SlackEmulator) -> None:
    await slack.until(lambda: slack.connections)


def signed(body: bytes, *, secret: str = SECRET, at: float | None = None) -> dict[str, str]:
    """The headers that Slack sends with a JSON body."""
    stamp = str(int(time.time() if at is None else at))
    basis = b"v0:" + stamp.encode() + b":" + body
    digest = hmac.new(secret.encode(), basis, hashlib.sha256).hexdigest()
    return {
        "Content-Type": "application/json",
        "X-Slack-Request-Timestamp": stamp,
        "X-Slack-Signature": f"v0={digest}",
    }
