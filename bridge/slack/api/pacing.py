"""How often a growing answer is shown: at once, then as often as its share of the calls allows."""

import time
from collections.abc import Callable
from dataclasses import dataclass

from bridge.core.limits import Call, Priority

_NEWS = 100  # new characters that are worth a call before its time
_PLENTY = 10  # calls left for each answer
_SOONEST = 0.7  # of the usual gap
_EAGER = 0.9  # of the fair gap: a guess that is wrong is found out while ends can still be paid
_SHORTEST_S, _LONGEST_S = 3.0, 60.0


@dataclass(frozen=True, slots=True)
class Share:
    """What the running answers have together: `left` calls and `per_s` new ones a second, for
    `answers` that are expected to grow for `length_s` each. `is_proven`: Slack has taken more than
    half of the guessed burst at once.
    """

    left: float
    per_s: float
    answers: int
    length_s: float
    is_proven: bool = True


@dataclass(frozen=True, slots=True)
class Pace:
    """How many seconds lie between two edits of one answer.

    In the first `steady_s` of an answer it is `first_s`. Over as many seconds again it grows evenly
    to `last_s`: people who have begun to read need news less often.
    """

    first_s: float
    last_s: float
    steady_s: float = 15.0

    def gap(self, age_s: float, share: Share, length: int = 0) -> float:
        """Seconds until the next edit. The calls that are left are spread evenly over the time up
        to the expected end of the answer. An answer that goes on for longer is edited less often,
        and leaves calls to younger ones. `length` is how many characters it has.
        """
        own = self._own_gap(age_s)
        rest_s = max(share.length_s - age_s, share.length_s / 3)
        calls = share.left + share.per_s * rest_s
        if not share.answers or calls <= 0:
            return own
        if age_s > 0 and length and share.left >= _PLENTY * share.answers:
            news_s = _NEWS * age_s / length
            own = max(min(own, news_s), _SOONEST * own)
        fair = share.answers * rest_s / calls
        if not share.is_proven:
            fair *= _EAGER
        return max(own, fair * (2 if age_s > share.length_s else 1))

    def _own_gap(self, age_s: float) -> float:
        late = min(max(age_s / self.steady_s - 1, 0.0), 1.0)
        return self.first_s + late * (self.last_s - self.first_s)


class AnswerLength:
    """The expected length of an answer, in seconds. It is learned from the answers that
    have ended.
    """

    def __init__(
        self, expected_s: float = 12.0, *, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self.expected_s = expected_s
        self._clock = clock
        self._begun: dict[str, float] = {}  # turns whose answers are shown, since when

    def note(self, call: Call, since: float) -> None:
        """This call goes now."""
        if call.turn and call.priority is Priority.FIRST:
            self._begun.setdefault(call.turn, since)
        elif call.priority is Priority.FINAL:
            self.end(call.turn)

    def end(self, turn: str) -> None:
        began = self._begun.pop(turn, None)
        if began is not None:
            error_s = min(max(self._clock() - began, _SHORTEST_S), _LONGEST_S) - self.expected_s
            # Rather too long: calls that are kept can still be spent, the others are gone.
            self.expected_s += (0.3 if error_s > 0 else 0.1) * error_s
