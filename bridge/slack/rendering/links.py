"""Decides which links Slack may be given, and lets no label hide where its link leads."""

import re
import unicodedata
from urllib.parse import urlsplit

from bridge.slack.rendering.escaping import decode

_MOST_BYTES = 3000  # of an address
# `&` in a host would be an entity that hides another character, e.g. `google.com&#64;evil.com`.
_TARGET = re.compile(r"https?://[^\s\\&/?#]+(?:[/?#][^\s\\]*)?|mailto:[^\s\\]+", re.IGNORECASE)
_HOST = re.compile(
    r"(?<=://)[^\s/?#:()\[\],;，。、！？]+|(?:[a-z0-9-]{1,63}[.。]){1,8}[a-z]{2,63}", re.IGNORECASE
)
# Endings of file names that are no top-level domain.
_FILES = frozenset(
    [
        "pdf",
        "doc",
        "docx",
        "xls",
        "xlsx",
        "ppt",
        "pptx",
        "txt",
        "csv",
        "json",
        "yaml",
        "yml",
        "xml",
        "html",
        "htm",
        "css",
        "js",
        "jpg",
        "jpeg",
        "png",
        "gif",
        "svg",
        "exe",
        "apk",
    ]
)
_UNSEEN = dict.fromkeys(map(ord, "*_~`\\\u00ad\u200b\u200c\u200d\u200e\u200f\u2060\ufeff"))


def is_allowed(target: str) -> bool:
    """Whether a target is http, https or mailto; everything else is shown as text."""
    is_one = _TARGET.fullmatch(target) and len(target.encode()) <= _MOST_BYTES
    return bool(is_one and _host_of(target))


def find_host_to_name(label: str, target: str) -> str:
    """The host behind a label that shows another one; empty behind an honest label."""
    host, shown = _host_of(target), _as_shown(label)
    # `port.jpg` in a path is no other host; in front of `@` it would be.
    is_target = "@" not in target and shown == _as_shown(target)
    if not host or is_target or shown.endswith(f"({host})"):
        return ""
    return "" if all(_is_same_site(one, host) for one in _hosts_in(shown)) else host


def _as_shown(text: str) -> str:
    return unicodedata.normalize("NFKC", decode(text)).translate(_UNSEEN).strip()


def _host_of(target: str) -> str:
    try:
        host = urlsplit(target).hostname or ""
    except ValueError:  # e.g. a bracket that opens an IPv6 address and never closes
        return ""
    return host or target.rpartition("@")[2].partition("?")[0].lower()


def _hosts_in(label: str) -> list[str]:
    hosts = [found.lower().replace("。", ".") for found in _HOST.findall(label)]
    return [host for host in hosts if host.rpartition(".")[2] not in _FILES or "@" in host]


def _is_same_site(shown: str, host: str) -> bool:
    shown = shown.removeprefix("www.")
    return host == shown or host.endswith("." + shown)
