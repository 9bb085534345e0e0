"""What was measured, as the tables of `docs/performance.md`: Markdown, to be pasted there."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from bench.lab import Load
from bench.oracle import best
from bench.targets import Targets

WORDS = {
    "status": "status", "first": "first text, p50", "first95": "first text, p95",
    "asker": "staleness of the asker", "others": "staleness of others", "end": "end late, p50",
    "end95": "end late, p95", "over": "over", "lost": "lost", "refused": "refused",
    "late%": "refused after 10 s, %", "calls": "calls", "cpu": "CPU", "net": "round trips",
    "peak": "peak memory", "idle": "idle memory", "idle%": "idle CPU, %", "ready": "ready",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Measured:
    """A load, the medians of its runs by the columns of `pace.py`, and what was to be reached."""

    load: Load
    medians: Mapping[str, float]
    targets: Targets

    def told(self, name: str, form: str = ".0f") -> str:
        """Bold where the target is missed."""
        written = format(self.medians[name], form)
        return f"**{written}**" if name in self.missed else written

    @property
    def missed(self) -> Sequence[str]:
        return [name for name, most in self.targets.items() if self.medians[name] > most + 0.005]

    @property
    def at_once(self) -> str:
        load = self.load
        parts = [f"{load.answers:,}"]
        parts += [f"for {load.seconds:g} s"] * (load.seconds != 12)
        parts += [f"{load.replicas} replicas"] * (load.replicas > 1)
        return ", ".join(parts)

    @property
    def oracle(self) -> str:
        load = self.load
        if load.unlimited or load.answers == 1:
            return "–"
        bests = (
            best(load.answers, load.true_bursts, load.frames, streams=streams)
            for streams in (False, True)
        )
        return " / ".join(f"{one.staleness_s:.2f}" for one in bests)

    @property
    def title(self) -> str:
        parts = [self.at_once]
        parts += [f"no limits, gap {self.load.gap_s:g} s"] * self.load.unlimited
        parts += [f"bursts of {self.load.bursts}"] * self.load.cold
        return ", ".join(parts)


Column = Callable[[Measured], str]


def plain(name: str, form: str = ".0f") -> Column:
    return lambda one: one.told(name, form)


def pair(first: str, second: str, form: str = ",.0f") -> Column:
    return lambda one: f"{one.told(first, form)} / {one.told(second, form)}"


def refused(one: Measured) -> str:
    return f"{one.told('refused')} of {one.medians['calls'] * one.load.answers:.0f}"


UNDER_LIMITS: Mapping[str, Column] = {
    "at once": lambda one: one.at_once,
    "status": plain("status"),
    "first text, p50 / p95": pair("first", "first95"),
    "staleness: asker / others": pair("asker", "others", ".2f"),
    "oracle: edits / streams, too": lambda one: one.oracle,
    "versions": plain("versions", ".1f"),
    "end late, p50 / p95": pair("end", "end95"),
    "refused": refused,
    "calls": plain("calls", ".1f"),
    "CPU": plain("cpu", ".1f"),
    "Redis": plain("net", ".1f"),
}
WRONG_BURSTS: Mapping[str, Column] = {
    "bursts": lambda one: one.load.bursts,
    "at once": lambda one: one.at_once,
    "staleness: asker / others": pair("asker", "others", ".2f"),
    "oracle: edits / streams, too": lambda one: one.oracle,
    "refused": refused,
    "after 10 s, %": plain("late%", ".1f"),
    "end late, p95": plain("end95", ",.0f"),
    "over": plain("over", ".1f"),
}
WITHOUT_LIMITS: Mapping[str, Column] = {
    "at once": lambda one: one.at_once,
    "gap": lambda one: f"{one.load.gap_s:g} s",
    "versions": plain("versions", ".1f"),
    "first text, p95": plain("first95"),
    "end late, p95": plain("end95"),
    "CPU": plain("cpu", ".1f"),
    "peak memory": lambda one: f"{one.told('peak')} MB",
}


def tables(lines: Sequence[Measured]) -> Iterator[str]:
    """Those that have a row, what holds for every run, and what was missed."""
    cold = [one for one in lines if one.load.cold]
    free = [one for one in lines if one.load.unlimited]
    warm = [one for one in lines if not (one.load.cold or one.load.unlimited)]
    for heading, columns, rows in (
        ("Under Slack's limits", UNDER_LIMITS, warm),
        ("Without limits", WITHOUT_LIMITS, free),
        ("Where Slack takes fewer calls at once than is guessed", WRONG_BURSTS, cold),
    ):
        if rows:
            yield f"\n### {heading}\n"
            yield from table(columns, rows)
    idle, share, ready = (
        span([one.medians[name] for one in lines], form)
        for name, form in (("idle", ".0f"), ("idle%", ".2f"), ("ready", ".1f"))
    )
    lost = sum(one.medians["lost"] for one in lines)
    yield f"\nIdle: {idle} MB, {share} % of a core; ready after {ready} s; lost: {lost:.0f}."
    yield "\nMissed:\n"
    for one in lines:
        if one.missed:
            values = (
                f"{WORDS[name]} {one.medians[name]:.4g} ({one.targets[name]:g})"
                for name in one.missed
            )
            yield f"- *{one.title}*: {', '.join(values)}"


def table(columns: Mapping[str, Column], rows: Sequence[Measured]) -> Iterator[str]:
    yield f"| {' | '.join(columns)} |"
    yield "|" + "---|" * len(columns)
    for one in rows:
        yield f"| {' | '.join(column(one) for column in columns.values())} |"


def span(values: Sequence[float], form: str) -> str:
    least, most = format(min(values), form), format(max(values), form)
    return least if least == most else f"{least} to {most}"
