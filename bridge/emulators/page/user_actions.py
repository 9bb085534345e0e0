"""What people do on the page, done through the emulator as through Slack's own clients."""

from collections.abc import Awaitable, Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import asdict
from typing import Any

from aiohttp import web

from bridge.emulators.page.composing import read_picture, rows_of, to_slack
from bridge.emulators.page.controls import find_missing, read_state
from bridge.emulators.page.offers import Offers
from bridge.emulators.page.view import CHANNELS, PEOPLE, View
from bridge.emulators.slack import Delivery, SlackEmulator
from bridge.emulators.slack.refusals import RefusedError

Json = dict[str, Any]
Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]

ALERT = {
    "id": 1,
    "color": "a30200",
    "fallback": "[FIRING:1] HighCPU db-1",
    "title": "[FIRING:1] HighCPU",
    "text": "CPU of `db-1` is above 90% since 5 minutes. :fire:",
    "fields": [
        {"title": "Severity", "value": "critical", "short": True},
        {"title": "Runbook", "value": "<https://runbooks.example/cpu|High CPU>", "short": True},
    ],
    "footer": "Prometheus",
    "mrkdwn_in": ["text", "fields"],
}

_ENDPOINTS = (
    "messages", "forward", "alert", "edit", "delete", "click", "press", "submit", "close",
    "command", "shortcut", "invite", "open", "stop", "button",
)  # fmt: skip


class UserActions:
    """`POST /ui/{endpoint}` each; the body names at least the `user`. 409: Slack refuses."""

    def __init__(self, slack: SlackEmulator, view: View, offers: Offers) -> None:
        self._slack = slack
        self._offers = offers
        self._view = view

    def routes(self) -> Iterable[tuple[str, str, Handler]]:
        for endpoint in _ENDPOINTS:
            yield "POST", f"/ui/{endpoint}", getattr(self, endpoint)

    async def messages(self, request: web.Request) -> web.Response:
        """Post, with cells (`table`) or a picture (`picture`: a `data:` URL, `name`) that were
        pasted; answers with the message's `ts`.
        """
        maybe = ("text", "root", "table", "picture", "name")
        body = await read_body(request, "channel", maybe=maybe)
        text, cells = self._typed(body), rows_of(body.get("table", ""))
        with _told():
            picture = body.get("picture")
            files = [read_picture(picture, body.get("name", ""))] if picture else []
            if not (text.strip() or cells or files):
                raise web.HTTPBadRequest(text="There is nothing to post.")
            ts = await self._slack.post(
                body["channel"], body["user"], text,
                thread_ts=body.get("root"), cells=cells, files=files,
            )  # fmt: skip
        return web.json_response({"ts": ts})

    async def forward(self, request: web.Request) -> web.Response:
        """Share the message `ts` of the channel `source`; answers with the new message's `ts`."""
        body = await read_body(request, "channel", "source", "ts", maybe=("text", "root"))
        with _told():
            ts = await self._slack.forward(
                body["user"], body["source"], body["ts"],
                to=body["channel"], text=self._typed(body), thread_ts=body.get("root"),
            )  # fmt: skip
        return web.json_response({"ts": ts})

    async def alert(self, request: web.Request) -> web.Response:
        """Let a monitoring app post an alert, to have something to ask about."""
        body = await read_body(request, "channel")
        with _told():
            ts = await self._slack.post_by_bot(
                body["channel"], "", username="Alertmanager", attachments=[ALERT]
            )
        return web.json_response({"ts": ts})

    async def edit(self, request: web.Request) -> web.Response:
        body = await read_body(request, "channel", "ts", "text")
        with _told():
            self._check_author(body)
            text = to_slack(body["text"], self._view.user_names)
            await self._slack.edit(body["channel"], body["ts"], text)
        return web.json_response({})

    async def delete(self, request: web.Request) -> web.Response:
        body = await read_body(request, "channel", "ts")
        with _told():
            self._check_author(body)
            await self._slack.delete(body["channel"], body["ts"])
        return web.json_response({})

    async def click(self, request: web.Request) -> web.Response:
        """Press a button of a message; tells whether the app took it."""
        body = await read_body(request, "channel", "ts", "action", maybe=("value",))
        place = body["user"], body["channel"], body["ts"], body["action"]
        with _told():
            return _taken(await self._slack.click(*place, value=body.get("value")))

    async def press(self, request: web.Request) -> web.Response:
        """Press a button of a modal or of the App Home."""
        body = await read_body(request, "view", "action", maybe=("value",))
        place = body["user"], body["view"], body["action"]
        with _told():
            return _taken(await self._slack.click_in_view(*place, value=body.get("value")))

    async def submit(self, request: web.Request) -> web.Response:
        """Submit a modal with `values`; `errors` by block id where a field must not be empty."""
        body = await read_body(request, "view")
        with _told():
            view = self._slack.workspace.views[body["view"]]
            values = read_state(view, body["values"])
            if missing := find_missing(view, values):
                return web.json_response({"errors": missing})
            return _taken(await self._slack.submit_view(body["user"], body["view"], values))

    async def close(self, request: web.Request) -> web.Response:
        """Leave a modal, with `all` those below it, too."""
        body = await read_body(request, "view", maybe=("all",))
        with _told():
            is_whole = bool(body.get("all"))
            await self._slack.close_view(body["user"], body["view"], all_below=is_whole)
        return web.json_response({})

    async def command(self, request: web.Request) -> web.Response:
        """Type a slash command."""
        body = await read_body(request, "channel", "command", maybe=("text",))
        declared = self._slack.world.manifest.commands.get(body["command"])
        text = body.get("text", "")
        if declared is not None and declared.escapes:
            text = to_slack(text, self._view.user_names)
        place = body["user"], body["channel"], body["command"]
        with _told():
            return _taken(await self._slack.command(*place, text))

    async def shortcut(self, request: web.Request) -> web.Response:
        """Use a shortcut on a message."""
        body = await read_body(request, "channel", "ts", "shortcut")
        message = {"channel": body["channel"], "message_ts": body["ts"]}
        with _told():
            return _taken(await self._slack.shortcut(body["user"], body["shortcut"], **message))

    async def invite(self, request: web.Request) -> web.Response:
        body = await read_body(request, "channel")
        with _told():
            await self._slack.invite(body["channel"], body["user"])
        return web.json_response({})

    async def open(self, request: web.Request) -> web.Response:
        """Look at a tab of the app: `home` or `messages`."""
        body = await read_body(request, "tab")
        with _told():
            await self._slack.open_home(
                body["user"], "home" if body["tab"] == "home" else "messages"
            )
        return web.json_response({})

    async def stop(self, request: web.Request) -> web.Response:
        """Press Slack's own Stop button in the thread of `root`."""
        body = await read_body(request, "channel", "root")
        with _told():
            await self._slack.stop_session(body["user"], body["channel"], body["root"])
        return web.json_response({})

    async def button(self, request: web.Request) -> web.Response:
        """Press what the page offers by this `name`; answers with where to look."""
        body = await read_body(request, "name")
        if (button := self._offers.button(body["name"])) is None:
            raise web.HTTPNotFound(text="There is no such button.")
        place = await button.press(body["user"])
        return web.json_response(asdict(place) if place else {})

    def _typed(self, body: Json) -> str:
        return to_slack(body.get("text", ""), self._view.user_names)

    def _check_author(self, body: Json) -> None:
        message = self._slack.workspace.message(body["channel"], body["ts"])
        if message.user != body["user"]:
            raise ValueError("Only its author may change a message.")


