"""How often a growing answer is shown: at once at first, then slower as it goes on."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Pace:
    """Seconds between two edits of one answer.

    The gap stays at `first_s` for the first `settle_s` of showing and then widens evenly to
    `last_s` over as long again: who has begun to read wants news less often, and the workspace's
    budget of edits is shared by all running answers.
    """

    first_s: float = 1.0
    last_s: float = 3.0
    settle_s: float = 5.0

    def gap(self, shown_for_s: float) -> float:
        late = min(max(shown_for_s / self.settle_s - 1, 0.0), 1.0)
        return self.first_s + late * (self.last_s - self.first_s)
