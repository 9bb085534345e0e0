"""The package that `pip install` gets: whole, and at home in any folder."""

import asyncio
import os
import subprocess
import sys
import sysconfig
import venv
from pathlib import Path

import pytest

from bridge.emulators.slack import D_ALICE, U_ALICE
from tests.e2e.stage import BridgeProcess, Stage, events_url, ready
from tests.e2e.test_answers import RECORDED

ROOT = Path(__file__).parents[2]

pytestmark = pytest.mark.process


@pytest.fixture(scope="module")
def bridge(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The program, from a wheel in an environment of its own.

    Nothing is downloaded: dependencies are lent by the environment of the tests.
    """
    folder = tmp_path_factory.mktemp("wheel")
    pip = [sys.executable, "-m", "pip", "--disable-pip-version-check"]
    build = ["wheel", "--no-deps", "--no-build-isolation", "--no-cache-dir", "-w", str(folder)]
    subprocess.run([*pip, *build, str(ROOT)], check=True, capture_output=True)
    (wheel,) = folder.glob("slack_beebot_bridge-*.whl")
    home = folder / "environment"
    venv.create(home, with_pip=False)
    python = home / "bin" / "python"
    version = f"python{sys.version_info.major}.{sys.version_info.minor}"
    site = home / "lib" / version / "site-packages"
    (site / "lent.pth").write_text(sysconfig.get_path("purelib") + "\n")
    install = ["--python", str(python), "install", "--no-deps", "--force-reinstall", str(wheel)]
    subprocess.run([*pip, *install], check=True, capture_output=True)
    return home / "bin" / "bridge"


async def run(bridge: Path, folder: Path, *arguments: str) -> tuple[int | None, str, str]:
    environment = {"PATH": os.environ["PATH"]}
    process = await asyncio.create_subprocess_exec(
        bridge, *arguments, cwd=folder, env=environment,
        stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE,
    )  # fmt: skip
    output, errors = await process.communicate()
    return process.returncode, output.decode(), errors.decode()


async def test_it_is_the_wheel_that_runs(bridge: Path, tmp_path: Path) -> None:
    python = bridge.with_name("python")
    where = await run(python, tmp_path, "-c", "import bridge; print(bridge.__file__)")
    assert where[1].startswith(str(bridge.parents[1]))


async def test_the_demo_runs_with_page_recording_and_manifest(bridge: Path, tmp_path: Path) -> None:
    asked = ("demo", "--port", "0", "--once", "你有什么技能?")
    code, output, errors = await run(bridge, tmp_path, *asked)
    assert (code, errors) == (0, "")
    assert "我是个大模型" in output
    code, output, _ = await run(bridge, tmp_path, "demo", "--port", "0", "--once", "我想请假")
    assert code == 0
    assert "年假" in output


async def test_the_manifest_is_printed(bridge: Path, tmp_path: Path) -> None:
    code, output, _ = await run(bridge, tmp_path, "manifest", "--url", "https://bridge.example")
    assert code == 0
    assert "https://bridge.example/slack/events" in output


async def test_it_serves(bridge: Path, tmp_path: Path, stage: Stage) -> None:
    process = await BridgeProcess.start(
        stage.environment, root=tmp_path, python=bridge.with_name("python")
    )
    stage.stack.push_async_callback(process.end)
    await ready(process.port)
    stage.slack.request_url = events_url(process.port)
    root = await stage.slack.post(D_ALICE, U_ALICE, "你有什么技能?")
    await stage.slack.until(lambda: stage.texts(D_ALICE, root) == [RECORDED])
