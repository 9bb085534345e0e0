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
│  │  ├─ CredentialsExpired  they served until now, and nothing renews them
│  │  └─ TokenRefused        this token is not taken; a new one may be
│  ├─ Misconfigured          so here: a name or a plan that the service does not serve
│  └─ ProtocolError          the service said what nobody understands
├─ StreamBroken              an answer began and did not end
├─ SessionUnknown            the store cannot tell which session the thread talks to
└─ LeaseLost                 another replica has the turn: say nothing any more

Adapters translate their libraries' exceptions into these at their edge, in one place each. `notice`
names the sentence in `messages.py` that the user may read; `details` are for the log, `advice` is
one sentence for the operator, empty where there is nothing to do but to wait.
"""

import math
import re
import traceback
from collections.abc import Iterator
from enum import StrEnum
from typing import ClassVar, TypeVar

_DEEPEST_TRACE = 20  # calls; the innermost ones
_SHORTEST_WAIT_S, _LONGEST_WAIT_S = 1.0, 120.0
_SAID = ("code", "status", "message", "needed", "error", "said", "request_id")


class BridgeError(Exception):
    """`after_s`: how long the service asks us to wait, 0 if it does not."""

    notice: ClassVar[str] = "failed"
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
    def word(self) -> str:
        """The service's own word for it; where it has not spoken, what failed on the way to it."""
        return str(self.details.get("code") or self.details.get("error") or self.reason)

    @property
    def cause(self) -> str:
        """The reason, and what the service itself said of it."""
        said = [str(self.details[name]) for name in _SAID if self.details.get(name)]
        return f"{self.reason} ({', '.join(said)})" if said else self.reason


E = TypeVar("E", bound=BridgeError)


class Transient(BridgeError):
    notice = "unavailable"


class RateLimited(Transient):
    notice = "busy"


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


class CredentialsExpired(CredentialsRejected):
    pass


class TokenRefused(CredentialsRejected):
    pass


class Misconfigured(Permanent):
    notice = "misconfigured"
    needs_operator = True


class ProtocolError(Permanent):
    needs_operator = True


class StreamBroken(BridgeError):
    notice = "incomplete"


class SessionUnknown(BridgeError):
    pass


class LeaseLost(BridgeError):
    pass


def parse_retry_after(retry_after: str | None) -> float:
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


def safe_trace(error: BaseException) -> list[str]:
    """Where an error came from, the innermost call last, for the log: places and kinds without any
    text, for that may quote what people wrote.
    """
    cause = error.__cause__ or (None if error.__suppress_context__ else error.__context__)
    calls = traceback.extract_tb(error.__traceback__)[-_DEEPEST_TRACE:]
    places = [f"{call.filename}:{call.lineno} {call.name}" for call in calls]
    return [*(safe_trace(cause) if cause else ()), *places, type(error).__name__]


class NetworkFault(StrEnum):
    """On the way to a service; each value finishes the sentence "it fails because …"."""

    SELF_SIGNED = "its certificate is self-signed"
    EXPIRED = "its certificate is out of date"
    MISNAMED = "its certificate is for another name"
    UNTRUSTED = "its certificate is not trusted"
    NO_TLS = "that port does not speak TLS"
    UNKNOWN_NAME = "its name is unknown"
    PROXY = "the proxy does not let us through"
    REFUSED = "nothing listens there"
    SILENT = "no answer in time"
    CUT = "the connection was cut"

    @property
    def is_the_operators(self) -> bool:
        """It does not pass by itself."""
        return self not in {
            NetworkFault.REFUSED,
            NetworkFault.SILENT,
            NetworkFault.CUT,
            NetworkFault.UNKNOWN_NAME,
        }


# By the kinds of the exceptions and their texts; the first that is found counts.
_SIGNS = [
    (re.compile(pattern, re.IGNORECASE), trouble)
    for pattern, trouble in (
        (r"self.signed certificate", NetworkFault.SELF_SIGNED),
        (r"certificate has expired|certificate is not yet valid", NetworkFault.EXPIRED),
        (r"hostname mismatch|ip address mismatch|doesn't match", NetworkFault.MISNAMED),
        (r"certificate_verify_failed", NetworkFault.UNTRUSTED),
        (r"wrong.version.number|record.layer.failure|unknown.protocol", NetworkFault.NO_TLS),
        (r"proxy(connection)?error|httpproxy|tunnel connection", NetworkFault.PROXY),
        (
            r"gaierror|NameResolution|name or service not known|resolution",
            NetworkFault.UNKNOWN_NAME,
        ),
        (r"refused|unreachable|no route|connect call failed", NetworkFault.REFUSED),
        (r"timeout|timed out", NetworkFault.SILENT),
        (r"reset|disconnected|incompleteread|broken ?pipe|closed|aborted|EOF", NetworkFault.CUT),
    )
]
_ADVICE = {
    NetworkFault.EXPIRED: "Set this machine's clock; if it is right, {service} must renew its "
    "certificate.",
    NetworkFault.MISNAMED: "Put the name into {variable} for which the certificate of {service} is "
    "made.",
    NetworkFault.NO_TLS: "Correct {variable}: what listens there does not speak TLS.",
    NetworkFault.UNKNOWN_NAME: "Correct the host name in {variable}, or this machine's name "
    "resolution.",
    NetworkFault.PROXY: "Correct the proxy in HTTPS_PROXY, or let {service} go past it with "
    "NO_PROXY.",
}
_CA = (
    "A proxy on the way seems to show a certificate of its own: name the file of its CA in "
    "SSL_CERT_FILE and REQUESTS_CA_BUNDLE."
)
_ELSE = (
    "See whether this host may open HTTPS to {service} ({variable}); if it may, {service} has "
    "trouble of its own."
)


def find_network_fault(error: BaseException) -> NetworkFault | None:
    """None: the failure has nothing to do with the way."""
    told = " ".join(f"{type(one).__name__} {one}" for one in error_chain(error))
    return next((trouble for sign, trouble in _SIGNS if sign.search(told)), None)


def network_advice(trouble: NetworkFault | None, service: str, variable: str) -> str:
    """For a service that is reached by HTTPS at the address that `variable` holds."""
    if trouble in {NetworkFault.SELF_SIGNED, NetworkFault.UNTRUSTED}:
        return _CA
    text = _ADVICE.get(trouble, _ELSE) if trouble else _ELSE
    return text.format(service=service, variable=variable)


def error_chain(error: BaseException) -> Iterator[BaseException]:
    """The error and what led to it, innermost last."""
    seen: set[int] = set()
    cause: BaseException | None = error
    while cause is not None and id(cause) not in seen:
        seen.add(id(cause))
        yield cause
        cause = cause.__cause__ or cause.__context__
