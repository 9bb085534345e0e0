"""One question being answered: it goes on whether or not anybody listens."""

import asyncio
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field, replace

from bridge.emulators.beebot.frames import Envelope, Frame
from bridge.emulators.beebot.journal import Changes
from bridge.emulators.beebot.scripts import Script
from bridge.emulators.beebot.values import Question


@dataclass(slots=True, eq=False)
class Turn:
    """The answer to one question; `frames` are planned, `written` those so far.

    `times` are the event loop's at each of them; `tell` is called at each, and at the end.
    """

    question: Question
    script: Script
    frames: tuple[Frame, ...]
    answer_id: str
    tell: Callable[[], None]
    written: list[Frame] = field(default_factory=list)
    times: list[float] = field(default_factory=list)
    is_running: bool = True
    kept_answer: str | None = None
    _changes: Changes = field(default_factory=Changes)

    @property
    def answer(self) -> str:
        """The text so far; a cancelled answer is what the client said it had shown."""
        if self.kept_answer is not None:
            return self.kept_answer
        return next((frame.text for frame in reversed(self.written) if frame.text), "")

    @property
    def is_complete(self) -> bool:
        """Ended, and not with an error: the conversation log has it."""
        return not self.is_running and not any(frame.broken for frame in self.written)

    @property
    def reaches_agent(self) -> bool:
        return any(frame.body and frame.body.get("Commands") for frame in self.written)

    async def write(self) -> None:
        """Write the frames at the script's pace until the end, or until cancelled."""
        loop = asyncio.get_running_loop()
        for frame in self.frames:
            await asyncio.sleep(frame.pause_s or 0.0)
            if not self.is_running:
                return
            self._push(frame, loop.time())
        self._end()

    def cancel(self, shown: str) -> bool:
        """Stop here with a last frame; False when the answer has ended already."""
        if not self.is_running:
            return False
        last = self.written[-1] if self.written else Frame(is_ai=False)
        self.kept_answer = shown or self.answer
        self._push(replace(last, ends=True), asyncio.get_running_loop().time())
        self._end()
        return True

    async def events(self) -> AsyncIterator[bytes]:
        """The answer's events from its first, as they are written."""
        question = self.question
        envelope = Envelope(
            question.message_id, self.answer_id, question.session_id, question.utterance
        )
        sent = 0
        while await self._reaches(sent):
            yield envelope.seal(self.written[sent], sent)
            sent += 1

    async def _reaches(self, number: int) -> bool:
        """Wait for a frame; False when the answer ended before it."""
        await self._changes.until(lambda: not self.is_running or number < len(self.written))
        return number < len(self.written)

    def _push(self, frame: Frame, now: float) -> None:
        self.written.append(frame)
        self.times.append(now)
        self._notify()

    def _end(self) -> None:
        self.is_running = False
        self._notify()

    def _notify(self) -> None:
        self._changes.notify()
        self.tell()
