"""The pictures of a question, fetched from their addresses as anybody on the internet would."""

import asyncio
import json
from collections.abc import Mapping
from typing import Any

import aiohttp

from bridge.emulators.beebot.values import ImageFetch

ATTACHMENTS = "SYS_IMAGE_ATTACHMENTS"
_PATIENCE = aiohttp.ClientTimeout(total=10)


def addresses_in(value: Mapping[str, Any]) -> list[str]:
    """Of a question's decoded value, in its VendorParam."""
    found: list[str] = json.loads(value.get("VendorParam", "{}")).get(ATTACHMENTS, [])
    return found


def are_addresses(value: object) -> bool:
    """Whether this may stand there."""
    if not (isinstance(value, list) and value):
        return False
    return all(isinstance(one, str) and one.startswith("http") for one in value)


async def fetch_all(urls: list[str]) -> list[ImageFetch]:
    async with aiohttp.ClientSession(timeout=_PATIENCE) as http:
        return await asyncio.gather(*(_fetch(http, url) for url in urls))


async def _fetch(http: aiohttp.ClientSession, url: str) -> ImageFetch:
    try:
        async with http.get(url) as answer:
            return ImageFetch(url, answer.status, answer.content_type, await answer.read())
    except (aiohttp.ClientError, TimeoutError):
        return ImageFetch(url, 0, "", b"")
