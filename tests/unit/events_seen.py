"""One of each event of the core, for the tests of whoever observes them."""

from bridge.core.commands import CommandResult, DropReason
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
from bridge.core.model import Outcome, ThreadKey, TurnId

TURN = TurnId("6bd684db-9a3b-5d6e-8f00-0123456789ab")
THREAD = ThreadKey("T0BRIDGE00", "C0GENERAL0", "1763800000.000100")
EACH: tuple[Event, ...] = (
    CommandHandled(TURN, THREAD, CommandResult.ACCEPTED),
    PayloadDropped("message", DropReason.OWN),
    PayloadFailed("message", "redis"),
    TurnStarted(TURN, THREAD, 1),
    FirstTextShown(TURN, 1.23456),
    TurnFinished(TURN, THREAD, Outcome.ANSWERED, 5.0, "session-1", "answer-1"),
    TurnError(TURN, "Unavailable", "beebot fails", False, {"request_id": "R1"}),
    AnswerRecalled(TURN, is_found=True, took_s=2.0),
    TurnsRescued(2),
    SlackCalled("chat.update", "ok", 0.1),
    ContextUnread(TURN, "slow"),
    ImageRelayed("too_large", 0.2),
    ImageUnread(TURN, "missing_scope", "Slack asks for the scope files:read."),
    TokenRenewed(RenewalReason.COLD, 0.4),
    BackgroundTaskFailed("rate", "slack"),
    AnswerRated(TURN, THREAD, "session-1", "answer-1", is_good=False, has_comment=True),
    HandoverWanted(TURN, "HitKeywords", "12", is_heard=True),
    PathUnknown("POST", "/slack/event", "If that was Slack, …"),
    ServiceLost("redis", "redis"),
    ServiceRestored("redis", 3.0),
)
assert {type(event) for event in EACH} == set(Event.__subclasses__()), (
    "an event has no example here"
)
