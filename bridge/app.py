"""Opens all that the bridge needs, runs it, and drains it."""

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass

from aiohttp import web

from bridge.core.background import Service
from bridge.core.limits import RateLimit
from bridge.core.worker import Worker
from bridge.resources import open_resources, open_slack
from bridge.settings import Settings
from bridge.settings.values import secret_text
from bridge.slack.api.faults import SOCKET_MODE, WRONG_PATH
from bridge.slack.api.rate_limits import LIMITS
from bridge.slack.inbound.guard import Guard
from bridge.slack.inbound.socket_mode import SocketMode
from bridge.telemetry.http_server import Ping, Readiness, health_routes, serve_http
from bridge.telemetry.inbox_gauges import InboxGauges
from bridge.wiring import Parts


@dataclass(slots=True)
class App:
    """Everything opened; `port` is the one that is bound."""

    port: int
    worker: Worker
    services: list[Service]  # run until the worker has drained
    readiness: Readiness
    draining: asyncio.Event

    async def run(self, stop: asyncio.Event) -> None:
        """Serve until `stop`; then the worker drains, while payloads are still taken to the end."""
        closing = asyncio.Event()
        async with asyncio.TaskGroup() as running:
            for service in self.services:
                running.create_task(service.run(closing), name=type(service).__name__)
            running.create_task(self._refuse_from(stop), name="drain")
            await self.worker.run(stop)
            closing.set()

    async def _refuse_from(self, stop: asyncio.Event) -> None:
        """Tell the host's router, and Slack where nobody could take over, that we are draining."""
        await stop.wait()
        self.draining.set()
        self.readiness.drain()


@asynccontextmanager
async def open_app(
    settings: Settings, *, limits: Mapping[str, RateLimit] = LIMITS
) -> AsyncIterator[App]:
    """Everything the bridge needs, open and wired; the HTTP port answers from here on."""
    async with open_resources(settings) as resources:
        parts, beebot, observe = Parts(resources, limits), resources.beebot, resources.observe
        ingress = parts.ingress()
        registry = resources.metrics.registry
        services: list[Service] = [parts.watch, parts.identity, beebot.tokens, beebot.robots]
        services += [parts.background, InboxGauges(parts.inbox, registry)]
        pings: dict[str, Ping] = {"redis": parts.watch.ping, "slack": parts.identity.ping}
        pings |= {"beebot": beebot.tokens.ping, "beebot_robots": beebot.robots.ping}
        routes: list[web.RouteDef] = []
        if settings.is_socket_mode:
            client = open_slack(settings, resources.http, secret_text(settings.slack_app_token))
            socket = SocketMode(ingress.dispatch, client, observe)
            services.append(socket)
            pings["slack_socket"] = socket.ping
        else:
            secret = secret_text(settings.slack_signing_secret)
            routes = Guard(secret, ingress.dispatch, observe).routes
        routes += parts.image_routes()
        if settings.beebot_max_concurrency:
            services.append(parts.queued_questions())
        readiness = Readiness(pings)
        token = secret_text(settings.bridge_metrics_token)
        routes += health_routes(readiness, registry=registry, metrics_token=token)
        advice = SOCKET_MODE if settings.is_socket_mode else WRONG_PATH
        host, port = settings.bridge_bind_address, settings.port
        site = serve_http(routes, observe, host=host, port=port, advice=advice)
        async with site as bound:
            yield App(bound, parts.worker(), services, readiness, parts.draining)
