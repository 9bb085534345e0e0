"""Finds variables that nobody reads because their names were misspelled."""

import difflib
import re
from collections.abc import Iterable, Mapping

from bridge.settings.tokens import kind_of

OURS = ("BRIDGE_", "BEEBOT_")  # nobody else's variables begin like these
CLOSE = 0.85  # of 1; REDIS_URI is 0.89 of REDIS_URL
VAGUE = 0.6

# What hosts put into the environment on their own, however much it looks like ours: Kubernetes and
# Docker for services that happen to be called bridge, beebot or redis, and the parts of a Redis.
_INJECTED = re.compile(
    r"\w+_SERVICE_(HOST|PORT(_\w+)?)"
    r"|\w+_PORT(_\d+_(TCP|UDP|SCTP)(_(PROTO|PORT|ADDR))?)?"
    r"|\w+_ENV_\w+|\w+_NAME"
    r"|REDIS_?(HOST|PORT|USER|USERNAME|PASS|PASSWORD|DB|DATABASE)"
)


def misspelled(given: Mapping[str, str], known: Iterable[str]) -> dict[str, str]:
    """Name in `given` to the one that was probably meant, empty if none comes near.

    Somebody else's names are left alone, and so are longer ones made of one of ours, as
    REDIS_TLS_URL or SLACK_BOT_TOKEN_OLD.
    """
    # Short ones are like too many others, and FTP_PROXY is not meant for us.
    names = [name for name in sorted(known) if name != "PORT" and not name.endswith("_PROXY")]
    found = {}
    for name, value in given.items():
        if not value or name in known or _INJECTED.fullmatch(name):
            continue
        is_ours = name.startswith(OURS)
        meant = _meant(name, value, names, cutoff=VAGUE if is_ours else CLOSE)
        if is_ours or (meant and not _extends(name, meant)):
            found[name] = meant
    return found


def _meant(name: str, value: str, names: list[str], *, cutoff: float) -> str:
    kind = kind_of(value, name)
    if name.startswith("SLACK_") and kind and kind.variable.startswith("SLACK_"):
        return kind.variable  # SLACK_API_TOKEN may be either: its value tells
    return next(iter(difflib.get_close_matches(name, names, n=1, cutoff=cutoff)), "")


def _extends(name: str, meant: str) -> bool:
    return set(name.split("_")) > set(meant.split("_"))
