"""Answers that grow side by side in one workspace: what askers see, what others see, what it costs.

    python bench/pace.py                             # 1, 5 and 20 at once
    python bench/pace.py --answers 2 10 50 --repeats 3
    python bench/pace.py --bursts 1 --cold           # Slack takes one call at once, nobody knows
    python bench/pace.py --answers 200 1000 --unlimited
    python bench/pace.py --tree ../before            # the same with another checkout's bridge

Limits are Slack's, with true bursts as `--bursts` says: `slack` are edits 20, appends 30, starts
and stops 10, posts 5; a number is for every method. An answer has 60 frames of about 40 characters,
one each 0.2 s (15 where it is alone). N answers are asked within max(1, N/100) s over
max(1, min(20, N//5)) channels; with `--unlimited`, within 10 s over 200.

Staleness is the mean age of the oldest text that Beebot has sent and that cannot be seen yet, from
the first text to the end. *Asker* and *others* differ where an answer streams in a channel: others
see its first piece, and then the whole. The oracle (`oracle.py`) knows limits and ends beforehand.
CPU is the bridge's own, what it takes when idle subtracted; Redis is asked how often it was read
from, in the same way.
"""

import argparse
import asyncio
import os
import shutil
import statistics
import tempfile
from collections import Counter
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path

from redis.asyncio import Redis

from bench.oracle import best, staleness
from bridge.emulators.beebot import typed
from bridge.emulators.beebot.turns import Turn
from bridge.emulators.slack import Limits
from bridge.emulators.slack.seed import BOT_USER, U_ALICE, U_BOB
from bridge.emulators.slack.web_api import Call
from bridge.emulators.slack.workspace import Channel
from tests.conftest import RedisServer
from tests.e2e.stage import ROOT, BridgeProcess, Stage, events_url, open_stage, ready

TICKS = os.sysconf("SC_CLK_TCK")
FRAME_S, FRAME_CHARS = 0.2, 40
SLACKS = {
    "chat.update": 20,
    "chat.appendStream": 30,
    "chat.startStream": 10,
    "chat.stopStream": 10,
}
STATUS = "assistant.threads.setStatus"
IDLE_S = 3.0
EARLY_S = 10.0  # refusals up to then teach how much Slack takes


@dataclass(frozen=True, slots=True)
class Shown:
    """One answer: when Beebot sent how many characters, and who saw how many of them when."""

    sent: Sequence[tuple[float, int]]
    asker: Sequence[tuple[float, int]]
    others: Sequence[tuple[float, int]]
    status_s: float

    @property
    def first_s(self) -> float:
        return self.asker[0][0] - self.sent[0][0]

    @property
    def end_s(self) -> float:
        return self.asker[-1][0] - self.sent[-1][0]

    def staleness(self, seen: Sequence[tuple[float, int]]) -> float:
        frames = [at for at, _ in self.sent]
        lengths = [length for _, length in self.sent]
        steps = [(at, sum(length <= size for length in lengths)) for at, size in seen]
        return staleness(frames, steps)


@dataclass(slots=True)
class Cost:
    """Of all replicas together."""

    cpu_s: float = 0.0
    reads: int = 0
    peak_mb: float = 0.0
    at: float = 0.0


