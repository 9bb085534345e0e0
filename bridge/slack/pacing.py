"""How often a growing answer is shown: at once, then as often as its share of the calls allows."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Share:
    """What the running answers have together: `left` calls and `per_s` new ones a second, for
    `answers` that are expected to grow for `length_s` each.
    """

    left: float
    per_s: float
    answers: int
    length_s: float


@dataclass(frozen=True, slots=True)
class Pace:
    """Seconds between two shows of one answer.

    The gap stays at `first_s` for the first `settle_s` of showing and then widens evenly to
    `last_s` over as long again: who has begun to read wants news less often.
    """

    first_s: float = 1.0
    last_s: float = 3.0
    settle_s: float = 15.0

    def gap(self, age_s: float, share: Share) -> float:
        """As wide as spends the share evenly up to the expected end; an answer that goes on for
        longer leaves more to younger ones.
        """
        late = min(max(age_s / self.settle_s - 1, 0.0), 1.0)
        own = self.first_s + late * (self.last_s - self.first_s)
        rest_s = max(share.length_s - age_s, share.length_s / 3)
        calls = share.left + share.per_s * rest_s
        if not share.answers or calls <= 0:
            return own
        fair = share.answers * rest_s / calls
        return max(own, fair * (2 if age_s > share.length_s else 1))
