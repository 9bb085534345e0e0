"""The Web API over HTTP: who calls, what goes wrong on purpose, what the method answers."""

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from email.utils import formatdate
from typing import Any

from aiohttp import web

from bridge.emulators.slack import (
    files,
    methods_agents,
    methods_chat,
    methods_reading,
    methods_streams,
    methods_views,
)
from bridge.emulators.slack.arguments import Arguments, read_arguments
from bridge.emulators.slack.faults import Fault, Faults
from bridge.emulators.slack.feed import Feed
from bridge.emulators.slack.limits import Meter
from bridge.emulators.slack.refusals import RefusedError, refuse_unless
from bridge.emulators.slack.scopes import METHOD_SCOPES, require_scope
from bridge.emulators.slack.world import World

Json = dict[str, Any]

# By name; each takes the world and the arguments, and answers or refuses.
METHODS: Mapping[str, Callable[[World, Arguments], Json]] = {
    **files.METHODS,
    **methods_agents.METHODS,
    **methods_chat.METHODS,
    **methods_reading.METHODS,
    **methods_streams.METHODS,
    **methods_views.METHODS,
}
_APP_METHODS = {"apps.connections.open"}
_ANY_TOKEN_METHODS = {"api.test"}
_HTML = "<!DOCTYPE html><html><body><h1>Something went wrong</h1></body></html>"


@dataclass(frozen=True, slots=True)
class Call:
    """One Web API call; `status` 0: the caller got no answer. `at` in the loop's time."""

    method: str
    args: Json
    at: float
    status: int
    response: Json
    token_ok: bool


@dataclass(frozen=True, slots=True)
class Answer:
    status: int
    body: Json
    headers: dict[str, str] = field(default_factory=dict)
    page: str = ""  # HTML instead of the body
    hangs: bool = False


@dataclass(frozen=True, slots=True)
class Tokens:
    bot: str
    app: str


class WebApi:
    """Serves `/api/{method}` and keeps every call."""

    def __init__(
        self, world: World, tokens: Tokens, *, faults: Faults, meter: Meter, feed: Feed
    ) -> None:
        self.calls: list[Call] = []
        self._world = world
        self._tokens = tokens
        self._faults = faults
        self._meter = meter
        self._feed = feed
        self._is_closing = asyncio.Event()

    def release_hanging(self) -> None:
        """Let the calls go that a fault keeps waiting."""
        self._is_closing.set()

    async def serve(self, request: web.Request) -> web.StreamResponse:
        method = request.match_info["method"]
        at = asyncio.get_running_loop().time()
        args = Arguments()
        token = None
        try:
            args, token = await read_arguments(request)
            token = _bearer(request) or token
            answer = await self._answer_or_fail(method, args, token)
        except RefusedError as refused:
            answer = Answer(200, refused.answer())
        self._keep(Call(method, dict(args), at, answer.status, answer.body, self._knows(token)))
        if answer.hangs:
            await self._is_closing.wait()
        return self._write(answer, method) if answer.status else _drop(request)

    async def _answer_or_fail(self, method: str, args: Arguments, token: str | None) -> Answer:
        """The method's answer, unless a fault stands in the way; status 0: no answer at all.

        Raises:
            RefusedError: As the method refuses.
        """
        fault = self._faults.take(method, args)
        if fault is None:
            return self._answer(method, args, token)
        if fault.kind in {"hang", "reset"}:
            return Answer(0, {}, hangs=fault.kind == "hang")
        if fault.kind == "slow":
            await asyncio.sleep(fault.delay_s)
        answer = _prepared(fault) or self._answer(method, args, token)
        return replace(answer, status=0) if fault.kind == "lost_reply" else answer

    def _answer(self, method: str, args: Arguments, token: str | None) -> Answer:
        refuse_unless(method in METHODS, "unknown_method")
        self._check_token(method, token)
        refuse_unless(method not in self._world.retired, "method_deprecated")
        wait_s = self._meter.wait_s(self._world.app.team_id, method, args)
        if wait_s:
            return _too_many(wait_s)
        require_scope(self._world.manifest, METHOD_SCOPES[method])
        return Answer(200, METHODS[method](self._world, args))

    def _check_token(self, method: str, token: str | None) -> None:
        if method in _ANY_TOKEN_METHODS:
            return
        refuse_unless(token, "not_authed")
        refuse_unless(self._knows(token), "invalid_auth")
        wanted = self._tokens.app if method in _APP_METHODS else self._tokens.bot
        refuse_unless(token == wanted, "not_allowed_token_type")

    def _knows(self, token: str | None) -> bool:
        return token in {self._tokens.bot, self._tokens.app}

    def _keep(self, call: Call) -> None:
        self.calls.append(call)
        self._feed.wake()

    def _write(self, answer: Answer, method: str) -> web.Response:
        if answer.page:
            return web.Response(status=answer.status, text=answer.page, content_type="text/html")
        headers = answer.headers | {
            "Date": formatdate(self._world.clock.now(), usegmt=True),
            "x-oauth-scopes": ",".join(sorted(self._world.manifest.bot_scopes)),
            "x-accepted-oauth-scopes": ",".join(METHOD_SCOPES.get(method, ())),
        }
        return web.json_response(answer.body, status=answer.status, headers=headers)


def _bearer(request: web.Request) -> str | None:
    scheme, _, token = request.headers.get("Authorization", "").partition(" ")
    return token.strip() or None if scheme.lower() == "bearer" else None


def _prepared(fault: Fault) -> Answer | None:
    """The answer that a fault gives in the method's place, if it gives one."""
    if fault.kind == "ratelimited":
        return _too_many(fault.retry_after_s)
    if fault.kind == "error":
        return Answer(200, {"ok": False, "error": fault.error})
    if fault.kind == "http":
        return Answer(fault.status, {}, page=_HTML)
    return None


def _too_many(wait_s: int) -> Answer:
    return Answer(429, {"ok": False, "error": "ratelimited"}, {"Retry-After": str(wait_s)})


def _drop(request: web.Request) -> web.Response:
    """Break the connection; the response is for the server's books only."""
    if request.transport is not None:
        request.transport.abort()
    return web.Response(status=500)
