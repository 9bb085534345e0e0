"""Knocks at the bridge's own address as Slack does to verify it: proof of way, route and secret."""

import json
import secrets
import time
from dataclasses import dataclass

import aiohttp
from slack_sdk.signature import SignatureVerifier

from bridge.core.errors import Unavailable

_LONGEST = 200  # characters of what the network says
_READ = 65_536  # bytes of an answer; a challenge is far shorter


@dataclass(frozen=True, slots=True)
class Reception:
    """How the address answered; `location` is where it redirects to, or empty."""

    status: int
    is_echoed: bool
    took_s: float
    location: str = ""


async def verify_address(http: aiohttp.ClientSession, url: str, signing_secret: str) -> Reception:
    """Post a signed `url_verification` (docs.slack.dev) and see whether its challenge comes back.

    Raises `Unavailable` where nothing answers, with what the network says.
    """
    challenge = secrets.token_urlsafe(24)
    body = json.dumps({"type": "url_verification", "token": "", "challenge": challenge})
    stamp = str(int(time.time()))
    signature = SignatureVerifier(signing_secret).generate_signature(timestamp=stamp, body=body)
    headers = {
        "Content-Type": "application/json",
        "X-Slack-Request-Timestamp": stamp,
        "X-Slack-Signature": str(signature),
    }
    began = time.monotonic()
    try:
        async with http.post(url, data=body, headers=headers, allow_redirects=False) as answer:
            body_back = await answer.content.read(_READ)
    except (aiohttp.ClientError, OSError, TimeoutError) as error:
        said = str(error)[:_LONGEST] or type(error).__name__
        raise Unavailable("nothing answers there", said=said) from None
    return Reception(
        answer.status,
        challenge.encode() in body_back,
        time.monotonic() - began,
        answer.headers.get("Location", ""),
    )
