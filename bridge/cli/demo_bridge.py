"""The bridge of the demo: a part of this process, and two processes once one is to be killed."""

import asyncio
import json
import os
import sys
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager

import aiohttp

from bridge.app import App, open_app
from bridge.emulators.slack import SlackEmulator
from bridge.settings import Settings

READY_S = 20.0
POLL_S = 0.1
REPLICAS = 2
# What a process of the bridge reads: it gets these from the demo, never from the operator.
OWN_VARIABLES = ("SLACK_", "BEEBOT_", "ALIBABA_", "BRIDGE_", "REDIS_", "PORT")


class DemoBridge:
    """Gets what happens in `slack`. Its processes pass their log on where `is_verbose`."""

    def __init__(self, slack: SlackEmulator, *, is_verbose: bool) -> None:
        self.stop = asyncio.Event()
        self._slack = slack
        self._is_verbose = is_verbose
        self._environment: Mapping[str, str] = {}
        self._leaves_this_process = asyncio.Event()
        self._replicas: list[Replica] = []
        self._killing: asyncio.Task[int] | None = None

    @asynccontextmanager
    async def open(
        self, settings: Settings, environment: Mapping[str, str]
    ) -> AsyncIterator[asyncio.Task[None]]:
        """The task ends after `stop`, when what ran has been finished. Raises TimeoutError where
        the bridge does not get ready. `environment` holds what `settings` were made from.
        """
        self._environment = environment
        async with open_app(settings, host="127.0.0.1") as app:
            self._slack.request_url = _events_url(app.port)
            self._app = app
            running = asyncio.create_task(self._run(app))
            try:
                async with asyncio.timeout(READY_S):
                    while not self.stop.is_set() and await app.readiness.failing():
                        await asyncio.wait({running}, timeout=POLL_S)
                yield running
            finally:
                self.stop.set()
                await running

    @property
    def processes(self) -> frozenset[int]:
        """The ids of those that are ready, beside this one."""
        return frozenset(replica.pid for replica in self._replicas if replica.is_ready)

    @property
    def answers_running(self) -> int:
        in_processes = sum(len(replica.turns) for replica in self._replicas)
        return self._app.worker.running + in_processes

    def kill_replica(self) -> asyncio.Task[int]:
        """Kill the process that shows the next answer, once its first text is there. The task
        returns its id when another one has taken its place; while one is awaited, no second begins.

        The first time the bridge becomes two processes for it.
        """
        if self._killing is None or self._killing.done():
            self._killing = asyncio.create_task(self._kill_replica())
        return self._killing

    def kill_all(self) -> None:
        for replica in self._replicas:
            replica.kill()

    async def _run(self, app: App) -> None:
        stopping = asyncio.create_task(self._stop_with_the_demo())
        await app.run(self._leaves_this_process)
        await stopping

    async def _stop_with_the_demo(self) -> None:
        await self.stop.wait()
        self._leaves_this_process.set()
        if self._killing:
            self._killing.cancel()
            await asyncio.wait({self._killing})
        await asyncio.gather(*(replica.end() for replica in self._replicas))

    async def _kill_replica(self) -> int:
        for replica in self._replicas:
            replica.text_shown.clear()
        self._leaves_this_process.set()  # what it answers it finishes, or gives back
        while len(self._replicas) < REPLICAS:
            await self._start_replica()
        self._receive_events()
        victim = await self._first_to_show()
        self._replicas.remove(victim)
        victim.kill()
        self._receive_events()
        await self._start_replica()
        return victim.pid

    async def _start_replica(self) -> None:
        replica = await Replica.start(self._environment, is_verbose=self._is_verbose)
        self._replicas.append(replica)  # from here on it is ended with the demo
        await replica.ready()

    def _receive_events(self) -> None:
        self._slack.request_url = _events_url(self._replicas[0].port)

    async def _first_to_show(self) -> "Replica":
        waiting = {
            asyncio.create_task(replica.text_shown.wait()): replica for replica in self._replicas
        }
        try:
            shown, _ = await asyncio.wait(waiting, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for task in waiting:
                task.cancel()
        return waiting[shown.pop()]


class Replica:
    """`bridge serve` as a process of its own; what it does is read from its log."""

    def __init__(self, process: asyncio.subprocess.Process, *, is_verbose: bool) -> None:
        self.pid, self.port = process.pid, 0
        self.is_ready = False
        self.turns: set[str] = set()  # that it answers
        self.text_shown = asyncio.Event()
        self._process = process
        self._is_verbose = is_verbose
        self._serving = asyncio.Event()
        self._reading = asyncio.create_task(self._read_log())

    @classmethod
    async def start(cls, environment: Mapping[str, str], *, is_verbose: bool) -> "Replica":
        inherited = {
            name: value
            for name, value in os.environ.items()
            if not name.upper().startswith(OWN_VARIABLES)
        }
        more = {"PORT": "0", "BRIDGE_LOG_LEVEL": "INFO", "BRIDGE_LOG_FORMAT": "json"}
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "bridge", "serve", "--env-file", os.devnull,
            env=inherited | dict(environment) | more,
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.PIPE,
            start_new_session=True,  # the terminal's Ctrl-C is for the demo, which ends it
        )  # fmt: skip
        return cls(process, is_verbose=is_verbose)

    async def ready(self) -> None:
        """Raises TimeoutError."""
        async with asyncio.timeout(READY_S), aiohttp.ClientSession() as http:
            await self._serving.wait()
            while True:
                async with http.get(f"http://127.0.0.1:{self.port}/readyz") as answer:
                    self.is_ready = answer.ok
                if self.is_ready:
                    return
                await asyncio.sleep(POLL_S)

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

    def _note(self, line: Mapping[str, str]) -> None:
        event, turn = line["event"], line.get("turn", "")
        if event == "bridge.serving":
            self.port = int(line["port"])
            self._serving.set()
        elif event == "turn.started":
            self.turns.add(turn)
        elif event == "turn.finished":
            self.turns.discard(turn)
        elif event == "text.shown":
            self.text_shown.set()


def _events_url(port: int) -> str:
    return f"http://127.0.0.1:{port}/slack/events"
