"""What keeps us from a service, read from the exceptions of whatever library speaks to it."""

import re
from collections.abc import Iterator
from enum import StrEnum


class Trouble(StrEnum):
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
        return self not in {Trouble.REFUSED, Trouble.SILENT, Trouble.CUT, Trouble.UNKNOWN_NAME}


# By the kinds of the exceptions and their texts; the first that is found counts.
_SIGNS = [
    (re.compile(pattern, re.IGNORECASE), trouble)
    for pattern, trouble in (
        (r"self.signed certificate", Trouble.SELF_SIGNED),
        (r"certificate has expired|certificate is not yet valid", Trouble.EXPIRED),
        (r"hostname mismatch|ip address mismatch|doesn't match", Trouble.MISNAMED),
        (r"certificate_verify_failed", Trouble.UNTRUSTED),
        (r"wrong.version.number|record.layer.failure|unknown.protocol", Trouble.NO_TLS),
        (r"proxy(connection)?error|httpproxy|tunnel connection", Trouble.PROXY),
        (r"gaierror|NameResolution|name or service not known|resolution", Trouble.UNKNOWN_NAME),
        (r"refused|unreachable|no route|connect call failed", Trouble.REFUSED),
        (r"timeout|timed out", Trouble.SILENT),
        (r"reset|disconnected|incompleteread|broken ?pipe|closed|aborted|EOF", Trouble.CUT),
    )
]
_ADVICE = {
    Trouble.EXPIRED: "Set this machine's clock; if it is right, {service} must renew its "
    "certificate.",
    Trouble.MISNAMED: "Put the name into {variable} for which the certificate of {service} is "
    "made.",
    Trouble.NO_TLS: "Correct {variable}: what listens there does not speak TLS.",
    Trouble.UNKNOWN_NAME: "Correct the host name in {variable}, or this machine's name resolution.",
    Trouble.PROXY: "Correct the proxy in HTTPS_PROXY, or let {service} go past it with NO_PROXY.",
}
_CA = (
    "A proxy on the way seems to show a certificate of its own: name the file of its CA in "
    "SSL_CERT_FILE and REQUESTS_CA_BUNDLE."
)
_ELSE = (
    "See whether this host may open HTTPS to {service} ({variable}); if it may, {service} has "
    "trouble of its own."
)


def trouble_of(error: BaseException) -> Trouble | None:
    """None: the failure has nothing to do with the way."""
    told = " ".join(f"{type(one).__name__} {one}" for one in chain_of(error))
    return next((trouble for sign, trouble in _SIGNS if sign.search(told)), None)


def network_advice(trouble: Trouble | None, service: str, variable: str) -> str:
    """For a service that is reached by HTTPS at the address that `variable` holds."""
    if trouble in {Trouble.SELF_SIGNED, Trouble.UNTRUSTED}:
        return _CA
    text = _ADVICE.get(trouble, _ELSE) if trouble else _ELSE
    return text.format(service=service, variable=variable)


def chain_of(error: BaseException) -> Iterator[BaseException]:
    """The error and what led to it, innermost last."""
    seen: set[int] = set()
    cause: BaseException | None = error
    while cause is not None and id(cause) not in seen:
        seen.add(id(cause))
        yield cause
        cause = cause.__cause__ or cause.__context__
