"""Opens what everything else is wired to: the stores, the clients, the observers."""

from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager, AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from functools import partial

import aiohttp
from prometheus_client import ProcessCollector
from redis.asyncio import Redis
from slack_sdk.web.async_client import AsyncWebClient

from bridge.beebot.client import BeebotClient, BeebotTiming
from bridge.beebot.gateway import Gateway, endpoint_url
from bridge.beebot.registry import RobotRegistry
from bridge.beebot.request import RequestOptions
from bridge.beebot.sdk import StaticKey
from bridge.beebot.tokens import SERVICE, SpaceTokens, StreamTokens, cache_name
from bridge.core.events import Observer
from bridge.core.model import Robot
from bridge.settings import Settings
from bridge.settings.values import secret_text
from bridge.slack.api.web_api import open_client
from bridge.store.connection import open_redis, refuse_newer_release
from bridge.store.repositories import RedisRobotSpaces, RedisTokenCache
from bridge.telemetry.logs import LogObserver, observers, throttled
from bridge.telemetry.metrics import SERVICES, MetricsObserver

SLACK_TIMEOUT_S = 15.0


@dataclass(frozen=True, slots=True)
class Beebot:
    """The bot, the gateway of its side calls, and the services that keep its stream tokens fresh
    and know its robots.
    """

    bot: BeebotClient
    tokens: SpaceTokens
    gateway: Gateway
    robots: RobotRegistry


@dataclass(frozen=True, slots=True)
class Resources:
    """What is opened before anything is wired; all of it is shared."""

    settings: Settings
    redis: Redis
    beebot: Beebot
    slack: AsyncWebClient
    http: aiohttp.ClientSession
    metrics: MetricsObserver
    observe: Observer

    @property
    def is_shared(self) -> bool:
        """Other replicas see the same store."""
        return self.settings.redis_url is not None


@asynccontextmanager
async def open_resources(settings: Settings) -> AsyncIterator[Resources]:
    """Raises `NewerRelease` if Redis tells of one at the start; else `/readyz` does, later."""
    metrics = MetricsObserver([one for one in SERVICES if one != "redis" or settings.redis_url])
    ProcessCollector(registry=metrics.registry)
    observe = observers(throttled(LogObserver()), metrics)
    async with AsyncExitStack() as stack:
        redis = await stack.enter_async_context(open_store(settings))
        await refuse_newer_release(redis)
        beebot = await stack.enter_async_context(open_beebot(settings, redis, observe))
        timeout = aiohttp.ClientTimeout(total=SLACK_TIMEOUT_S)
        proxy = settings.proxy_for(settings.slack_api_url)  # for all of Slack, response URLs too
        http = await stack.enter_async_context(aiohttp.ClientSession(timeout=timeout, proxy=proxy))
        slack = open_slack(settings, http, secret_text(settings.slack_bot_token))
        yield Resources(settings, redis, beebot, slack, http, metrics, observe)


def open_store(settings: Settings) -> AbstractAsyncContextManager[Redis]:
    return open_redis(
        secret_text(settings.redis_url),
        cert_reqs=settings.redis_ssl_cert_reqs,
        connections=settings.bridge_redis_connections,
    )


@asynccontextmanager
async def open_beebot(settings: Settings, redis: Redis, observe: Observer) -> AsyncIterator[Beebot]:
    robots, gateway = settings.robots, open_gateway(settings)
    registry = RobotRegistry(robots, gateway.list_robots, RedisRobotSpaces(redis), observe)
    cache, key_id = RedisTokenCache(redis), secret_text(settings.alibaba_cloud_access_key_id)

    def open_tokens(robot: Robot) -> StreamTokens:
        is_default = robot.space == robots.default.space
        return StreamTokens(
            partial(gateway.apply_for_stream_token, robot.space),
            cache,
            name=cache_name(settings.beebot_endpoint, robot.space, key_id),
            service=SERVICE if is_default else f"{SERVICE}:{robot.id}",
            observe=observe,
        )

    tokens = SpaceTokens(robots, open_tokens)
    connector = aiohttp.TCPConnector(limit=0)  # the slots bound how many answers stream at once
    proxy = settings.proxy_for(settings.beebot_stream_url)
    async with aiohttp.ClientSession(connector=connector, proxy=proxy) as http:
        bot = BeebotClient(
            http,
            tokens,
            gateway,
            registry.find,
            options=RequestOptions(
                settings.beebot_vendor_param,
                settings.beebot_perspective,
                settings.beebot_sandbox,
            ),
            stream_url=settings.beebot_stream_url,
            timing=BeebotTiming(
                connect_s=settings.bridge_connect_s,
                between_frames_s=settings.bridge_between_frames_s,
                whole_s=settings.bridge_answer_s,
            ),
        )
        yield Beebot(bot, tokens, gateway, registry)


def open_gateway(settings: Settings) -> Gateway:
    key_id = secret_text(settings.alibaba_cloud_access_key_id)
    return Gateway(
        settings.beebot_endpoint,
        key=StaticKey(
            key_id,
            secret_text(settings.alibaba_cloud_access_key_secret),
            secret_text(settings.alibaba_cloud_security_token),
        )
        if key_id
        else None,
        proxy=settings.proxy_for(endpoint_url(settings.beebot_endpoint)),
        is_sandbox=settings.beebot_sandbox,
    )


def open_slack(settings: Settings, http: aiohttp.ClientSession, token: str) -> AsyncWebClient:
    """A client for whoever holds `token`: the bot, or the app for its sockets."""
    url = settings.slack_api_url
    return open_client(token, base_url=url, session=http, proxy=settings.proxy_for(url))
