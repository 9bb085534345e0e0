"""The Slack emulator: one loopback server with the Web API, Socket Mode and response URLs."""

import asyncio
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import InitVar, dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Any, Self, TypeVar

from aiohttp import web

from bridge.emulators.slack import seed
from bridge.emulators.slack.clock import Clock
from bridge.emulators.slack.deliveries import Delivery, Envelope
from bridge.emulators.slack.dispatcher import Dispatcher
from bridge.emulators.slack.faults import Faults
from bridge.emulators.slack.feed import Feed, Subscription
from bridge.emulators.slack.files import FileHost
from bridge.emulators.slack.http_delivery import RequestUrl
from bridge.emulators.slack.limits import Limits, Meter
from bridge.emulators.slack.manifest import Manifest, load_manifest
from bridge.emulators.slack.member_interactions import MemberInteractions
from bridge.emulators.slack.methods_agents import (
    OLD_METHODS,
    session_status,
    shows_stop_button,
    words,
)
from bridge.emulators.slack.pings import Ping
from bridge.emulators.slack.response_urls import ResponseUrls
from bridge.emulators.slack.sockets import DisconnectReason, Sockets
from bridge.emulators.slack.timeline import Timeline
from bridge.emulators.slack.triggers import Triggers
from bridge.emulators.slack.web_api import Call, Tokens, WebApi
from bridge.emulators.slack.workspace import Installation, Workspace
from bridge.emulators.slack.world import World

Json = dict[str, Any]
T = TypeVar("T")

_DUMPED_CALLS = 15


def _make_application() -> web.Application:
    return web.Application(client_max_size=8 << 20)  # the page's people share pictures


