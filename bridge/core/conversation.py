"""The use case: a question becomes an answer, or one clear sentence."""

import asyncio
from collections.abc import Coroutine
from dataclasses import dataclass

from bridge.core.asking import Asking
from bridge.core.draft import Draft
from bridge.core.errors import BridgeError, LeaseLost, StreamBroken, ThreadGone, Unavailable
from bridge.core.events import Observer, TurnTrouble
from bridge.core.model import Answer, Ask, reference
from bridge.core.ports import Sessions
from bridge.core.reply import Replies, Reply
from bridge.core.tasks import end
from bridge.core.turn import Turn
from bridge.core.words import Words


@dataclass(frozen=True, slots=True)
class Outcome:
    """How a turn ended: answered, failed or declined."""

    word: str
    answer_id: str = ""
    reason: str = ""


class Conversation:
    """Runs one turn; `max_utterance` is in characters."""

    def __init__(
        self,
        asking: Asking,
        sessions: Sessions,
        replies: Replies,
        *,
        words: Words,
        max_utterance: int,
        observe: Observer,
    ) -> None:
        self._asking = asking
        self._sessions = sessions
        self._replies = replies
        self._words = words
        self._max_utterance = max_utterance
        self._observe = observe

    async def run(self, turn: Turn) -> Outcome:
        """Returns when Slack has accepted the end.

        Raises `LeaseLost`, and `ThreadGone` when there is nowhere left to say anything.
        """
        reply = self._replies.open(turn)
        if notice := self._reason_to_decline(turn.ask):
            await reply.finish(Answer("", notices=(notice,)))
            return Outcome("declined")
        outcome = Outcome("answered")
        answer = turn.record.answer
        if answer is None:
            answer, outcome = await self._answer(turn, reply)
            await turn.note(answer=answer)
        await reply.finish(answer)
        return outcome

    async def give_up(self, turn: Turn, notice: str) -> None:
        """Say in the thread that no more will come, under what has come so far; a whole answer
        that only did not get through needs no such words.
        """
        answer = turn.record.answer or turn.draft.answer(self._say(notice, turn.ask))
        await self._replies.open(turn).finish(answer)

    def _reason_to_decline(self, ask: Ask) -> str:
        if not ask.text:
            return self._say("hello_files" if ask.files else "hello", ask)
        if len(ask.text) > self._max_utterance:
            return self._say("too_long", ask, length=len(ask.text), limit=self._max_utterance)
        return ""

    async def _answer(self, turn: Turn, reply: Reply) -> tuple[Answer, Outcome]:
        draft, notices = turn.draft, await self._notices(turn)
        try:
            async with reply.thinking():
                is_stopped = await _unless_stopped(turn, self._asking.fill(turn, reply))
        except (LeaseLost, ThreadGone):
            raise
        except BridgeError as error:
            self._tell_operator(turn, error)
            notices.append(self._say(_notice_of(error, draft), turn.ask))
            return draft.answer(*notices), Outcome("failed", reason=error.reason)
        if is_stopped:
            notices.append(self._say("stopped", turn.ask))
        elif draft.is_empty:
            notices.append(self._say("empty", turn.ask))
        answer = draft.answer(*notices)
        return answer, Outcome("answered", answer_id=answer.answer_id)

    async def _notices(self, turn: Turn) -> list[str]:
        ask, notices = turn.ask, []
        if ask.files:
            notices.append(self._say("files_unread", ask))
        if ask.is_dm and await self._is_first_visit(ask):
            notices.append(self._say("dm_threads", ask))
        return notices

    async def _is_first_visit(self, ask: Ask) -> bool:
        try:
            return await self._sessions.is_first_visit(ask.thread.team, ask.thread.channel)
        except Unavailable:
            return False

    def _say(self, key: str, ask: Ask, **values: object) -> str:
        return self._words.say(key, ask.text, reference=reference(ask.turn), **values)

    def _tell_operator(self, turn: Turn, error: BridgeError) -> None:
        self._observe(
            TurnTrouble(
                turn.ask.turn,
                type(error).__name__,
                error.reason,
                error.needs_operator,
                {"session": turn.record.session, "asks": turn.record.asks, **error.details},
            )
        )


def _notice_of(error: BridgeError, draft: Draft) -> str:
    """A partial answer is kept and marked; the cause behind it is the operator's."""
    if draft.markdown:
        return StreamBroken.notice
    return Unavailable.notice if isinstance(error, StreamBroken) else error.notice


async def _unless_stopped(turn: Turn, work: Coroutine[None, None, None]) -> bool:
    """Run `work`, but let go of it as soon as a stop is wanted; True if that came first."""
    working = asyncio.ensure_future(work)
    stopping = asyncio.ensure_future(turn.lease.stopped())
    try:
        await asyncio.wait({working, stopping}, return_when=asyncio.FIRST_COMPLETED)
        if working.done():
            await working
            return False
        return True
    finally:
        await end(working, stopping)
        if not working.cancelled():
            working.exception()  # seen: whoever let go of the work does not wait for its failure
