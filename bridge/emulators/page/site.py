"""The page's addresses: its files, the state, the stream of changes, and what people do."""

import json
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path
from typing import Any

from aiohttp import web

from bridge.emulators.page.offers import Offers
from bridge.emulators.page.origin import guarded
from bridge.emulators.page.pictures import PICTURES
from bridge.emulators.page.user_actions import UserActions
from bridge.emulators.page.view import View
from bridge.emulators.slack import SlackEmulator

Json = dict[str, Any]

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
    slack.app.add_routes([*Site(slack, view).routes(), *actions.routes()])


class Site:
    """Shows the page, and tells it what happens."""

    def __init__(self, slack: SlackEmulator, view: View) -> None:
        self._slack = slack
        self._view = view

    def routes(self) -> Iterable[web.RouteDef]:
        for address in _FILES:
            yield web.get(address, guarded(self.file))
        yield web.get("/ui/state", guarded(self.state))
        yield web.get("/ui/pictures/{file}", guarded(self.picture))
        yield web.get("/ui/events", guarded(self.events))

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
