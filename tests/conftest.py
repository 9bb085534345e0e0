"""What all tests share: a real Redis where there is one, an environment without leftovers."""

import os
import shutil
import signal
import subprocess
import time
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Self
from zlib import crc32

import pytest
from hypothesis import HealthCheck
from hypothesis import settings as hypothesis_settings
from redis import Redis as BlockingRedis
from redis.asyncio import Redis
from redis.exceptions import ConnectionError as RedisConnectionError

from bridge.store.connection import in_process, open_redis
from tests.slack import IS_RETIRED

# A busy machine makes no example wrong. In a build Hypothesis has a profile of its own.
hypothesis_settings.register_profile(
    "suite", deadline=None, suppress_health_check=[HealthCheck.too_slow]
)
if "CI" not in os.environ:
    hypothesis_settings.load_profile("suite")

SCRUBBED = (
    "SLACK_",
    "BEEBOT_",
    "BRIDGE_",
    "ALIBABA_",
    "REDIS_",
    "HTTP_PROXY",
    "HTTPS_PROXY",
    "PORT",
)


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Where several processes share the tests, modules come in an order of chance, always the same:
    what waits for a program then runs beside what computes, from the first test to the last.
    What is about methods that Slack retires needs a Slack that has them.
    """
    if hasattr(config, "workerinput"):
        items.sort(key=lambda item: crc32(item.path.name.encode()))
    if IS_RETIRED:
        about = [item for item in items if item.get_closest_marker("assistant_methods")]
        config.hook.pytest_deselected(items=about)
        items[:] = [item for item in items if item not in about]


@pytest.fixture(autouse=True, scope="session")
def _scrubbed_environment() -> Iterator[None]:
    """Nothing of the developer's own environment reaches a test, or the programs it starts."""
    kept = dict(os.environ)
    for name in kept:
        if name.upper().startswith(SCRUBBED) and "live" not in os.environ.get("PYTEST_ADDOPTS", ""):
            del os.environ[name]
    yield
    os.environ.update(kept)


@pytest.fixture(scope="session")
def redis_binary() -> str:
    binary = shutil.which("redis-server")
    if binary is None:
        pytest.skip("needs a redis-server on this machine")
    return binary


@pytest.fixture(scope="session")
def redis_url(redis_binary: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A real Redis that the tests share; each empties it first."""
    with RedisServer(redis_binary, tmp_path_factory.mktemp("redis")) as server:
        yield server.url


@pytest.fixture
def own_redis(redis_binary: str, tmp_path: Path) -> Iterator["RedisServer"]:
    """A real Redis that one test may freeze and kill."""
    with RedisServer(redis_binary, tmp_path) as server:
        yield server


class RedisServer:
    """A redis-server on a socket in `folder`, without persistence."""

    def __init__(self, binary: str, folder: Path) -> None:
        socket = folder / "redis.sock"
        self.url = f"unix://{socket}"
        self._arguments = [
            binary, "--port", "0", "--unixsocket", str(socket), "--dir", str(folder),
            "--save", "", "--appendonly", "no",
        ]  # fmt: skip

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.kill()

    def start(self) -> None:
        self._process = subprocess.Popen(self._arguments, stdout=subprocess.DEVNULL)
        with BlockingRedis.from_url(self.url) as client:
            deadline = time.monotonic() + 20
            while not _answers(client):
                assert self._process.poll() is None, "redis-server ended at once"
                assert time.monotonic() < deadline, "redis-server does not answer"
                time.sleep(0.01)

    def kill(self) -> None:
        self._process.kill()
        self._process.wait()

    def freeze(self) -> None:
        self._process.send_signal(signal.SIGSTOP)

    def thaw(self) -> None:
        self._process.send_signal(signal.SIGCONT)


def _answers(client: BlockingRedis) -> bool:
    try:
        return bool(client.ping())
    except RedisConnectionError:
        return False


@pytest.fixture(params=["fakeredis", "redis-server"])
async def redis(request: pytest.FixtureRequest) -> AsyncIterator[Redis]:
    """An empty store: each contract holds on the in-process one and on a real server alike."""
    if request.param == "fakeredis":
        client = in_process()
        yield client
        await client.aclose()
        return
    async with open_redis(request.getfixturevalue("redis_url")) as client:
        await client.flushall()
        yield client
