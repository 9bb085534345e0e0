"""Emulators of Slack and Beebot, a Redis, and replicas of the bridge: fresh for each run."""

import asyncio
import os
import shutil
import tempfile
from collections import Counter
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from redis.asyncio import Redis

from bench.answers import Run, Shown, distinct
from bench.oracle import FRAME_S, PER_MINUTE
from bridge.emulators.beebot import typed
from bridge.emulators.beebot.turns import Turn
from bridge.emulators.slack import Limits
from bridge.emulators.slack.seed import BOT_USER, U_ALICE, U_BOB
from bridge.emulators.slack.workspace import Channel
from bridge.store.scripts import operations
from tests.conftest import RedisServer
from tests.e2e.stage import ROOT, BridgeProcess, Stage, events_url, open_stage, ready

TICKS = os.sysconf("SC_CLK_TCK")
FRAME_CHARS = 40
SLACKS = {"chat.update": 20, "chat.appendStream": 30, "chat.startStream": 10, "chat.stopStream": 10}
STATUS = "assistant.threads.setStatus"
SETTLING_S = 2.0  # the checks that are made after the start
IDLE_S = 3.0
EARLY_S = 10.0  # refusals up to then teach how much Slack takes
LONGEST_S = 150.0  # that a run takes beyond the asking


