"""The page's addresses: the files, the state, the stream of changes, and what people do."""

import json
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from aiohttp import web

from bridge.emulators.page.origin import guarded
from bridge.emulators.page.typed import to_slack
from bridge.emulators.page.view import CHANNELS, PEOPLE, View
from bridge.emulators.slack import SlackEmulator

Json = dict[str, Any]

_STATIC = Path(__file__).parent / "static"
_FILES = {
    "/": "index.html",
    **{f"/ui/{name}": name for name in ("app.js", "composer.js", "world.js", "style.css")},
}
_HEADERS = {
    "Cache-Control": "no-store",
    "Content-Security-Policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; "
        "img-src 'self' data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    ),
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
}


def serve_page(slack: SlackEmulator) -> None:
    """Add the page to an emulator that does not listen yet; it is `GET /` there."""
    slack.app.add_routes(Site(slack).routes())


class Site:
    """Answers the page; people act through the emulator, as through Slack's own clients."""

    def __init__(self, slack: SlackEmulator) -> None:
        self._slack = slack
        self._view = View(slack)

    def routes(self) -> Iterable[web.RouteDef]:
        for address in _FILES:
            yield web.get(address, guarded(self.file))
        yield web.get("/ui/state", guarded(self.state))
        yield web.get("/ui/events", guarded(self.events))
        for name in ("messages", "edit", "delete", "click"):
            yield web.post(f"/ui/{name}", guarded(getattr(self, name)))

    async def file(self, request: web.Request) -> web.FileResponse:
        return web.FileResponse(_STATIC / _FILES[request.path], headers=_HEADERS)

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

    async def messages(self, request: web.Request) -> web.Response:
        """`user`, `channel`, `text` and maybe `root`; answers with the message's `ts`."""
        body = await _read(request, "user", "channel", "text", maybe="root")
        text = to_slack(body["text"], self._view.user_names)
        root = body.get("root")
        with _told():
            ts = await self._slack.post(body["channel"], body["user"], text, thread_ts=root)
        return web.json_response({"ts": ts})

    async def edit(self, request: web.Request) -> web.Response:
        """`user`, `channel`, `ts`, `text`."""
        body = await _read(request, "user", "channel", "ts", "text")
        with _told():
            self._check_author(body)
            text = to_slack(body["text"], self._view.user_names)
            await self._slack.edit(body["channel"], body["ts"], text)
        return web.json_response({})

    async def delete(self, request: web.Request) -> web.Response:
        """`user`, `channel`, `ts`."""
        body = await _read(request, "user", "channel", "ts")
        with _told():
            self._check_author(body)
            await self._slack.delete(body["channel"], body["ts"])
        return web.json_response({})

    async def click(self, request: web.Request) -> web.Response:
        """`user`, `channel`, `ts`, `action` and maybe `value`; tells whether the app took it."""
        body = await _read(request, "user", "channel", "ts", "action", maybe="value")
        place = body["user"], body["channel"], body["ts"], body["action"]
        with _told():
            delivery = await self._slack.click(*place, value=body.get("value"))
        return web.json_response({"is_taken": delivery.succeeded})

    def _check_author(self, body: dict[str, str]) -> None:
        message = self._slack.workspace.message(body["channel"], body["ts"])
        if message.user != body["user"]:
            raise ValueError("Only its author may change a message.")


@contextmanager
def _told() -> Iterator[None]:
    """What the emulator refuses becomes an answer that the page can show."""
    try:
        yield
    except (KeyError, ValueError) as error:
        raise web.HTTPConflict(text=str(error.args[0])) from None


async def _read(request: web.Request, *needed: str, maybe: str = "") -> dict[str, str]:
    """The named texts of a JSON object; 400 unless all needed ones are there and not empty."""
    with suppress(ValueError):
        body = await request.json()
        if isinstance(body, dict):
            texts = {
                name: body[name] for name in (*needed, maybe) if isinstance(body.get(name), str)
            }
            if all(texts.get(name, "").strip() for name in needed):
                return _checked(texts)
    raise web.HTTPBadRequest(text=f"Expected as JSON: {', '.join(needed)}.")


def _checked(texts: dict[str, str]) -> dict[str, str]:
    if texts["user"] not in PEOPLE or texts["channel"] not in CHANNELS:
        raise web.HTTPBadRequest(text="Nobody here, or nowhere here, goes by that name.")
    return texts


async def _push(response: web.StreamResponse, change: Json) -> None:
    await response.write(f"data: {json.dumps(change)}\n\n".encode())
