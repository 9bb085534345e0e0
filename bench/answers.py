"""What a run has shown: when whose text could be seen, and what it cost."""

import statistics
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

from bench.oracle import PER_MINUTE, forced_times, staleness

Seen = Sequence[tuple[float, int]]  # since when how many characters can be seen


@dataclass(frozen=True, slots=True)
class Shown:
    """One answer: when Beebot sent how many characters, and who saw how many of them when.
    `end_bucket` is the limit that its last call counted for.
    """

    sent: Seen
    asker: Seen
    others: Seen
    status_s: float
    end_bucket: tuple[str, str]

    @property
    def first_s(self) -> float:
        return self.asker[0][0] - self.sent[0][0]

    @property
    def end_s(self) -> float:
        return self.asker[-1][0] - self.sent[-1][0]

    def staleness(self, seen: Seen) -> float:
        frames = [at for at, _ in self.sent]
        lengths = [length for _, length in self.sent]
        steps = [(at, sum(length <= size for length in lengths)) for at, size in seen]
        return staleness(frames, steps)


@dataclass(slots=True)
class Run:
    """Costs are for an answer: CPU of all replicas and of the emulators in ms, round trips to
    Redis, `redis_net` without beats, look-ups of the worker that found nothing, and gauges.
    """

    answers: int
    shown: list[Shown]
    bursts: Mapping[str, int]
    calls: int
    refused: Counter[str]
    refused_late: int
    cpu_ms: float = 0.0
    lab_ms: float = 0.0
    redis: float = 0.0
    redis_net: float = 0.0
    peak_mb: float = 0.0
    idle_mb: float = 0.0
    idle_cpu: float = 0.0
    ready_s: float = 0.0

    def row(self) -> dict[str, float]:
        first = [one.first_s * 1000 for one in self.shown]
        end = [one.end_s * 1000 for one in self.shown]
        status = [one.status_s * 1000 for one in self.shown]
        return {
            "status": quantile(status, 0.5),
            "first": quantile(first, 0.5),
            "first95": quantile(first, 0.95),
            "asker": statistics.fmean(one.staleness(one.asker) for one in self.shown),
            "others": statistics.fmean(one.staleness(one.others) for one in self.shown),
            "versions": statistics.fmean(len(one.asker) for one in self.shown),
            "fewest": min(len(one.asker) for one in self.shown),
            "end": quantile(end, 0.5),
            "end95": quantile(end, 0.95),
            "over": self.beyond_forced_s(),
            "lost": self.answers - len(self.shown),
            "refused": self.refused.total(),
            "late%": 100 * self.refused_late / self.calls,
            "calls": self.calls / self.answers,
            "cpu": self.cpu_ms,
            "lab": self.lab_ms,
            "redis": self.redis,
            "net": self.redis_net,
            "peak": self.peak_mb,
            "idle": self.idle_mb,
            "idle%": self.idle_cpu,
            "ready": self.ready_s,
        }

    def beyond_forced_s(self) -> float:
        """How much later than the limits force an end came at most: the ends alone, had nothing
        else been called, would wait for each other as well.
        """
        ends: dict[tuple[str, str], list[Shown]] = defaultdict(list)
        for one in self.shown:
            ends[one.end_bucket].append(one)
        worst = 0.0
        for (method, _), each in ends.items():
            due = [one.sent[-1][0] for one in each]
            forced = forced_times(due, PER_MINUTE[method], self.bursts[method])
            came = sorted(one.asker[-1][0] for one in each)
            worst = max(worst, *(at - soonest for at, soonest in zip(came, forced, strict=True)))
        return worst


def distinct(versions: Seen) -> list[tuple[float, int]]:
    """Without those that brought no text, as what comes under it at the end."""
    kept = list(versions[:1])
    kept += [one for before, one in pairwise(versions) if one[1] > before[1]]
    return kept


def quantile(values: Sequence[float], share: float) -> float:
    ordered = sorted(values) or [float("nan")]
    return ordered[min(int(len(ordered) * share), len(ordered) - 1)]
