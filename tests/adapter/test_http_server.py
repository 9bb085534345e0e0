"""The pages for the host, over real HTTP."""

import asyncio
import json
import os
import re
import sys
import traceback
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import aiohttp
import pytest
from aiohttp import web
from prometheus_client import generate_latest

from bridge.core.errors import CredentialsRejected, Unusable
from bridge.core.events import RenewalReason, TokenRenewed
from bridge.core.outage import Outage
from bridge.resources import open_resources
from bridge.settings.loading import load_settings
from bridge.telemetry.http_server import Readiness, health_routes, serve_http
from bridge.telemetry.metrics import MetricsObserver

TOKEN = "metrics-token"
ROOT = Path(__file__).parents[2]


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


async def asked_within(check: str, address: str, port: int) -> tuple[int | None, str]:
    """Exit code and output of a program for the container of a bridge that listens there."""
    variables = {"BRIDGE_BIND_ADDRESS": address, "PORT": str(port), "BRIDGE_METRICS_TOKEN": TOKEN}
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-c", check.replace("3000", str(port)), env=os.environ | variables,
        stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.DEVNULL,
    )  # fmt: skip
    said, _ = await process.communicate()
    return process.returncode, said.decode()


@pytest.mark.parametrize("address", ["", "0.0.0.0", "127.0.0.1", "::", "::1"])  # noqa: S104
async def test_a_container_is_asked_at_the_address_it_listens_on(address: str) -> None:
    """By the health check of the image, and by the commands of the paper."""
    [health] = re.findall(r"CMD (\[.*healthz.*\])", (ROOT / "Dockerfile").read_text())
    paper = (ROOT / "docs/operations.md").read_text()
    typed = re.findall(r'exec bridge python -c "(.+)"$', paper, re.MULTILINE)
    checks = [json.loads(health)[-1], *typed]
    pages = health_routes(readiness(), registry=MetricsObserver().registry, metrics_token=TOKEN)
    host = address or "0.0.0.0"  # noqa: S104 - the default
    async with serve_http(pages, lambda _: None, host=host, port=0, advice="") as port:
        asked = [asked_within(check, address, port) for check in checks]
        alive, ready, figures = await asyncio.gather(*asked)
    assert alive == (0, "")
    assert ready == (0, '{"failing": []}\n')
    assert figures[0] == 0
    assert "bridge_service_up" in figures[1]
    assert (await asked_within(checks[0], address, port))[0] == 1, "nobody listens any more"


@pytest.mark.parametrize("redis_url", ["", "redis://127.0.0.1:9"])
async def test_redis_has_a_line_where_there_is_one_and_the_process_has_its_memory(
    redis_url: str,
) -> None:
    variables = {
        "SLACK_BOT_TOKEN": "xoxb-unused",
        "SLACK_APP_TOKEN": "xapp-unused",
        "BEEBOT_INSTANCE_ID": "chatbot-cn-unused",
        "ALIBABA_CLOUD_ACCESS_KEY_ID": "unused",
        "ALIBABA_CLOUD_ACCESS_KEY_SECRET": "unused",
        "REDIS_URL": redis_url,
    }
    async with open_resources(load_settings(variables, env_file=None)) as resources:
        figures = generate_latest(resources.metrics.registry).decode()
    assert ('bridge_service_up{service="redis"}' in figures) is bool(redis_url)
    assert 'bridge_service_up{service="slack"} 1.0' in figures
    assert re.search(r"^process_resident_memory_bytes [1-9]", figures, re.MULTILINE)
