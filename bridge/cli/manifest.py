"""The manifest of the Slack app, and the public address of the bridge in it."""

import re
from pathlib import Path
from urllib.parse import SplitResult, urlsplit

import bridge
from bridge.settings.loading import clean
from bridge.settings.values import LOOPBACK

_EXAMPLE = "https://bridge.example.com/slack/events"
_ADDRESS_LINE = re.compile(rf"^ +\w*url: {re.escape(_EXAMPLE)}\n", re.MULTILINE)
_IMAGES_LINE = re.compile(r"^ +- files:read.*\n", re.MULTILINE)


def find_manifest() -> Path:
    """In a checkout and in an installed package alike."""
    package = Path(bridge.__file__).parent
    places = (package / "manifest.yml", package.parent / "manifest.yml")
    return next(place for place in places if place.is_file())


def fit_manifest(text: str, *, url: str, with_images: bool = True) -> str:
    """With the bridge's own address (`https://HOST`) in every place of the example's; without any,
    for Socket Mode, where `url` is empty.
    """
    text = text if with_images else _IMAGES_LINE.sub("", text)
    if url:
        return text.replace(_EXAMPLE, f"{url.rstrip('/')}/slack/events")
    return _ADDRESS_LINE.sub("", text).replace(
        "socket_mode_enabled: false", "socket_mode_enabled: true"
    )


PATH = "/slack/events"
_HOST = re.compile(r"(?!-)[a-z0-9-]+(\.[a-z0-9-]+)+")


def read_public_url(written: str, *, allows_loopback: bool = False) -> str:
    """`https://HOST`, or with a port. A missing scheme, slashes and our own path are corrected;
    `allows_loopback` takes http:// on this machine, too. Raises ValueError with a sentence.
    """
    url = clean(written)
    parts = _split(url if "://" in url else f"https://{url}")
    host, port = parts.hostname or "", f":{parts.port}" if parts.port else ""
    if allows_loopback and parts.scheme == "http" and host in LOOPBACK:
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
