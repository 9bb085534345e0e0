"""Arguments of a Web API call, alike for query, form and JSON."""

import json
from collections.abc import Mapping
from typing import Any

from aiohttp import web

from bridge.emulators.slack.refusals import RefusedError, refuse_unless

Json = dict[str, Any]

# In queries and forms these travel as JSON text.
_STRUCTURED = ("blocks", "metadata", "chunks", "view", "prompts", "loading_messages", "message")
_FORMS = ("application/x-www-form-urlencoded", "multipart/form-data", "")


class Arguments(dict[str, Any]):
    """What the caller sent, without the token; structured values decoded, nulls left out."""

    def text(self, name: str) -> str | None:
        """None when absent or empty, as Slack treats both alike."""
        value = self.get(name)
        return None if value is None or value == "" else str(value)

    def required(self, name: str) -> str:
        value = self.text(name)
        refuse_unless(value, "invalid_arguments", f"missing required field: {name}")
        return str(value)

    def flag(self, name: str) -> bool:
        return str(self.get(name, "")).lower() in {"1", "true"}

    def number(self, name: str, default: int) -> int:
        value = str(self.get(name, default))
        refuse_unless(value.isdigit(), "invalid_arguments", f"{name} is not a whole number")
        return int(value)


async def read_arguments(request: web.Request) -> tuple[Arguments, str | None]:
    """The arguments, and the token that stood among them (never in JSON, which needs the header).

    Raises:
        RefusedError: `invalid_json`, `json_not_object` or `invalid_post_type`.
    """
    values: Json = dict(request.query)
    token = values.pop("token", None)
    if request.method == "POST" and request.content_type == "application/json":
        values |= _parse_object(await request.text())
        values.pop("token", None)
    elif request.method == "POST" and request.can_read_body:
        refuse_unless(request.content_type in _FORMS, "invalid_post_type")
        values |= dict(await request.post())
        token = values.pop("token", token)
    return _decode(values), token


def _parse_object(body: str) -> Json:
    try:
        value = json.loads(body or "{}")
    except ValueError:
        raise RefusedError("invalid_json") from None
    refuse_unless(isinstance(value, dict), "json_not_object")
    return dict(value)


def _decode(values: Mapping[str, Any]) -> Arguments:
    args = Arguments({name: value for name, value in values.items() if value is not None})
    for name in _STRUCTURED:
        if isinstance(args.get(name), str):
            args[name] = _parsed_or_as_is(args[name])
    return args


def _parsed_or_as_is(value: str) -> Any:
    try:
        return json.loads(value)
    except ValueError:
        return value  # the method says what is wrong with it
