"""Many answers at once: how late the text is, what it costs, and whether all of it arrives.

    python bench/answers.py --answers 200 --seconds 3

Both emulators run in this process, the bridge in one of its own (`--redis URL`, else its
in-process store), so the bridge's CPU and memory are its own.
"""

import argparse
import asyncio
import os
import statistics
from pathlib import Path

from bridge.emulators.beebot import typed
from bridge.emulators.beebot.turns import Turn
from bridge.emulators.slack.fixtures import BOT_USER, C_GENERAL, C_RANDOM, U_ALICE
from tests.e2e.stage import BridgeProcess, Stage, open_stage

TICKS = os.sysconf("SC_CLK_TCK")


def cpu_s(pid: int) -> float:
    fields = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8").rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / TICKS


def memory_mb(pid: int, field: str) -> float:
    lines = Path(f"/proc/{pid}/status").read_text(encoding="utf-8").splitlines()
    return next(int(line.split()[1]) / 1024 for line in lines if line.startswith(field))


def spread(values: list[float], unit: str = "ms", factor: float = 1000) -> str:
    ordered = sorted(value * factor for value in values)
    p95 = ordered[min(int(len(ordered) * 0.95), len(ordered) - 1)]
    return (
        f"median {statistics.median(ordered):7.1f} {unit}   p95 {p95:7.1f}   max {ordered[-1]:7.1f}"
    )


async def run(arguments: argparse.Namespace) -> None:
    async with open_stage() as stage:
        if arguments.redis:
            stage.environment["REDIS_URL"] = arguments.redis
        stage.environment |= {
            "BRIDGE_EDIT_INTERVAL_S": "1",
            "BRIDGE_EDIT_INTERVAL_MAX_S": "3",
        }
        bridge = await start(stage)
        await measure(stage, bridge, arguments)


async def start(stage: Stage) -> BridgeProcess:
    began = asyncio.get_running_loop().time()
    bridge = await stage.start_bridge()
    print(f"start to ready   {asyncio.get_running_loop().time() - began:.2f} s")
    print(f"memory idle      {memory_mb(bridge.process.pid, 'VmRSS'):.0f} MB")
    return bridge


async def measure(stage: Stage, bridge: BridgeProcess, arguments: argparse.Namespace) -> None:
    loop, pid, count = asyncio.get_running_loop(), bridge.process.pid, arguments.answers
    text = ("The answer grows a little with every frame. " * 200)[: int(arguments.seconds * 200)]
    frames = int(arguments.seconds * 10)
    stage.beebot.default(typed(text, step=max(len(text) // frames, 1), delay_s=0.1))
    warm = await stage.slack.post(C_GENERAL, U_ALICE, f"<@{BOT_USER}> warm up")
    await stage.slack.until(lambda: stage.texts(C_GENERAL, warm) == [text.strip()], timeout_s=60)
    calls, cpu, began = len(stage.slack.calls), cpu_s(pid), loop.time()
    questions, deliveries = len(stage.beebot.questions), len(stage.slack.deliveries)
    places = [(C_GENERAL, C_RANDOM)[number % 2] for number in range(count)]
    roots = await post(stage, places, arguments.rate)
    asked = lambda: len(stage.beebot.questions) >= questions + count  # noqa: E731
    await stage.beebot.until(asked, timeout_s=60)
    turns = list(stage.beebot.running)
    waiting = set(roots)
    while waiting:
        await stage.beebot.until(lambda: not stage.beebot.running, timeout_s=300)
        waiting = {root for root in waiting if stage.texts(*root) != [text.strip()]}
        await asyncio.sleep(0.05)
        if loop.time() - began > arguments.seconds * 10 + 60:
            print(f"INCOMPLETE       {len(waiting)} of {count}")
            break
    took = loop.time() - began
    print(
        f"ack              {spread([one.elapsed_s for one in stage.slack.deliveries[deliveries:]])}"
    )
    report(stage, roots, turns)
    print(f"all complete     {took:.1f} s after the first question")
    print(f"slack calls      {(len(stage.slack.calls) - calls) / count:.1f} an answer")
    print(f"bridge cpu       {(cpu_s(pid) - cpu) / count * 1000:.1f} ms an answer")
    print(f"memory peak      {memory_mb(pid, 'VmHWM'):.0f} MB")


async def post(stage: Stage, places: list[str], rate: float) -> list[tuple[str, str]]:
    roots = []
    for number, place in enumerate(places):
        text = f"<@{BOT_USER}> question {number}"
        roots.append((place, await stage.slack.post(place, U_ALICE, text)))
        await asyncio.sleep(1 / rate)
    return roots


def report(stage: Stage, roots: list[tuple[str, str]], turns: list[Turn]) -> None:
    """How long after Beebot wrote them the first and the last text stood in Slack."""
    first = {turn.question.utterance: first_text_at(turn) for turn in turns}
    last = {turn.question.utterance: turn.times[-1] for turn in turns}
    shown = {
        f"question {number}": stage.replies(*root)[0].history for number, root in enumerate(roots)
    }
    print(f"first text late  {spread([shown[name][0][0] - first[name] for name in first])}")
    print(f"final text late  {spread([shown[name][-1][0] - last[name] for name in last])}")


def first_text_at(turn: Turn) -> float:
    return next(at for at, frame in zip(turn.times, turn.written, strict=True) if frame.text)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--answers", type=int, default=1)
    parser.add_argument("--seconds", type=float, default=3.0)
    parser.add_argument("--rate", type=float, default=2000, help="questions a second")
    parser.add_argument("--redis", default="")
    asyncio.run(run(parser.parse_args()))
