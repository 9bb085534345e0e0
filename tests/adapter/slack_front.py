"""The receiving half of the Slack adapter, put together as the app does it, for the tests."""

import hashlib
import hmac
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import aiohttp
from aiohttp import web
from fakeredis import FakeAsyncRedis, FakeServer

from bridge.core.commands import Rate
from bridge.core.errands import Errands
from bridge.core.events import CommandPut, Event, PayloadDropped
from bridge.core.intake import Intake
from bridge.core.model import Ask, Handover, ThreadKey
from bridge.core.people import Strangers
from bridge.core.turn import Turn
from bridge.core.words import Speech
from bridge.slack.client import open_client
from bridge.slack.identity import Identity
from bridge.slack.receiving.guard import Guard
from bridge.slack.receiving.ingress import Ingress
from bridge.slack.receiving.payloads import Policy
from bridge.slack.receiving.transport import PATH, routes
from bridge.store.inbox import RedisInbox
from bridge.store.ratings import RedisRatings

SECRET = "emulated-signing-secret"
HOME = Identity(team_id="T0BRIDGE00", bot_user_id="U0BEEBOT00", bot_id="B0BEEBOT00")
MANIFEST: dict[str, Any] = {
    "display_information": {"name": "Beebot"},
    "features": {
        "bot_user": {"display_name": "beebot"},
        "app_home": {"messages_tab_enabled": True, "home_tab_enabled": True},
        "slash_commands": [{"command": "/beebot", "description": "asks"}],
        "shortcuts": [{"callback_id": "ask", "type": "global", "name": "ask"}],
    },
    "oauth_config": {
        "scopes": {
            "bot": [
                "app_mentions:read", "channels:history", "channels:read", "chat:write",
                "commands", "groups:history", "groups:read", "im:history",
            ]
        }
    },
    "settings": {
        "interactivity": {"is_enabled": True},
        "event_subscriptions": {
            "bot_events": [
                "app_mention", "message.channels", "message.groups", "message.im",
                "member_joined_channel", "app_home_opened",
            ]
        },
    },
}  # fmt: skip


@dataclass
class Bystanders:
    """Threads and bot as the intake needs them; they note what they hear."""

    whispers: list[tuple[str, str]] = field(default_factory=list)
    ratings: list[Rate] = field(default_factory=list)

    async def open(self, turn: Turn) -> ThreadKey:
        raise NotImplementedError

    async def call_human(self, turn: Turn, handover: Handover) -> None:
        raise NotImplementedError

    async def whisper(
        self,
        thread: ThreadKey,  # noqa: ARG002 - the port's names
        user: str,
        text: str,
        *,
        respond_to: str = "",  # noqa: ARG002
    ) -> None:
        self.whispers.append((user, text))

    async def rate(self, rate: Rate) -> None:
        self.ratings.append(rate)


@dataclass
class Front:
    """`store` may be made to fail: `store.connected = False`."""

    identity: Identity | None = HOME
    policy: Policy = field(default_factory=Policy)
    accepts: bool = True
    api_url: str = "http://127.0.0.1:1"
    store: FakeServer = field(default_factory=FakeServer)
    events: list[Event] = field(default_factory=list)
    bystanders: Bystanders = field(default_factory=Bystanders)
    url: str = ""

    def __post_init__(self) -> None:
        self.redis = FakeAsyncRedis(server=self.store, decode_responses=True)
        self.inbox = RedisInbox(self.redis)

    def intake(self) -> Intake:
        return Intake(
            self.inbox,
            RedisRatings(self.redis),
            self.bystanders.rate,
            threads=self.bystanders,
            speech=Speech(Strangers()),
            errands=Errands(self.events.append),
            observe=self.events.append,
        )

    def ingress(self, session: aiohttp.ClientSession) -> Ingress:
        return Ingress(
            self.intake(),
            lambda: self.identity,
            self.events.append,
            client=open_client("xoxb-secret-token", base_url=self.api_url, session=session),
            policy=self.policy,
            accepts=lambda: self.accepts,
        )

    async def asks(self) -> list[Ask]:
        """The questions at the head of their mailboxes."""
        return await self.inbox.waiting(100)

    @property
    def receipts(self) -> list[str]:
        return [event.receipt for event in self.events if isinstance(event, CommandPut)]

    @property
    def drops(self) -> list[tuple[str, str]]:
        return [(e.kind, e.why) for e in self.events if isinstance(e, PayloadDropped)]


@asynccontextmanager
async def serving(front: Front) -> AsyncIterator[Front]:
    """The route of the HTTP mode on a free port of 127.0.0.1; `front.url` leads there."""
    async with aiohttp.ClientSession() as session, front.redis:
        guard = Guard(SECRET, front.ingress(session).dispatch, front.events.append)
        app = web.Application()
        app.add_routes(routes(guard))
        runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.5, auto_decompress=False)
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        front.url = f"http://127.0.0.1:{runner.addresses[0][1]}{PATH}"
        try:
            yield front
        finally:
            await runner.cleanup()


def signed(body: bytes, *, secret: str = SECRET, at: float | None = None) -> dict[str, str]:
    """The headers that Slack sends with a JSON body."""
    stamp = str(int(time.time() if at is None else at))
    basis = b"v0:" + stamp.encode() + b":" + body
    digest = hmac.new(secret.encode(), basis, hashlib.sha256).hexdigest()
    return {
        "Content-Type": "application/json",
        "X-Slack-Request-Timestamp": stamp,
        "X-Slack-Signature": f"v0={digest}",
    }