@dataclass(kw_only=True, eq=False)
class SlackEmulator(MemberInteractions):
    """Slack on 127.0.0.1, running inside `async with`.

    Durations are in seconds; `port` 0 takes a free one; `limits` None means no rate limits. With
    `socket_mode` payloads prefer a connected socket, otherwise they go to `request_url`.
    """

    manifest: Mapping[str, Any] | Path
    signing_secret: str = "emulated-signing-secret"
    bot_token: str = "xoxb-emulated-bot"
    app_token: str = "xapp-emulated-app"
    port: int = 0
    limits: Limits | None = None
    retry_delays_s: Sequence[float] = (0.0, 60.0, 300.0)
    delivery_timeout_s: float = 3.0
    stream_lifetime_s: float = 300.0
    socket_mode: bool = False
    clock: Clock = field(default_factory=Clock)
    routes: InitVar[Iterable[web.AbstractRouteDef]] = ()

    faults: Faults = field(default_factory=Faults, init=False)
    app: web.Application = field(default_factory=_make_application, init=False)

    def __post_init__(self, routes: Iterable[web.AbstractRouteDef]) -> None:
        manifest = load_manifest(self.manifest)
        app = seed.installation(manifest)
        self.team_id, self.app_id = app.team_id, app.app_id
        self.bot_user_id, self.bot_id = app.bot_user_id, app.bot_id
        self.workspace: Workspace = seed.make_workspace(manifest)
        self._feed = Feed()
        self._request_url = RequestUrl(self.signing_secret, self.delivery_timeout_s)
        self._sockets = Sockets(app.app_id, self.delivery_timeout_s, self._feed)
        self.dispatcher = self._make_dispatcher()
        self.world = self._make_world(app, manifest)
        self._open_doors(routes)

    def _make_dispatcher(self) -> Dispatcher:
        return Dispatcher(
            request_url=self._request_url,
            sockets=self._sockets,
            prefers_sockets=self.socket_mode,
            retry_delays_s=self.retry_delays_s,
            feed=self._feed,
        )

    def _make_world(self, app: Installation, manifest: Manifest) -> World:
        timeline = Timeline(
            app,
            manifest,
            workspace=self.workspace,
            clock=self.clock,
            feed=self._feed,
            dispatcher=self.dispatcher,
        )
        return World(
            app=app,
            manifest=manifest,
            workspace=self.workspace,
            clock=self.clock,
            timeline=timeline,
            triggers=Triggers(self.clock),
            sockets=self._sockets,
            stream_lifetime_s=self.stream_lifetime_s,
        )

    def _open_doors(self, routes: Iterable[web.AbstractRouteDef]) -> None:
        """Everything that is reached by HTTP."""
        self.response_urls = ResponseUrls(self.world)
        self._meter = Meter(self.limits, self.clock)
        self._api = WebApi(
            self.world,
            Tokens(self.bot_token, self.app_token),
            faults=self.faults,
            meter=self._meter,
            feed=self._feed,
        )
        self.files = FileHost(self.world, self.bot_token, self._feed)
        self.app.add_routes(
            [
                *self.files.routes,
                web.get("/api/{method}", self._api.serve),
                web.post("/api/{method}", self._api.serve),
                web.get("/link/", self._sockets.serve),
                web.post(f"/response/{self.team_id}/{{secret}}", self.response_urls.serve),
                *routes,
            ]
        )

    async def __aenter__(self) -> Self:
        self._runner = web.AppRunner(self.app, access_log=None, shutdown_timeout=0.5)
        await self._runner.setup()
        site = web.TCPSite(self._runner, "127.0.0.1", self.port)
        await site.start()
        self.port = self._runner.addresses[0][1]
        self.world.base_url = self.base_url
        self._request_url.open()
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._feed.close()
        await self.dispatcher.close()
        self._api.release_hanging()
        await self._sockets.close()
        await self._runner.cleanup()
        await self._request_url.close()

    @property
    def base_url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def api_url(self) -> str:
        return f"{self.base_url}/api/"

    @property
    def request_url(self) -> str | None:
        """Where events, interactivity and commands are delivered by HTTP; None: nowhere."""
        return self._request_url.url

    @request_url.setter
    def request_url(self, url: str | None) -> None:
        self._request_url.url = url

    @property
    def deliveries(self) -> list[Delivery]:
        return self.dispatcher.deliveries

    @property
    def calls(self) -> list[Call]:
        """Every Web API call that was answered or, by a fault, not answered."""
        return self._api.calls

    def calls_of(self, method: str) -> list[Call]:
        return [call for call in self.calls if call.method == method]

    @property
    def pings(self) -> list[Ping]:
        """Live mentions that the app has shown to people."""
        return self.world.timeline.pings

    @property
    def connections(self) -> int:
        """Open Socket Mode connections."""
        return len(self._sockets.open_connections)

    def set_limits(self, limits: Limits | None) -> None:
        """Change the rate limits from now on."""
        self._meter.limits = limits

    def retire_assistant_methods(self) -> None:
        """From now on `assistant.threads.*` is refused, as from February 2027 (docs/slack.md)."""
        self.world.retired |= OLD_METHODS

    def shown(self, channel: str, ts: str) -> str:
        """The text of a message as people see it."""
        return self.workspace.message(channel, ts).shown

    def status(self, channel: str, thread_ts: str) -> str:
        """The words under a thread ("is thinking…"), "" when there are none."""
        return words(self.world, (channel, thread_ts))

    def session(self, channel: str, thread_ts: str) -> str:
        """The state of the thread's agent session, "" where it has none."""
        return session_status(self.world, (channel, thread_ts))

    def title(self, channel: str, thread_ts: str) -> str:
        """The title of the thread's agent session."""
        session = self.workspace.sessions.get((channel, thread_ts))
        return session.title if session else ""

    def stop_button(self, channel: str, thread_ts: str) -> bool:
        """Whether Slack shows its own Stop button under the thread."""
        return shows_stop_button(self.world, (channel, thread_ts))

    async def deliver(
        self, event: Json, event_id: str | None = None, *, times: int = 1
    ) -> list[Delivery]:
        """Deliver an event as it is, subscribed or not; `times` copies at once, all with one id.

        Returns:
            The first attempts; retries follow in the background.
        """
        envelope = self.world.timeline.envelope(event, event_id=event_id or "")
        return await asyncio.gather(*(self.dispatcher.deliver(envelope) for _ in range(times)))

    async def deliver_payload(self, payload: Json) -> Delivery:
        """Deliver a bare outer payload, e.g. of type app_rate_limited or url_verification."""
        return await self.dispatcher.deliver(Envelope("events_api", payload))

    async def verify_request_url(self) -> bool:
        """Whether the request URL returns the challenge, as Slack asks when one enters it."""
        challenge = {"type": "url_verification", "challenge": "3eZbrw1aB", "token": "deprecated"}
        delivery = await self.deliver_payload(challenge)
        return delivery.succeeded and "3eZbrw1aB" in delivery.response

    async def refresh_sockets(self, reason: DisconnectReason = "refresh_requested") -> None:
        """Ask every Socket Mode connection to come again (`warning`: soon)."""
        await self._sockets.refresh(reason)

    async def cut_sockets(self) -> None:
        """Break every Socket Mode connection without a word."""
        await self._sockets.cut()

    def subscribe(self) -> Subscription:
        """Change records from now on: `async with slack.subscribe() as changes: async for …`.

        A record is a dict fit for JSON with `type`: message, message_changed, message_deleted,
        status, session, title, prompts, view, view_closed, view_errors or home.
        """
        return self._feed.subscribe()

    async def until(self, predicate: Callable[[], T], timeout_s: float = 60.0) -> T:
        """Wait until the predicate gives something true, and return that; it is asked on changes.
        The time-out ends what hangs; a machine that is slow needs most of it.

        Raises:
            TimeoutError: It stayed false; the message tells what happened so far.
        """
        try:
            return await self._feed.until(predicate, timeout_s)
        except TimeoutError:
            raise TimeoutError(f"still false after {timeout_s} s\n{self.dump()}") from None

    def dump(self) -> str:
        """The conversations, the last calls and the deliveries that failed, for people."""
        messages = [
            f"  {m.channel} {m.ts} {m.user}: {m.shown!r}"
            for channel in self.workspace.channels.values()
            for m in channel.live()
        ]
        calls = [
            f"  {c.method} {c.status} {c.response.get('error', 'ok')}"
            for c in self.calls[-_DUMPED_CALLS:]
        ]
        failed = [
            f"  {d.event_id} try {d.retry_num}: {d.status} {d.reason} {d.response[:100]}"
            for d in self.deliveries
            if not d.succeeded
        ]
        counted = f"{len(self.deliveries)} deliveries, failed:"
        parts = ["messages:", *messages, "last calls:", *calls, counted, *failed]
        return "\n".join(parts)
