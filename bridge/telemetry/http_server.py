"""The HTTP server of the process: its port, and the pages for the host."""

import asyncio
import hmac
import logging
import os
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from http import HTTPStatus

from aiohttp import web
from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, generate_latest

from bridge.core.errors import BridgeError
from bridge.core.events import Observer, PathUnknown

Ping = Callable[[], Awaitable[None]]
Handler = Callable[[web.Request], Awaitable[web.Response]]

_LONGEST_WORD = 80
_INTRODUCTION = """\
This is the bridge between Slack and Beebot. It answers in Slack and has no pages for people.
/healthz says whether the process lives, /readyz whether it can do its job.

Next, with events by HTTP: put https://THIS-HOST/slack/events into the Slack app's manifest (three
places) and let Slack verify it under Event Subscriptions. Then invite the bot to a channel and ask.
"""

_log = logging.getLogger(__name__)


class Readiness:
    """Walks the pings of everything the process needs; a ping that raises, or hangs, fails.

    Of what fails it tells the name and, where there is one, the word for it: what the service
    itself refuses with, such as OOM or invalid_auth. No more, for everybody may read the page.

    The pings run side by side, each for at most `timeout_s`, and not again for `fresh_s`: whoever
    asks often gets the same answer without a call. That something fails is believed only for
    `retry_s`: a process that has just started is ready in a moment.
    """

    def __init__(
        self,
        pings: Mapping[str, Ping],
        *,
        timeout_s: float = 1.0,
        fresh_s: float = 2.0,
        retry_s: float = 0.1,
    ) -> None:
        self._pings = pings
        self._timeout_s = timeout_s
        self._fresh_s = fresh_s
        self._retry_s = retry_s
        self._failing: dict[str, str] = {}
        self._good_until = float("-inf")
        self._asking = asyncio.Lock()
        self._is_draining = False

    def drain(self) -> None:
        """From now on the process is not ready, whatever the pings say."""
        self._is_draining = True

    async def failing(self) -> dict[str, str]:
        """What fails, in the order of the pings, and the word for it, which may be empty."""
        if self._is_draining:
            return {"draining": ""}
        async with self._asking:
            now = asyncio.get_running_loop().time
            if now() >= self._good_until:
                answers = await asyncio.gather(*map(self._ask, self._pings))
                self._failing = {
                    name: word
                    for name, word in zip(self._pings, answers, strict=True)
                    if word is not None
                }
                self._good_until = now() + (self._retry_s if self._failing else self._fresh_s)
            return self._failing

    async def _ask(self, name: str) -> str | None:
        """None: it answers."""
        try:
            async with asyncio.timeout(self._timeout_s):
                await self._pings[name]()
        except BridgeError as error:
            return error.code[:_LONGEST_WORD]
        except TimeoutError:
            return "no answer in time"
        except Exception as error:  # noqa: BLE001 - whatever it is, the service does not answer
            _log.debug("ping.failed service=%s error=%s", name, type(error).__name__)
            return ""
        return None


def health_routes(
    readiness: Readiness, *, registry: CollectorRegistry, metrics_token: str | None = None
) -> list[web.RouteDef]:
    """`GET /` for who opens the address in a browser, `GET /healthz`, `GET /readyz` and, where
    there is a token to ask for, `GET /metrics`.
    """
    routes = [
        web.get("/", _introduce),
        web.get("/healthz", _alive),
        web.get("/readyz", _ready(readiness)),
    ]
    if metrics_token:
        routes.append(web.get("/metrics", _metrics(registry, metrics_token)))
    return routes


async def _introduce(_request: web.Request) -> web.Response:
    return web.Response(text=_INTRODUCTION)


async def _alive(_request: web.Request) -> web.Response:
    return web.Response(text="ok")


def _ready(readiness: Readiness) -> Handler:
    async def ready(_request: web.Request) -> web.Response:
        failing = await readiness.failing()
        status = HTTPStatus.SERVICE_UNAVAILABLE if failing else HTTPStatus.OK
        reasons = {name: word for name, word in failing.items() if word}
        page = {"failing": list(failing), **({"reasons": reasons} if reasons else {})}
        return web.json_response(page, status=status)

    return ready


def _metrics(registry: CollectorRegistry, token: str) -> Handler:
    expected = f"Bearer {token}".encode()

    async def metrics(request: web.Request) -> web.Response:
        given = request.headers.get("Authorization", "").encode(errors="surrogateescape")
        if not hmac.compare_digest(given, expected):
            raise web.HTTPUnauthorized(headers={"WWW-Authenticate": "Bearer"})
        return web.Response(
            body=generate_latest(registry), headers={"Content-Type": CONTENT_TYPE_LATEST}
        )

    return metrics


_LONGEST = 60  # characters of what a stranger names


class PortUnavailable(Exception):
    """The port cannot be listened on; the text is the system's reason."""


@asynccontextmanager
async def serve_http(
    routes: Sequence[web.RouteDef], observe: Observer, *, host: str, port: int, advice: str
) -> AsyncIterator[int]:
    """Yields the port that was bound; 0 asks for any. Raises `PortUnavailable`.

    `advice` tells the operator which is the right path.
    """

    async def unknown(request: web.Request) -> web.Response:
        path = request.rel_url.raw_path  # no query: it may be a secret
        if methods := await _methods(request):
            raise web.HTTPMethodNotAllowed(request.method, methods)
        observe(PathUnknown(request.method[:_LONGEST], path[:_LONGEST], advice))
        raise web.HTTPNotFound

    site = web.Application()
    site.add_routes([*routes, web.route("*", "/{path:.*}", unknown)])
    # The guard refuses compressed bodies; aiohttp would log a traceback for a broken one.
    runner = web.AppRunner(site, access_log=None, shutdown_timeout=2, auto_decompress=False)
    await runner.setup()
    try:
        try:
            await web.TCPSite(runner, host, port).start()
        except OSError as error:
            raise PortUnavailable(os.strerror(error.errno or 0)) from None
        yield runner.addresses[0][1]
    finally:
        await runner.cleanup()


async def _methods(request: web.Request) -> set[str]:
    """By which what has this path may be asked; empty where nothing has it."""
    found = [await one.resolve(request) for one in request.app.router.resources()]
    return {method for _, methods in found for method in methods} - {"*"}
