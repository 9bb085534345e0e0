"""Witnesses the emulator was not written with: Slack's own Python clients, and a bare receiver."""

import asyncio
import copy
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qs

import aiohttp
import pytest
from aiohttp import web
from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient

from bridge.emulators.slack import SlackEmulator
from tests.slack import slack_emulator

Json = dict[str, Any]

MANIFEST: Json = {
    "display_information": {"name": "Ask Bridge"},
    "features": {
        "app_home": {
            "home_tab_enabled": True,
            "messages_tab_enabled": True,
            "messages_tab_read_only_enabled": False,
        },
        "agent_view": {"agent_description": "Answers questions."},
        "bot_user": {"display_name": "ask-bridge", "always_online": True},
        "shortcuts": [
            {"name": "Ask", "type": "message", "callback_id": "ask_about", "description": "Ask"},
            {"name": "Ask", "type": "global", "callback_id": "ask_global", "description": "Ask"},
        ],
        "slash_commands": [{"command": "/ask", "description": "Ask a question"}],
    },
    "oauth_config": {
        "scopes": {
            "bot": [
                "app_mentions:read",
                "assistant:write",
                "channels:history",
                "channels:read",
                "chat:write",
                "commands",
                "groups:history",
                "groups:read",
                "im:history",
                "im:read",
                "im:write",
                "users:read",
            ]
        }
    },
    "settings": {
        "event_subscriptions": {
            "bot_events": [
                "agent_session_stopped",
                "app_home_opened",
                "app_mention",
                "member_joined_channel",
                "message.channels",
                "message.groups",
                "message.im",
            ]
        },
        "interactivity": {"is_enabled": True},
    },
}


def manifest_without(*, scopes: tuple[str, ...] = (), events: tuple[str, ...] = ()) -> Json:
    manifest = copy.deepcopy(MANIFEST)
    held = manifest["oauth_config"]["scopes"]["bot"]
    subscribed = manifest["settings"]["event_subscriptions"]["bot_events"]
    manifest["oauth_config"]["scopes"]["bot"] = [s for s in held if s not in scopes]
    subscriptions = {"bot_events": [e for e in subscribed if e not in events]}
    manifest["settings"]["event_subscriptions"] = subscriptions
    return manifest


@asynccontextmanager
async def visiting(
    **options: Any,
) -> AsyncIterator[tuple[SlackEmulator, AsyncWebClient]]:
    """A running emulator and Slack's own client pointed at it."""
    options = {"manifest": MANIFEST, "retry_delays_s": (), **options}
    async with slack_emulator(**options) as slack, client_of(slack) as client:
        yield slack, client


@asynccontextmanager
async def client_of(slack: SlackEmulator) -> AsyncIterator[AsyncWebClient]:
    async with aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=10)) as session:
        yield AsyncWebClient(
            token=slack.bot_token, base_url=slack.api_url, session=session, retry_handlers=[]
        )


async def refusal(call: Awaitable[Any]) -> str:
    """The error code with which the call is refused."""
    with pytest.raises(SlackApiError) as caught:
        await call
    return str(caught.value.response["error"])


@dataclass
class Received:
    headers: dict[str, str]
    raw: str

    @property
    def payload(self) -> Json:
        """The payload, whether it came as JSON or in a form."""
        if self.headers["content-type"] == "application/json":
            return dict(json.loads(self.raw))
        form = {name: values[0] for name, values in parse_qs(self.raw).items()}
        return dict(json.loads(form["payload"])) if "payload" in form else form

    @property
    def event(self) -> Json:
        return dict(self.payload["event"])


@dataclass
class Receiver:
    """The app's side of event delivery: notes what comes, answers as `answer` says."""

    url: str = ""
    received: list[Received] = field(default_factory=list)
    answer: Callable[[Received], Awaitable[web.Response]] | None = None

    async def serve(self, request: web.Request) -> web.Response:
        headers = {name.lower(): value for name, value in request.headers.items()}
        got = Received(headers, await request.text())
        self.received.append(got)
        return await self.answer(got) if self.answer else web.Response()

    def events(self, kind: str) -> list[Json]:
        return [r.event for r in self.received if r.event["type"] == kind]


@asynccontextmanager
async def receiving(slack: SlackEmulator) -> AsyncIterator[Receiver]:
    """A receiver to which the emulator delivers."""
    receiver = Receiver()
    app = web.Application()
    app.router.add_post("/slack/events", receiver.serve)
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    receiver.url = f"http://127.0.0.1:{runner.addresses[0][1]}/slack/events"
    slack.request_url = receiver.url
    try:
        yield receiver
    finally:
        await runner.cleanup()


async def never(_received: Received) -> web.Response:
    await asyncio.Event().wait()
    return web.Response()