def _taken(delivery: Delivery) -> web.Response:
    return web.json_response({"is_taken": delivery.succeeded})


@contextmanager
def _told() -> Iterator[None]:
    """What the emulator refuses becomes an answer that the page can show."""
    try:
        yield
    except (KeyError, ValueError, RefusedError) as error:
        raise web.HTTPConflict(text=str(error.args[0])) from None


async def read_body(request: web.Request, *needed: str, maybe: Sequence[str] = ()) -> Json:
    """The named texts and `values`; 400 unless all needed texts are there and not empty."""
    with suppress(ValueError):
        body = await request.json()
        if isinstance(body, dict):
            names = {"user", *needed, *maybe}
            texts = {name: body[name] for name in names if isinstance(body.get(name), str)}
            if all(texts.get(name, "").strip() for name in ("user", *needed)):
                return _checked({**texts, "values": _read_values(body.get("values"))})
    raise web.HTTPBadRequest(text=f"Expected as JSON: user, {', '.join(needed)}.")


def _read_values(values: object) -> dict[str, dict[str, Any]]:
    """What was filled in, by block id and action id; what has another form is left out."""
    if not isinstance(values, dict):
        return {}
    return {block: fields for block, fields in values.items() if isinstance(fields, dict)}


def _checked(body: Json) -> Json:
    if body["user"] not in PEOPLE or body.get("channel", CHANNELS[0]) not in CHANNELS:
        raise web.HTTPBadRequest(text="Nobody here, or nowhere here, goes by that name.")
    return body
