"""One question and its answer, as the replica that holds the turn knows them."""

import time
from dataclasses import replace
from functools import partial

from bridge.core.background import retry
from bridge.core.errors import LeaseLost, Unavailable
from bridge.core.lease import Lease
from bridge.core.model import (
    Answer,
    Ask,
    Frame,
    Robot,
    SessionId,
    Timeline,
    Times,
    TurnRecord,
    draw_timeline,
)
from bridge.core.ports import Delivery, Inbox, LeaseState
from bridge.core.utterance import Utterance


class Draft:
    """The growing answer. The newest frame with a text counts; an empty frame does not blank a
    text.

    `before` is what people saw of an earlier asking. It stays until a new text has come.
    """

    def __init__(self, before: str = "") -> None:
        self._before = before
        self._answer = Answer("")

    @property
    def markdown(self) -> str:
        return self._answer.markdown or self._before

    @property
    def is_empty(self) -> bool:
        """Nothing has come of this asking. Whatever an `Answer` has, besides its id, is something:
        a new field of it counts here by itself.
        """
        return self._answer == Answer("", answer_id=self._answer.answer_id)

    def update(self, frame: Frame) -> None:
        before = self._answer
        self._answer = Answer(
            markdown=(frame.markdown or "").strip() or before.markdown,
            sources=frame.sources or before.sources,
            options=frame.options or before.options,
            related=frame.related or before.related,
            handover=frame.handover or before.handover,
            answer_id=frame.answer_id or before.answer_id,
            is_no_answer=frame.is_no_answer or before.is_no_answer,
        )

    def answer(self, *notices: str) -> Answer:
        return replace(self._answer, markdown=self.markdown, notices=notices)

    def broken_off(self, *notices: str, seen: str | None = None) -> Answer:
        """The answer, marked as cut. Its text is what people have `seen`. Without that, it is the
        longer one of the text now and the text of an earlier asking.
        """
        markdown = max(self.markdown, self._before, key=len) if seen is None else seen
        return replace(self._answer, markdown=markdown, notices=notices, is_cut=True)


class Turn:
    """The question, our right to answer it, and what is known of its answer.

    `record` is what a replica that takes over must know. Only the methods below change it. If the
    store is away, the answer is neither stopped nor slowed down: the record stays in memory and is
    written with the next beat, or at the end of the turn. The methods that write raise `LeaseLost`.
    """

    def __init__(self, delivery: Delivery, lease: Lease, inbox: Inbox) -> None:
        self.delivery = delivery
        self.lease = lease
        self.ask = delivery.ask  # as people read it, once its names are resolved
        self.utterance = Utterance(delivery.ask.text)
        self.asker = ""  # the name that the bot may know, if any
        self.images: tuple[str, ...] = ()  # that the bot is shown with the question
        self.draft = Draft(delivery.record.partial)
        self.taken_at = delivery.taken_at or time.time()
        self._taken = time.monotonic()
        self.is_ending = False  # all is said; only the store has to be told
        self._inbox = inbox

    @property
    def record(self) -> TurnRecord:
        return self.delivery.record

    def complete(self, ask: Ask, images: tuple[str, ...]) -> None:
        """The question with all that belongs to it; a successor finds the same."""
        self.ask = ask
        self.delivery = replace(self.delivery, ask=ask)
        self.images = images

    def resolve_names(self, ask: Ask, utterance: Utterance, asker: str = "") -> None:
        """The question as people read it, and as the bot is asked; a successor asks the same."""
        self.ask, self.asker = ask, asker
        asked = self.record.utterance
        self.utterance = replace(utterance, text=asked) if asked else utterance

    async def begin_asking(self, number: int, robot: Robot, session: SessionId | None) -> None:
        """The robot is about to be asked for the `number`-th time, from 1."""
        text = self.utterance.text
        self._change(
            replace(
                self.record,
                asks=number,
                asked_at=self.record.asked_at or time.time(),
                times=self._times(asked=self.now),
                utterance=text if text != self.delivery.ask.text else "",
                robot=robot,
                session=session,
            )
        )
        if number > 1 or self.record.utterance:  # else a successor asks the very same anyway
            await self.save()

    def receive(self, frame: Frame) -> None:
        """The bot has said this; written down with the next write or beat."""
        self.draft.update(frame)
        session = frame.session or self.record.session
        answer_id = frame.answer_id or self.record.answer_id
        known = replace(
            self.record,
            has_frames=True,
            session=session,
            answer_id=answer_id,
            times=self._times(first_frame=self.now),
        )
        if known != self.record:
            self._change(known)

    def show_text(self) -> None:
        """People see the first text of the answer."""
        self._change(replace(self.record, times=self._times(first_text=self.now)))

    def note_title(self) -> None:
        """The thread has a title by now."""
        self._change(replace(self.record, is_titled=True))

    @property
    def now(self) -> float:
        """Epoch seconds by the store's clock."""
        return self.taken_at + time.monotonic() - self._taken

    def _times(self, **news: float) -> Times:
        """What has happened before keeps its time."""
        known = self.record.times
        return replace(known, **{name: getattr(known, name) or at for name, at in news.items()})

    def timeline(self) -> Timeline:
        """Up to now."""
        delivery, written_at = self.delivery, self.delivery.ask.requested_at
        taken_at = delivery.first_taken_at or self.taken_at
        return draw_timeline(written_at, delivery.stored_at, taken_at, self.record.times, self.now)

    async def save_partial(self) -> None:
        """People are about to see the draft."""
        if self.draft.markdown != self.record.partial:
            await self._save(replace(self.record, partial=self.draft.markdown))

    async def save_answer(self, answer: Answer) -> None:
        """All has been said to us; only Slack's part is left."""
        if answer != self.record.answer:
            await self._save(replace(self.record, answer=answer))

    async def begin_posting(self) -> None:
        """A thread's root is about to be posted, for which the bot is not asked."""
        await self._save(replace(self.record, asks=1))

    async def reset(self) -> None:
        """The thread forgets its session, however long the store is away."""
        if await retry(partial(self._inbox.reset, self.delivery)) is LeaseState.LOST:
            raise LeaseLost("another replica has the turn")

    def note_pages(
        self, pages: tuple[str, ...], stream: str = "", stream_began: float = 0.0
    ) -> None:
        """These messages of the answer stand in Slack; `stream` is the one that streams, as in
        `TurnRecord`. They are written down with the next beat. A replica that takes over before
        that finds them in the thread.
        """
        began = stream_began or self.record.stream_began
        self._change(replace(self.record, pages=pages, stream=stream, stream_began=began))

    async def save(self) -> None:
        """Write down what is new."""
        if self.lease.is_store_away:
            return
        asked_at = time.monotonic()
        try:
            state = await self._inbox.record(self.delivery, self.record)
        except Unavailable:
            self.lease.update(LeaseState.UNKNOWN, asked_at=asked_at)
            return
        if state is LeaseState.LOST:
            self.lease.update(state, asked_at=asked_at)
            raise LeaseLost("another replica has the turn")

    async def _save(self, record: TurnRecord) -> None:
        self._change(record)
        await self.save()

    def _change(self, record: TurnRecord) -> None:
        self.delivery = replace(self.delivery, record=record)
