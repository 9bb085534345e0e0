"""The one way to Slack's Web API: a permit first, then the call, then the error's translation; and
the client that sends it.
"""

import json
import logging
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from copy import copy
from typing import Any

import aiohttp
from slack_sdk.errors import SlackClientError
from slack_sdk.web.async_client import AsyncWebClient

from bridge.core.errors import BridgeError, RateLimited, Refused, ThreadGone
from bridge.core.events import Event, Observer, SlackCalled
from bridge.core.limits import Call, Priority
from bridge.core.model import TurnId
from bridge.slack.api.faults import slack_faults
from bridge.slack.api.limiter import Limiter, Permit
from bridge.slack.api.optional_methods import OptionalMethods, RefusedMethods

READING = {
    "chat.getPermalink", "conversations.history", "conversations.info", "conversations.replies",
    "files.info", "users.info",
}  # fmt: skip  # these take no JSON

# The SDK and Bolt log whole payloads, and the one-time addresses of Socket Mode. Our events tell
# what is worth knowing.
SILENT = logging.getLogger("bridge.slack.silent")
SILENT.setLevel(logging.CRITICAL)
SILENT.disabled = True


class SlackApi:
    """Calls for any team through the client of that team.

    The clients must not retry by themselves: whether a post may be repeated is not theirs to know.
    """

    def __init__(
        self,
        client_of: Callable[[str], AsyncWebClient],
        limiter: Limiter,
        observe: Observer,
        *,
        refused: RefusedMethods,
    ) -> None:
        """`refused` is what all replicas remember."""
        self._client_of = client_of
        self.limiter = limiter
        self.optional = OptionalMethods(refused)
        self._observe = observe
        self._may: Callable[[], Awaitable[None]] = _always

    def guarded_by(self, may: Callable[[], Awaitable[None]]) -> "SlackApi":
        """The same, but right before each call, after any wait, `may` is asked and may raise."""
        guarded = copy(self)
        guarded._may = may  # noqa: SLF001 - it is one of us
        return guarded

    def observed_by(self, observe: Observer) -> "SlackApi":
        """The same, but `observe` hears of each call, too."""
        observed, ours = copy(self), self._observe

        def observe_both(event: Event) -> None:
            ours(event)
            observe(event)

        observed._observe = observe_both  # noqa: SLF001 - it is one of us
        return observed

    async def call(  # noqa: PLR0913 - what is called, and on whose account
        self,
        method: str,
        arguments: dict[str, Any],
        *,
        team: str,
        channel: str = "",
        priority: Priority = Priority.FINAL,
        turn: str = "",
        permit: Permit | None = None,
    ) -> dict[str, Any]:
        """Returns Slack's answer. `channel` is where the call will be seen, `turn` is whose answer
        it serves. Either is empty if there is none.

        Without a `permit`, a call of priority FINAL waits for one. Any other call raises
        `RateLimited` if it would have to wait; Slack is not asked then. Any other `BridgeError` may
        be raised, too.
        """
        permit = permit or await self.acquire(Call(team, method, channel, priority, turn))
        try:
            await self._may()
            return await self._call(method, arguments, team, permit)
        finally:
            permit.drop()

    async def read_messages(
        self,
        method: str,
        arguments: dict[str, str],
        *,
        team: str,
        turn: str = "",
        most_pages: int = 1000,
    ) -> AsyncIterator[dict[str, Any]]:
        """Yields all messages of a method that answers in pages. Raises `BridgeError`, and
        `Refused` if there are more than `most_pages`.
        """
        arguments = {"limit": "200", **arguments}
        for _ in range(most_pages):
            answer = await self.call(method, arguments, team=team, turn=turn)
            for message in answer.get("messages") or []:
                yield message
            cursor = (answer.get("response_metadata") or {}).get("next_cursor")
            if not cursor:
                return
            arguments = {**arguments, "cursor": cursor}
        raise Refused("too_many_pages")

    async def call_optional(
        self, call: Call, arguments: dict[str, Any], *, permit: Permit | None = None
    ) -> dict[str, Any]:
        """As `call`, for a method that the app can do without. If it is known to be refused, raises
        `Refused` without a call.
        """
        async with self.optional.calling(call.team, call.method, call.channel):
            return await self.call(
                call.method,
                arguments,
                team=call.team,
                channel=call.channel,
                priority=call.priority,
                turn=call.turn,
                permit=permit,
            )

    async def acquire(self, call: Call) -> Permit:
        """As `call` does without a permit."""
        if call.priority is Priority.FINAL:
            return await self.limiter.acquire(call)
        return await self.limiter.acquire_at_once(call)

    async def _call(
        self, method: str, arguments: dict[str, Any], team: str, permit: Permit
    ) -> dict[str, Any]:
        began = time.monotonic()

        def observe(result: str, advice: str = "") -> None:
            took_s, turn = time.monotonic() - began, TurnId(permit.call.turn)
            called = SlackCalled(
                method, result, took_s, permit.waited_s, advice, turn, permit.gap_s
            )
            self._observe(called)

        try:
            data = await self._send(method, team, arguments)
        except BridgeError as error:
            observe(error.reason, error.advice)
            if isinstance(error, RateLimited):
                await permit.refused(error.after_s)
            elif isinstance(error, Refused | ThreadGone):  # counted, then declined for its content
                permit.taken()
            raise
        observe("ok")
        permit.taken()
        return data

    async def _send(self, method: str, team: str, arguments: dict[str, Any]) -> dict[str, Any]:
        client = self._client_of(team)
        with slack_faults():
            if method in READING:
                response = await client.api_call(method, http_verb="GET", params=arguments)
            else:
                response = await client.api_call(method, json=arguments)
        data = response.data
        return data if isinstance(data, dict) else {}


async def _always() -> None:
    """No guard."""


def open_client(
    token: str | None, *, base_url: str, session: aiohttp.ClientSession, proxy: str | None = None
) -> AsyncWebClient:
    """A client that logs nothing and does not retry: a post that is repeated blindly would stand
    there twice.

    The time-outs are those of the session; slack_sdk ignores its own if it is given a session.
    """
    client = _Client(
        token=token, base_url=base_url, session=session, logger=SILENT, retry_handlers=[]
    )
    client.proxy = proxy  # it has taken one from the environment, without a look at NO_PROXY
    return client


class _Client(AsyncWebClient):
    """Keeps mistakes of ours apart from what Slack may send; slack_sdk raises the same errors for
    both. Arguments that cannot be encoded raise as they are. A body that cannot be read raises
    `SlackClientError`; one that is not a JSON object counts as empty.
    """

    async def _request(
        self, *, http_verb: str, api_url: str, req_args: dict[str, Any]
    ) -> dict[str, Any]:
        if (arguments := req_args.pop("json", None)) is not None:
            req_args["data"] = json.dumps(arguments).encode()
        try:
            answer: dict[str, Any] = await super()._request(
                http_verb=http_verb, api_url=api_url, req_args=req_args
            )
        except (UnicodeDecodeError, RecursionError) as error:
            raise SlackClientError(f"an unreadable body: {type(error).__name__}") from None
        if not isinstance(answer["data"], dict):
            answer["data"] = {}
        return answer
