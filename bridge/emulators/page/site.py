"""The page's addresses, for the page alone: another web site must neither read nor write here."""

import json
from collections.abc import Awaitable, Callable, Iterable
from contextlib import suppress
from pathlib import Path
from typing import Any

from aiohttp import web

from bridge.emulators.page.composing import PICTURES
from bridge.emulators.page.offers import Offers
from bridge.emulators.page.user_actions import UserActions
from bridge.emulators.page.view import View
from bridge.emulators.slack import SlackEmulator

Json = dict[str, Any]
Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]

_HOSTS = {"127.0.0.1", "localhost"}
_STATIC = Path(__file__).parent / "static"
_PARTS = (
    "app.js", "composer.js", "dialog.js", "messages.js", "samples.js", "server.js", "strings.js",
    "world.js", "style.css", "blocks.css", "icons.css",
)  # fmt: skip
_FILES = {"/": "index.html", **{f"/ui/{name}": name for name in _PARTS}}
_HEADERS = {
    "Cache-Control": "no-store",
    "Content-Security-Policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; "
        "img-src 'self' data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    ),
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
}


def serve_page(slack: SlackEmulator, offers: Offers | None = None) -> None:
    """Add the page to an emulator that does not listen yet; it is `GET /` there."""
    offers = offers or Offers()
    view = View(slack, offers)
    actions = UserActions(slack, view, offers)
    for method, path, handler in (*Site(slack, view).routes(), *actions.routes()):
        slack.app.router.add_route(method, path, guarded(handler))


def guarded(handler: Handler) -> Handler:
    """The handler, or 403 for a request that did not come from this machine's page.

    `Host` tells a foreign name that was pointed at this machine (DNS rebinding), `Origin` and
    `Sec-Fetch-Site` a foreign page, and JSON is a type that no foreign form can send.
    """

    async def answer(request: web.Request) -> web.StreamResponse:
        if not (request.url.host in _HOSTS and _comes_from_here(request)):
            raise web.HTTPForbidden(text="This page talks to itself alone.")
        if request.method == "POST" and request.content_type != "application/json":
            raise web.HTTPUnsupportedMediaType(text="JSON is expected.")
        return await handler(request)

    return answer


def _comes_from_here(request: web.Request) -> bool:
    origin = request.headers.get("origin")
    site = request.headers.get("sec-fetch-site", "none")
    return origin in {None, f"http://{request.host}"} and site in {"same-origin", "none"}


class Site:
    """Shows the page, and tells it what happens."""

    def __init__(self, slack: SlackEmulator, view: View) -> None:
        self._slack = slack
        self._view = view

    def routes(self) -> Iterable[tuple[str, str, Handler]]:
        for address in _FILES:
            yield "GET", address, self.file
        yield "GET", "/ui/state", self.state
        yield "GET", "/ui/pictures/{file}", self.picture
        yield "GET", "/ui/events", self.events

    async def file(self, request: web.Request) -> web.FileResponse:
        return web.FileResponse(_STATIC / _FILES[request.path], headers=_HEADERS)

    async def picture(self, request: web.Request) -> web.Response:
        """One that a person here has shared."""
        upload, _user = self._slack.workspace.files.get(request.match_info["file"], (None, ""))
        if upload is None or upload.mimetype not in PICTURES:
            raise web.HTTPNotFound
        return web.Response(body=upload.content, content_type=upload.mimetype, headers=_HEADERS)

    async def state(self, _request: web.Request) -> web.Response:
        return web.json_response(self._view.state(), headers=_HEADERS)

    async def events(self, request: web.Request) -> web.StreamResponse:
        """Server-sent events: the whole state first, so that who comes back has missed nothing."""
        headers = {**_HEADERS, "Content-Type": "text/event-stream"}
        response = web.StreamResponse(headers=headers)
        await response.prepare(request)
        async with self._slack.subscribe() as changes:
            with suppress(ConnectionResetError):  # the reader left
                await _push(response, self._view.state())
                async for record in changes:
                    if (change := self._view.change(record)) is not None:
                        await _push(response, change)
        return response


async def _push(response: web.StreamResponse, change: Json) -> None:
    await response.write(f"data: {json.dumps(change)}\n\n".encode())
