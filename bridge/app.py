"""The composition root: opens everything, wires it, runs it, and drains it. No logic of its own."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager, AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from typing import Protocol

import aiohttp
from aiohttp import web
from pydantic import SecretStr
from redis.asyncio import Redis
from slack_sdk.web.async_client import AsyncWebClient

from bridge.beebot.client import BeebotClient, Limits
from bridge.beebot.gateway import Gateway
from bridge.beebot.sdk import StaticKey
from bridge.beebot.tokens import StreamTokens, cache_name
from bridge.core.asking import Asking, Patience
from bridge.core.conversation import Conversation
from bridge.core.events import Observer
from bridge.core.line import Line
from bridge.core.pacing import Pace
from bridge.core.words import Locale, Words
from bridge.core.worker import Terms, Worker
from bridge.settings import Settings
from bridge.slack.budget import LocalBudget
from bridge.slack.calls import SlackCalls
from bridge.slack.client import open_client
from bridge.slack.identity import IdentityService
from bridge.slack.receiving.guard import Guard
from bridge.slack.receiving.ingress import Ingress
from bridge.slack.receiving.payloads import Policy
from bridge.slack.receiving.transport import SocketMode, routes
from bridge.slack.replying.replies import SlackReplies
from bridge.store.connection import open_redis
from bridge.store.inbox import RedisInbox
from bridge.store.sessions import RedisSessions
from bridge.store.tokens import RedisTokenCache
from bridge.telemetry.depth import DepthGauges
from bridge.telemetry.health import Ping, Readiness, health_routes
from bridge.telemetry.logs import LogObserver
from bridge.telemetry.metrics import MetricsObserver
from bridge.telemetry.observers import observers

SLACK_TIMEOUT_S = 15.0


class Service(Protocol):
    async def run(self, stop: asyncio.Event) -> None:
        """Work until `stop` is set, finish what was begun, return; raising ends the process."""
        ...


@dataclass(slots=True)
class App:
    """Everything opened; `port` is the one that is bound."""

    port: int
    worker: Worker
    attendants: list[Service]
    readiness: Readiness
    draining: asyncio.Event

    async def run(self, stop: asyncio.Event) -> None:
        """Serve until `stop`; then the worker drains, while payloads are still taken to the end."""
        closing = asyncio.Event()
        async with asyncio.TaskGroup() as services:
            for attendant in self.attendants:
                services.create_task(attendant.run(closing), name=type(attendant).__name__)
            services.create_task(self._announce(stop), name="drain")
            await self.worker.run(stop)
            closing.set()

    async def _announce(self, stop: asyncio.Event) -> None:
        await stop.wait()
        self.draining.set()
        self.readiness.drain()


@dataclass(frozen=True, slots=True)
class Resources:
    """What is opened before anything is wired; all of it is shared."""

    settings: Settings
    redis: Redis
    beebot: BeebotClient
    tokens: StreamTokens
    slack: AsyncWebClient
    http: aiohttp.ClientSession
    metrics: MetricsObserver
    observe: Observer

    @property
    def is_shared(self) -> bool:
        """Other replicas see the same store."""
        return self.settings.redis_url is not None


@asynccontextmanager
async def open_app(settings: Settings, *, host: str = "0.0.0.0") -> AsyncIterator[App]:  # noqa: S104 - the host's router asks from outside
    """Everything the bridge needs, open and wired; the HTTP port of `host` answers from here on."""
    async with open_resources(settings) as resources:
        draining = asyncio.Event()
        inbox = RedisInbox(
            resources.redis,
            lease_s=settings.bridge_lease_s,
            limit=settings.beebot_max_concurrency,
            session_ttl_s=settings.bridge_session_ttl_s,
        )
        words = Words(None if settings.bridge_locale == "auto" else Locale(settings.bridge_locale))
        calls = SlackCalls(lambda _team: resources.slack, LocalBudget(), resources.observe)
        identity = IdentityService(resources.slack, resources.observe)
        replies = SlackReplies(calls, words, resources.observe, own_bot_id=identity.own_bot_id)
        ingress = _ingress(resources, inbox, identity, draining)
        depth = DepthGauges(inbox, resources.metrics.registry)
        attendants: list[Service] = [identity, resources.tokens, depth]
        pings: dict[str, Ping] = {
            "redis": inbox.ping,
            "slack": identity.ping,
            "slack_calls": calls.ping,
            "beebot": resources.tokens.ping,
        }
        slack_routes: list[web.RouteDef] = []
        if settings.is_socket_mode:
            socket = _socket(resources, ingress)
            attendants.append(socket)
            pings["slack_socket"] = socket.ping
        else:
            secret = _reveal(settings.slack_signing_secret)
            slack_routes = routes(Guard(secret, ingress.dispatch, resources.observe))
        if settings.beebot_max_concurrency:
            attendants.append(Line(inbox, replies))
        readiness = Readiness(pings)
        pages = health_routes(
            readiness,
            registry=resources.metrics.registry,
            metrics_token=_reveal(settings.bridge_metrics_token),
        )
        async with open_site([*slack_routes, *pages], host=host, port=settings.port) as port:
            worker = _worker(resources, inbox, replies, words)
            yield App(port, worker, attendants, readiness, draining)


@asynccontextmanager
async def open_resources(settings: Settings) -> AsyncIterator[Resources]:
    metrics = MetricsObserver()
    observe = observers(LogObserver(), metrics)
    async with AsyncExitStack() as stack:
        redis = await stack.enter_async_context(open_store(settings))
        bot, tokens = await stack.enter_async_context(open_beebot(settings, redis, observe))
        timeout = aiohttp.ClientTimeout(total=SLACK_TIMEOUT_S)
        http = await stack.enter_async_context(aiohttp.ClientSession(timeout=timeout))
        slack = _client(settings, http, _reveal(settings.slack_bot_token))
        yield Resources(settings, redis, bot, tokens, slack, http, metrics, observe)


def open_store(settings: Settings) -> AbstractAsyncContextManager[Redis]:
    return open_redis(
        _reveal(settings.redis_url),
        cert_reqs=settings.redis_ssl_cert_reqs,
        connections=settings.bridge_redis_connections,
    )


@asynccontextmanager
async def open_beebot(
    settings: Settings, redis: Redis, observe: Observer
) -> AsyncIterator[tuple[BeebotClient, StreamTokens]]:
    """The bot, and the service that keeps its stream token fresh."""
    key_id = _reveal(settings.alibaba_cloud_access_key_id)
    gateway = Gateway(
        settings.beebot_endpoint,
        instance_id=settings.beebot_instance_id,
        agent_key=settings.beebot_agent_key,
        key=StaticKey(
            key_id,
            _reveal(settings.alibaba_cloud_access_key_secret),
            _reveal(settings.alibaba_cloud_security_token),
        )
        if key_id
        else None,
    )
    name = cache_name(settings.beebot_endpoint, settings.beebot_agent_key, key_id)
    tokens = StreamTokens(gateway, RedisTokenCache(redis), name=name, observe=observe)
    connector = aiohttp.TCPConnector(limit=0)  # the slots bound how many answers stream at once
    async with aiohttp.ClientSession(connector=connector) as http:
        yield (
            BeebotClient(
                http,
                tokens,
                gateway,
                instance_id=settings.beebot_instance_id,
                stream_url=settings.beebot_stream_url,
                limits=Limits(
                    connect_s=settings.bridge_connect_s,
                    first_frame_s=settings.bridge_first_frame_s,
                    between_frames_s=settings.bridge_between_frames_s,
                    whole_s=settings.bridge_answer_s,
                ),
            ),
            tokens,
        )


@asynccontextmanager
async def open_site(pages: list[web.RouteDef], *, host: str, port: int) -> AsyncIterator[int]:
    """Yields the port that was bound; 0 asks for any."""
    site = web.Application()
    site.add_routes(pages)
    # The guard refuses compressed bodies; aiohttp would log a traceback for a broken one.
    runner = web.AppRunner(site, access_log=None, shutdown_timeout=2, auto_decompress=False)
    await runner.setup()
    try:
        await web.TCPSite(runner, host, port).start()
        yield runner.addresses[0][1]
    finally:
        await runner.cleanup()


def _worker(resources: Resources, inbox: RedisInbox, replies: SlackReplies, words: Words) -> Worker:
    settings = resources.settings
    sessions = RedisSessions(resources.redis, ttl_s=settings.bridge_session_ttl_s)
    asking = Asking(
        resources.beebot,
        sessions,
        pace=Pace(settings.bridge_edit_interval_s, settings.bridge_edit_interval_max_s),
        patience=Patience(throttle_s=settings.bridge_throttle_s, recall_s=settings.bridge_recall_s),
        takeover=settings.bridge_takeover,
    )
    conversation = Conversation(
        asking,
        sessions,
        replies,
        words=words,
        max_utterance=settings.beebot_max_utterance,
        observe=resources.observe,
    )
    terms = Terms(
        slots=settings.bridge_slots,
        can_hand_over=resources.is_shared,
        lease_s=settings.bridge_lease_s,
        beat_s=settings.bridge_beat_s,
        grace_s=settings.bridge_grace_s,
    )
    return Worker(inbox, conversation, terms=terms, observe=resources.observe)


def _ingress(
    resources: Resources, inbox: RedisInbox, identity: IdentityService, draining: asyncio.Event
) -> Ingress:
    settings = resources.settings
    return Ingress(
        inbox,
        lambda: identity.known,
        resources.observe,
        client=resources.slack,
        policy=Policy(settings.bridge_follow_threads, settings.bridge_allow_external),
        accepts=lambda: resources.is_shared or not draining.is_set(),
    )


def _socket(resources: Resources, ingress: Ingress) -> SocketMode:
    token = _reveal(resources.settings.slack_app_token)
    client = _client(resources.settings, resources.http, token)
    return SocketMode(ingress.dispatch, client, resources.observe)


def _client(settings: Settings, http: aiohttp.ClientSession, token: str) -> AsyncWebClient:
    return open_client(token, base_url=settings.slack_api_url, session=http)


def _reveal(secret: SecretStr | None) -> str:
    return secret.get_secret_value() if secret else ""