@dataclass(slots=True)
class Run:
    answers: int
    shown: list[Shown]
    burst: str = ""
    replicas: int = 1
    lost: int = 0
    calls: int = 0
    refused_early: Counter[str] = field(default_factory=Counter)
    refused_late: Counter[str] = field(default_factory=Counter)
    cpu_ms: float = 0.0
    reads: float = 0.0
    peak_mb: float = 0.0
    idle_mb: float = 0.0
    ready_s: float = 0.0

    def row(self) -> dict[str, float]:
        first = [one.first_s * 1000 for one in self.shown]
        end = [one.end_s * 1000 for one in self.shown]
        status = [one.status_s * 1000 for one in self.shown]
        refused = self.refused_early.total() + self.refused_late.total()
        return {
            "status": quantile(status, 0.5),
            "first": quantile(first, 0.5),
            "first p95": quantile(first, 0.95),
            "asker": statistics.fmean(one.staleness(one.asker) for one in self.shown),
            "others": statistics.fmean(one.staleness(one.others) for one in self.shown),
            "versions": statistics.fmean(len(one.asker) for one in self.shown),
            "fewest": min(len(one.asker) for one in self.shown),
            "end": quantile(end, 0.5),
            "end p95": quantile(end, 0.95),
            "lost": self.lost,
            "refused": refused,
            "late%": 100 * self.refused_late.total() / self.calls,
            "calls": self.calls / self.answers,
            "cpu": self.cpu_ms,
            "redis": self.reads,
            "peak": self.peak_mb,
            "idle": self.idle_mb,
            "ready": self.ready_s,
        }


def quantile(values: Sequence[float], share: float) -> float:
    ordered = sorted(values) or [float("nan")]
    return ordered[min(int(len(ordered) * share), len(ordered) - 1)]


def limits_of(burst: str) -> Limits:
    if burst == "slack":
        return Limits(burst=20, post_burst=5, bursts=SLACKS)
    return Limits(burst=int(burst), post_burst=min(int(burst), 5))


def cpu_of(pid: int) -> float:
    fields = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8").rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / TICKS


def memory_of(pid: int, name: str) -> float:
    lines = Path(f"/proc/{pid}/status").read_text(encoding="utf-8").splitlines()
    return next(int(line.split()[1]) / 1024 for line in lines if line.startswith(name))


class Bench:
    """Emulators, a Redis and replicas of the bridge, fresh for each run."""

    def __init__(self, stage: Stage, redis: Redis, given: argparse.Namespace) -> None:
        self.stage = stage
        self.redis = redis
        self.given = given
        self.replicas: list[BridgeProcess] = []

    async def start(self, replicas: int) -> float:
        """Seconds until the last of them was ready."""
        took = 0.0
        for _ in range(replicas):
            began = asyncio.get_running_loop().time()
            program = (
                [str(ROOT / "bench/serve_unlimited.py")]
                if self.given.unlimited
                else ["-m", "bridge", "serve"]
            )
            process = await BridgeProcess.start(
                self.stage.environment, root=self.given.tree, program=program
            )
            self.stage.stack.push_async_callback(process.end)
            await ready(process.port)
            took = asyncio.get_running_loop().time() - began
            self.replicas.append(process)
        self.stage.slack.request_url = events_url(self.replicas[0].port)
        return took

    def make_workspace(self, count: int) -> list[str]:
        rooms = [f"C0PACE{number:04d}" for number in range(count)]
        for room in rooms:
            people = {U_ALICE, U_BOB, BOT_USER}
            self.stage.slack.workspace.channels[room] = Channel(
                room, room.lower(), "channel", people
            )
        return rooms

    async def cost(self) -> Cost:
        reads = (await self.redis.info("stats"))["total_reads_processed"]
        pids = [one.process.pid for one in self.replicas]
        return Cost(
            sum(map(cpu_of, pids)),
            reads,
            max(memory_of(pid, "VmHWM") for pid in pids),
            asyncio.get_running_loop().time(),
        )

    async def crowd(self, rooms: Sequence[str], within_s: float, text: str) -> Run:
        """Ask once for each of `rooms`, which may repeat, and wait for all answers."""
        slack, beebot, count = self.stage.slack, self.stage.beebot, len(rooms)
        loop = asyncio.get_running_loop()
        ports = [one.port for one in self.replicas]
        turns: dict[str, Turn] = {}
        places: dict[str, tuple[str, str, float]] = {}
        first_call, began = len(slack.calls), loop.time()

        async def ask(number: int) -> None:
            await asyncio.sleep(within_s * number / count)
            slack.request_url = events_url(ports[number % len(ports)])
            asked_at = loop.time()
            question = f"question {first_call} {number}"
            root = await slack.post(rooms[number], U_ALICE, f"<@{BOT_USER}> {question}")
            places[question] = (rooms[number], root, asked_at)

        asking = asyncio.gather(*(ask(number) for number in range(count)))
        is_over = False
        while not is_over and loop.time() - began < within_s + 150:
            await asyncio.sleep(0.1)
            turns |= {one.question.utterance: one for one in beebot.running}
            is_over = asking.done() and not beebot.running and len(turns) >= count
            is_over = is_over and all(self.is_whole(*place, text) for place in places.values())
        await asking
        shown = [
            self.look(turns[question], *place)
            for question, place in places.items()
            if question in turns and self.is_whole(*place, text)
        ]
        return counted(Run(count, shown), slack.calls[first_call:], began)

    def is_whole(self, room: str, root: str, _asked_at: float, text: str) -> bool:
        return self.stage.texts(room, root) == [text]

    def look(self, turn: Turn, room: str, root: str, asked_at: float) -> Shown:
        (message,) = self.stage.replies(room, root)
        texts = zip(turn.times, turn.written, strict=True)
        sent = [(at, len(frame.text)) for at, frame in texts if frame.text]
        asker = distinct([(at, len(shown)) for at, shown in message.history])
        others = [asker[0], asker[-1]] if message.stream and len(asker) > 1 else asker
        statuses = (
            call.at
            for call in self.stage.slack.calls
            if call.method == STATUS and call.args.get("thread_ts") == root
        )
        return Shown(sent, asker, others, next(statuses, asked_at) - asked_at)


