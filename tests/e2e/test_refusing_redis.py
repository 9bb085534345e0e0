"""A Redis that is there and does not do what the bridge needs: readyz, doctor and log name it."""

import asyncio
import subprocess
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from pathlib import Path

import aiohttp
import pytest
from redis.asyncio import Redis

from tests.conftest import RedisServer
from tests.e2e.certificates import self_signed
from tests.e2e.stage import HANGS_S, BridgeProcess, Stage
from tests.e2e.test_doctor import examined
from tests.ports import free_port

pytestmark = pytest.mark.process
USER = "bridge:p4ssw0rd@"


async def page(port: int) -> tuple[int, dict[str, object]]:
    url = f"http://127.0.0.1:{port}/readyz"
    async with aiohttp.ClientSession() as http, http.get(url) as answer:
        return answer.status, await answer.json()


async def shows(port: int, status: int, *, word: str = "", timeout_s: float = HANGS_S) -> None:
    """Wait until /readyz has this status and, of Redis, this word."""
    async with asyncio.timeout(timeout_s):
        while True:
            found, said = await page(port)
            reasons = said.get("reasons", {})
            assert isinstance(reasons, dict)
            if found == status and reasons.get("redis", "") == word:
                return
            await asyncio.sleep(0.1)


@pytest.fixture
async def admin(own_redis: RedisServer) -> AsyncIterator[Redis]:
    async with Redis.from_url(own_redis.url) as admin:
        yield admin


async def bridge_on(stage: Stage, url: str) -> BridgeProcess:
    """A bridge that may never get ready."""
    stage.environment |= {"REDIS_URL": url, "BRIDGE_RECHECK_S": "2"}
    process = await BridgeProcess.start(stage.environment)
    stage.stack.push_async_callback(process.end)
    return process


async def is_named(stage: Stage, url: str, word: str, advice: str) -> BridgeProcess:
    """By all three, with the same words."""
    bridge = await bridge_on(stage, url)
    await shows(bridge.port, 503, word=word)
    await bridge.says("service.lost")
    line = bridge.said("service.lost")
    assert '"service": "redis"' in line
    assert word in line
    assert advice in line
    report = await examined(stage, REDIS_URL=url)
    assert report.line("redis").startswith("failure redis ")
    assert word in report.line("redis")
    assert advice in report.line("redis")
    assert "Traceback" not in "".join(bridge.log)
    assert "p4ssw0rd" not in "".join(bridge.log)
    return bridge


async def test_a_full_redis_is_found_while_nobody_asks_and_heals(
    stage: Stage, own_redis: RedisServer, admin: Redis
) -> None:
    await admin.config_set("maxmemory", "1")
    bridge = await is_named(stage, own_redis.url, "OOM", "raise maxmemory")
    await admin.config_set("maxmemory", "0")
    await shows(bridge.port, 200)
    await bridge.says("service.restored")
    kinds = ("service.lost", "service.restored")
    told = [line for line in bridge.log if any(kind in line for kind in kinds)]
    assert len(told) == 2, "once lost and once back, though it is asked all the time"
    assert await admin.keys("*probe*") == []


async def test_a_read_only_replica_is_found(
    stage: Stage, own_redis: RedisServer, admin: Redis
) -> None:
    await admin.replicaof("127.0.0.1", 1)
    await is_named(stage, own_redis.url, "READONLY", "name the primary")


@pytest.mark.parametrize(
    "rules",
    [
        "~* +@all -@scripting",
        "~{bridge}:* +@all -script -evalsha",
        "~other:* +@all",
        "%R~* +@all",
        "~* +@all -zadd",
        "~* +@all -zpopmin",
    ],
)
async def test_a_user_who_may_not_do_all_of_it_is_found(
    stage: Stage, own_redis: RedisServer, admin: Redis, rules: str
) -> None:
    await admin.execute_command("ACL", "SETUSER", "bridge", "on", ">p4ssw0rd", *rules.split())  # type: ignore[no-untyped-call]
    url = own_redis.url.replace("unix://", f"unix://{USER}")
    await is_named(stage, url, "NOPERM", "ACL SETUSER")


async def test_the_rules_of_the_advice_are_enough(
    stage: Stage, own_redis: RedisServer, admin: Redis
) -> None:
    rules = "~{bridge}:* +@all -@admin -@dangerous +info"
    await admin.execute_command("ACL", "SETUSER", "bridge", "on", ">p4ssw0rd", *rules.split())  # type: ignore[no-untyped-call]
    url = own_redis.url.replace("unix://", f"unix://{USER}")
    report = await examined(stage, REDIS_URL=url)
    assert report.line("redis").startswith("ok redis ")


async def test_a_wrong_password_is_found(
    stage: Stage, own_redis: RedisServer, admin: Redis
) -> None:
    await admin.config_set("requirepass", "another")
    url = own_redis.url.replace("unix://", "unix://:p4ssw0rd@")
    await is_named(stage, url, "WRONGPASS", "password into REDIS_URL")


async def test_a_missing_password_is_found(
    stage: Stage, own_redis: RedisServer, admin: Redis
) -> None:
    await admin.config_set("requirepass", "another")
    await is_named(stage, own_redis.url, "NOAUTH", "password into REDIS_URL")


@contextmanager
def tcp_redis(binary: str, folder: Path) -> Iterator[tuple[int, int]]:
    """A Redis with two ports, one plain and one with a self-signed certificate."""
    certificate, key = self_signed(folder)
    plain, tls = (free_port() for _ in range(2))
    process = subprocess.Popen(
        [binary, "--port", str(plain), "--tls-port", str(tls), "--tls-cert-file", certificate,
         "--tls-key-file", key, "--tls-ca-cert-file", certificate, "--tls-auth-clients", "no",
         "--bind", "127.0.0.1", "--save", "", "--dir", folder],
        stdout=subprocess.DEVNULL,
    )  # fmt: skip
    try:
        yield plain, tls
    finally:
        process.kill()
        process.wait()


async def test_tls_or_not_and_a_self_signed_certificate_are_told_apart(
    stage: Stage, redis_binary: str, tmp_path: Path
) -> None:
    with tcp_redis(redis_binary, tmp_path) as (plain, tls):
        wanted = {
            f"rediss://localhost:{tls}": ("self-signed", "REDIS_SSL_CERT_REQS=none"),
            f"redis://localhost:{tls}": ("the connection was cut", "rediss://"),
            f"rediss://localhost:{plain}": ("no answer in time", "rediss://"),
            "redis://localhost:1": ("nothing listens there", "Start Redis"),
            "redis://nobody.invalid": ("its name is unknown", "host name in REDIS_URL"),
        }
        reports = await asyncio.gather(*(examined(stage, REDIS_URL=url) for url in wanted))
        for report, (reason, advice) in zip(reports, wanted.values(), strict=True):
            assert reason in report.line("redis")
            assert advice in report.line("redis")
        url = f"rediss://localhost:{tls}"
        bridge = await bridge_on(stage, url)
        await shows(bridge.port, 503, word="its certificate is self-signed")
        await bridge.says("REDIS_SSL_CERT_REQS=none")
        report = await examined(stage, REDIS_URL=url, REDIS_SSL_CERT_REQS="none")
        assert " redis Redis " in report.line("redis")
