"""Decides which links Slack may be given, and lets no label hide where its link leads."""

import re
import unicodedata
from urllib.parse import urlsplit

from bridge.slack.rendering.escaping import decode

MOST_BYTES = 3000  # of an address
# `&` in a host would be an entity that hides another character, e.g. `google.com&#64;evil.com`.
_TARGET = re.compile(r"https?://[^\s\\&/?#]+(?:[/?#][^\s\\]*)?|mailto:[^\s\\]+", re.IGNORECASE)
_HOST = re.compile(
    r"(?<=://)[^\s/?#:()\[\],;，。、！？]+|(?:[a-z0-9-]{1,63}[.。]){1,8}[a-z]{2,63}", re.IGNORECASE
)
# Endings of file names that are no top-level domain.
_FILE = re.compile(
    r"[^/@]+\.(?:pdf|docx?|xlsx?|pptx?|txt|csv|json|ya?ml|xml|html?|css|js|jpe?g|png|gif|svg|exe|apk)",
    re.IGNORECASE,
)
_MARKS = re.compile(r"[*_~`\\\u00ad\u200b-\u200f\u2060\ufeff]")


def is_allowed(target: str) -> bool:
    """Whether a target is http, https or mailto; everything else is shown as text."""
    is_one = _TARGET.fullmatch(target) and len(target.encode()) <= MOST_BYTES
    return bool(is_one and _host_of(target))


def find_host_to_name(label: str, target: str) -> str:
    """The host behind a label that shows another one; empty behind an honest label."""
    host = _host_of(target)
    shown = _as_shown(label)
    # `port.jpg` in a path is no other host; in front of `@` it would be.
    if not host or ("@" not in target and shown == _as_shown(target)):
        return ""
    if shown.endswith(f"({host})"):
        return ""
    return "" if all(_is_same_site(one, host) for one in _hosts_in(shown)) else host


def _as_shown(text: str) -> str:
    try:
        text = decode(text)
    except ValueError:
        return text
    return _MARKS.sub("", unicodedata.normalize("NFKC", text)).strip()


def _host_of(target: str) -> str:
    try:
        host = urlsplit(target).hostname or ""
    except ValueError:  # e.g. a bracket that opens an IPv6 address and never closes
        return ""
    return host or target.rpartition("@")[2].partition("?")[0].lower()


def _hosts_in(label: str) -> list[str]:
    hosts = [found.lower().replace("。", ".") for found in _HOST.findall(label)]
    return [host for host in hosts if not _FILE.fullmatch(host)]


def _is_same_site(shown: str, host: str) -> bool:
    shown = shown.removeprefix("www.")
    return host == shown or host.endswith("." + shown)