@dataclass(frozen=True, slots=True)
class Load:
    """What is asked of whom. `bursts` is `slack` or a number for every method; `gap_s` lies between
    two shows at least; `cold`: nobody has asked anything before; `unlimited`: no rate limits,
    neither Slack's nor ours.
    """

    answers: int
    seconds: float = 12.0
    bursts: str = "slack"
    replicas: int = 1
    gap_s: float = 1.0
    cold: bool = False
    unlimited: bool = False
    streaming: str = "auto"

    @property
    def frames(self) -> int:
        return round(self.seconds / FRAME_S)

    @property
    def within_s(self) -> float:
        return 10.0 if self.unlimited else max(1.0, self.answers / 100)

    @property
    def channels(self) -> int:
        return 200 if self.unlimited else max(1, min(20, self.answers // 5))

    @property
    def true_bursts(self) -> Mapping[str, int]:
        if self.unlimited:
            return dict.fromkeys(PER_MINUTE, 10**6)
        if self.bursts == "slack":
            return {**SLACKS, "chat.postMessage": 5}
        size = int(self.bursts)
        return dict.fromkeys(PER_MINUTE, size) | {"chat.postMessage": min(size, 5)}

    @property
    def limits(self) -> Limits | None:
        if self.unlimited:
            return None
        burst = 20 if self.bursts == "slack" else int(self.bursts)
        posts = self.true_bursts["chat.postMessage"]
        return Limits(burst=burst, post_burst=posts, bursts=self.true_bursts)


@dataclass(slots=True)
class Cost:
    """Of all replicas together, and of this process."""

    at: float
    cpu_s: float
    lab_s: float
    reads: int
    peak_mb: float


async def measure(load: Load, tree: Path = ROOT) -> Run:
    """One run against the bridge of that checkout."""
    async with _opened(load, tree) as lab:
        took = await lab.start(load.replicas)
        lab.stage.slack.set_limits(load.limits)
        if not load.cold:
            await lab.warm_up()
        await asyncio.sleep(SETTLING_S)
        before = await lab.cost()
        await asyncio.sleep(IDLE_S)
        idle = await lab.cost()
        idle_mb = _memory_of(lab.replicas[0].process.pid, "VmRSS")
        own_reads = await lab.own_reads()
        async with lab.counted_commands() as commands:
            run = await lab.crowd(load.answers, FRAME_S)
        after = await lab.cost()
    share, count = (after.at - idle.at) / (idle.at - before.at), load.answers

    def above_idle(name: str) -> float:
        first, second, third = (getattr(cost, name) for cost in (before, idle, after))
        return float(third - second - share * (second - first)) / count

    apart = commands["beat"] + commands["depth"] + max(commands["take"] - count, 0)
    run.cpu_ms, run.lab_ms = above_idle("cpu_s") * 1000, above_idle("lab_s") * 1000
    run.redis = above_idle("reads")
    reads = after.reads - idle.reads - 2 * own_reads - apart
    run.redis_net = reads / count if commands else float("nan")
    run.peak_mb, run.idle_mb, run.ready_s = after.peak_mb, idle_mb, took
    run.idle_cpu = 100 * (idle.cpu_s - before.cpu_s) / (idle.at - before.at) / load.replicas
    return run


@asynccontextmanager
async def _opened(load: Load, tree: Path) -> AsyncIterator["Lab"]:
    binary = shutil.which("redis-server")
    assert binary, "needs a redis-server"
    with tempfile.TemporaryDirectory() as folder, RedisServer(binary, Path(folder)) as server:
        async with open_stage() as stage, Redis.from_url(server.url) as redis:
            stage.environment |= {
                "PYTHONPATH": str(tree),
                "REDIS_URL": server.url,
                "BRIDGE_EDIT_INTERVAL_S": str(load.gap_s),
                "BRIDGE_EDIT_INTERVAL_MAX_S": str(max(load.gap_s, 3)),
                "BRIDGE_STREAMING": load.streaming,
            }
            yield Lab(stage, redis, load, tree)


@dataclass(slots=True)
class Lab:
    stage: Stage
    redis: Redis
    load: Load
    tree: Path
    replicas: list[BridgeProcess] = field(default_factory=list)

    async def start(self, replicas: int) -> float:
        """Seconds until the last of them was ready."""
        loop, took = asyncio.get_running_loop(), 0.0
        program = ["-m", "bridge", "serve"]
        if self.load.unlimited:
            program = [str(self.tree / "bench" / "serve_unlimited.py")]
        for _ in range(replicas):
            began = loop.time()
            process = await BridgeProcess.start(
                self.stage.environment, root=self.tree, program=program
            )
            self.stage.stack.push_async_callback(process.end)
            await ready(process.port)
            took = loop.time() - began
            self.replicas.append(process)
        self.stage.slack.request_url = events_url(self.replicas[0].port)
        return took

    async def warm_up(self) -> None:
        """One answer, and then everything has rested."""
        await self.crowd(1, 0.01)
        self.stage.slack.set_limits(self.load.limits)
        await self.redis.delete(*await self.redis.keys("*bucket*"), "none")

    async def cost(self) -> Cost:
        pids = [one.process.pid for one in self.replicas]
        return Cost(
            asyncio.get_running_loop().time(),
            sum(map(_cpu_of, pids)),
            _cpu_of(os.getpid()),
            (await self.redis.info("stats"))["total_reads_processed"],
            max(_memory_of(pid, "VmHWM") for pid in pids),
        )

    @asynccontextmanager
    async def counted_commands(self) -> AsyncIterator[Counter[str]]:
        """How often each operation of the mailboxes ran; empty for crowds that this would slow
        down, and for bridges with other scripts.
        """
        counted: Counter[str] = Counter()
        if self.load.answers > 50:
            yield counted
            return
        names = {script.digest: name for name, (_, script) in operations("mailbox").items()}

        async def count() -> None:
            async with self.redis.monitor() as monitor:
                async for seen in monitor.listen():
                    parts = seen["command"].split()
                    if parts[0].upper() == "EVALSHA" and parts[1] in names:
                        counted[names[parts[1]]] += 1

        counting = asyncio.create_task(count())
        await asyncio.sleep(0.1)
        try:
            yield counted
        finally:
            counting.cancel()

    async def own_reads(self) -> int:
        """How often this laboratory itself asks for a measurement."""
        before = await self.cost()
        async with self.counted_commands():
            pass
        return (await self.cost()).reads - before.reads

    async def crowd(self, count: int, frame_s: float) -> Run:
        """Ask so often, and wait for all answers."""
        load, slack, beebot = self.load, self.stage.slack, self.stage.beebot
        loop, ports = asyncio.get_running_loop(), [one.port for one in self.replicas]
        text = "The answer grows a little by each frame. " * load.frames
        text = text[: load.frames * FRAME_CHARS].strip()
        beebot.default(typed(text, step=FRAME_CHARS, delay_s=frame_s))
        rooms = self._furnish(load.channels)
        turns: dict[str, Turn] = {}
        places: dict[str, tuple[str, str, float]] = {}
        first_call, began = len(slack.calls), loop.time()

        async def ask(number: int) -> None:
            await asyncio.sleep(load.within_s * number / count)
            slack.request_url = events_url(ports[number % len(ports)])
            asked_at, room = loop.time(), rooms[number % len(rooms)]
            question = f"question {first_call} {number}"
            root = await slack.post(room, U_ALICE, f"<@{BOT_USER}> {question}")
            places[question] = (room, root, asked_at)

        def is_whole(room: str, root: str, _asked_at: float) -> bool:
            return self.stage.texts(room, root) == [text]

        asking = asyncio.gather(*(ask(number) for number in range(count)))
        is_over = False
        while not is_over and loop.time() - began < load.within_s + LONGEST_S:
            await asyncio.sleep(0.1)
            turns |= {one.question.utterance: one for one in beebot.running}
            is_over = asking.done() and not beebot.running and len(turns) >= count
            is_over = is_over and all(is_whole(*place) for place in places.values())
        await asking
        shown = [
            self._look(turns[question], *place)
            for question, place in places.items()
            if question in turns and is_whole(*place)
        ]
        calls = slack.calls[first_call:]
        refused = [call for call in calls if call.status == 429]
        return Run(
            count,
            shown,
            load.true_bursts,
            len(calls),
            Counter(call.method for call in refused),
            sum(call.at - began >= EARLY_S for call in refused),
        )

    def _furnish(self, count: int) -> Sequence[str]:
        rooms = [f"C0PACE{number:04d}" for number in range(count)]
        for room in rooms:
            people = {U_ALICE, U_BOB, BOT_USER}
            channel = Channel(room, room.lower(), "channel", people)
            self.stage.slack.workspace.channels.setdefault(room, channel)
        return rooms

    def _look(self, turn: Turn, room: str, root: str, asked_at: float) -> Shown:
        (message,) = self.stage.replies(room, root)
        texts = zip(turn.times, turn.written, strict=True)
        sent = [(at, len(frame.text)) for at, frame in texts if frame.text]
        asker = distinct([(at, len(shown)) for at, shown in message.history])
        others = [asker[0], asker[-1]] if message.stream and len(asker) > 1 else asker
        bucket = ("chat.update", "") if len(asker) > 1 else ("chat.postMessage", room)
        statuses = (
            call.at
            for call in self.stage.slack.calls
            if call.method == STATUS and call.args.get("thread_ts") == root
        )
        return Shown(
            sent,
            asker,
            others,
            next(statuses, asked_at) - asked_at,
            ("chat.stopStream", "") if message.stream else bucket,
        )


def _cpu_of(pid: int) -> float:
    fields: Any = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8").rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / TICKS


def _memory_of(pid: int, name: str) -> float:
    lines = Path(f"/proc/{pid}/status").read_text(encoding="utf-8").splitlines()
    return next(int(line.split()[1]) / 1024 for line in lines if line.startswith(name))
