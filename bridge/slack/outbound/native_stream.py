"""Lets an answer grow natively: says what is settled of it, in one message after the other."""

import time
from collections.abc import Callable
from dataclasses import dataclass

from bridge.core.errors import Permanent, RateLimited
from bridge.core.limits import Priority
from bridge.markup.tree import Block, Paragraph
from bridge.slack.message import Message, markdown_message
from bridge.slack.outbound.answer_text import Written
from bridge.slack.outbound.messages import Messages
from bridge.slack.outbound.streams import EXPIRY_S
from bridge.slack.rendering.pages import Split, find_split, text_from
from bridge.slack.rendering.pieces import Piece, Place


@dataclass(frozen=True, slots=True)
class StreamTiming:
    """After how many UTF-8 bytes, and how many seconds, a message shall end: Slack ends it at some
    11,000, and after about 300 however active it is, and surely after `expiry_s`. `look_s` lies
    between the two looks at a text.
    """

    room: int = 9_000
    age_s: float = 240.0
    look_s: float = 0.1
    expiry_s: float = EXPIRY_S
    clock: Callable[[], float] = time.time


_BEGINNING = Place()


@dataclass(frozen=True, slots=True)
class Cut:
    """Messages that streaming has filled, the `pieces` that they hold, and where a next one begins.
    They stay as they are while the text goes on as it did.
    """

    shapes: tuple[Message, ...] = ()
    pieces: tuple[Piece, ...] = ()
    end: Place = _BEGINNING

    def begins(self, pieces: list[Piece]) -> bool:
        """Whether a text begins with what these messages hold."""
        number, offset = self.end.piece, self.end.offset
        if pieces[:number] != list(self.pieces[:number]):
            return False
        last = [one[number].text[:offset] for one in (pieces, self.pieces) if len(one) > number]
        return not offset or (len(last) == 2 and last[0] == last[1])

    def after(self, split: Split, written: Written) -> "Cut":
        """With one message more."""
        page = split.page
        end = page.end or Place(len(written.pieces))
        filled = markdown_message(page.text, written.notification(page))
        return Cut((*self.shapes, filled), tuple(written.pieces[: end.piece + 1]), end)


class NativeStream:
    """`is_over` once the answer can only go on by edits, for whatever reason: the text was changed,
    Slack refused, or nobody knows what a message holds. Until then `shown` is the source of what
    people see, also when the call that brought it was cut off behind its sending.
    """

    def __init__(
        self, messages: Messages, timing: StreamTiming, *, declined: Callable[[Permanent], None]
    ) -> None:
        """`declined` is told when Slack does not let a stream begin."""
        self.is_over = not messages.are_none
        self.shown = ""
        self._messages = messages
        self._timing = timing
        self._tell_declined = declined
        self.look_s = timing.look_s
        self._before: str | None = None
        self._cuts = [Cut()]

    def split(self, written: Written) -> tuple[list[Message], Place]:
        """The filled messages that may stay for this text, and where it goes on after them."""
        for cut in reversed(self._cuts[1:]):
            if cut.begins(written.pieces) and text_from(written.pieces, cut.end).strip():
                return list(cut.shapes), cut.end
        return [], _BEGINNING

    def look(self, source: str) -> str | None:
        """Looks twice at a text that grows: what stood there both times is taken for stable. None
        at the first of two looks. A first text waits for no second one: if it changes, an edit
        puts that right.
        """
        if self._messages.are_none:
            return source
        if self._before is None:
            self._before = source
            return None
        before, self._before = self._before, None
        return source[: _count_shared(before, source)]

    async def show(self, source: str, written: Written) -> float:
        """Say what is settled of a text. Seconds as in `Reply`, worth nothing once it is over.
        Raises like `Messages`.
        """
        try:
            while await self._advance(written):
                pass
        finally:
            is_said = text_from(written.pieces, self._cuts[-1].end) == self._sent()
            if is_said and any(map(_is_said, written.blocks[written.quoted :])):
                self.shown = source
        return 0.0 if self._messages.stream else self._timing.look_s

    async def _advance(self, written: Written) -> bool:
        """Say what is new; True when that has filled a message, and there may be more."""
        cut, sent = self._cuts[-1], self._sent()
        page = text_from(written.pieces, cut.end)
        if sent is None or not cut.begins(written.pieces) or not _goes_on(page, sent):
            self.is_over = True
            return False
        if len(page) <= len(sent):
            return False
        room, age = self._timing.room, self._age()
        split = find_split(written.pieces, cut.end, len(sent), room=room, age=age)
        if split:
            try:
                return await self._fill(cut.after(split, written))
            except RateLimited:
                if not split.may_wait:
                    raise
        await self._say(page, sent)
        return False

    async def _fill(self, cut: Cut) -> bool:
        """End the message in work; False where that would bring the text no further."""
        last = self._cuts[-1].end
        if (cut.end.piece, cut.end.offset) <= (last.piece, last.offset):
            self.is_over = True
            return False
        await self._messages.write(list(cut.shapes), self._priority())
        self._cuts.append(cut)
        return True

    async def _say(self, page: str, sent: str) -> None:
        try:
            if sent:
                await self._messages.append(page[len(sent) :], Priority.PROGRESS)
            else:
                await self._start(page)
        except Permanent:
            self.is_over = True  # whether it is fatal, the edit will tell

    async def _start(self, page: str) -> None:
        try:
            await self._messages.start_stream(page, Priority.FIRST)
        except RateLimited:
            self.is_over = True  # edits may be had at once
        except Permanent as error:
            self._tell_declined(error)
            raise
        else:
            self.is_over = self._sent() is None

    def _sent(self) -> str | None:
        """What the message in work holds by now; None when that is not known, or not ours."""
        if stream := self._messages.stream:
            return stream.sent
        return "" if self._messages.count == len(self._cuts[-1].shapes) else None

    def _age(self) -> float:
        stream = self._messages.stream
        return (self._timing.clock() - stream.began) / self._timing.age_s if stream else 0.0

    def _priority(self) -> Priority:
        return Priority.FIRST if self._messages.are_none else Priority.PROGRESS


def _is_said(block: Block) -> bool:
    return block != Paragraph((), block.start)


def _count_shared(before: str, now: str) -> int:
    """How many characters both begin with."""
    if now.startswith(before):
        return len(before)
    both = enumerate(zip(before, now, strict=False))
    return next((at for at, (one, other) in both if one != other), min(len(before), len(now)))


def _goes_on(page: str, sent: str) -> bool:
    """Whether `sent` can be appended to until it is the page."""
    return page.startswith(sent) or sent.startswith(page)
