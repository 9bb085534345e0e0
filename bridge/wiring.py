"""The composition root: makes the parts of the bridge from what `resources.py` has opened."""

import asyncio
from collections.abc import Mapping

from aiohttp import web

from bridge.core.asking import Asking, AskingTiming
from bridge.core.background import BackgroundTasks
from bridge.core.command_handler import CommandHandler
from bridge.core.conversation import Conversation
from bridge.core.limits import RateLimit
from bridge.core.messages import Locale
from bridge.core.policy import Admission
from bridge.core.preparing import Preparing
from bridge.core.translator import Translator
from bridge.core.worker import Worker, WorkerTiming
from bridge.resources import Resources
from bridge.settings.values import secret_text
from bridge.slack.api.limiter import Limiter
from bridge.slack.api.optional_methods import FORGET_S
from bridge.slack.api.pacing import Pace
from bridge.slack.api.rate_limits import DEFAULT
from bridge.slack.api.web_api import SlackApi
from bridge.slack.images.files import SlackFiles
from bridge.slack.images.relay import ImageAddresses, ImageRelay
from bridge.slack.images.selection import SlackImages
from bridge.slack.inbound.ingress import REDELIVERY_S, Ingress
from bridge.slack.inbound.responses import InteractionResponses
from bridge.slack.messages import SLACK_MESSAGES
from bridge.slack.outbound.late_ends import LateEnds
from bridge.slack.outbound.native_stream import StreamingPolicy
from bridge.slack.outbound.replies import SlackReplies
from bridge.slack.outbound.status import QueuedQuestions
from bridge.slack.outbound.threads import SlackThreads
from bridge.slack.outbound.welcome import Welcome
from bridge.slack.workspace.history import SlackHistory
from bridge.slack.workspace.identity import Identity, IdentityService
from bridge.slack.workspace.users import SlackNames, SlackUsers
from bridge.store.buckets import RedisBuckets
from bridge.store.connection import RedisWatch
from bridge.store.inbox import RedisInbox
from bridge.store.keys import TITLE_TTL
from bridge.store.repositories import (
    RedisAnswerSources,
    RedisOnce,
    RedisRatings,
    RedisRefusedMethods,
    RedisStandIns,
)
from bridge.telemetry.logs import observers
from bridge.telemetry.masking import masking

DECLINED_S = 600.0  # then somebody is told again why they are not answered
INTRODUCED_S = 90 * 86_400.0  # then the bot may introduce itself again


