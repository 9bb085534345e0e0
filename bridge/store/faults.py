"""Everything that Redis and the way to it may throw at us, as errors of the core."""

import re

from redis.exceptions import AuthenticationError, ResponseError

from bridge.core.errors import NewerRelease, Unavailable, Unusable
from bridge.network import NetworkFault, error_chain, find_network_fault

_LONGEST_TEXT = 200
_WORD = re.compile(r"[A-Z]{3,}(?= )")  # at the beginning of a refusal
# What Redis says behind a mere ERR, or says from within a script.
_TELLING = [
    (re.compile(pattern, re.IGNORECASE), word)
    for pattern, word in (
        (r"no permission|executing the script can't|ACL failure", "NOPERM"),
        (r"max number of clients", "MAXCLIENTS"),
        (r"AUTH|password", "WRONGPASS"),
    )
]
_ACL = (
    "Let the user in REDIS_URL run scripts and read and write the keys of the bridge: "
    "ACL SETUSER … ~{bridge}:* +@all -@admin -@dangerous +info +ping."
)
_LOGIN = "Put the right user and password into REDIS_URL."
_ADVICE = {
    "OOM": "Redis is full: raise maxmemory (its plan), and keep maxmemory-policy at noeviction.",
    "READONLY": "REDIS_URL leads to a read-only replica: name the primary, or promote this one.",
    "MASTERDOWN": "REDIS_URL leads to a replica without its primary: name the primary.",
    "NOPERM": _ACL,
    "WRONGPASS": _LOGIN,
    "NOAUTH": _LOGIN,
    "MISCONF": "Redis cannot write its snapshot and takes nothing more: see its log and its disk.",
    "NOREPLICAS": "Redis misses the replicas that min-replicas-to-write asks for.",
    "DENIED": "Redis is in protected mode: give it a password, and put that into REDIS_URL.",
    "MAXCLIENTS": "Redis has no connection left: lower BRIDGE_REDIS_CONNECTIONS, or raise its "
    "maxclients (its plan).",
    "LOADING": "",  # it starts: a moment
    "MOVED": "REDIS_URL leads to a node of a cluster that does not hold the slot of {bridge}: name "
    "the one that does.",
    "ERR": "Compare that with REDIS_URL; the bridge needs Redis 6.2 or newer, with Lua scripts.",
    "BUSY": "Somebody's script holds Redis up: find it with SLOWLOG, end it with SCRIPT KILL.",
}
_PASSING = {"LOADING", "BUSY"}
_ADVICE_FOR = {
    NetworkFault.SELF_SIGNED: "Name Redis' self-signed certificate in SSL_CERT_FILE, or set "
    "REDIS_SSL_CERT_REQS=none where the host gives no file of it.",
    NetworkFault.UNTRUSTED: "Name the CA of Redis' certificate in SSL_CERT_FILE, or set "
    "REDIS_SSL_CERT_REQS=none.",
    NetworkFault.EXPIRED: "Set this machine's clock, renew Redis' certificate, or set "
    "REDIS_SSL_CERT_REQS=none.",
    NetworkFault.MISNAMED: "Put the name into REDIS_URL for which Redis' certificate is made, or "
    "set REDIS_SSL_CERT_REQS=none.",
    NetworkFault.NO_TLS: "That port does not speak TLS: write redis:// for rediss:// in REDIS_URL.",
    NetworkFault.UNKNOWN_NAME: "Correct the host name in REDIS_URL, or this machine's name "
    "resolution.",
}
_TLS_OR_NOT = (
    "Look whether Redis is well and REDIS_URL names its port; a port with TLS wants rediss://, one "
    "without redis://."
)
_NEWER_RELEASE = (
    "A newer release of the bridge works on this Redis: deploy that release here too, for this one "
    "takes no question from it any more."
)
_ALL_BUSY = "Raise BRIDGE_REDIS_CONNECTIONS, or see why Redis is slow: all of them are in use."
_OTHER_WORD = "Look this word of Redis' up in its documentation: it answers, and refuses."
_ELSE = "Start Redis, or correct REDIS_URL; this host must be allowed to connect to it."


def newer_release() -> NewerRelease:
    return NewerRelease("redis", code="NEWER_RELEASE", advice=_NEWER_RELEASE)


def unavailable(error: Exception) -> Unavailable:
    """`code` is Redis' own word where it has spoken, `error` what failed on the way to it."""
    said = str(error)[:_LONGEST_TEXT]
    if word := _word_of(error, said):
        kind = Unavailable if word in _PASSING else Unusable
        said = said.removeprefix(f"{word} ")
        return kind("redis", code=word, said=said, advice=_ADVICE.get(word, _OTHER_WORD))
    if "No connection available" in said:  # of redis-py's pool
        return Unavailable("redis", said=said, advice=_ALL_BUSY)
    fault = find_network_fault(error)
    kind = Unusable if fault and fault.needs_operator else Unavailable
    return kind(
        "redis",
        error=fault or type(error).__name__,
        said=said,
        advice=_connection_advice(fault),
    )


def _connection_advice(fault: NetworkFault | None) -> str:
    if fault in {NetworkFault.SILENT, NetworkFault.CUT}:
        return _TLS_OR_NOT
    return _ADVICE_FOR.get(fault, _ELSE) if fault else _ELSE


def _word_of(error: Exception, said: str) -> str:
    """Redis' own word; empty where it has not spoken."""
    word = next(filter(None, map(_own_word, error_chain(error))), "")
    if word == "ERR":
        return next((telling for sign, telling in _TELLING if sign.search(said)), word)
    return word


def _own_word(error: BaseException) -> str:
    """redis-py takes the words that it knows out of the text."""
    if word := getattr(error, "status_code", None):
        return str(word)
    if not isinstance(error, ResponseError | AuthenticationError):
        return ""
    found = _WORD.match(str(error))
    return found[0] if found else "ERR"
