"""What can go wrong, and what it means for the retry, the user and the operator.

BridgeError
├─ Transient                 another try may succeed
│  ├─ RateLimited            wait `after_s`, then it will
│  └─ Unavailable            the service cannot be reached or fails
│     ├─ OutcomeUnknown      the request may have been carried out all the same
│     ├─ Unusable            it is there, but refuses us until the operator acts; retried meanwhile
│     │  └─ NewerRelease     what is stored there may be in a form that we would misread
│     └─ TimedOut            it took the request and did not answer; asking again only waits longer
├─ Permanent                 another try fails as well
│  ├─ Refused                the service understood and declined
│  │  ├─ ContentRefused      Slack declines this shape or length of a message
│  │  └─ EditRefused         a message stands as it is; another may be posted
│  ├─ ThreadGone             there is nowhere left to say anything
│  ├─ CredentialsRejected    the operator must act
│  │  ├─ CredentialsExpired  they served until now, and nothing renews them
│  │  └─ TokenRefused        this token is not taken; a new one may be
│  ├─ Misconfigured          so here: a name or a plan that the service does not serve
│  └─ ProtocolError          the answer of the service cannot be understood
├─ StreamBroken              an answer began and did not end
└─ LeaseLost                 another replica has the turn: say nothing any more

Adapters translate their libraries' exceptions into these at their edge, in one place each.
`message_key` names the sentence in `messages.py` that the user may read; `details` are for the log,
`advice` is one sentence for the operator, empty where there is nothing to do but to wait.
"""

import traceback
from typing import ClassVar, TypeVar

_DEEPEST_TRACE = 20  # calls; the innermost ones
_SAID = ("code", "status", "message", "needed", "error", "said", "request_id")


class BridgeError(Exception):
    """`after_s`: how long the service asks us to wait, 0 if it does not."""

    message_key: ClassVar[str] = "failed"
    needs_operator: ClassVar[bool] = False

    def __init__(
        self, reason: str, *, advice: str = "", after_s: float = 0.0, **details: object
    ) -> None:
        super().__init__(reason)
        self.reason = reason
        self.advice = advice
        self.after_s = after_s
        self.details = details

    def recast(
        self, kind: "type[E]", reason: str = "", *, advice: str = "", **details: object
    ) -> "E":
        """The same failure as an error of `kind`, with more details."""
        return kind(
            reason or self.reason,
            advice=advice or self.advice,
            after_s=self.after_s,
            **{**self.details, **details},
        )

    @property
    def code(self) -> str:
        """The service's own word for it; where it has not spoken, what failed on the way to it."""
        return str(self.details.get("code") or self.details.get("error") or self.reason)

    @property
    def description(self) -> str:
        """The reason, and what the service itself said of it."""
        said = [str(self.details[name]) for name in _SAID if self.details.get(name)]
        return f"{self.reason} ({', '.join(said)})" if said else self.reason


E = TypeVar("E", bound=BridgeError)


class Transient(BridgeError):
    message_key = "unavailable"


class RateLimited(Transient):
    message_key = "busy"


class Unavailable(Transient):
    pass


class OutcomeUnknown(Unavailable):
    pass


class Unusable(Unavailable):
    needs_operator = True


class NewerRelease(Unusable):
    pass


class TimedOut(Unavailable):
    pass


class Permanent(BridgeError):
    pass


class Refused(Permanent):
    message_key = "refused"


class ContentRefused(Refused):
    pass


class EditRefused(Refused):
    pass


class ThreadGone(Permanent):
    pass


class CredentialsRejected(Permanent):
    message_key = "credentials"
    needs_operator = True


class CredentialsExpired(CredentialsRejected):
    pass


class TokenRefused(CredentialsRejected):
    pass


class Misconfigured(Permanent):
    message_key = "misconfigured"
    needs_operator = True


class ProtocolError(Permanent):
    needs_operator = True


class StreamBroken(BridgeError):
    message_key = "incomplete"


class LeaseLost(BridgeError):
    pass


def safe_trace(error: BaseException) -> list[str]:
    """Where an error came from, the innermost call last, for the log: places and kinds without any
    text, for that may quote what people wrote.
    """
    cause = error.__cause__ or (None if error.__suppress_context__ else error.__context__)
    calls = traceback.extract_tb(error.__traceback__)[-_DEEPEST_TRACE:]
    places = [f"{call.filename}:{call.lineno} {call.name}" for call in calls]
    return [*(safe_trace(cause) if cause else ()), *places, type(error).__name__]