def counted(run: Run, calls: Sequence[Call], began: float) -> Run:
    run.lost, run.calls = run.answers - len(run.shown), len(calls)
    for call in calls:
        if call.status == 429:
            refused = run.refused_early if call.at - began < EARLY_S else run.refused_late
            refused[call.method] += 1
    return run


def distinct(versions: Sequence[tuple[float, int]]) -> list[tuple[float, int]]:
    """Without those that brought no text, as what comes under it at the end."""
    kept = list(versions[:1])
    kept += [one for before, one in pairwise(versions) if one[1] > before[1]]
    return kept


@asynccontextmanager
async def opened(given: argparse.Namespace) -> AsyncIterator[Bench]:
    binary = shutil.which("redis-server")
    assert binary, "needs a redis-server"
    with tempfile.TemporaryDirectory() as folder, RedisServer(binary, Path(folder)) as server:
        async with open_stage() as stage, Redis.from_url(server.url) as redis:
            stage.environment |= {
                "REDIS_URL": server.url,
                "BRIDGE_EDIT_INTERVAL_S": given.gap,
                "BRIDGE_EDIT_INTERVAL_MAX_S": str(max(float(given.gap), 3)),
                "BRIDGE_STREAMING": given.streaming,
            }
            yield Bench(stage, redis, given)


