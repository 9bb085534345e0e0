"""Figures for Prometheus, of the events that the log tells."""

from collections.abc import Callable, Iterable
from functools import partial, singledispatchmethod

from prometheus_client import (
    CollectorRegistry,
    Counter,
    Gauge,
    Histogram,
    disable_created_metrics,
)

from bridge import __version__
from bridge.core.commands import CommandResult
from bridge.core.events import (
    AnswerRated,
    AnswerRecalled,
    BackgroundTaskFailed,
    CommandHandled,
    ContextUnread,
    Event,
    FirstTextShown,
    HandoverWanted,
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

# What every bridge needs, Redis where it has one; a Socket Mode connection, and a further business
# space, has its line from its first outage on.
SERVICES = ("redis", "slack", "beebot_gateway", "beebot_robots")

# Each counter and histogram would have another line, `_created`, which nobody looks at.
disable_created_metrics()  # type: ignore[no-untyped-call]

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
            "bridge_payloads_failed_total", "Payloads that Slack will send again", ["kind", "why"]
        )
        self._reclaimed = counter(
            "bridge_turns_reclaimed_total", "Turns taken over from a replica that fell silent"
        )
        self._answers = counter("bridge_answers_total", "Turns that ended", ["outcome"])
        for outcome in Outcome:  # from 0 on: of a line that begins at 3 no increase is known
            self._answers.labels(outcome)
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
        self._wait_s = seconds(
            "bridge_slack_wait_seconds",
            "Time for which calls were held back by Slack's rate limits",
            ["method"],
            buckets=CALL_S,
        )
        self._rate_limited = counter(
            "bridge_slack_rate_limited_total", "Calls that Slack answered with 429", ["method"]
        )
        self._edits = counter("bridge_edits_total", "Edits of a message that Slack accepted")
        self._renewals = counter(
            "bridge_token_renewals_total", "Applications for stream tokens", ["why"]
        )
        self._up = self._open_gauges(services)
        self._open_side(counter)

    def _open_gauges(self, services: Iterable[str]) -> Gauge:
        """The one that changes: whether each service can be used."""
        build = Gauge("bridge_build_info", "Always 1", ["version"], registry=self.registry)
        build.labels(__version__).set(1)
        up = Gauge(
            "bridge_service_up", "0 while a service is away", ["service"], registry=self.registry
        )
        for service in services:
            up.labels(service).set(1)
        return up

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
        self._handovers = counter(
            "bridge_handovers_total", "Humans wanted, by whether somebody is called", ["is_heard"]
        )
        self._declined = counter(
            "bridge_declined_total", "Questions that the policy kept from the bot", ["reason"]
        )
        self._contexts = counter(
            "bridge_context_unread_total", "Threads not read before a question", ["reason"]
        )
        self._images = counter("bridge_images_total", "Images, fetched or not", ["result"])

    @singledispatchmethod
    def __call__(self, event: Event) -> None:
        """Events of other kinds are not counted."""

    @__call__.register
    def _(self, event: CommandHandled) -> None:
        self._commands.labels(event.result).inc()
        self._count_declined(event.result, _DECLINED_RESULTS)

    @__call__.register
    def _(self, event: HandoverWanted) -> None:
        self._handovers.labels(str(event.is_heard).lower()).inc()

    @__call__.register
    def _(self, event: PayloadDropped) -> None:
        self._dropped.labels(event.kind, event.why).inc()
        if event.is_addressed:
            self._count_declined(event.why, _DECLINED)

    @__call__.register
    def _(self, _event: PathUnknown) -> None:
        self._dropped.labels("request", "path").inc()

    @__call__.register
    def _(self, event: PayloadFailed) -> None:
        self._failed.labels(event.kind, event.why).inc()

    @__call__.register
    def _(self, event: TurnStarted) -> None:
        self._reclaimed.inc(int(event.attempt > 0))

    @__call__.register
    def _(self, event: FirstTextShown) -> None:
        self._first_text.observe(event.after_s)

    @__call__.register
    def _(self, event: TurnFinished) -> None:
        self._answers.labels(event.outcome).inc()
        if event.outcome is Outcome.DECLINED:
            self._count_declined(event.reason, _DECLINED)
        self._durations.observe(event.took_s)

    @__call__.register
    def _(self, event: TurnError) -> None:
        self._turn_errors.labels(event.error, str(event.needs_operator).lower()).inc()

    @__call__.register
    def _(self, event: SlackCalled) -> None:
        self._calls.labels(event.method, event.result).inc()
        self._call_s.labels(event.method).observe(event.took_s)
        self._wait_s.labels(event.method).observe(event.waited_s)
        if event.result == RATE_LIMITED:
            self._rate_limited.labels(event.method).inc()
        if event.method == "chat.update" and event.result == "ok":
            self._edits.inc()

    @__call__.register
    def _(self, event: TokenRenewed) -> None:
        self._renewals.labels(event.why).inc()

    @__call__.register
    def _(self, event: ServiceLost) -> None:
        self._up.labels(event.service).set(0)

    @__call__.register
    def _(self, event: ServiceRestored) -> None:
        self._up.labels(event.service).set(1)

    @__call__.register
    def _(self, event: AnswerRecalled) -> None:
        self._recalls.labels(str(event.is_found).lower()).inc()

    @__call__.register
    def _(self, event: TurnsRescued) -> None:
        self._rescued.inc(event.count)

    @__call__.register
    def _(self, event: BackgroundTaskFailed) -> None:
        self._background.labels(event.name).inc()

    @__call__.register
    def _(self, event: ImageRelayed) -> None:
        self._images.labels(event.result).inc()

    @__call__.register
    def _(self, _event: ImageUnread) -> None:
        self._images.labels("unread").inc()

    @__call__.register
    def _(self, event: ContextUnread) -> None:
        self._contexts.labels(event.reason).inc()

    @__call__.register
    def _(self, event: AnswerRated) -> None:
        """A comment comes after the press, which was counted."""
        rating = "good" if event.is_good else "bad"
        self._ratings.labels("reason" if event.has_comment else rating).inc()

    def _count_declined(self, reason: str, reasons: frozenset[str]) -> None:
        if reason in reasons:
            self._declined.labels(reason).inc()
