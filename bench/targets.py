"""The most that is good. `docs/performance.md` tells the same numbers; a test compares."""

from bench.lab import Load

Targets = dict[str, float]
ALWAYS: Targets = {"lost": 0, "idle": 110, "idle%": 0.5, "ready": 1.0}
LIMITED: Targets = {"over": 1, "late%": 1, "net": 12}
# Of the calls alone three are for the native session.
AT_ONCE: dict[int, Targets] = {
    1: {"status": 15, "first": 15, "end": 15, "end95": 50, "calls": 9, "refused": 0},
    5: {"first95": 50, "asker": 1.2, "others": 1.2, "end95": 50, "refused": 0, "cpu": 30},
    10: {"first95": 50, "asker": 2.0, "others": 3.5, "end95": 100, "refused": 0, "cpu": 30},
    20: {"first": 100, "asker": 2.5, "end95": 500, "cpu": 30},
    50: {"asker": 5.0, "end95": 1000, "cpu": 22},
}
FEW: Targets = {"cpu": 15}
MANY: Targets = {"cpu": 30}
THOUSAND: Targets = {"end95": 250, "peak": 200}  # and four versions at least


def targets_of(load: Load) -> Targets:
    if load.unlimited and load.answers >= 1000:
        return ALWAYS | THOUSAND
    if load.unlimited:
        return ALWAYS | (FEW if load.gap_s >= load.seconds else MANY)
    if load.bursts == "slack" and load.seconds in {3, 12}:
        return ALWAYS | LIMITED | AT_ONCE.get(load.answers, {})
    return ALWAYS | LIMITED