async def measure(answers: int, burst: str, replicas: int, given: argparse.Namespace) -> Run:
    frames = given.frames or (15 if answers == 1 else 60)
    text = ("The answer grows a little by each frame. " * frames)[: frames * FRAME_CHARS].strip()
    async with opened(given) as bench:
        bench.stage.slack.set_limits(None if given.unlimited else limits_of(burst))
        took = await bench.start(replicas)
        if not given.cold:
            bench.stage.beebot.default(typed(text, step=FRAME_CHARS, delay_s=0.01))
            (room,) = bench.make_workspace(1)
            await bench.crowd([room], 0.0, text)
            if not given.unlimited:
                bench.stage.slack.set_limits(limits_of(burst))  # rested
                await bench.redis.delete(*await bench.redis.keys("*bucket*"), "none")  # ours, too
        before = await bench.cost()
        await asyncio.sleep(IDLE_S)
        idle = await bench.cost()
        idle_mb = memory_of(bench.replicas[0].process.pid, "VmRSS")
        bench.stage.beebot.default(typed(text, step=FRAME_CHARS, delay_s=FRAME_S))
        rooms = bench.make_workspace(200 if given.unlimited else max(1, min(20, answers // 5)))
        places = [rooms[number % len(rooms)] for number in range(answers)]
        within_s = 10.0 if given.unlimited else max(1.0, answers / 100)
        run = await bench.crowd(places, within_s, text)
        after = await bench.cost()
        share = (after.at - idle.at) / (idle.at - before.at)
        run.burst, run.replicas, run.ready_s, run.idle_mb = burst, replicas, took, idle_mb
        run.peak_mb = after.peak_mb
        run.cpu_ms = (after.cpu_s - idle.cpu_s - share * (idle.cpu_s - before.cpu_s)) / answers
        run.cpu_ms *= 1000
        run.reads = (after.reads - idle.reads - share * (idle.reads - before.reads)) / answers
        return run


COLUMNS = {
    "status": "{:6.0f}", "first": "{:6.0f}", "first p95": "{:9.0f}", "asker": "{:5.2f}",
    "others": "{:6.2f}", "versions": "{:8.1f}", "fewest": "{:6.0f}", "end": "{:6.0f}",
    "end p95": "{:7.0f}", "lost": "{:4.0f}", "refused": "{:7.0f}", "late%": "{:5.1f}",
    "calls": "{:5.1f}", "cpu": "{:5.1f}", "redis": "{:5.1f}", "peak": "{:4.0f}",
    "idle": "{:4.0f}", "ready": "{:5.2f}",
}  # fmt: skip


def tell(runs: Sequence[Run], given: argparse.Namespace) -> None:
    """The median of each column."""
    rows = [run.row() for run in runs]
    cells = {name: statistics.median(row[name] for row in rows) for name in COLUMNS}
    line = " ".join(form.format(cells[name]) for name, form in COLUMNS.items())
    one = runs[0]
    told = ""
    if not given.unlimited and one.answers > 1 and not given.frames:
        sizes = SLACKS | {"chat.postMessage": 5} if one.burst == "slack" else int(one.burst)
        edits, mixed = best(one.answers, sizes, streams=False), best(one.answers, sizes)
        told = f"   {edits.told()} | {mixed.told()}"
    print(f"{one.answers:5d} {one.burst:>5} {one.replicas:4d} {line}{told}", flush=True)
    refused = sum((run.refused_early + run.refused_late for run in runs), Counter[str]())
    if refused:
        print(f"      refused in {len(runs)} runs: {dict(refused)}", flush=True)


async def main(given: argparse.Namespace) -> None:
    heads = " ".join(name.rjust(len(form.format(0))) for name, form in COLUMNS.items())
    print("times in ms, staleness (asker, others, oracle) in s, memory in MB; medians")
    print(f"    N burst reps {heads}   oracle: edits | with streams", flush=True)
    for burst in given.bursts:
        for replicas in given.replicas:
            for answers in given.answers:
                runs = [
                    await measure(answers, burst, replicas, given) for _ in range(given.repeats)
                ]
                tell(runs, given)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--answers", type=int, nargs="+", default=[1, 5, 20])
    parser.add_argument("--bursts", nargs="+", default=["slack"], help="slack, or a number")
    parser.add_argument("--replicas", type=int, nargs="+", default=[1])
    parser.add_argument("--repeats", type=int, default=1)
    parser.add_argument("--frames", type=int, default=0)
    parser.add_argument("--gap", default="1", help="seconds between two shows at least")
    parser.add_argument("--streaming", default="auto")
    parser.add_argument("--cold", action="store_true", help="nobody has asked anything yet")
    parser.add_argument("--unlimited", action="store_true", help="neither Slack's limits nor ours")
    parser.add_argument("--tree", type=Path, default=ROOT, help="the checkout whose bridge runs")
    asyncio.run(main(parser.parse_args()))
