"""What Beebot and Alibaba complain about, as errors of the core with advice for the operator."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import aiohttp

from bridge.core.errors import (
    BridgeError,
    CredentialsExpired,
    CredentialsRejected,
    Misconfigured,
    ProtocolError,
    RateLimited,
    Refused,
    TokenRefused,
    Transient,
    Unavailable,
    safe_trace,
)
from bridge.network import parse_retry_after, unreachable

_SPACE = (
    "Set BEEBOT_AGENT_KEY (or that in BEEBOT_ROBOTS) to the robot's space; the RAM user needs "
    "AliyunChatbotFullAccess."
)
_KEYS = (
    "Set ALIBABA_CLOUD_ACCESS_KEY_ID and ALIBABA_CLOUD_ACCESS_KEY_SECRET, or give this host a RAM "
    "role."
)
ROBOT = (
    "Check BEEBOT_INSTANCE_ID and BEEBOT_ROBOTS: an id is the one on the robot's card "
    "(chatbot-cn-…). The robot must be published (or BEEBOT_SANDBOX set), and of the space whose "
    "agent key is given."
)
STREAM = "The token is new: check BEEBOT_STREAM_URL and this machine's clock."
CONSOLE = "Try the robot in Beebot's own console."
# Codes and words of the gateway (docs/beebot.md) and, as far as known, of the stream; the first
# that is found counts.
_ADVICE = [
    (re.compile(pattern, re.IGNORECASE), advice)
    for pattern, advice in (
        ("InvalidTimeStamp", "Set this machine's clock by NTP: it is over 15 minutes off."),
        ("SecurityToken", "Set a new temporary key, all three of its variables, or a lasting one."),
        (
            "InvalidAccessKeyId",
            "Set ALIBABA_CLOUD_ACCESS_KEY_ID to a key that exists and is enabled.",
        ),
        (
            "Signature",
            "Set ALIBABA_CLOUD_ACCESS_KEY_SECRET to the secret that belongs to the key's id.",
        ),
        ("Credential", _KEYS),
        ("Freez", "Pay Alibaba's bill: the robot is frozen until about an hour later."),
        ("specification", "Buy an edition of Beebot that allows the API."),
        (r"Forbidden\.RAM|NoPermission", "Give the RAM user the policy AliyunChatbotFullAccess."),
        ("utterance", "Set BEEBOT_MAX_UTTERANCE to what this robot takes (older ones: 128)."),
        ("instance|robot|chatbot-cn|实例|机器人", ROBOT),
        ("Forbidden|AgentKey|InvalidParameter", _SPACE),
        ("Version|InvalidApi|NeedSsl", "Unset BEEBOT_ENDPOINT: what answers there is another API."),
    )
]
CREDENTIALS = "Check the access key, its RAM policy, BEEBOT_AGENT_KEY and BEEBOT_ENDPOINT."


_THROTTLE_WAIT_S = 1.0
_LONGEST_TEXT = 200
_URL = re.compile(r"[a-z]+://\S+", re.IGNORECASE)
# The stream's codes were never seen in full (docs/beebot.md): loose patterns, the first counts.
_THROTTLED = re.compile(
    r"throttl|flow.?control|rate.?limit|too.?many|concurren|qps|^429$", re.IGNORECASE
)
_TOKEN = re.compile(
    r"access.?token|invalid.?token|token.?(invalid|expired|not.?found|error)|unauthori[sz]ed"
    r"|not.?authori[sz]ed|authenticat|auth.?fail|forbidden|access.?denied|no.?permission"
    r"|signature|invalid.?sign|sign.?(invalid|error)|invalid.?channel|channel.?(id)?.?invalid"
    r"|invalid.?time.?stamp|^40[13]$",
    re.IGNORECASE,
)
_FAILING = re.compile(
    r"time.?out|timed.?out|internal|unavailable|server.?(busy|error)|system.?(busy|error)"
    r"|third.?party|nonce.?used|^5\d\d$",
    re.IGNORECASE,
)
# What the operator has named is not there, or may not be used: no question will be answered.
_MISCONFIGURED = re.compile(
    r"(instance|robot|chatbot|实例|机器人).{0,80}?(not.{0,3}(exist|found|valid|publish)|invalid"
    r"|illegal|unknown|missing|offline|disabled|不存在|无效|不合法|未发布|下线)"
    r"|(invalid|unknown|no.such|illegal|missing|无效|不存在).{0,80}?(instance|robot|实例|机器人)"
    r"|freez|冻结|欠费|specification|agent.?key",
    re.IGNORECASE,
)
_RENEWING = re.compile(r"^InvalidSecurityToken\.Expired")
_OPERATOR = re.compile(
    r"accesskey|signature|invalid.?time.?stamp|forbidden|permission|unauthori[sz]ed|freez"
    r"|credential|security.?token|needssl",
    re.IGNORECASE,
)


_Table = tuple[tuple[re.Pattern[str], type[BridgeError], str], ...]

# Which error a refusal is: the first pattern that is found counts; what none knows is `Refused`. A
# code that is to be asked again goes into _THROTTLED, for as long as BRIDGE_THROTTLE_S, or into
# _FAILING, for two more askings at most (`Asking._ask`).
_OF_STREAM: _Table = (
    (_THROTTLED, RateLimited, "throttled"),
    (_TOKEN, TokenRefused, "token refused"),
    (_FAILING, Unavailable, "beebot fails"),
    (_MISCONFIGURED, Misconfigured, "beebot does not serve this robot"),
)
_OF_GATEWAY: _Table = (
    (_RENEWING, Unavailable, "the credential chain is about to renew"),
    (_FAILING, Unavailable, "beebot fails"),
    (_MISCONFIGURED, Misconfigured, "alibaba does not serve this robot"),
    (_OPERATOR, CredentialsRejected, "alibaba refuses the credentials"),
)


def advice_for(*said: str) -> str:
    """For what was `said`, codes and texts; empty where nothing of it is known."""
    words = " ".join(said)
    return next((advice for sign, advice in _ADVICE if sign.search(words)), "")


def clean(text: str) -> str:
    """Fit for a log: one short line without addresses."""
    return _URL.sub("[url]", " ".join(text.split()))[:_LONGEST_TEXT]


def from_envelope(code: str, message: str, *, request_id: str) -> BridgeError:
    """A `success:false` of the stream."""
    said: dict[str, Any] = {
        "code": clean(code),
        "message": clean(message),
        "request_id": request_id,
    }
    kind, reason = _find(_OF_STREAM, code, message) or (Refused, "beebot refuses")
    if kind is RateLimited:
        return RateLimited(reason, after_s=_THROTTLE_WAIT_S, **said)
    return kind(reason, advice=_advice_on(kind, code, message), **said)


def _find(table: _Table, code: str, message: str) -> tuple[type[BridgeError], str] | None:
    """A message counts where there is no code. That a robot is not there is told by both together:
    `InvalidParameter`, and the message names the robot.
    """
    for pattern, kind, reason in table:
        text = f"{code} {message}" if kind is Misconfigured else code or message
        if pattern.search(text):
            return kind, reason
    return None


def _advice_on(kind: type[BridgeError], code: str, message: str) -> str:
    """None for what passes by itself."""
    return "" if issubclass(kind, Transient) else advice_for(code, message)


def from_status(status: int, retry_after: str | None) -> BridgeError | None:
    """What the stream host's HTTP status alone says; None where the body decides."""
    if status == 429:
        return RateLimited("throttled", after_s=parse_retry_after(retry_after), status=status)
    if status >= 500:
        return Unavailable("beebot fails", status=status)
    if status in {401, 403, 404} or 300 <= status < 400:
        return TokenRefused("token refused", status=status)
    return None


