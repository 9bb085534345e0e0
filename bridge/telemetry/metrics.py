"""Figures for Prometheus: of the events that the log tells, and of how deep the mailboxes are."""

import asyncio
import logging
from collections.abc import Callable, Iterable
from contextlib import suppress
from functools import partial
from typing import Protocol

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram

from bridge.core.background import wait_for_event
from bridge.core.commands import CommandResult
from bridge.core.errors import Unavailable
from bridge.core.events import (
    AnswerRated,
    AnswerRecalled,
    BackgroundTaskFailed,
    CommandHandled,
    Event,
    FirstTextShown,
    ImageRelayed,
    ImageUnread,
    PathUnknown,
    PayloadDropped,
    PayloadFailed,
    ServiceLost,
    ServiceRestored,
    SlackCalled,
    TokenRenewed,
    TurnError,
    TurnFinished,
    TurnsRescued,
    TurnStarted,
)
from bridge.core.model import Outcome
from bridge.core.policy import Counted, Refusal

# Upper bounds in seconds: a call, the wait for the first text, a whole answer.
CALL_S = (0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10)
WAIT_S = (0.25, 0.5, 1, 2, 4, 8, 15, 30, 60, 90)
TURN_S = (1, 2, 5, 10, 20, 40, 60, 120, 300, 600)

# What every bridge needs; a Socket Mode connection, and a further business space, has its line from
# its first outage on.
SERVICES = ("redis", "slack", "beebot_gateway", "beebot_robots")

RATE_LIMITED = "ratelimited"  # Slack's word for a 429

# Why the policy kept a question from the bot: at the door or at its turn; when it was stored.
_DECLINED = frozenset([*Refusal, "bot"])
_DECLINED_RESULTS = frozenset([*Counted, CommandResult.BOT_TURNS])


