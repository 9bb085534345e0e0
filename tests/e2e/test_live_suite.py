"""The suite for the real services runs: here against the emulators, as `make live` runs it."""

import asyncio
import os
import re
import sys

import pytest

from bridge.emulators.slack.seed import C_GENERAL
from tests.e2e.stage import ROOT, Stage

pytestmark = pytest.mark.process


async def test_what_make_live_asks_is_answered_by_the_emulators(stage: Stage) -> None:
    variables = {
        "PATH": os.environ["PATH"], "RETIRED": os.environ.get("RETIRED", ""),
        "PYTEST_ADDOPTS": "-m live", "LIVE_CHANNEL": C_GENERAL, **stage.environment,
    }  # fmt: skip
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "tests/live",
        cwd=ROOT, env=variables, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT,
    )  # fmt: skip
    output, _ = await process.communicate()
    assert process.returncode == 0, output.decode()
    passed = re.search(r"(\d+) passed", output.decode())
    assert passed
    assert int(passed[1]) > 10
    assert len(stage.slack.calls_of("blocks.validate")) > 10
    assert "skipped" not in output.decode()
    assert stage.slack.workspace.channel(C_GENERAL).live() == [], "it has deleted what it posted"
