"""What `bridge doctor` asks of Slack: scopes, ids, methods, and the clock."""

import time
from dataclasses import dataclass
from email.utils import parsedate_to_datetime
from typing import Literal

import aiohttp
from slack_sdk.web.async_client import AsyncWebClient

from bridge.core.errors import Permanent, ProtocolError, Refused, ThreadGone
from bridge.slack.api.faults import EVERYWHERE, NO_AGENT, slack_faults

_NOT_THERE = {"channel_not_found", "user_not_found", "user_not_visible", "bot_not_found"}
_METHODS = {"channel": "conversations.info", "user": "users.info", "bot": "bots.info"}

IdKind = Literal["channel", "user", "bot"]


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


async def inspect_id(client: AsyncWebClient, kind: IdKind, identifier: str) -> Known | None:
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
