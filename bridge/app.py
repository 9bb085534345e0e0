"""The composition root: opens everything, wires it, runs it, and drains it. No logic of its own."""

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Protocol

from aiohttp import web

from bridge.core.asking import Asking
from bridge.core.background import BackgroundTasks
from bridge.core.command_handler import CommandHandler
from bridge.core.conversation import Conversation
from bridge.core.limits import RateLimit
from bridge.core.messages import Locale
from bridge.core.pacing import Pace
from bridge.core.queued_questions import QueuedQuestions
from bridge.core.silence import AskingTiming
from bridge.core.translator import Translator
from bridge.core.worker import Terms, Worker
from bridge.resources import Resources, open_resources, open_slack, secret_text
from bridge.settings import Settings
from bridge.slack.advice import SOCKET_MODE, WRONG_PATH
from bridge.slack.identity import IdentityService
from bridge.slack.inbound.guard import Guard
from bridge.slack.inbound.ingress import REDELIVERY_S, Ingress
from bridge.slack.inbound.intents import Policy
from bridge.slack.inbound.responses import InteractionResponses
from bridge.slack.inbound.transport import SocketMode, routes
from bridge.slack.inbound.welcome import Welcome
from bridge.slack.limiter import Limiter
from bridge.slack.messages import SLACK_MESSAGES
from bridge.slack.names import SlackNames
from bridge.slack.outbound.native_stream import StreamingPolicy
from bridge.slack.outbound.replies import SlackReplies
from bridge.slack.outbound.threads import SlackThreads
from bridge.slack.rate_limits import DEFAULT, LIMITS
from bridge.slack.users import SlackUsers
from bridge.slack.web_api import SlackApi
from bridge.store.answer_sources import RedisAnswerSources
from bridge.store.buckets import RedisBuckets
from bridge.store.inbox import RedisInbox
from bridge.store.pseudonyms import RedisPseudonyms
from bridge.store.ratings import RedisRatings
from bridge.store.sessions import RedisSessions
from bridge.store.watch import RedisWatch
from bridge.store.welcomes import RedisWelcomes
from bridge.telemetry.http_server import Ping, Readiness, health_routes, serve_http
from bridge.telemetry.metrics import InboxGauges
from bridge.telemetry.observers import observers


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
            InboxGauges(parts.inbox, resources.metrics.registry),
            parts.background,
        ]
        pings: dict[str, Ping] = {
            "redis": parts.watch.ping,
            "slack": parts.identity.ping,
            "beebot": resources.tokens.ping,
        }
        slack_routes: list[web.RouteDef] = []
        if settings.is_socket_mode:
            token = secret_text(settings.slack_app_token)
            client = open_slack(settings, resources.http, token)
            socket = SocketMode(ingress.dispatch, client, resources.observe)
            attendants.append(socket)
            pings["slack_socket"] = socket.ping
        else:
            secret = secret_text(settings.slack_signing_secret)
            slack_routes = routes(Guard(secret, ingress.dispatch, resources.observe))
        if settings.beebot_max_concurrency:
            attendants.append(QueuedQuestions(parts.inbox, parts.replies))
        readiness = Readiness(pings)
        pages = health_routes(
            readiness,
            registry=resources.metrics.registry,
            metrics_token=secret_text(settings.bridge_metrics_token),
        )
        site = serve_http(
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
    background: BackgroundTasks
    replies: SlackReplies
    handler: CommandHandler
    responses: InteractionResponses
    welcome: Welcome
    worker: Worker


def _wire(resources: Resources, limits: Mapping[str, RateLimit]) -> Parts:
    settings, redis, observe = resources.settings, resources.redis, resources.observe
    watch = RedisWatch(redis, observe)
    inbox = _inbox(resources, watch)
    background = BackgroundTasks(observe)
    identity = IdentityService(resources.slack, observe)
    api = _web_api(resources, identity, limits)
    sessions = RedisSessions(redis, ttl_s=settings.bridge_session_ttl_s)
    locale = None if settings.bridge_locale == "auto" else Locale(settings.bridge_locale)
    users = SlackUsers(api)
    translator = Translator(users, locale, messages=SLACK_MESSAGES)
    numbers = RedisPseudonyms(redis, ttl_s=settings.bridge_session_ttl_s)
    replies = SlackReplies(
        api,
        translator,
        observe,
        own_bot_id=identity.own_bot_id,
        policy=StreamingPolicy(settings.bridge_streaming),
        pace=Pace(settings.bridge_edit_interval_s, settings.bridge_edit_interval_max_s),
    )
    threads = _threads(resources, api, translator=translator, identity=identity, sessions=sessions)
    sources = RedisAnswerSources(redis)
    responses = InteractionResponses(
        api, translator, threads, background=background, answer_sources=sources
    )
    handler = CommandHandler(
        inbox, RedisRatings(redis), resources.beebot.rate,
        threads=threads, translator=translator, background=background, observe=observe,
        redelivery_s=REDELIVERY_S,
    )  # fmt: skip
    conversation = Conversation(
        _asking(resources, sessions, background),
        replies,
        threads,
        names=SlackNames(users, api, numbers, sends_names=settings.bridge_send_names),
        inbox=inbox,
        sessions=sessions,
        answer_sources=sources,
        translator=translator,
        max_utterance=settings.beebot_max_utterance,
        late_s=settings.bridge_late_s,
        observe=observe,
    )
    welcome = _welcome(resources, api, translator, background)
    worker = _worker(resources, inbox, conversation)
    return Parts(inbox, watch, identity, background, replies, handler, responses, welcome, worker)


def _inbox(resources: Resources, watch: RedisWatch) -> RedisInbox:
    settings = resources.settings
    return RedisInbox(
        resources.redis,
        lease_s=settings.bridge_lease_s,
        limit=settings.beebot_max_concurrency,
        session_ttl_s=settings.bridge_session_ttl_s,
        anybody_stops=settings.bridge_stop == "anyone",
        on_unavailable=watch.report,
    )


def _web_api(
    resources: Resources, identity: IdentityService, limits: Mapping[str, RateLimit]
) -> SlackApi:
    limiter = Limiter(RedisBuckets(resources.redis, limits, DEFAULT), limits, DEFAULT)
    noting = observers(resources.observe, identity.observe)
    return SlackApi(lambda _team: resources.slack, limiter, noting)


def _asking(resources: Resources, sessions: RedisSessions, background: BackgroundTasks) -> Asking:
    settings = resources.settings
    return Asking(
        resources.beebot,
        sessions,
        background=background,
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
    translator: Translator,
    identity: IdentityService,
    sessions: RedisSessions,
) -> SlackThreads:
    return SlackThreads(
        api,
        translator,
        resources.http,
        own_bot_id=identity.own_bot_id,
        is_first_handover=sessions.is_first_handover,
        forget_handover=sessions.forget_handover,
        handover=resources.settings.bridge_handover,
    )


def _welcome(
    resources: Resources, api: SlackApi, translator: Translator, background: BackgroundTasks
) -> Welcome:
    settings = resources.settings
    return Welcome(
        api,
        translator,
        background,
        welcomes=RedisWelcomes(resources.redis),
        ask_robot=resources.beebot.welcome,
        words=settings.bridge_welcome,
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
        parts.handler,
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