@contextmanager
def http_faults() -> Iterator[None]:
    """The URL is secret and aiohttp's own texts may name it; only their kind gets out."""
    try:
        yield
    except (aiohttp.ClientError, OSError) as error:
        raise unreachable("stream host", error, "Beebot", "BEEBOT_STREAM_URL") from None


@contextmanager
def sdk_faults(*, holds_static_sts: bool) -> Iterator[None]:
    """Around what the SDK does with the network and with what came from there; a request is built
    before. `str()` of the SDK's errors holds whole answers and requests: only chosen fields get
    out.
    """
    try:
        yield
    except Exception as error:  # noqa: BLE001 - Tea's, requests' and plain ones come through
        raise _from_sdk(error, holds_static_sts=holds_static_sts) from None


def _from_sdk(error: Exception, *, holds_static_sts: bool) -> BridgeError:
    """An error with a code came from the gateway, any other from the way there or the SDK."""
    code = getattr(error, "code", None)
    status = getattr(error, "status_code", None) or 0
    if not code:
        return _from_transport(getattr(error, "inner_exception", None) or error)
    said: dict[str, Any] = {
        "code": clean(str(code)),
        "message": clean(str((getattr(error, "data", None) or {}).get("Message") or "")),
        "request_id": clean(str(getattr(error, "request_id", None) or "")),
        "status": status,
    }
    retry_after_ms = getattr(error, "retry_after", None)  # as the SDK takes the header
    if retry_after_ms or _THROTTLED.search(str(code)):
        wait_s = retry_after_ms / 1000 if isinstance(retry_after_ms, int | float) else None
        return RateLimited("throttled", after_s=parse_retry_after(str(wait_s)), advice="", **said)
    return _from_code(said, status=status, holds_static_sts=holds_static_sts)


def _from_code(said: dict[str, Any], *, status: int, holds_static_sts: bool) -> BridgeError:
    code, message = str(said["code"]), str(said["message"])
    kind, reason = _find(_OF_GATEWAY, code, message) or (Refused, "alibaba refuses the call")
    if status >= 500 and kind is not Unavailable:
        kind, reason = Unavailable, "beebot fails"
    if code.startswith("InvalidSecurityToken") and holds_static_sts:
        kind, reason = CredentialsExpired, "the static STS triple is refused: set a new one"
    advice = _advice_on(kind, code, message)
    if kind is CredentialsRejected:
        advice = advice or CREDENTIALS
    return kind(reason, advice=advice, **said)


def _from_transport(error: BaseException) -> BridgeError:
    kind = type(error).__name__
    if kind == "CredentialException":
        said, advice = clean(str(error)), advice_for(kind)
        return CredentialsRejected("the credential chain found no key", said=said, advice=advice)
    if kind in {"RetryError", "RuntimeError", "JSONDecodeError"} or isinstance(error, OSError):
        return unreachable("beebot cannot be reached", error, "Alibaba", "BEEBOT_ENDPOINT")
    return ProtocolError("alibaba's answer is not understood", error=kind, trace=safe_trace(error))
