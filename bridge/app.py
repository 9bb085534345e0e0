"""The composition root: opens everything, wires it, runs it, and drains it. No logic of its own."""

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Protocol

from aiohttp import web

from bridge.core.asking import Asking
from bridge.core.catalogue import Locale
from bridge.core.conversation import Conversation
from bridge.core.errands import Errands
from bridge.core.intake import Intake
from bridge.core.introduction import Introduction
from bridge.core.limits import RateLimit
from bridge.core.lobby import Lobby
from bridge.core.pacing import Pace
from bridge.core.silence import AskingTiming
from bridge.core.words import Speech
from bridge.core.worker import Terms, Worker
from bridge.resources import Resources, open_resources, open_slack, reveal
from bridge.settings import Settings
from bridge.slack.advice import SOCKET_MODE, WRONG_PATH
from bridge.slack.identity import IdentityService
from bridge.slack.inbound.guard import Guard
from bridge.slack.inbound.ingress import Ingress
from bridge.slack.inbound.intents import Policy
from bridge.slack.inbound.responses import InteractionResponses
from bridge.slack.inbound.transport import SocketMode, routes
from bridge.slack.inbound.welcome import Welcome
from bridge.slack.limiter import Limiter
from bridge.slack.names import SlackNames
from bridge.slack.outbound.modes import Modes
from bridge.slack.outbound.replies import SlackReplies
from bridge.slack.outbound.threads import SlackThreads
from bridge.slack.rate_limits import DEFAULT, LIMITS
from bridge.slack.users import SlackUsers
from bridge.slack.web_api import SlackApi
from bridge.store.buckets import RedisBuckets
from bridge.store.inbox import RedisInbox
from bridge.store.pseudonyms import RedisPseudonyms
from bridge.store.ratings import RedisRatings
from bridge.store.sessions import RedisSessions
from bridge.store.shelf import RedisShelf
from bridge.store.watch import RedisWatch
from bridge.store.welcomes import RedisWelcomes
from bridge.telemetry.depth import DepthGauges
from bridge.telemetry.health import Ping, Readiness, health_routes
from bridge.telemetry.observers import observers
from bridge.telemetry.site import open_site


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


@asynccontextmanager
async def open_app(
    settings: Settings,
    *,
    host: str = "0.0.0.0",  # noqa: S104 - the host's router asks from outside
    limits: Mapping[str, RateLimit] = LIMITS,
) -> AsyncIterator[App]:
    """Everything the bridge needs, open and wired; the HTTP port of `host` answers from here on."""
    async with open_resources(settings) as resources:
        draining = asyncio.Event()
        parts = _wire(resources, limits)
        ingress = _ingress(resources, parts, draining)
        attendants: list[Service] = [
            parts.watch,
            parts.identity,
            resources.tokens,
            DepthGauges(parts.inbox, resources.metrics.registry),
            parts.errands,
        ]
        pings: dict[str, Ping] = {
            "redis": parts.watch.ping,
            "slack": parts.identity.ping,
            "beebot": resources.tokens.ping,
        }
        slack_routes: list[web.RouteDef] = []
        if settings.is_socket_mode:
            socket = _socket(resources, ingress)
            attendants.append(socket)
            pings["slack_socket"] = socket.ping
        else:
            secret = reveal(settings.slack_signing_secret)
            slack_routes = routes(Guard(secret, ingress.dispatch, resources.observe))
        if settings.beebot_max_concurrency:
            attendants.append(Lobby(parts.inbox, parts.replies))
        readiness = Readiness(pings)
        pages = health_routes(
            readiness,
            registry=resources.metrics.registry,
            metrics_token=reveal(settings.bridge_metrics_token),
        )
        site = open_site(
            [*slack_routes, *pages],
            resources.observe,
            host=host,
            port=settings.port,
            advice=SOCKET_MODE if settings.is_socket_mode else WRONG_PATH,
        )
        async with site as port:
            yield App(port, parts.worker, attendants, readiness, draining)


@dataclass(frozen=True, slots=True)
class Parts:
    """What is wired once and used in several places."""

    inbox: RedisInbox
    watch: RedisWatch
    identity: IdentityService
    errands: Errands
    replies: SlackReplies
    intake: Intake
    responses: InteractionResponses
    welcome: Welcome
    worker: Worker