class MetricsObserver:
    """Counts into a registry of its own, so that two of them in one process never meet."""

    def __init__(self, services: Iterable[str] = SERVICES) -> None:
        """`services` are held to be up until the first word that they are not."""
        self.registry = CollectorRegistry()
        counter = partial(Counter, registry=self.registry)
        seconds = partial(Histogram, registry=self.registry)
        self._commands = counter("bridge_commands_total", "Questions put, by result", ["result"])
        self._dropped = counter(
            "bridge_payloads_dropped_total", "Payloads of Slack not for us", ["kind", "why"]
        )
        self._failed = counter(
            "bridge_payloads_failed_total", "Payloads that Slack shall send again", ["kind", "why"]
        )
        self._reclaimed = counter(
            "bridge_turns_reclaimed_total", "Turns taken over from a replica that fell silent"
        )
        self._answers = counter("bridge_answers_total", "Turns that ended", ["outcome"])
        self._turn_errors = counter(
            "bridge_turn_errors_total", "Failures within a turn", ["error", "needs_operator"]
        )
        self._first_text = seconds(
            "bridge_first_text_seconds", "From taking a question to its first text", buckets=WAIT_S
        )
        self._durations = seconds(
            "bridge_turn_duration_seconds", "From taking a question to its end", buckets=TURN_S
        )
        self._calls = counter(
            "bridge_slack_calls_total", "Calls of Slack's methods", ["method", "result"]
        )
        self._call_s = seconds(
            "bridge_slack_call_seconds", "Time of Slack's methods", ["method"], buckets=CALL_S
        )
        self._rate_limited = counter(
            "bridge_slack_rate_limited_total", "Calls that Slack answered with 429", ["method"]
        )
        self._edits = counter("bridge_edits_total", "Edits of a message that Slack accepted")
        self._renewals = counter(
            "bridge_token_renewals_total", "Applications for stream tokens", ["why"]
        )
        self._up = Gauge(
            "bridge_service_up", "0 while a service is away", ["service"], registry=self.registry
        )
        for service in services:
            self._up.labels(service).set(1)
        self._open_side(counter)

    def _open_side(self, counter: Callable[..., Counter]) -> None:
        """What is counted beside turns, calls and services."""
        self._rescued = counter(
            "bridge_turns_rescued_total", "Turns scheduled again that had fallen out of the sets"
        )
        self._recalls = counter(
            "bridge_recalls_total", "Broken answers looked for in the bot's log", ["found"]
        )
        self._background = counter(
            "bridge_background_tasks_failed_total", "Side tasks given up, by name", ["name"]
        )
        self._ratings = counter("bridge_ratings_total", "What people thought", ["rating"])
        self._declined = counter(
            "bridge_declined_total", "Questions that the policy kept from the bot", ["reason"]
        )
        self._images = counter("bridge_images_total", "Images, fetched or not", ["result"])

    def __call__(self, event: Event) -> None:
        match event:
            case SlackCalled():
                self._on_slack_call(event)
            case TurnStarted() | FirstTextShown() | TurnFinished() | TurnError():
                self._on_turn(event)
            case CommandHandled() | PayloadDropped() | PathUnknown() | PayloadFailed():
                self._on_payload(event)
            case TokenRenewed(why=why):
                self._renewals.labels(why).inc()
            case ServiceLost() | ServiceRestored():
                self._up.labels(event.service).set(int(isinstance(event, ServiceRestored)))
            case _:
                self._on_side(event)

    def _on_side(self, event: Event) -> None:
        match event:
            case AnswerRecalled(is_found=is_found):
                self._recalls.labels(str(is_found).lower()).inc()
            case TurnsRescued(count=count):
                self._rescued.inc(count)
            case BackgroundTaskFailed(name=name):
                self._background.labels(name).inc()
            case ImageRelayed(result=result):
                self._images.labels(result).inc()
            case ImageUnread():
                self._images.labels("unread").inc()
            case AnswerRated(has_comment=True):  # after the press, which was counted
                self._ratings.labels("reason").inc()
            case AnswerRated(is_good=is_good):
                self._ratings.labels("good" if is_good else "bad").inc()

    def _on_payload(
        self, event: CommandHandled | PayloadDropped | PathUnknown | PayloadFailed
    ) -> None:
        match event:
            case CommandHandled(result=result):
                self._commands.labels(result).inc()
                self._count_declined(result, _DECLINED_RESULTS)
            case PayloadDropped(kind=kind, why=why):
                self._dropped.labels(kind, why).inc()
                if event.is_addressed:
                    self._count_declined(why, _DECLINED)
            case PathUnknown():
                self._dropped.labels("request", "path").inc()
            case PayloadFailed(kind=kind, why=why):
                self._failed.labels(kind, why).inc()

    def _on_turn(self, event: TurnStarted | FirstTextShown | TurnFinished | TurnError) -> None:
        match event:
            case TurnStarted(attempt=attempt):
                self._reclaimed.inc(int(attempt > 0))
            case FirstTextShown(after_s=after_s):
                self._first_text.observe(after_s)
            case TurnFinished(outcome=outcome, took_s=took_s, reason=reason):
                self._answers.labels(outcome).inc()
                if outcome is Outcome.DECLINED:
                    self._count_declined(reason, _DECLINED)
                self._durations.observe(took_s)
            case TurnError(error=error, needs_operator=needs_operator):
                self._turn_errors.labels(error, str(needs_operator).lower()).inc()

    def _count_declined(self, reason: str, reasons: frozenset[str]) -> None:
        if reason in reasons:
            self._declined.labels(reason).inc()

    def _on_slack_call(self, call: SlackCalled) -> None:
        self._calls.labels(call.method, call.result).inc()
        self._call_s.labels(call.method).observe(call.took_s)
        if call.result == RATE_LIMITED:
            self._rate_limited.labels(call.method).inc()
        if call.method == "chat.update" and call.result == "ok":
            self._edits.inc()


_log = logging.getLogger(__name__)


class Depth(Protocol):
    """How many threads are ready and running, turns unfinished, and letters dead."""

    @property
    def ready(self) -> int: ...
    @property
    def running(self) -> int: ...
    @property
    def open(self) -> int: ...
    @property
    def dead(self) -> int: ...


class Mailboxes(Protocol):
    async def depth(self) -> Depth: ...


class InboxGauges:
    """A service: asks every `look_s`. Each replica shows the same, for the mailboxes are shared."""

    def __init__(
        self, mailboxes: Mailboxes, registry: CollectorRegistry, *, look_s: float = 10.0
    ) -> None:
        self._mailboxes = mailboxes
        self._look_s = look_s
        self._known_dead = 0
        self._threads = Gauge(
            "bridge_inbox_threads", "Threads with open turns", ["state"], registry=registry
        )
        self._turns = Gauge("bridge_inbox_turns_open", "Unfinished turns", registry=registry)
        self._dead = Gauge(
            "bridge_inbox_dead_letters", "Turns given up within a week", registry=registry
        )

    async def run(self, stop: asyncio.Event) -> None:
        while not stop.is_set():
            # That the store is away is the worker's to say; the gauges keep what they knew.
            with suppress(Unavailable):
                self._show(await self._mailboxes.depth())
            await wait_for_event(stop, self._look_s)

    def _show(self, depth: Depth) -> None:
        self._threads.labels("ready").set(depth.ready)
        self._threads.labels("running").set(depth.running)
        self._turns.set(depth.open)
        self._dead.set(depth.dead)
        if depth.dead > self._known_dead:
            _log.warning("dead_letters.found count=%d", depth.dead)
        self._known_dead = depth.dead
