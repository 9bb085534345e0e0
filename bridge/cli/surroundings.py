"""What `bridge doctor` tells of the process itself: its release, its settings, its proxies."""

import platform
from urllib.parse import urlsplit

from bridge import __version__
from bridge.beebot.sdk import endpoint_url
from bridge.cli.checks import Finding, State
from bridge.settings import Settings


def look_around(settings: Settings) -> list[Finding]:
    release = f"{__version__}, on Python {platform.python_version()}"
    return [Finding("bridge", State.OK, release), *_doubts(settings), *_roads(settings)]


def _doubts(settings: Settings) -> list[Finding]:
    advice = "Correct it, or leave it if it is meant."
    return [Finding("settings", State.WARNING, said, advice) for said in settings.remarks]


def _roads(settings: Settings) -> list[Finding]:
    """Nothing where there is no proxy at all."""
    urls = (
        settings.slack_api_url,
        endpoint_url(settings.beebot_endpoint),
        settings.beebot_stream_url,
    )
    ways = {urlsplit(url).netloc: settings.proxy_for(url) for url in urls}
    if not (settings.https_proxy or settings.http_proxy or settings.all_proxy):
        return []
    said = "; ".join(f"{host} {_told(way)}" for host, way in ways.items())
    return [Finding("proxy", State.OK, said)]


def _told(proxy: str | None) -> str:
    """Without the user and the password in it."""
    if proxy is None:
        return "directly"
    parts = urlsplit(proxy)
    return f"through {parts.scheme}://{parts.netloc.rpartition('@')[2]}"
