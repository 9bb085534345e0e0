"""Reads what the page sends: JSON objects with the texts that an endpoint needs."""

from collections.abc import Sequence
from contextlib import suppress
from typing import Any

from aiohttp import web

from bridge.emulators.page.view import CHANNELS, PEOPLE

Json = dict[str, Any]


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
