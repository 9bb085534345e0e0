"""The manifest of the Slack app: finds it, and fits it to where the bridge will run."""

import re
from pathlib import Path

import bridge

_EXAMPLE = "https://bridge.example.com/slack/events"
_ADDRESS_LINE = re.compile(rf"^ +\w*url: {re.escape(_EXAMPLE)}\n", re.MULTILINE)


def find_manifest() -> Path:
    """In a checkout and in an installed package alike."""
    package = Path(bridge.__file__).parent
    places = (package / "manifest.yml", package.parent / "manifest.yml")
    return next(place for place in places if place.is_file())


def fit_manifest(text: str, *, url: str = "", socket_mode: bool = False) -> str:
    """With the bridge's own address (`https://HOST`) in every place of the example's, or without
    any, for Socket Mode.
    """
    if socket_mode:
        return _ADDRESS_LINE.sub("", text).replace(
            "socket_mode_enabled: false", "socket_mode_enabled: true"
        )
    return text.replace(_EXAMPLE, f"{url.rstrip('/')}/slack/events") if url else text
