"""`bridge … | head -1`: who reads the output leaves, and the command ends as others do."""

import asyncio
import os
import sys
from collections.abc import AsyncIterator, Iterator

import pytest

from bridge.cli.output import NO_READER
from bridge.store.connection import serve_in_process
from tests.e2e.stage import ROOT

pytestmark = pytest.mark.process

NOBODY = "http://127.0.0.1:9"
SETTINGS = {
    "SLACK_BOT_TOKEN": "xoxb-unused",
    "SLACK_SIGNING_SECRET": "unused",
    "SLACK_API_URL": f"{NOBODY}/api/",
    "BEEBOT_INSTANCE_ID": "unused",
    "BEEBOT_ENDPOINT": NOBODY,
    "BEEBOT_STREAM_URL": NOBODY,
    "ALIBABA_CLOUD_ACCESS_KEY_ID": "unused",
    "ALIBABA_CLOUD_ACCESS_KEY_SECRET": "unused",
}


@pytest.fixture(scope="module")
def store_url() -> Iterator[str]:
    with serve_in_process() as url:
        yield url


@pytest.fixture
async def closed_pipe() -> AsyncIterator[int]:
    """The end to write into."""
    reading, writing = os.pipe()
    os.close(reading)
    yield writing
    os.close(writing)


@pytest.mark.parametrize(
    "command",
    ["demo --once hello", "doctor", "inbox list", "manifest --socket-mode", "ratings"],
)
async def test_a_command_ends_quietly_when_nobody_reads_it(
    command: str, store_url: str, closed_pipe: int
) -> None:
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "bridge", *command.split(), cwd=ROOT,
        env={"PATH": os.environ["PATH"], "REDIS_URL": store_url, **SETTINGS},
        stdout=closed_pipe, stderr=asyncio.subprocess.PIPE,
    )  # fmt: skip
    _, errors = await process.communicate()
    assert (process.returncode, errors.decode()) == (NO_READER, "")
