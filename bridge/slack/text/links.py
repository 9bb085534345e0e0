"""Decides which links Slack may be given, and lets no label hide where its link leads."""

import html
import re
import unicodedata
from urllib.parse import urlsplit

# `&` in a host would be an entity that hides another character, e.g. `google.com&#64;evil.com`.
_TARGET = re.compile(r"https?://[^\s\\&/?#]+(?:[/?#][^\s\\]*)?|mailto:[^\s\\]+", re.IGNORECASE)
_HOST = re.compile(r"(?:[a-z0-9-]+[.。])+[a-z]{2,}", re.IGNORECASE)
# Endings of file names that are no top-level domain.
_FILE = re.compile(
    r"[^/@]+\.(?:pdf|docx?|xlsx?|pptx?|txt|csv|json|ya?ml|xml|html?|css|js|jpe?g|png|gif|svg|exe|apk)",
    re.IGNORECASE,
)
_MARKS = re.compile(r"[*_~`\\\u200b-\u200d\u2060\ufeff]")


def is_allowed(target: str) -> bool:
    """Whether a target is http, https or mailto; everything else is shown as text."""
    return bool(_TARGET.fullmatch(target))


def name_host(label: str, target: str) -> str:
    """Add the host behind a label that shows another one: `google.com (evil.example)`."""
    host = _host_of(target)
    if not host or label.rstrip().endswith(f"({host})") or _shows_itself(label, target):
        return label
    is_honest = all(_is_same_site(shown, host) for shown in _hosts_in(label))
    return label if is_honest else f"{label} ({host})"


def _shows_itself(label: str, target: str) -> bool:
    """`port.jpg` in a path is no other host; in front of `@` it would be."""
    shown = _MARKS.sub("", html.unescape(label)).strip()
    return "@" not in target and shown == _MARKS.sub("", html.unescape(target))


def _host_of(target: str) -> str:
    try:
        host = urlsplit(target).hostname or ""
    except ValueError:  # e.g. a bracket that opens an IPv6 address and never closes
        return ""
    return host or target.rpartition("@")[2].partition("?")[0].lower()


def _hosts_in(label: str) -> list[str]:
    plain = _MARKS.sub("", unicodedata.normalize("NFKC", html.unescape(label)))
    hosts = [found.lower().replace("。", ".") for found in _HOST.findall(plain)]
    return [host for host in hosts if not _FILE.fullmatch(host)]


def _is_same_site(shown: str, host: str) -> bool:
    shown = shown.removeprefix("www.")
    return host == shown or host.endswith("." + shown)