def _wire(resources: Resources, limits: Mapping[str, RateLimit]) -> Parts:
    settings, redis, observe = resources.settings, resources.redis, resources.observe
    watch = RedisWatch(redis, observe)
    inbox = _inbox(resources, watch)
    errands = Errands(observe)
    identity = IdentityService(resources.slack, observe)
    api = _web_api(resources, identity, limits)
    sessions = RedisSessions(redis, ttl_s=settings.bridge_session_ttl_s)
    locale = None if settings.bridge_locale == "auto" else Locale(settings.bridge_locale)
    people = SlackUsers(api)
    speech = Speech(people, locale)
    numbers = RedisPseudonyms(redis, ttl_s=settings.bridge_session_ttl_s)
    replies = SlackReplies(
        api,
        speech,
        observe,
        own_bot_id=identity.own_bot_id,
        modes=Modes(settings.bridge_streaming),
        pace=Pace(settings.bridge_edit_interval_s, settings.bridge_edit_interval_max_s),
    )
    threads = _threads(resources, api, speech=speech, identity=identity, sessions=sessions)
    shelf = RedisShelf(redis)
    responses = InteractionResponses(api, speech, threads, errands=errands, shelf=shelf)
    intake = Intake(
        inbox, RedisRatings(redis), resources.beebot.rate,
        threads=threads, speech=speech, errands=errands, observe=observe,
    )  # fmt: skip
    conversation = Conversation(
        _asking(resources, sessions, errands),
        replies,
        threads,
        names=SlackNames(people, api, numbers, sends_names=settings.bridge_send_names),
        inbox=inbox,
        sessions=sessions,
        shelf=shelf,
        speech=speech,
        max_utterance=settings.beebot_max_utterance,
        late_s=settings.bridge_late_s,
        observe=observe,
    )
    welcome = _welcome(resources, api, speech, errands)
    worker = _worker(resources, inbox, conversation)
    return Parts(inbox, watch, identity, errands, replies, intake, responses, welcome, worker)


def _inbox(resources: Resources, watch: RedisWatch) -> RedisInbox:
    settings = resources.settings
    return RedisInbox(
        resources.redis,
        lease_s=settings.bridge_lease_s,
        limit=settings.beebot_max_concurrency,
        session_ttl_s=settings.bridge_session_ttl_s,
        anybody_stops=settings.bridge_stop == "anyone",
        missed=watch.missed,
    )


def _web_api(
    resources: Resources, identity: IdentityService, limits: Mapping[str, RateLimit]
) -> SlackApi:
    limiter = Limiter(RedisBuckets(resources.redis, limits, DEFAULT), limits, DEFAULT)
    noting = observers(resources.observe, identity.observe)
    return SlackApi(lambda _team: resources.slack, limiter, noting)


def _asking(resources: Resources, sessions: RedisSessions, errands: Errands) -> Asking:
    settings = resources.settings
    return Asking(
        resources.beebot,
        sessions,
        errands=errands,
        timing=AskingTiming(
            first_frame_s=settings.bridge_first_frame_s,
            slow_s=settings.bridge_slow_s,
            throttle_s=settings.bridge_throttle_s,
            recall_s=settings.bridge_recall_s,
        ),
        takeover=settings.bridge_takeover,
        observe=resources.observe,
    )


def _threads(
    resources: Resources,
    api: SlackApi,
    *,
    speech: Speech,
    identity: IdentityService,
    sessions: RedisSessions,
) -> SlackThreads:
    return SlackThreads(
        api,
        speech,
        resources.http,
        own_bot_id=identity.own_bot_id,
        is_first_handover=sessions.is_first_handover,
        forget_handover=sessions.forget_handover,
        handover=resources.settings.bridge_handover,
    )


def _welcome(resources: Resources, api: SlackApi, speech: Speech, errands: Errands) -> Welcome:
    settings = resources.settings
    return Welcome(
        api,
        speech,
        errands,
        welcomes=RedisWelcomes(resources.redis),
        introduction=Introduction(resources.beebot.welcome, settings.bridge_welcome),
        prompts=settings.bridge_prompts,
    )


def _worker(resources: Resources, inbox: RedisInbox, conversation: Conversation) -> Worker:
    settings = resources.settings
    terms = Terms(
        slots=settings.bridge_slots,
        can_hand_over=resources.is_shared,
        lease_s=settings.bridge_lease_s,
        beat_s=settings.bridge_beat_s,
        grace_s=settings.bridge_grace_s,
    )
    return Worker(inbox, conversation, terms=terms, observe=resources.observe)


def _ingress(resources: Resources, parts: Parts, draining: asyncio.Event) -> Ingress:
    settings = resources.settings
    return Ingress(
        parts.intake,
        lambda: parts.identity.known,
        resources.observe,
        client=resources.slack,
        responses=parts.responses,
        on_app_event=parts.welcome.handle,
        policy=Policy(
            settings.bridge_follow_threads,
            settings.bridge_allow_external,
            settings.beebot_max_utterance,
        ),
        accepts=lambda: resources.is_shared or not draining.is_set(),
    )


def _socket(resources: Resources, ingress: Ingress) -> SocketMode:
    token = reveal(resources.settings.slack_app_token)
    client = open_slack(resources.settings, resources.http, token)
    return SocketMode(ingress.dispatch, client, resources.observe)
