"""Lets an answer grow natively: says what is steady of it, in one message after the other."""

import time
from collections.abc import Callable
from dataclasses import dataclass

from bridge.core.errors import Permanent, RateLimited
from bridge.core.limits import Priority
from bridge.slack.replying.messages import Messages
from bridge.slack.replying.seams import Seam, find_seam
from bridge.slack.replying.steady import Steady, settled
from bridge.slack.replying.streams import EXPIRY_S
from bridge.slack.text.message import Shape, prepare, shape


@dataclass(frozen=True, slots=True)
class StreamTerms:
    """After how many UTF-8 bytes, and how many seconds, a message shall end: Slack ends it at some
    11,000, and after about 300 however active it is, and surely after `expiry_s`. `look_s` lies
    between the two looks at a text.
    """

    room: int = 9_000
    age_s: float = 240.0
    look_s: float = 0.1
    expiry_s: float = EXPIRY_S
    clock: Callable[[], float] = time.time


@dataclass(frozen=True, slots=True)
class Cut:
    """Messages that streaming has filled, the `text` that they hold, and what a next one begins
    with. They stay as they are while the text goes on as it did.
    """

    shapes: tuple[Shape, ...] = ()
    text: str = ""
    head: str = ""

    def rest(self, prepared: str) -> str | None:
        """What is left for a next message; None when the text in these was changed."""
        if not prepared.startswith(self.text):
            return "" if self.text.startswith(prepared) else None
        rest = prepared[len(self.text) :]
        rest = rest if self.head else rest.lstrip("\n")
        return self.head + rest if rest.strip() else ""

    def after(self, page: str, seam: Seam, prepared: str) -> "Cut":
        """With one message more: the page, which ends where `prepared` does, up to its seam."""
        text = prepared[: len(prepared) - len(page) + seam.end]
        return Cut((*self.shapes, shape(page[: seam.end] + seam.tail)), text, seam.head)


class Growth:
    """`is_over` once the answer can only go on by edits, for whatever reason: the text was changed,
    Slack refused, or nobody knows what a message holds. Until then `shown` is what people see, also
    when the call that brought it was cut off behind its sending.
    """

    def __init__(
        self, messages: Messages, terms: StreamTerms, *, declined: Callable[[Permanent], None]
    ) -> None:
        """`declined` is told when Slack does not let a stream begin."""
        self.is_over = not messages.are_none
        self.shown = ""
        self._messages = messages
        self._terms = terms
        self._tell_declined = declined
        self._steady = Steady()
        self._cuts = [Cut()]

    def split(self, markdown: str) -> tuple[list[Shape], str]:
        """The filled messages that may stay for this text, and what is left of it after them."""
        if len(self._cuts) == 1:
            return [], markdown
        prepared = prepare(markdown)
        for cut in reversed(self._cuts):
            if rest := cut.rest(prepared):
                return list(cut.shapes), rest
        return [], markdown

    async def show(self, markdown: str) -> float:
        """Seconds as in `Reply.show`, worth nothing once it is over. Raises like `Messages`."""
        # A first text waits for no second look: if it changes, an edit puts that right.
        text = settled(markdown) or None if self._messages.are_none else self._steady.look(markdown)
        if text is not None:
            prepared = prepare(text)
            try:
                while await self._advance(prepared):
                    pass
            finally:
                if self._cuts[-1].rest(prepared) == self._sent():
                    self.shown = text
        return 0.0 if text is not None and self._messages.stream else self._terms.look_s

    async def _advance(self, prepared: str) -> bool:
        """Say what is new; True when that has filled a message, and there may be more."""
        page, sent = self._cuts[-1].rest(prepared), self._sent()
        if page is None or sent is None or not _goes_on(page, sent):
            self.is_over = True
            return False
        if len(page) <= len(sent):
            return False
        seam = find_seam(page, len(sent), room=self._terms.room, age=self._age())
        if seam:
            try:
                return await self._fill(self._cuts[-1].after(page, seam, prepared))
            except RateLimited:
                if not seam.may_wait:
                    raise
        await self._say(page, sent)
        return False

    async def _fill(self, cut: Cut) -> bool:
        """End the message in work; False where that would bring the text no further."""
        if len(cut.text) <= len(self._cuts[-1].text):
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
        return (self._terms.clock() - stream.began) / self._terms.age_s if stream else 0.0

    def _priority(self) -> Priority:
        return Priority.FIRST if self._messages.are_none else Priority.PROGRESS


def _goes_on(page: str, sent: str) -> bool:
    """Whether `sent` can be appended to until it is the page, and the page is harmless alone."""
    return (page.startswith(sent) or sent.startswith(page)) and prepare(page) == page
