"""The bridge of the demo: a part of this process, and two processes once one is to be killed."""

import asyncio
import sys
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager

from bridge.app import App, open_app
from bridge.cli.demo_replica import POLL_S, READY_S, Replica, ReplicaFailed
from bridge.emulators.demo import Tell
from bridge.emulators.slack import SlackEmulator
from bridge.settings import Settings

REPLICAS = 2
TAKEOVER_S = 60.0


class DemoBridge:
    """Gets what happens in `slack`. Its processes pass their log on where `is_verbose`."""

    def __init__(self, slack: SlackEmulator, *, is_verbose: bool) -> None:
        self.stop = asyncio.Event()
        self._slack = slack
        self._is_verbose = is_verbose
        self._environment: Mapping[str, str] = {}
        self._leaves_this_process = asyncio.Event()
        self._replicas: list[Replica] = []
        self._started = 0
        self._killing: asyncio.Task[int | None] | None = None

    @asynccontextmanager
    async def open(
        self, settings: Settings, environment: Mapping[str, str]
    ) -> AsyncIterator[asyncio.Task[None]]:
        """The task ends after `stop`, when what ran has been finished. Raises TimeoutError where
        the bridge does not get ready. `environment` holds what `settings` were made from.
        """
        self._environment = environment
        async with open_app(settings) as app:
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

    def kill_replica(self, tell: Tell) -> asyncio.Task[int | None]:
        """Kill the process that shows the next answer, once its first text is there. The task
        returns its id when another one has gone on with that answer, and None where no process
        could be started; while one is awaited, no second begins.

        The first time the bridge becomes two processes for it.
        """
        if self._killing is None or self._killing.done():
            self._killing = asyncio.create_task(self._kill_replica(tell))
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

    async def _kill_replica(self, tell: Tell) -> int | None:
        for replica in self._replicas:
            replica.text_shown.clear()
        if len(self._replicas) < REPLICAS:
            tell("Two replicas are started…", "正在启动两个副本…")
        if not await self._fill_up(tell):
            return None
        self._leaves_this_process.set()  # what it answers it finishes, or gives back
        first, second = (replica.number for replica in self._replicas)
        tell(
            f"Replicas {first} and {second} run. Ask now.",
            f"副本 {first} 和 {second} 在运行。请提问。",
        )
        victim = await self._first_to_show()
        self._replicas.remove(victim)
        victim.kill()
        tell(
            f"Replica {victim.number} killed in mid-answer.",
            f"副本 {victim.number} 在回答途中被杀掉。",
        )
        self._receive_events()
        going_on = asyncio.create_task(self._tell_who_goes_on(victim, tell))
        try:
            await self._fill_up(tell)
            await going_on
        finally:
            going_on.cancel()
        return victim.pid

    async def _fill_up(self, tell: Tell) -> bool:
        """Whether there are as many as there have to be, all of them ready."""
        while len(self._replicas) < REPLICAS:
            self._started += 1
            replica = await Replica.start(
                self._started, self._environment, is_verbose=self._is_verbose
            )
            self._replicas.append(replica)  # from here on it is ended with the demo
        for replica in tuple(self._replicas):
            try:
                await replica.ready()
            except ReplicaFailed as failed:
                self._replicas.remove(replica)
                replica.kill()
                number = replica.number
                tell(
                    f"Replica {number} did not start: {failed}.",
                    f"副本 {number} 无法启动：{failed}。",
                )
                sys.stderr.write(f"Replica {number} of the demo did not start: {failed}.\n")
        if len(self._replicas) < REPLICAS:
            return False
        self._receive_events()
        return True

    async def _tell_who_goes_on(self, victim: Replica, tell: Tell) -> None:
        """With the answer that the victim has just been killed over."""
        clock = asyncio.get_running_loop().time
        killed_at = clock()
        while clock() < killed_at + TAKEOVER_S:
            for replica in self._replicas:
                if victim.turns & replica.taken:
                    number, took_s = replica.number, clock() - killed_at
                    tell(
                        f"Replica {number} went on after {took_s:.0f} s.",
                        f"{took_s:.0f} 秒后副本 {number} 接着回答。",
                    )
                    return
            await asyncio.sleep(POLL_S)

    def _receive_events(self) -> None:
        self._slack.request_url = _events_url(self._replicas[0].port)

    async def _first_to_show(self) -> Replica:
        waiting = {
            asyncio.create_task(replica.text_shown.wait()): replica for replica in self._replicas
        }
        try:
            shown, _ = await asyncio.wait(waiting, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for task in waiting:
                task.cancel()
        return waiting[shown.pop()]


def _events_url(port: int) -> str:
    return f"http://127.0.0.1:{port}/slack/events"
