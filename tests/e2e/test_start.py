"""What the program says at its start and on the command line, and with which exit code it ends."""

import asyncio
import json
import os
import socket
import sys
from collections.abc import Mapping
from pathlib import Path

import pytest

from bridge import __version__
from tests.e2e.stage import HANGS_S, ROOT, BridgeProcess, Stage

pytestmark = pytest.mark.process


async def run(
    *arguments: str, env: Mapping[str, str] | None = None, folder: Path = ROOT
) -> tuple[int | None, str, str]:
    """Exit code, output and errors of a command that ends by itself."""
    environment = {"PATH": os.environ["PATH"], "PYTHONPATH": str(ROOT), **(env or {})}
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "bridge", *arguments, cwd=folder, env=environment,
        stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE,
    )  # fmt: skip
    async with asyncio.timeout(HANGS_S):
        out, err = await process.communicate()
    return process.returncode, out.decode(), err.decode()


async def test_the_version_is_told() -> None:
    assert await run("--version") == (0, f"bridge {__version__}\n", "")


async def test_the_start_tells_the_version_and_what_looks_like_a_mistake(stage: Stage) -> None:
    stage.beebot.add_robot("12345")
    bridge = await stage.start_bridge(BRIDGE_SLOT="5", BEEBOT_INSTANCE_ID="12345")
    assert json.loads(bridge.said("bridge.serving"))["version"] == __version__
    told = [line for line in bridge.log if "settings.warning" in line]
    assert len(told) == 2
    assert "is BRIDGE_SLOTS meant?" in told[0]
    assert "BEEBOT_INSTANCE_ID" in told[1]
    assert all('"warning"' in line for line in told)


async def test_a_port_that_is_taken_ends_the_start_with_one_sentence(stage: Stage) -> None:
    with socket.create_server(("", 0)) as taken:
        port = taken.getsockname()[1]
        code, _, errors = await run("serve", env=stage.environment | {"PORT": str(port)})
    assert code == 2
    (sentence,) = [line for line in errors.splitlines() if not line.startswith("{")]
    assert sentence.startswith(f"PORT {port} cannot be listened on (Address already in use): ")
    assert "BRIDGE_BIND_ADDRESS" in sentence


async def test_it_listens_on_the_address_that_is_set_and_on_no_other(stage: Stage) -> None:
    bridge = await BridgeProcess.start(stage.environment | {"BRIDGE_BIND_ADDRESS": "127.0.0.2"})
    stage.stack.push_async_callback(bridge.end)
    socket.create_connection(("127.0.0.2", bridge.port), 5).close()
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection(("127.0.0.1", bridge.port), 5)


async def test_a_file_as_windows_writes_it_is_enough(stage: Stage, tmp_path: Path) -> None:
    lines = [f'{name}="{value}"' for name, value in stage.environment.items()]
    (tmp_path / ".env").write_bytes("\r\n".join(lines).encode("utf-16"))
    code, output, errors = await run("doctor", folder=tmp_path)
    assert (code, errors) == (0, "")
    assert "2 warnings" in output  # there is no Redis, and nobody is called


async def test_nothing_set_is_told_with_the_folder(tmp_path: Path) -> None:
    code, output, errors = await run("serve", folder=tmp_path)
    assert code == 2
    assert f"No .env was found in {tmp_path}." in errors
    assert json.loads(output)["said"] == errors.splitlines()
    assert "Traceback" not in errors


@pytest.mark.parametrize(
    "arguments",
    [
        ("manifest", "--url", "http://ask.example.org"),
        ("doctor", "--url", "https://ask.example.org/path"),
        ("doctor", "--url", ""),
    ],
)
async def test_an_address_that_cannot_be_is_refused(arguments: tuple[str, ...]) -> None:
    code, output, errors = await run(*arguments)
    assert (code, output) == (2, "")
    assert len(errors.splitlines()) == 1
    assert errors.startswith("--url ")


@pytest.mark.parametrize(
    "arguments", [(), ("--url", ""), ("--url", "https://ask.example.org", "--socket-mode")]
)
async def test_a_manifest_is_for_one_way_in_or_none_is_printed(arguments: tuple[str, ...]) -> None:
    """With an example's address in it, it would lead Slack there: nobody would be answered."""
    code, output, errors = await run("manifest", *arguments)
    assert (code, output) == (2, "")
    assert errors == "Give either --url https://HOST, or --socket-mode.\n"


async def test_a_bare_host_is_enough_for_the_manifest() -> None:
    code, output, _ = await run("manifest", "--url", "Ask.example.org/")
    assert code == 0
    assert output.count("https://ask.example.org/slack/events") == 3
