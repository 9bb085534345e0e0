"""What the gateway and the stream host share; the sessions among it."""

from dataclasses import dataclass

from bridge.emulators.beebot.journal import Journal
from bridge.emulators.beebot.robot import Robot, Robots
from bridge.emulators.beebot.tokens import StreamTokens
from bridge.emulators.beebot.turns import Turn

IDEMPOTENT_S = 3600.0
LOGGED_S = 7200.0


class Sessions:
    """The robot's memory: every turn, by session and by id."""

    def __init__(self) -> None:
        self._by_session: dict[str, list[Turn]] = {}
        self._by_message: dict[str, Turn] = {}
        self._by_answer: dict[str, Turn] = {}

    def add(self, turn: Turn) -> None:
        self._by_session.setdefault(turn.question.session_id, []).append(turn)
        self._by_message[turn.question.message_id] = turn
        self._by_answer[turn.answer_id] = turn

    def count(self, session_id: str) -> int:
        """How many questions the session has had."""
        return len(self._by_session.get(session_id, ()))

    def first_of(self, session_id: str) -> Turn | None:
        return next(iter(self._by_session.get(session_id, ())), None)

    def running(self) -> list[Turn]:
        return [turn for turn in self._by_message.values() if turn.is_running]

    def running_in(self, session_id: str) -> list[Turn]:
        return [turn for turn in self._by_session.get(session_id, ()) if turn.is_running]

    def repeated(self, message_id: str, now: float) -> Turn | None:
        """The turn that a messageId stands for, while it is remembered (an hour)."""
        turn = self._by_message.get(message_id)
        return turn if turn and now - turn.question.at < IDEMPOTENT_S else None

    def answered_as(self, answer_id: str) -> Turn | None:
        """The turn with this inner MessageId."""
        return self._by_answer.get(answer_id)

    def logged(self, session_id: str, now: float) -> list[Turn]:
        """What ListTongyiConversationLogs knows: complete turns of the last two hours."""
        turns = self._by_session.get(session_id, ())
        return [turn for turn in turns if turn.is_complete and now - turn.question.at < LOGGED_S]

    def exchanges(self) -> dict[str, list[tuple[str, str]]]:
        """(question, answer) of each complete turn, by session."""
        return {
            session_id: [(t.question.utterance, t.answer) for t in turns if t.is_complete]
            for session_id, turns in self._by_session.items()
        }


@dataclass(frozen=True, slots=True)
class State:
    robot: Robot  # the first one, by which the account's limits are set
    robots: Robots
    tokens: StreamTokens
    sessions: Sessions
    journal: Journal
