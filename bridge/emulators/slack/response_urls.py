"""response_url: five answers within thirty minutes to whoever clicked or typed a command."""

import json
import secrets
from dataclasses import dataclass
from typing import Any

from aiohttp import web

from bridge.emulators.slack.arguments import Arguments
from bridge.emulators.slack.content import UPDATE_TEXT_MAX, read_content
from bridge.emulators.slack.messages import Message
from bridge.emulators.slack.refusals import RefusedError, refuse_unless
from bridge.emulators.slack.world import World, with_block_ids

Json = dict[str, Any]

_USES = 5
_LIFETIME_S = 1800.0


@dataclass(slots=True)
class _Grant:
    channel_id: str
    user_id: str
    source: Message | None  # the message with the button
    expires_at: float
    uses_left: int = _USES


class ResponseUrls:
    def __init__(self, world: World) -> None:
        self._world = world
        self._grants: dict[str, _Grant] = {}

    def issue(self, channel_id: str, user_id: str, source: Message | None = None) -> str:
        secret = secrets.token_urlsafe(16)
        expires_at = self._world.clock.now() + _LIFETIME_S
        self._grants[secret] = _Grant(channel_id, user_id, source, expires_at)
        return f"{self._world.base_url}/response/{self._world.app.team_id}/{secret}"

    def show(self, channel_id: str, user_id: str, body: str) -> None:
        """Show what the app answered to a command at once: text, or JSON as for a response URL."""
        args = _read(body) if body.startswith("{") else Arguments(text=body)
        self._say(_Grant(channel_id, user_id, None, 0.0), args)

    async def serve(self, request: web.Request) -> web.Response:
        try:
            grant = self._use(request.match_info["secret"])
            args = _read(await request.text())
            self._respond(grant, args)
        except RefusedError as refused:
            status = 404 if refused.error in {"used_url", "expired_url"} else 400
            return web.json_response(refused.answer(), status=status)
        return web.Response(text="ok")

    def _use(self, secret: str) -> _Grant:
        grant = self._grants.get(secret)
        if grant is None or self._world.clock.now() > grant.expires_at:
            raise RefusedError("expired_url")
        refuse_unless(grant.uses_left, "used_url")
        grant.uses_left -= 1
        return grant

    def _respond(self, grant: _Grant, args: Arguments) -> None:
        if args.flag("delete_original"):
            self._world.timeline.delete(_source(grant))
        elif args.flag("replace_original"):
            self._replace(_source(grant), args)
        else:
            self._say(grant, args)

    def _replace(self, message: Message, args: Arguments) -> None:
        before = message.to_dict(now=self._world.clock.now())
        self._fill(message, args)
        self._world.timeline.change(message, before)

    def _say(self, grant: _Grant, args: Arguments) -> None:
        """An ephemeral answer unless told otherwise; the app need not be in the channel."""
        channel = self._world.workspace.channel(grant.channel_id)
        thread_ts = args.text("thread_ts")
        refuse_unless(thread_ts is None or channel.root(thread_ts), "cannot_reply_to_message")
        message = self._world.draft(channel, args, thread_ts=thread_ts)
        self._fill(message, args)
        if args.text("response_type") == "in_channel":
            self._world.timeline.post(message)
        else:
            message.ephemeral_to = grant.user_id
            self._world.timeline.whisper(message)

    def _fill(self, message: Message, args: Arguments) -> None:
        content = read_content(args, text_max=UPDATE_TEXT_MAX)
        message.text = content.text or ""
        message.blocks = with_block_ids(content.blocks or [])


def _source(grant: _Grant) -> Message:
    if grant.source is None:
        raise RefusedError("message_not_found")
    return grant.source


def _read(body: str) -> Arguments:
    try:
        value = json.loads(body)
    except ValueError:
        raise RefusedError("invalid_payload") from None
    refuse_unless(isinstance(value, dict), "invalid_payload")
    return Arguments(value)
