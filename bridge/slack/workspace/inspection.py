"""What `bridge doctor` asks: Slack's scopes, ids, methods, clock and sockets, and whether requests
from outside reach the bridge.
"""

import json
import secrets
import time
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from email.utils import parsedate_to_datetime
from functools import partial
from typing import Literal

import aiohttp
from slack_sdk.signature import SignatureVerifier
from slack_sdk.web.async_client import AsyncWebClient

from bridge.core.errors import Permanent, ProtocolError, Refused, ThreadGone, Unavailable
from bridge.slack.api.faults import APP_REFUSED, EVERYWHERE, NO_AGENT, slack_faults

_LONGEST = 200  # characters of what the network says
_NOT_THERE = {"channel_not_found", "user_not_found", "user_not_visible", "bot_not_found"}
_METHODS = {"channel": "conversations.info", "user": "users.info", "bot": "bots.info"}
_READ = 65_536  # bytes of an answer; a challenge is far shorter

Kind = Literal["channel", "user", "bot"]


@dataclass(frozen=True, slots=True)
class AddressAnswer:
    """How the bridge's own address answered; `is_echoed`: with what it was asked for. `location` is
    where it redirects to, or empty.
    """

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


@dataclass(frozen=True, slots=True)
class Known:
    """What Slack tells of an id; False where it tells nothing. `is_member`: the bot is in it."""

    is_gone: bool = False
    is_member: bool = False
    is_bot: bool = False
    is_guest: bool = False


async def inspect_id(client: AsyncWebClient, kind: Kind, identifier: str) -> Known | None:
    """None: there is no such thing, or it is a private channel that the bot is not in. Raises
    `BridgeError`.
    """
    try:
        with slack_faults():
            answer = await client.api_call(
                _METHODS[kind], http_verb="GET", params={kind: identifier}
            )
    except (ThreadGone, Refused) as error:
        if error.reason in _NOT_THERE:
            return None
        raise
    found = {name for name, value in (answer.get(kind) or {}).items() if value is True}
    return Known(
        is_gone=bool(found & {"is_archived", "deleted"}),
        is_member="is_member" in found,
        is_bot=kind == "bot" or "is_bot" in found,
        is_guest=bool(found & {"is_restricted", "is_ultra_restricted"}),
    )


async def inspect_method(client: AsyncWebClient, method: str) -> str:
    """Slack's word where it refuses this method to the app, empty where it takes it.

    It is called for a channel that is not there: nothing happens, and Slack says so. Raises
    `BridgeError`.
    """
    nowhere = {"channel_id": "C0000000000", "thread_ts": "1000000000.000000", "title": "doctor"}
    more = {"status": "active", "prompts": [{"title": "doctor", "message": "doctor"}]}
    try:
        with slack_faults():
            await client.api_call(method, json=nowhere | more)
    except Permanent as error:
        return error.reason if error.reason in EVERYWHERE | NO_AGENT else ""
    return ""


async def inspect_clock(http: aiohttp.ClientSession, *, base_url: str) -> float:
    """How many seconds our clock is ahead of Slack's, negative if behind; good to half a second.

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
    post = partial(http.post, url, data=body, headers=headers, allow_redirects=False)
    return await _inspect(post, challenge.encode())


async def inspect_content(http: aiohttp.ClientSession, url: str, content: bytes) -> AddressAnswer:
    """Get what is served at an address of the bridge's own, and see whether it is this. Raises as
    `inspect_address` does.
    """
    return await _inspect(partial(http.get, url, allow_redirects=False), content)


async def _inspect(
    ask: Callable[[], AbstractAsyncContextManager[aiohttp.ClientResponse]], wanted: bytes
) -> AddressAnswer:
    began = time.monotonic()
    try:
        async with ask() as answer:
            body = await answer.content.read(_READ)
    except (aiohttp.ClientError, OSError, TimeoutError) as error:
        said = str(error)[:_LONGEST] or type(error).__name__
        raise Unavailable("nothing answers there", said=said) from None
    took_s, location = time.monotonic() - began, answer.headers.get("Location", "")
    return AddressAnswer(answer.status, wanted in body, took_s, location)
