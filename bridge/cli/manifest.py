"""Finds the Slack app's manifest, in a checkout and in an installed package alike."""

from pathlib import Path

import bridge


def find_manifest() -> Path:
    package = Path(bridge.__file__).parent
    places = (package / "manifest.yml", package.parent / "manifest.yml")
    return next(place for place in places if place.is_file())
