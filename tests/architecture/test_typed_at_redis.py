"""What the papers tell an operator to type at Redis, typed at a real one."""

import re
import shlex
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.ports import free_port

DOCS = Path(__file__).parents[2] / "docs"
_TYPED = re.compile(r"redis-cli (?:(?:config|info|--scan)[^#`\n|\\]*|DEL '[^']+')")


def typed() -> list[str]:
    pages = (DOCS / name for name in ("deploy.md", "operations.md", "security.md"))
    found = (one.strip() for page in pages for one in _TYPED.findall(page.read_text()))
    return list(dict.fromkeys(found))


def test_redis_takes_each_command_that_the_papers_name(redis_binary: str, tmp_path: Path) -> None:
    """It is started from a file, as hosts start theirs, or there is nothing to rewrite."""
    redis_cli = shutil.which("redis-cli")
    if redis_cli is None:
        pytest.skip("needs redis-cli on this machine")
    port = free_port()
    file = tmp_path / "redis.conf"
    file.write_text(f"port {port}\nbind 127.0.0.1\ndir {tmp_path}\n")
    server = subprocess.Popen([redis_binary, file], stdout=subprocess.DEVNULL)
    ask = [redis_cli, "-p", str(port)]
    try:
        while subprocess.run([*ask, "ping"], capture_output=True, check=False).returncode:
            assert server.poll() is None
        assert len(typed()) > 5
        for command in typed():
            done = subprocess.run(
                [*ask, *shlex.split(command)[1:]], capture_output=True, text=True, check=True
            )
            assert "ERR" not in done.stdout, command
        assert {"appendonly yes", "maxmemory 128mb"} <= set(file.read_text().splitlines())
    finally:
        server.kill()
        server.wait()
