"""What can go wrong, and what it means for the retry, the user and the operator.

BridgeError
├─ Transient                 it may go better in a moment
│  ├─ RateLimited            wait `after_s`, then it will
│  └─ Unavailable            the service cannot be reached or fails
│     ├─ OutcomeUnknown      the request may have been carried out all the same
│     ├─ Unusable            it is there, but not for us until the operator acts: tried on
│     └─ TimedOut            it was taken, and nothing came of it: asking again is only more waiting
├─ Permanent                 it will not go better by trying
│  ├─ Refused                the service understood and declined
│  │  ├─ ContentRefused      Slack declines this shape or length of a message
│  │  └─ EditRefused         a message stands as it is; another may be posted
│  ├─ ThreadGone             there is nowhere left to say anything
│  ├─ CredentialsRejected    the operator must act
│  ├─ Misconfigured          so here: a name or a plan that the service does not serve
│  └─ ProtocolError          the service said what nobody understands
├─ StreamBroken              an answer began and did not end
└─ LeaseLost                 another replica has the turn: say nothing any more

Adapters translate their libraries' exceptions into these at their edge, in one place each. `notice`
names the sentence in `catalogue.py` that the user may read; `details` are for the log, `advice` is
one sentence for the operator, empty where there is nothing to do but to wait.
"""

import math
import traceback
from typing import ClassVar

_DEEPEST_TRACE = 20  # calls; the innermost ones
_SHORTEST_WAIT_S, _LONGEST_WAIT_S = 1.0, 120.0
_SAID = ("code", "status", "message", "needed", "error", "said", "request_id")


class BridgeError(Exception):
    notice: ClassVar[str] = "failed"
    needs_operator: ClassVar[bool] = False

    def __init__(self, reason: str, *, advice: str = "", **details: object) -> None:
        super().__init__(reason)
        self.reason = reason
        self.advice = advice
        self.details = details

    @property
    def word(self) -> str:
        """The service's own word for it; where it has not spoken, what failed on the way to it."""
        return str(self.details.get("code") or self.details.get("error") or self.reason)

    @property
    def cause(self) -> str:
        """The reason, and what the service itself said of it."""
        said = [str(self.details[name]) for name in _SAID if self.details.get(name)]
        return f"{self.reason} ({', '.join(said)})" if said else self.reason


class Transient(BridgeError):
    notice = "unavailable"


class RateLimited(Transient):
    """`after_s`: how long the service asks us to wait."""

    notice = "busy"

    def __init__(self, reason: str, *, after_s: float, advice: str = "", **details: object) -> None:
        super().__init__(reason, advice=advice, **details)
        self.after_s = after_s


class Unavailable(Transient):
    pass


class OutcomeUnknown(Unavailable):
    pass


class Unusable(Unavailable):
    needs_operator = True


class TimedOut(Unavailable):
    pass


class Permanent(BridgeError):
    pass


class Refused(Permanent):
    notice = "refused"


class ContentRefused(Refused):
    pass


class EditRefused(Refused):
    pass


class ThreadGone(Permanent):
    pass


class CredentialsRejected(Permanent):
    notice = "credentials"
    needs_operator = True


class Misconfigured(Permanent):
    notice = "misconfigured"
    needs_operator = True


class ProtocolError(Permanent):
    needs_operator = True


class StreamBroken(BridgeError):
    notice = "incomplete"


class LeaseLost(BridgeError):
    pass


def wait_of(retry_after: str | None) -> float:
    """The seconds that a service asks us to wait, from 1 to 120: it may say anything, and where
    that is no number (RFC 9110 allows a date) it is 1.
    """
    try:
        wait_s = float(retry_after or "")
    except ValueError:
        return _SHORTEST_WAIT_S
    if math.isnan(wait_s):
        return _SHORTEST_WAIT_S
    return min(max(wait_s, _SHORTEST_WAIT_S), _LONGEST_WAIT_S)


def trace_of(error: BaseException) -> list[str]:
    """Where an error came from, the innermost call last, for the log: places and kinds without any
    text, for that may quote what people wrote.
    """
    cause = error.__cause__ or (None if error.__suppress_context__ else error.__context__)
    calls = traceback.extract_tb(error.__traceback__)[-_DEEPEST_TRACE:]
    places = [f"{call.filename}:{call.lineno} {call.name}" for call in calls]
    return [*(trace_of(cause) if cause else ()), *places, type(error).__name__]
