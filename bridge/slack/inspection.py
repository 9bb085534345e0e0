"""What a check-up wants to know of Slack beside its answers: scopes, its clock, its sockets."""

import time
from email.utils import parsedate_to_datetime

import aiohttp
from slack_sdk.web.async_client import AsyncWebClient

from bridge.core.errors import ProtocolError
from bridge.slack.advice import APP_REFUSED
from bridge.slack.faults import slack_faults


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


async def inspect_socket(client: AsyncWebClient) -> None:
    """Ask for an address of Socket Mode, and leave it unused; `client` carries the app's token.

    Raises `BridgeError`.
    """
    with slack_faults(APP_REFUSED):
        opened = await client.apps_connections_open(app_token=client.token or "")
    if not isinstance(opened.get("url"), str):
        raise ProtocolError("apps.connections.open gave no address")
