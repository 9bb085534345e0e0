"""The robot at work: which script answers a question, and the turns that are being written."""

import asyncio
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from uuid import uuid4

from bridge.emulators.beebot.faults import Fault
from bridge.emulators.beebot.images import addresses_in, fetch_all
from bridge.emulators.beebot.question import Asked
from bridge.emulators.beebot.scripts import Answer, Script
from bridge.emulators.beebot.state import State
from bridge.emulators.beebot.turns import Turn
from bridge.emulators.beebot.values import Question


@dataclass(slots=True)
class Rule:
    """The answers to the questions that match, one after the other; the last one stays."""

    matches: Callable[[Question], object]
    answers: Iterator[Answer]
    current: Answer

    def take(self) -> Answer:
        self.current = next(self.answers, self.current)
        return self.current


class Conversations:
    """Accepts questions and writes their answers, listened to or not."""

    def __init__(self, state: State) -> None:
        self._robot = state.robot
        self._sessions = state.sessions
        self._journal = state.journal
        self._rules: list[Rule] = []
        self._writing: set[asyncio.Task[None]] = set()
        self.default: Answer = Script(["…"])

    async def close(self) -> None:
        """Leave the running answers unfinished."""
        for task in self._writing:
            task.cancel()
        await asyncio.gather(*self._writing, return_exceptions=True)

    def script(self, wanted: str | Callable[[Question], object], *answers: Answer) -> None:
        """Later rules go before earlier ones."""

        def says_so(question: Question) -> bool:
            return question.utterance == wanted

        matches = says_so if isinstance(wanted, str) else wanted
        self._rules.insert(0, Rule(matches, iter(answers), answers[0]))

    def choose(self, question: Question) -> Script:
        rule = next((rule for rule in self._rules if rule.matches(question)), None)
        answer = rule.take() if rule else self.default
        return answer if isinstance(answer, Script) else answer(question)

    def is_full(self) -> bool:
        limit = self._robot.concurrency
        return bool(limit) and len(self._sessions.running()) >= limit

    def draft(self, asked: Asked, token: str) -> Question:
        """The question as it will stand once accepted; a first one gets a new session."""
        value = asked.value
        session_id = value.get("SessionId") or uuid4().hex
        return Question(
            message_id=asked.message_id,
            session_id=session_id,
            utterance=value["Utterance"],
            sender_id=value.get("SenderId", ""),
            sender_nick=value.get("SenderNick", ""),
            at=self._journal.clock(),
            token=token,
            turn=self._sessions.count(session_id) + 1,
            value=value,
        )

    def may_go_on(self, question: Question) -> bool:
        """Not in a session with another robot."""
        before = self._sessions.first_of(question.session_id)
        return before is None or before.question.instance_id == question.instance_id

    def repeated(self, question: Question) -> Turn | None:
        """The turn that this messageId stands for already."""
        return self._sessions.repeated(question.message_id, question.at)

    def accept(self, question: Question, script: Script, faults: list[Fault]) -> Turn:
        """Begin a turn; the frames are those of the script as the faults rewrite them."""
        frames = script.plan()
        for fault in faults:
            frames = fault.rewrite(frames) if fault.rewrite else frames
        turn = Turn(question, script, frames, str(uuid4()), self._journal.changes.notify)
        if self._sessions.running_in(question.session_id):
            self._journal.overlaps.append(question)
        self._sessions.add(turn)
        self._journal.questions.append(question)
        self._journal.changes.notify()
        task = asyncio.create_task(self._write(turn))
        self._writing.add(task)
        task.add_done_callback(self._writing.discard)
        return turn

    async def _write(self, turn: Turn) -> None:
        if urls := addresses_in(turn.question.value):
            self._journal.images.extend(await fetch_all(urls))
            self._journal.changes.notify()
        await turn.write()
