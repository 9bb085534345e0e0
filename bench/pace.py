"""Answers that grow side by side in one workspace: what askers see, what others see, what it costs.

    .venv/bin/python bench/pace.py  # 1, 5 and 20 at once
    .venv/bin/python bench/pace.py --table  # all that has a target, and more
    .venv/bin/python bench/pace.py --quick  # each target once, in four minutes
    .venv/bin/python bench/pace.py --table --markdown  # and the tables of docs/performance.md
    .venv/bin/python bench/pace.py --answers 2 10 50 --repeats 3
    .venv/bin/python bench/pace.py --answers 5 --seconds 6 40  # answers of other lengths
    .venv/bin/python bench/pace.py --bursts 1 --cold  # Slack takes one call at once, nobody knows
    .venv/bin/python bench/pace.py --answers 200 1000 --unlimited --gap 5
    .venv/bin/python bench/pace.py --before ../before  # the same with another checkout, in turns

Limits are Slack's, with true bursts as `--bursts` says: `slack` are edits 20, appends 30, starts
and stops 10, posts 5; a number is for every method. An answer has a frame of about 40 characters
each 0.2 s, for 12 s (3 s where it is alone). N answers are asked within max(1, N/100) s over
max(1, min(20, N//5)) channels; with `--unlimited`, within 10 s over 200.

Staleness (`asker`, `others`, in s) is the mean age of the oldest text that Beebot has sent and that
cannot be seen yet, from the first text to the end. *Asker* and *others* differ where an answer
streams in a channel: others see its first piece, and then the whole. The oracle (`oracle.py`) knows
limits and ends beforehand. `over` is how many seconds later than the limits force an end came.
`cpu` (the bridge) and `lab` (the emulators) are ms for an answer, what is used when idle
subtracted; `redis` are round trips for an answer, `net` those without beats, look-ups of the worker
that found nothing, and gauges. Other times are in ms, memory in MB. All are medians of the runs.
"""

import argparse
import asyncio
import statistics
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from itertools import product
from pathlib import Path

import uvloop

from bench.answers import Run
from bench.lab import Load, measure
from bench.oracle import best
from bench.tables import Measured, tables
from bench.targets import Targets, targets_of
from tests.e2e.stage import ROOT

