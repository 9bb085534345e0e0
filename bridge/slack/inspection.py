"""What `doctor` wants to know of Slack beside its answers: scopes, its clock, its sockets, and
whether its requests would reach the bridge.
"""

import json
import secrets
import time
from dataclasses import dataclass
from email.utils import parsedate_to_datetime

import aiohttp
from slack_sdk.signature import SignatureVerifier
from slack_sdk.web.async_client import AsyncWebClient

from bridge.core.errors import ProtocolError, Unavailable
from bridge.slack.advice import APP_REFUSED
from bridge.slack.faults import slack_faults

_LONGEST = 200  # characters of what the network says
_READ = 65_536  # bytes of an answer; a challenge is far shorter


@dataclass(frozen=True, slots=True)
class AddressAnswer:
    """How the bridge's own address answered; `location` is where it redirects to, or empty."""

    status: int
    is_echoed: bool
    took_s: float
    location: str = ""


async def inspect_scopes(client: AsyncWebClient) -> frozenset[str]:
    """The scopes that the client's token holds, from the header that Slack adds to every answer.

    Raises `BridgeError`.
    """
    with slack_faults():
        response = await client.auth_test()
    headers = {name.lower(): value for name, value in response.headers.items()}
    if "x-oauth-scopes" not in headers:
        raise ProtocolError("slack does not say which scopes are granted")
    scopes = (scope.strip() for scope in headers["x-oauth-scopes"].split(","))
    return frozenset(scope for scope in scopes if scope)


async def inspect_clock(http: aiohttp.ClientSession, *, base_url: str) -> float:
    """How many seconds our clock is ahead of Slack's, negative behind; half a second is nothing.

    Needs no token. Raises `BridgeError`.
    """
    began = time.time()
    with slack_faults():
        async with http.get(base_url + "api.test") as response:
            date = response.headers.get("Date", "")
    ours = (began + time.time()) / 2
    try:
        theirs = parsedate_to_datetime(date).timestamp() + 0.5  # the header tells whole seconds
    except ValueError:
        raise ProtocolError("slack does not tell the time") from None
    return ours - theirs


async def open_socket_url(client: AsyncWebClient) -> str:
    """A fresh address of Socket Mode, good for one use; `client` carries the app's token.

    Raises `BridgeError`.
    """
    with slack_faults(APP_REFUSED):
        opened = await client.apps_connections_open(app_token=client.token or "")
    if not isinstance(url := opened.get("url"), str):
        raise ProtocolError("apps.connections.open gave no address")
    return url


async def inspect_address(
    http: aiohttp.ClientSession, url: str, signing_secret: str
) -> AddressAnswer:
    """Post a signed `url_verification` (docs/slack.md, Receiving) to the bridge's own address, as
    Slack does to verify it, and see whether its challenge comes back.

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
    return AddressAnswer(
        answer.status,
        challenge.encode() in body_back,
        time.monotonic() - began,
        answer.headers.get("Location", ""),
    )