class Parts:
    """The parts of the bridge, made from what is open. Those with several users are attributes."""

    def __init__(self, resources: Resources, limits: Mapping[str, RateLimit]) -> None:
        settings, redis, observe = resources.settings, resources.redis, resources.observe
        self._resources, self._settings, self._observe = resources, settings, observe
        self._session_ttl_s, recheck_s = settings.bridge_session_ttl_s, settings.bridge_recheck_s
        self.draining = asyncio.Event()
        self.background = BackgroundTasks(observe)
        self.watch = RedisWatch(redis, observe, probe_s=recheck_s)
        self.inbox = RedisInbox(
            redis,
            lease_s=settings.bridge_lease_s,
            limit=settings.beebot_max_concurrency,
            session_ttl_s=self._session_ttl_s,
            anybody_stops=settings.bridge_stop == "anyone",
            quotas=settings.quotas(),
            on_unavailable=self.watch.report,
        )
        self.identity = IdentityService(resources.slack, observe, longest_backoff_s=recheck_s)
        limiter = Limiter(RedisBuckets(redis, limits, DEFAULT), limits, DEFAULT)
        observe_calls = observers(observe, self.identity.observe)
        self._api = SlackApi(
            lambda _team: resources.slack,
            limiter,
            observe_calls,
            refused=RedisRefusedMethods(redis, ttl_s=FORGET_S),
        )
        self._users = SlackUsers(self._api)
        self._admission = Admission(settings.policy(settings.beebot_max_utterance), self._users)
        locale = None if settings.bridge_locale == "auto" else Locale(settings.bridge_locale)
        self._translator = Translator(self._users, locale, messages=SLACK_MESSAGES)
        self._answer_sources = RedisAnswerSources(redis)
        # None where Beebot could not fetch any.
        self._images = self._open_images() if settings.bridge_public_url else None
        self._threads = SlackThreads(
            self._api,
            self._translator,
            resources.http,
            own_bot_id=self.identity.own_bot_id,
            handovers=self._once("handover", ttl_s=self._session_ttl_s),
            handover=settings.bridge_handover,
        )

    def worker(self) -> Worker:
        return Worker(
            self.inbox,
            self._conversation(),
            self._observe,
            timing=WorkerTiming(
                lease_s=self._settings.bridge_lease_s,
                beat_s=self._settings.bridge_beat_s,
                grace_s=self._settings.bridge_grace_s,
            ),
            slots=self._settings.bridge_slots,
            can_hand_over=self._resources.is_shared,
        )

    def _conversation(self) -> Conversation:
        return Conversation(
            self._asking(),
            self._replies(),
            self._threads,
            admission=self._admission,
            preparing=self._preparing(),
            inbox=self.inbox,
            dm_hints=self._once("dm_hint"),
            answer_sources=self._answer_sources,
            translator=self._translator,
            late_s=self._settings.bridge_late_s,
            observe=self._observe,
        )

    def _preparing(self) -> Preparing:
        """What makes a question whole before it is asked."""
        settings = self._settings
        stand_ins = RedisStandIns(self._resources.redis, ttl_s=settings.bridge_session_ttl_s)
        names = SlackNames(
            self._users,
            self._api,
            stand_ins,
            self._translator,
            sends_names=settings.bridge_send_names,
            sends_asker=settings.bridge_send_asker_name,
        )
        return Preparing(
            names,
            self._translator,
            max_utterance=settings.beebot_max_utterance,
            images=self._images,
            history=self._history() if settings.bridge_thread_context else None,
        )

    def _history(self) -> SlackHistory:
        observe, external = self._observe, self._admission.policy.allow_external
        return SlackHistory(self._api, self._who, observe, reads_external=external)

    def _open_images(self) -> SlackImages:
        settings, token = self._settings, secret_text(self._settings.slack_bot_token)
        return SlackImages(
            self._api,
            SlackFiles(
                self._api, self._resources.http, token=token, api_url=settings.slack_api_url
            ),
            ImageAddresses(settings.bridge_public_url, token),
            identity=self._who,
            observe=self._observe,
            room=self._admission.policy.room,
        )

    def image_routes(self) -> list[web.RouteDef]:
        """Where Beebot fetches images."""
        if (images := self._images) is None:
            return []
        return ImageRelay(images.files, images.addresses, self._who, self._observe).routes

    def _replies(self) -> SlackReplies:
        gaps_s = self._settings.bridge_edit_interval_s, self._settings.bridge_edit_interval_max_s
        return SlackReplies(
            self._api,
            self._translator,
            self._observe,
            own_bot_id=self.identity.own_bot_id,
            policy=StreamingPolicy(self._settings.bridge_streaming),
            mask=masking(self._settings.secrets()),
            late_ends=LateEnds(self.background),
            pace=Pace(*gaps_s),
        )

    def queued_questions(self) -> QueuedQuestions:
        return QueuedQuestions(self.inbox, self._api, self._translator, self._threads)

    def _asking(self) -> Asking:
        timing = AskingTiming(
            first_frame_s=self._settings.bridge_first_frame_s,
            slow_s=self._settings.bridge_slow_s,
            throttle_s=self._settings.bridge_throttle_s,
            recall_s=self._settings.bridge_recall_s,
        )
        return Asking(
            self._resources.beebot.bot,
            self._settings.robots,
            background=self.background,
            timing=timing,
            takeover=self._settings.bridge_takeover,
            pseudonym_key=secret_text(self._settings.bridge_pseudonym_key),
            image_address=images.address if (images := self._images) else str,
            observe=self._observe,
        )

    def ingress(self) -> Ingress:
        return Ingress(
            self._command_handler(),
            self._who,
            self._observe,
            client=self._resources.slack,
            responses=InteractionResponses(
                self._api,
                self._translator,
                self._threads,
                background=self.background,
                answer_sources=self._answer_sources,
                declines=self._once("declined", ttl_s=DECLINED_S),
            ),
            on_app_event=self._welcome().handle,
            policy=self._admission.policy,
            accepts=lambda: self._resources.is_shared or not self.draining.is_set(),
        )

    def _command_handler(self) -> CommandHandler:
        return CommandHandler(
            self.inbox,
            RedisRatings(self._resources.redis),
            self._resources.beebot.bot.rate,
            threads=self._threads,
            translator=self._translator,
            background=self.background,
            redelivery_s=REDELIVERY_S,
            observe=self._observe,
        )

    def _welcome(self) -> Welcome:
        return Welcome(
            self._api,
            self._translator,
            self.background,
            admission=self._admission,
            welcomes=self._once("welcome"),
            titles=self._once("title", ttl_s=TITLE_TTL.total_seconds()),
            robots=self._settings.robots,
            robot_name=self._resources.beebot.robots.name,
            ask_robot=self._resources.beebot.bot.welcome,
            words=self._settings.bridge_welcome,
            prompts=self._settings.bridge_prompts,
        )

    def _who(self) -> Identity | None:
        return self.identity.known

    def _once(self, kind: str, *, ttl_s: float = INTRODUCED_S) -> RedisOnce:
        return RedisOnce(self._resources.redis, kind, ttl_s=ttl_s)
