"""`bridge demo`: one question through the whole chain, without a browser."""

import asyncio
import os
import re
import signal
import socket
import sys
import time
from contextlib import suppress
from pathlib import Path

import aiohttp
import pytest

from bridge.emulators.beebot import BeebotEmulator
from bridge.emulators.slack import C_GENERAL, C_RANDOM, U_ALICE

ROOT = Path(__file__).parents[2]

pytestmark = pytest.mark.process


async def run_demo(*arguments: str) -> tuple[int | None, str, str]:
    """Exit code, output and error output."""
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "bridge", "demo", *arguments,
        cwd=ROOT, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE,
    )  # fmt: skip
    output, errors = await process.communicate()
    return process.returncode, output.decode(), errors.decode()


async def test_the_recorded_question_is_answered_as_recorded_and_seen_to_grow() -> None:
    code, output, errors = await run_demo("--port", "0", "--once", "你有什么技能?")
    assert (code, errors) == (0, "")
    versions = [
        int(n) for n in re.findall(r"^\+ *[\d.]+ s +(\d+) characters", output, re.MULTILINE)
    ]
    assert len(versions) >= 2
    assert versions == sorted(versions)
    thread = output[output.index("Alice Chen") :]
    assert "你有什么技能?" in thread
    assert "我是个大模型" in thread
    assert "Slack and Beebot were emulated here" in output.splitlines()[-1]


async def test_an_answer_that_breaks_is_told_by_the_exit_code() -> None:
    code, output, errors = await run_demo("--port", "0", "--once", "answer with an error")
    assert code == 1
    assert "Reference" in output
    assert "Beebot did not complete its answer." in errors


async def test_a_port_in_use_is_told_in_one_sentence() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        code, _, errors = await run_demo("--port", str(port))
    assert code == 1
    assert errors.startswith(f"The demo cannot listen on port {port}: ")
    assert "Traceback" not in errors
    assert "Unclosed" not in errors


@pytest.mark.parametrize("port", ["65536", "-1"])
@pytest.mark.parametrize("once", [(), ("--once", "hello")], ids=["page", "once"])
async def test_a_port_that_there_cannot_be_is_told_before_anything_starts(
    port: str, once: tuple[str, ...]
) -> None:
    code, output, errors = await run_demo("--port", port, *once)
    assert (code, output) == (2, "")
    assert "Invalid value for '--port': " in errors
    assert "Traceback" not in errors


async def test_ctrl_c_lets_the_answer_end_and_says_how_long_that_may_take() -> None:
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "bridge", "demo", "--port", "0", "--once", "hello",
        cwd=ROOT, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE,
    )  # fmt: skip
    assert process.stdout is not None
    assert "characters in message 1" in (await process.stdout.readline()).decode()
    process.send_signal(signal.SIGINT)
    output, errors = await process.communicate()
    assert errors.decode().startswith("1 answer runs: up to 25 s. Ctrl-C again ends now.\n")
    assert "to see other kinds of answers." in output.decode()
    assert process.returncode == 0


async def test_random_has_a_robot_of_its_own() -> None:
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "bridge", "demo", "--port", "0",
        cwd=ROOT, stdout=asyncio.subprocess.PIPE,
    )  # fmt: skip
    assert process.stdout is not None
    found = re.search(r"http://[\d.:]+", (await process.stdout.readline()).decode())
    assert found
    async with aiohttp.ClientSession(found[0]) as page, asyncio.timeout(60):
        message = {"user": U_ALICE, "channel": C_RANDOM, "text": "@beebot hello"}
        async with page.post("/ui/messages", json=message) as answer:
            assert answer.ok
        said = ""
        while "the one of #random" not in said:
            async with page.get("/ui/state") as answer:
                said = await answer.text()
            await asyncio.sleep(0.1)
    process.send_signal(signal.SIGTERM)
    assert await process.wait() == 0


async def test_a_demo_that_is_killed_leaves_no_process_behind() -> None:
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "bridge", "demo", "--port", "0",
        cwd=ROOT, stdout=asyncio.subprocess.PIPE,
    )  # fmt: skip
    try:
        assert process.stdout is not None
        found = re.search(r"http://[\d.:]+", (await process.stdout.readline()).decode())
        assert found
        async with aiohttp.ClientSession(found[0]) as page, asyncio.timeout(60):
            async with page.post("/ui/button", json={"user": U_ALICE, "name": "killed"}) as answer:
                assert answer.ok
            async with page.get("/ui/events") as events:
                async for line in events.content:
                    if "Ask now." in line.decode():
                        break
        replicas = find_children(process.pid)
        assert len(replicas) == 2
    finally:
        process.kill()
        await process.wait()
    async with asyncio.timeout(60):
        await asyncio.to_thread(wait_for_ends, replicas)


def find_children(pid: int) -> list[Path]:
    children = Path(f"/proc/{pid}/task/{pid}/children")
    if not children.exists():
        pytest.skip("needs /proc, to find the processes")
    return [Path(f"/proc/{child}/cmdline") for child in children.read_text().split()]


def wait_for_ends(processes: list[Path]) -> None:
    """One that has ended, and that nobody has waited for, has no command line."""
    for process in processes:
        with suppress(FileNotFoundError):
            while process.read_bytes():
                time.sleep(0.1)


async def test_the_operators_own_robot_answers_in_the_emulated_slack(tmp_path: Path) -> None:
    """Its variables come from the environment and from .env; those of Slack are not used."""
    async with BeebotEmulator() as beebot:
        environment = {
            "BEEBOT_ENDPOINT": beebot.endpoint,
            "BEEBOT_STREAM_URL": beebot.stream_url,
            "ALIBABA_CLOUD_ACCESS_KEY_ID": "LTAI5tExampleKeyId",
            "ALIBABA_CLOUD_ACCESS_KEY_SECRET": "ExampleAccessKeySecret0123456789",
            "NO_PROXY": "127.0.0.1",
            "HTTPS_PROXY": "http://127.0.0.1:1",
            "PATH": os.environ["PATH"],
        }
        file = tmp_path / "of_robot.env"
        file.write_text(
            f"BEEBOT_INSTANCE_ID={beebot.robot.instance_id}\nSLACK_APP_TOKEN=xapp-1-mine\n"
        )
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "bridge", "demo", "--port", "0", "--beebot", "--env-file", file,
            cwd=ROOT, env=environment, stdout=asyncio.subprocess.PIPE,
        )  # fmt: skip
        assert process.stdout is not None
        found = re.search(r"http://[\d.:]+", (await process.stdout.readline()).decode())
        assert found
        async with aiohttp.ClientSession(found[0]) as page:
            async with page.get("/ui/state") as answer:
                assert (await answer.json())["has_own_beebot"]
            message = {"user": U_ALICE, "channel": C_GENERAL, "text": "@beebot hello"}
            async with page.post("/ui/messages", json=message) as answer:
                assert answer.ok
            await beebot.until(lambda: beebot.questions)
        process.send_signal(signal.SIGTERM)
        assert await process.wait() == 0
    assert [question.utterance for question in beebot.questions] == ["hello"]


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (("--once", ""), "There is no question"),
        (("--beebot", "--once", "hello"), "--once needs the emulated Beebot"),
        (("--beebot", "--env-file", os.devnull), "BEEBOT_INSTANCE_ID is missing"),
    ],
)
async def test_what_cannot_be_shown_is_told_at_once(
    arguments: tuple[str, ...], sentence: str
) -> None:
    code, _, errors = await run_demo("--port", "0", *arguments)
    assert code == 2
    assert errors.startswith(sentence)
    assert "Traceback" not in errors
