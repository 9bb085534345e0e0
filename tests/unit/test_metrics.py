"""Every event moves a figure, and once."""

import re
from collections.abc import Mapping
from pathlib import Path

import pytest
from prometheus_client import generate_latest

from bridge import __version__
from bridge.core.commands import CommandResult, DropReason
from bridge.core.events import (
    AnswerRated,
    AnswerRecalled,
    CommandHandled,
    Event,
    FirstTextShown,
    PayloadDropped,
    PayloadFailed,
    RenewalReason,
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
from bridge.core.policy import Refusal
from bridge.telemetry.metrics import SERVICES, MetricsObserver
from tests.unit.events_seen import EACH, THREAD, TURN

BRIDGE = Path(__file__).parents[2] / "bridge"


def figure(metrics: MetricsObserver, name: str, /, **labels: str) -> float | None:
    return metrics.registry.get_sample_value(name, labels)


@pytest.mark.parametrize("event", EACH, ids=lambda event: type(event).__name__)
def test_every_event_moves_a_figure(event: Event) -> None:
    metrics = MetricsObserver(services=())
    before = generate_latest(metrics.registry)
    metrics(event)
    assert generate_latest(metrics.registry) != before


@pytest.mark.parametrize(
    ("event", "name", "labels"),
    [
        (
            CommandHandled(TURN, THREAD, CommandResult.DUPLICATE),
            "commands_total",
            {"result": "duplicate"},
        ),
        (
            PayloadDropped("message", DropReason.OWN),
            "payloads_dropped_total",
            {"kind": "message", "why": "own"},
        ),
        (
            PayloadFailed("message", "redis"),
            "payloads_failed_total",
            {"kind": "message", "why": "redis"},
        ),
        (TurnStarted(TURN, THREAD, 1), "turns_reclaimed_total", {}),
        (
            TurnFinished(TURN, THREAD, Outcome.ANSWERED, 5.0),
            "answers_total",
            {"outcome": "answered"},
        ),
        (TurnFinished(TURN, THREAD, Outcome.ANSWERED, 5.0), "turn_duration_seconds_count", {}),
        (FirstTextShown(TURN, 1.5), "first_text_seconds_count", {}),
        (
            TurnError(TURN, "Unavailable", "x", needs_operator=False, details={}),
            "turn_errors_total",
            {"error": "Unavailable", "needs_operator": "false"},
        ),
        (AnswerRecalled(TURN, is_found=False, took_s=20.0), "recalls_total", {"found": "false"}),
        (TurnsRescued(1), "turns_rescued_total", {}),
        (TokenRenewed(RenewalReason.COLD, 0.4), "token_renewals_total", {"why": "cold"}),
        (ServiceRestored("redis", 1.0), "service_up", {"service": "redis"}),
    ],
)
def test_an_event_is_counted_once_under_its_labels(
    event: Event, name: str, labels: Mapping[str, str]
) -> None:
    metrics = MetricsObserver()
    metrics(event)
    assert figure(metrics, f"bridge_{name}", **labels) == 1


def test_each_outcome_begins_at_0_so_that_the_first_failures_are_an_increase() -> None:
    metrics = MetricsObserver()
    for outcome in Outcome:
        assert figure(metrics, "bridge_answers_total", outcome=outcome) == 0


def test_the_figures_tell_the_release_and_nothing_of_when_they_began() -> None:
    metrics = MetricsObserver()
    assert figure(metrics, "bridge_build_info", version=__version__) == 1
    for event in EACH:
        metrics(event)
    assert "_created" not in generate_latest(metrics.registry).decode()


def test_a_turn_at_its_first_attempt_is_not_counted_as_taken_over() -> None:
    metrics = MetricsObserver()
    metrics(TurnStarted(TURN, THREAD, 0))
    assert figure(metrics, "bridge_turns_reclaimed_total") == 0


def test_calls_of_slack_are_counted_by_result_and_timed_by_method() -> None:
    metrics = MetricsObserver()
    for result in ("ok", "ok", "ratelimited"):
        metrics(SlackCalled("chat.update", result, 0.2, waited_s=1.5))
    metrics(SlackCalled("chat.postMessage", "ok", 0.2))
    calls = "bridge_slack_calls_total"
    assert figure(metrics, calls, method="chat.update", result="ok") == 2
    assert figure(metrics, calls, method="chat.update", result="ratelimited") == 1
    assert figure(metrics, "bridge_slack_rate_limited_total", method="chat.update") == 1
    assert figure(metrics, "bridge_slack_rate_limited_total", method="chat.postMessage") is None
    seconds = figure(metrics, "bridge_slack_call_seconds_sum", method="chat.update")
    assert seconds == pytest.approx(0.6)
    assert figure(metrics, "bridge_slack_wait_seconds_sum", method="chat.update") == 4.5


def test_an_edit_counts_when_slack_took_it() -> None:
    metrics = MetricsObserver()
    for result in ("ok", "ratelimited"):
        metrics(SlackCalled("chat.update", result, 0.2))
    metrics(SlackCalled("chat.postMessage", "ok", 0.2))
    assert figure(metrics, "bridge_edits_total") == 1


def test_a_service_is_down_from_its_loss_until_its_return() -> None:
    metrics = MetricsObserver()
    assert figure(metrics, "bridge_service_up", service="redis") == 1
    metrics(ServiceLost("redis", "redis"))
    assert figure(metrics, "bridge_service_up", service="redis") == 0
    metrics(ServiceRestored("redis", 2.0))
    assert figure(metrics, "bridge_service_up", service="redis") == 1


def test_every_service_that_can_be_lost_has_its_line_from_the_start() -> None:
    """But for the socket of Socket Mode, which not everybody has."""
    code = "".join(path.read_text(encoding="utf-8") for path in BRIDGE.rglob("*.py"))
    named = re.findall(r'(?:Outage\(\s*|^SERVICE = )"(\w+)"', code, re.MULTILINE)
    assert {*SERVICES, "slack_socket"} == set(named)


def test_a_thumb_is_counted_once_whether_or_not_its_reason_is_told() -> None:
    """The reason comes after the press, which was counted."""
    metrics = MetricsObserver()
    for has_comment in (False, True):
        metrics(AnswerRated(TURN, THREAD, "s", "a", is_good=False, has_comment=has_comment))
    assert figure(metrics, "bridge_ratings_total", rating="bad") == 1


def test_two_observers_in_one_process_count_apart() -> None:
    one, other = MetricsObserver(), MetricsObserver()
    one(TokenRenewed(RenewalReason.COLD, 0.4))
    assert figure(other, "bridge_token_renewals_total", why="cold") is None


def test_no_label_tells_who_asked_or_where() -> None:
    metrics = MetricsObserver()
    for event in EACH:
        metrics(event)
    page = generate_latest(metrics.registry).decode()
    assert TURN not in page
    assert THREAD.channel not in page


DECLINED = {
    "channel": PayloadDropped("app_mention", Refusal.CHANNEL, is_addressed=True),
    "bot": PayloadDropped("app_mention", DropReason.BOT, is_addressed=True),
    "person_quota": CommandHandled(TURN, THREAD, CommandResult.PERSON_QUOTA),
    "bot_quota": CommandHandled(TURN, THREAD, CommandResult.BOT_QUOTA),
    "bot_turns": CommandHandled(TURN, THREAD, CommandResult.BOT_TURNS),
    "guest": TurnFinished(TURN, THREAD, Outcome.DECLINED, 0.1, reason="guest"),
}
PASSED_OVER = [
    PayloadDropped("message", Refusal.CHANNEL),
    PayloadDropped("message", DropReason.MALFORMED, is_addressed=True),
    CommandHandled(TURN, THREAD, CommandResult.ACCEPTED),
    TurnFinished(TURN, THREAD, Outcome.DECLINED, 0.1),
    TurnFinished(TURN, THREAD, Outcome.FAILED, 0.1, reason="guest"),
]


@pytest.mark.parametrize(("reason", "event"), DECLINED.items())
def test_a_question_that_the_policy_declines_is_counted_by_its_reason(
    reason: str, event: Event
) -> None:
    metrics = MetricsObserver()
    metrics(event)
    assert figure(metrics, "bridge_declined_total", reason=reason) == 1


@pytest.mark.parametrize("event", PASSED_OVER)
def test_what_nobody_asked_of_the_bot_is_not_counted_as_declined(event: Event) -> None:
    metrics = MetricsObserver()
    metrics(event)
    assert "bridge_declined_total{" not in generate_latest(metrics.registry).decode()
