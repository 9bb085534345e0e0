"""The pages for the host, over real HTTP."""

import asyncio
import json
import traceback
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import aiohttp
import pytest
from aiohttp import web

from bridge.core.errors import CredentialsRejected, Unusable
from bridge.core.events import RenewalReason, TokenRenewed
from bridge.core.outage import Outage
from bridge.telemetry.http_server import Readiness, health_routes
from bridge.telemetry.metrics import MetricsObserver

TOKEN = "metrics-token"


class Service:
    """Fails, or hangs, as long as it is told to; `asked` counts its pings."""

    def __init__(
        self, *, fails: bool = False, hangs: bool = False, error: Exception | None = None
    ) -> None:
        self.fails = fails or error is not None
        self.error = error or ConnectionError("redis://default:hunter2@redis.example.com refuses")
        self.hangs = hangs
        self.asked = 0

    async def ping(self) -> None:
        self.asked += 1
        if self.hangs:
            await asyncio.Event().wait()
        if self.fails:
            raise self.error


def readiness(fresh_s: float = 0, retry_s: float = 0, **services: Service) -> Readiness:
    pings = {name: service.ping for name, service in services.items()}
    timeout_s = 0.2 if any(service.hangs for service in services.values()) else 60.0
    return Readiness(pings, timeout_s=timeout_s, fresh_s=fresh_s, retry_s=retry_s)


@asynccontextmanager
async def site(ready: Readiness, token: str | None = None) -> AsyncIterator[aiohttp.ClientSession]:
    """A client of the pages; one renewal of a token has been counted."""
    metrics = MetricsObserver()
    metrics(TokenRenewed(RenewalReason.COLD, 0.1))
    app = web.Application()
    app.add_routes(health_routes(ready, registry=metrics.registry, metrics_token=token))
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    base_url = f"http://127.0.0.1:{runner.addresses[0][1]}"
    async with aiohttp.ClientSession(base_url) as client:
        yield client
    await runner.cleanup()


async def look(client: aiohttp.ClientSession, path: str, **headers: str) -> tuple[int, str]:
    async with client.get(path, headers=headers) as response:
        return response.status, await response.text()


async def test_who_opens_the_address_in_a_browser_reads_what_this_is() -> None:
    async with site(readiness()) as client:
        status, text = await look(client, "/")
    assert status == 200
    assert "bridge between Slack and Beebot" in text
    assert "/readyz" in text


async def test_the_process_lives_whatever_fails() -> None:
    async with site(readiness(redis=Service(fails=True))) as client:
        assert await look(client, "/healthz") == (200, "ok")


async def test_it_is_ready_when_everything_answers() -> None:
    async with site(readiness(redis=Service(), slack=Service())) as client:
        assert await look(client, "/readyz") == (200, '{"failing": []}')


async def test_it_names_what_fails_and_gives_no_details() -> None:
    ready = readiness(redis=Service(fails=True), slack=Service(), beebot=Service(hangs=True))
    async with site(ready) as client:
        status, text = await look(client, "/readyz")
    assert status == 503
    assert json.loads(text) == {
        "failing": ["redis", "beebot"],
        "reasons": {"beebot": "no answer in time"},
    }


async def test_it_names_the_services_own_word_and_not_what_else_it_said() -> None:
    failing = Service(error=Unusable("redis", code="OOM", said="secret", advice="secret"))
    async with site(readiness(redis=failing)) as client:
        status, text = await look(client, "/readyz")
    assert (status, json.loads(text)) == (503, {"failing": ["redis"], "reasons": {"redis": "OOM"}})


async def test_who_asks_for_ever_grows_no_traceback() -> None:
    outage = Outage("slack", lambda _: None)
    outage.record_failure(CredentialsRejected("invalid_auth"))

    async def ping() -> None:
        outage.raise_if_failing()

    ready = Readiness({"slack": ping}, retry_s=0)
    depths = set()
    for _ in range(20):
        assert await ready.failing() == {"slack": "invalid_auth"}
        assert outage.error is not None
        depths.add(len(traceback.extract_tb(outage.error.__traceback__)))
    assert len(depths) == 1


async def test_it_is_ready_again_when_the_service_is_back() -> None:
    redis = Service(fails=True)
    async with site(readiness(redis=redis)) as client:
        assert (await look(client, "/readyz"))[0] == 503
        redis.fails = False
        assert (await look(client, "/readyz"))[0] == 200


async def test_while_draining_it_is_not_ready_although_everything_answers() -> None:
    ready = readiness(fresh_s=60, redis=Service())
    async with site(ready) as client:
        assert (await look(client, "/readyz"))[0] == 200
        ready.drain()
        assert await look(client, "/readyz") == (503, '{"failing": ["draining"]}')
        assert await look(client, "/healthz") == (200, "ok")


async def test_that_all_is_well_is_believed_for_a_while() -> None:
    redis = Service()
    ready = readiness(fresh_s=60, redis=redis)
    for _ in range(5):
        assert await ready.failing() == {}
    assert redis.asked == 1


async def test_that_all_is_well_is_not_believed_for_ever() -> None:
    redis = Service()
    ready = readiness(fresh_s=0.01, redis=redis)
    assert await ready.failing() == {}
    redis.fails = True
    await asyncio.sleep(0.02)
    assert await ready.failing() == {"redis": ""}
    assert redis.asked == 2


async def test_that_something_fails_is_believed_for_a_moment_only() -> None:
    redis = Service(fails=True)
    ready = readiness(fresh_s=60, retry_s=0.01, redis=redis)
    assert await ready.failing() == {"redis": ""}
    redis.fails = False
    await asyncio.sleep(0.02)
    assert await ready.failing() == {}
    assert redis.asked == 2


async def test_many_who_ask_at_once_cost_one_ping() -> None:
    redis = Service()
    ready = readiness(fresh_s=60, redis=redis)
    assert await asyncio.gather(*(ready.failing() for _ in range(50))) == [{}] * 50
    assert redis.asked == 1


async def test_pings_run_side_by_side() -> None:
    everybody = asyncio.Barrier(3)

    async def meet() -> None:
        await everybody.wait()

    assert await Readiness({"redis": meet, "slack": meet, "beebot": meet}).failing() == {}


@pytest.mark.parametrize("token", [None, ""])
async def test_without_a_token_there_are_no_figures(token: str | None) -> None:
    async with site(readiness(), token) as client:
        assert (await look(client, "/metrics", Authorization="Bearer "))[0] == 404


@pytest.mark.parametrize(
    "given", ["", "Bearer ", "Bearer metrics-toke", TOKEN, f"Basic {TOKEN}", "Bearer métrics-token"]
)
async def test_with_a_wrong_token_there_are_no_figures(given: str) -> None:
    async with site(readiness(), TOKEN) as client:
        status, text = await look(client, "/metrics", Authorization=given)
        assert status == 401
        assert "bridge_" not in text


async def test_the_figures_are_shown_to_whoever_has_the_token() -> None:
    async with site(readiness(), TOKEN) as client:
        status, text = await look(client, "/metrics", Authorization=f"Bearer {TOKEN}")
        assert status == 200
        assert 'bridge_token_renewals_total{why="cold"} 1.0' in text
