"""A replica of the demo: `bridge serve` as a process of its own, which ends with the demo."""

import asyncio
import json
import os
import sys
from collections.abc import Mapping
from threading import Thread

import aiohttp

from bridge.cli.serve import serve

READY_S = 30.0
POLL_S = 0.1
# What a process of the bridge reads: it gets these from the demo, never from the operator.
OWN_VARIABLES = ("SLACK_", "BEEBOT_", "ALIBABA_", "BRIDGE_", "REDIS_", "PORT")


class ReplicaFailed(Exception):
    """A replica that did not get ready; says why."""


class Replica:
    """The process; what it does is read from its log."""

    def __init__(
        self, number: int, process: asyncio.subprocess.Process, *, is_verbose: bool
    ) -> None:
        self.number, self.pid, self.port = number, process.pid, 0
        self.is_ready = False
        self.turns: set[str] = set()  # that it answers
        self.taken: set[str] = set()  # and that it has ever begun to answer
        self.text_shown = asyncio.Event()
        self._process = process
        self._is_verbose = is_verbose
        self._serving = asyncio.Event()
        self._reading = asyncio.create_task(self._read_log())

    @classmethod
    async def start(
        cls, number: int, environment: Mapping[str, str], *, is_verbose: bool
    ) -> "Replica":
        inherited = {
            name: value
            for name, value in os.environ.items()
            if not name.upper().startswith(OWN_VARIABLES)
        }
        more = {"PORT": "0", "BRIDGE_LOG_LEVEL": "INFO", "BRIDGE_LOG_FORMAT": "json"}
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-m", __name__,
            env=inherited | dict(environment) | more,
            stdin=asyncio.subprocess.PIPE,  # it ends when this does, see `main`
            stdout=asyncio.subprocess.PIPE,
            process_group=0,  # the terminal's Ctrl-C is for the demo, which ends it
        )  # fmt: skip
        return cls(number, process, is_verbose=is_verbose)

    async def ready(self) -> None:
        """Raises ReplicaFailed."""
        try:
            async with asyncio.timeout(READY_S):
                await self._serving.wait()
                await self._poll_until_ready()
        except TimeoutError:
            raise ReplicaFailed(f"not ready within {READY_S:.0f} s") from None
        except aiohttp.ClientError:
            raise ReplicaFailed(f"exit code {await self._process.wait()}") from None

    async def _poll_until_ready(self) -> None:
        async with aiohttp.ClientSession(f"http://127.0.0.1:{self.port}") as http:
            while not self.is_ready:
                async with http.get("/readyz") as answer:
                    self.is_ready = answer.ok
                await asyncio.sleep(0 if self.is_ready else POLL_S)

    def kill(self) -> None:
        """With SIGKILL: it can finish nothing."""
        if self._process.returncode is None:
            self._process.kill()

    async def end(self) -> None:
        """It finishes what it answers, or gives it back."""
        if self._process.returncode is None:
            self._process.terminate()
        await self._reading
        await self._process.wait()

    async def _read_log(self) -> None:
        assert self._process.stdout is not None  # noqa: S101 - it is a pipe
        async for line in self._process.stdout:
            if self._is_verbose:
                sys.stderr.write(line.decode())
            self._note(json.loads(line))
        self._serving.set()  # it has ended, and never will

    def _note(self, line: Mapping[str, str]) -> None:
        event, turn = line["event"], line.get("turn", "")
        if event == "bridge.serving":
            self.port = int(line["port"])
            self._serving.set()
        elif event == "turn.started":
            self.turns.add(turn)
            self.taken.add(turn)
        elif event == "turn.finished":
            self.turns.discard(turn)
        elif event == "text.shown":
            self.text_shown.set()


def main() -> int:
    Thread(target=_end_with_the_demo, daemon=True).start()
    return serve(env_file=None)


def _end_with_the_demo() -> None:
    """Nobody writes into this pipe. It is closed when the demo ends, however it does."""
    os.read(0, 1)  # not sys.stdin, whose lock would be held when the program ends before
    os._exit(1)


if __name__ == "__main__":
    sys.exit(main())
