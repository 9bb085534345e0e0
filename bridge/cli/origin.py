"""Reads the public address of the bridge as people write it."""

import re
from urllib.parse import SplitResult, urlsplit

from bridge.settings.sources import clean
from bridge.settings.values import LOOPBACK

PATH = "/slack/events"
_HOST = re.compile(r"(?!-)[a-z0-9-]+(\.[a-z0-9-]+)+")


def read_origin(written: str, *, may_be_here: bool = False) -> str:
    """`https://HOST`, or with a port. A missing scheme, slashes and our own path are corrected;
    `may_be_here` takes http:// on this machine, too. Raises ValueError with a sentence.
    """
    url = clean(written)
    parts = _split(url if "://" in url else f"https://{url}")
    host, port = parts.hostname or "", f":{parts.port}" if parts.port else ""
    if may_be_here and parts.scheme == "http" and host in LOOPBACK:
        return f"http://{host}{port}"
    if parts.scheme != "https":
        raise ValueError(f"--url must begin with https://, not {parts.scheme}://.")
    is_origin = parts.path.rstrip("/").removesuffix(PATH) in {"", "/"}
    if not is_origin or parts.query or parts.fragment or "@" in parts.netloc:
        raise ValueError("--url must be https://HOST alone, without a path or anything behind it.")
    if not _HOST.fullmatch(name := _ascii(host)):
        raise ValueError("--url must have the full name of a host that Slack can reach.")
    return f"https://{name}{port}"


def _split(url: str) -> SplitResult:
    try:
        parts = urlsplit(url)
        _ = parts.port  # raises on anything but a number
    except ValueError:
        raise ValueError("--url is no URL: write https://HOST.") from None
    return parts


def _ascii(host: str) -> str:
    """As the name system has it: 例子.example is xn--fsqu00a.example there."""
    try:
        return host.encode("idna").decode().lower()
    except UnicodeError:
        return ""
