"""What keeps us from a service on the way to it, whatever library speaks to it."""

import math
import re
from collections.abc import Iterator
from enum import StrEnum

from bridge.core.errors import Unavailable, Unusable

_SHORTEST_WAIT_S, _LONGEST_WAIT_S = 1.0, 120.0


class NetworkFault(StrEnum):
    """Each value finishes the sentence "it fails because …"."""

    SELF_SIGNED = "its certificate is self-signed"
    EXPIRED = "its certificate is out of date"
    MISNAMED = "its certificate is for another name"
    UNTRUSTED = "its certificate is not trusted"
    NO_TLS = "that port does not speak TLS"
    PROXY = "the proxy does not let us through"
    UNKNOWN_NAME = "its name is unknown"
    REFUSED = "nothing listens there"
    SILENT = "no answer in time"
    CUT = "the connection was cut"

    @property
    def needs_operator(self) -> bool:
        """It does not pass by itself."""
        return self not in _PASSING


_PASSING = {
    NetworkFault.UNKNOWN_NAME, NetworkFault.REFUSED, NetworkFault.SILENT, NetworkFault.CUT,
}  # fmt: skip
# In the kinds and the texts of the exceptions; the first that is found counts.
_SIGNS = {
    NetworkFault.SELF_SIGNED: r"self.signed certificate",
    NetworkFault.EXPIRED: r"certificate has expired|certificate is not yet valid",
    NetworkFault.MISNAMED: r"hostname mismatch|ip address mismatch|doesn't match",
    NetworkFault.UNTRUSTED: r"certificate_verify_failed",
    NetworkFault.NO_TLS: r"wrong.version.number|record.layer.failure|unknown.protocol",
    NetworkFault.PROXY: r"proxy(connection)?error|httpproxy|tunnel connection",
    NetworkFault.UNKNOWN_NAME: r"gaierror|NameResolution|name or service not known|resolution",
    NetworkFault.REFUSED: r"refused|unreachable|no route|connect call failed",
    NetworkFault.SILENT: r"timeout|timed out",
    NetworkFault.CUT: r"reset|disconnected|incompleteread|broken ?pipe|closed|aborted|EOF",
}
_CA = (
    "A proxy on the way seems to show a certificate of its own: name the file of its CA in "
    "SSL_CERT_FILE, in the environment of the process."
)
_ADVICE = {
    NetworkFault.SELF_SIGNED: _CA,
    NetworkFault.UNTRUSTED: _CA,
    NetworkFault.EXPIRED: "Set this machine's clock; if it is right, {service} must renew its "
    "certificate.",
    NetworkFault.MISNAMED: "Put the name into {variable} for which the certificate of {service} is "
    "made.",
    NetworkFault.NO_TLS: "Correct {variable}: what listens there does not speak TLS.",
    NetworkFault.UNKNOWN_NAME: "See whether this machine reaches the internet and a DNS server; if "
    "{variable} is set here, correct the host name in it.",
    NetworkFault.PROXY: "Correct the proxy in HTTPS_PROXY, or let {service} go past it with "
    "NO_PROXY.",
}
_OTHER_ADVICE = (
    "See whether this host may open HTTPS to {service} ({variable}); if it may, {service} has "
    "trouble of its own."
)


def find_network_fault(error: BaseException) -> NetworkFault | None:
    """None: the failure has nothing to do with the way."""
    text = " ".join(f"{type(one).__name__} {one}" for one in error_chain(error))
    found = (fault for fault, sign in _SIGNS.items() if re.search(sign, text, re.IGNORECASE))
    return next(found, None)


def network_advice(fault: NetworkFault | None, service: str, variable: str) -> str:
    """For a service that is reached by HTTPS at the address that `variable` holds."""
    text = _ADVICE.get(fault, _OTHER_ADVICE) if fault else _OTHER_ADVICE
    return text.format(service=service, variable=variable)


def unreachable(
    reason: str,
    error: BaseException,
    service: str,
    variable: str,
    *,
    kind: type[Unavailable] = Unavailable,
) -> Unavailable:
    """`Unusable` in place of `Unavailable` where it will not pass by itself."""
    fault = find_network_fault(error)
    if kind is Unavailable and fault and fault.needs_operator:
        kind = Unusable
    advice = network_advice(fault, service, variable)
    return kind(reason, error=fault or type(error).__name__, advice=advice)


def error_chain(error: BaseException) -> Iterator[BaseException]:
    """The error and what led to it, innermost last."""
    seen: set[int] = set()
    cause: BaseException | None = error
    while cause is not None and id(cause) not in seen:
        seen.add(id(cause))
        yield cause
        cause = cause.__cause__ or cause.__context__


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