COLUMNS = {
    "status": "{:6.0f}", "first": "{:6.0f}", "first95": "{:7.0f}", "asker": "{:5.2f}",
    "others": "{:6.2f}", "versions": "{:8.1f}", "fewest": "{:6.0f}", "end": "{:5.0f}",
    "end95": "{:6.0f}", "over": "{:5.1f}", "lost": "{:4.0f}", "refused": "{:7.0f}",
    "late%": "{:5.1f}", "calls": "{:5.1f}", "cpu": "{:5.1f}", "lab": "{:5.1f}",
    "redis": "{:5.1f}", "net": "{:5.1f}", "peak": "{:4.0f}", "idle": "{:4.0f}",
    "idle%": "{:5.2f}", "ready": "{:5.2f}",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Cell:
    """A line of the table; a target is the most that is good."""

    load: Load
    repeats: int = 1
    targets: Targets = field(default_factory=dict)

    @property
    def title(self) -> str:
        load = self.load
        parts = [f"{load.answers} at once", f"{load.seconds:g} s"]
        parts.append(f"no limits, gap {load.gap_s:g} s" if load.unlimited else load.bursts)
        parts += ["cold"] * load.cold + [f"{load.replicas} replicas"] * (load.replicas > 1)
        return ", ".join(parts)


def cell(load: Load, repeats: int = 1) -> Cell:
    return Cell(load, repeats, targets_of(load))


def alike(answers: int, **terms: object) -> Load:
    return replace(Load(answers, 3.0 if answers == 1 else 12.0), **terms)


def with_targets(repeats: int) -> Iterator[Cell]:
    yield from (cell(alike(answers), repeats) for answers in (1, 5, 10, 20, 50))
    yield cell(alike(200, unlimited=True, gap_s=12), repeats)
    yield cell(alike(200, unlimited=True, gap_s=1.7), repeats)
    yield cell(alike(1000, unlimited=True, gap_s=6), repeats)
    yield cell(alike(20, replicas=3), repeats)
    yield from (cell(alike(answers, bursts="1", cold=True)) for answers in (1, 20))


def whole_table(repeats: int) -> Iterator[Cell]:
    yield from with_targets(repeats)
    yield cell(alike(5, replicas=3), repeats)
    yield from (cell(alike(answers, bursts="1", cold=True)) for answers in (5, 50))
    yield from (cell(alike(5, seconds=seconds)) for seconds in (6, 40))
    yield from (cell(alike(20, seconds=seconds)) for seconds in (6, 40))
    sizes = [(5, "5"), (20, "5"), (5, "10"), (20, "10")]
    yield from (cell(alike(answers, bursts=size, cold=True)) for answers, size in sizes)


def chosen(given: argparse.Namespace) -> Iterator[Cell]:
    if given.table or given.quick:
        yield from whole_table(given.repeats) if given.table else with_targets(given.repeats)
        return
    terms = product(given.bursts, given.replicas, given.seconds or [0.0], given.answers)
    for bursts, replicas, seconds, answers in terms:
        load = alike(
            answers, bursts=bursts, replicas=replicas, gap_s=given.gap, cold=given.cold,
            unlimited=given.unlimited, streaming=given.streaming,
        )  # fmt: skip
        yield cell(replace(load, seconds=seconds or load.seconds), given.repeats)


async def tell(one: Cell, before: Path | None) -> Measured:
    """Measures the bridge of this checkout, and that of another one in turns with it."""
    runs: dict[Path, list[Run]] = {ROOT: [], **({before: []} if before else {})}
    for _ in range(one.repeats):
        for tree, found in runs.items():
            found.append(await measure(one.load, tree))
    print(f"\n{one.title}, {one.repeats} runs{oracle_of(one.load)}")
    medians = row_of(runs[ROOT])
    measured = Measured(one.load, medians, one.targets)
    print(" " * 7 + " ".join(head(name) for name in COLUMNS))
    print("now    " + " ".join(form.format(medians[name]) for name, form in COLUMNS.items()))
    if before:
        old = row_of(runs[before])
        print("before " + " ".join(form.format(old[name]) for name, form in COLUMNS.items()))
    print("target " + " ".join(target_of(one, name) for name in COLUMNS))
    if measured.missed:
        print(f"missed: {', '.join(measured.missed)}")
    if refused := sum((run.refused for run in runs[ROOT]), Counter[str]()):
        print(f"refused, of {sum(run.calls for run in runs[ROOT])} calls: {dict(refused)}")
    return measured


def row_of(runs: Sequence[Run]) -> dict[str, float]:
    rows = [run.row() for run in runs]
    return {name: statistics.median(row[name] for row in rows) for name in COLUMNS}


def oracle_of(load: Load) -> str:
    if load.unlimited or load.answers == 1:
        return ""
    edits, mixed = (
        best(load.answers, load.true_bursts, load.frames, streams=streams)
        for streams in (False, True)
    )
    return (
        f"; oracle: {edits.staleness_s:.2f} s with {edits.edited} edited, {mixed.staleness_s:.2f} s"
        f" with {mixed.edited} edited and {mixed.streamed} streamed"
    )


def head(name: str) -> str:
    return name.rjust(len(COLUMNS[name].format(0)))


def target_of(one: Cell, name: str) -> str:
    width = len(COLUMNS[name].format(0))
    return f"{one.targets[name]:g}".rjust(width) if name in one.targets else " " * width


async def main(given: argparse.Namespace) -> None:
    lines = [await tell(one, given.before) for one in chosen(given)]
    if given.markdown:
        print(*tables(lines), sep="\n")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--table", action="store_true", help="all that has a target, and more")
    parser.add_argument("--quick", action="store_true", help="all that has a target")
    parser.add_argument("--markdown", action="store_true", help="at the end all of it as tables")
    parser.add_argument("--answers", type=int, nargs="+", default=[1, 5, 20])
    parser.add_argument("--seconds", type=float, nargs="+", help="how long an answer grows")
    parser.add_argument("--bursts", nargs="+", default=["slack"], help="slack, or a number")
    parser.add_argument("--replicas", type=int, nargs="+", default=[1])
    parser.add_argument("--repeats", type=int, default=1)
    parser.add_argument("--gap", type=float, default=1.0, help="seconds between two shows at least")
    parser.add_argument("--streaming", default="auto")
    parser.add_argument("--cold", action="store_true", help="nobody has asked anything yet")
    parser.add_argument("--unlimited", action="store_true", help="neither Slack's limits nor ours")
    parser.add_argument("--before", type=Path, help="another checkout, whose bridge runs as well")
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(main(parser.parse_args()))
