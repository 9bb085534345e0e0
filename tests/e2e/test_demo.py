"""`bridge demo --once`: one question through the whole chain, without a browser."""

import asyncio
import re
import socket
import sys
from pathlib import Path

import pytest

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
