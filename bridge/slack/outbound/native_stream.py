"""Native streams: whether an answer may have one, and which messages its text fills."""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Literal

from cachetools import TTLCache

from bridge.core.errors import ContentRefused, Permanent, ThreadGone
from bridge.core.model import Ask
from bridge.slack.api.faults import EVERYWHERE
from bridge.slack.api.optional_methods import FORGET_S
from bridge.slack.block_kit.message import Message
from bridge.slack.outbound.posts import CannotStream, Posted, Streaming
from bridge.slack.rendering.pages import Page, Piece, split_stream, text_from

MOST = 10_000

StreamingMode = Literal["auto", "native", "edit"]


class StreamingPolicy:
    """`auto` streams natively in direct messages. In a channel, where only the asker would see the
    answer grow, it does so where the workspace has no edits left that could show it to everybody.

    It remembers refusals beside `OptionalMethods`: it is asked before the first text of every
    answer, also of one that will be edited, and waits neither for Redis nor, as a first call of an
    optional method does, for the call of another answer. A stream is no loss: edits follow at once.
    """

    def __init__(
        self,
        mode: StreamingMode,
        *,
        forget_s: float = FORGET_S,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._mode = mode
        self._refused: TTLCache[tuple[str, str], bool] = TTLCache(MOST, forget_s, timer=clock)

    def prefers_stream(self, ask: Ask) -> bool:
        return (self._mode == "native" or ask.is_dm) and self.may_stream(ask)

    def may_stream(self, ask: Ask) -> bool:
        team, channel = ask.thread.team, ask.thread.channel
        is_refused = (team, "") in self._refused or (team, channel) in self._refused
        has_reader = ask.is_dm or not ask.bot  # in a channel a stream grows for one person
        return self._mode != "edit" and has_reader and not is_refused

    def remember_refusal(self, ask: Ask, error: Permanent) -> None:
        """Slack refused to start a stream. A reason that concerns only this text or thread is not
        remembered.
        """
        if isinstance(error, ContentRefused | ThreadGone) and error.reason != "user_not_found":
            return
        place = "" if error.reason in EVERYWHERE else ask.thread.channel
        self._refused[ask.thread.team, place] = True


@dataclass(frozen=True, slots=True)
class StreamTiming:
    """When the bridge ends a streamed message, before Slack does (docs/slack.md)."""

    room: int = 9_000
    """UTF-8 bytes; Slack takes some 11,000"""
    age_s: float = 240.0
    """seconds; Slack ends a stream after about 300, however active it is"""
    expiry_s: float = 330.0
    """seconds after which a stream has surely ended"""
    between_looks_s: float = 0.1
    """seconds between two looks at a growing text; what they have in common is streamed"""


@dataclass(frozen=True, slots=True)
class Filled(Message):
    """A message that a stream has filled with the `pieces` of the answer up to its end. It stays as
    it is while the text begins with the same pieces.
    """

    pieces: Sequence[Piece] = field(compare=False)

    @property
    def end(self) -> int:
        """Where the next message begins, among the pieces of the answer."""
        return len(self.pieces)

    def begins(self, pieces: Sequence[Piece]) -> bool:
        """Whether a text begins with what this message and those above it hold."""
        return pieces[: self.end] == self.pieces


@dataclass(frozen=True, slots=True)
class StreamPlan:
    """How a streamed text goes on: `pages` are filled next, and `text` is the message behind them.
    The last of the pages may have room left. If the rate limit does not allow to end it now, it may
    hold `text_meanwhile`.
    """

    pages: list[Page]
    text: str
    text_meanwhile: str = ""


def filled_messages(posted: Sequence[Posted]) -> list[Filled]:
    """The posted messages at the beginning of the answer that a stream has filled."""
    filled = []
    for one in posted:
        if not isinstance(one.content, Filled):
            break
        filled.append(one.content)
    return filled


def find_filled(posted: Sequence[Posted], pieces: Sequence[Piece]) -> tuple[list[Filled], int]:
    """The filled messages with which this text begins, and the number of the piece that follows
    them.
    """
    filled = filled_messages(posted)
    while filled:
        last = filled[-1]
        if last.begins(pieces) and text_from(pieces, last.end).strip():
            return filled, last.end
        filled.pop()
    return [], 0


def streamed_text(posted: Sequence[Posted]) -> str | None:
    """The text of the last message, if that is a stream. Empty if a stream may be started behind
    the filled messages. None if the answer goes on by edits.
    """
    rest = posted[len(filled_messages(posted)) :]
    if not rest:
        return ""
    last = rest[0].content if len(rest) == 1 else None
    return last.text if isinstance(last, Streaming) else None


def plan_stream(
    pieces: Sequence[Piece], posted: Sequence[Posted], timing: StreamTiming
) -> StreamPlan:
    """What must be appended so that the posted messages show this text. Raises `CannotStream` if
    that cannot be done by appending.
    """
    sent, filled = streamed_text(posted), filled_messages(posted)
    start = filled[-1].end if filled else 0
    text = text_from(pieces, start)
    is_same = not filled or filled[-1].begins(pieces)
    if sent is None or not is_same or not (text.startswith(sent) or sent.startswith(text)):
        raise CannotStream("the text was changed, or nobody knows what was sent")
    age = (time.time() - posted[-1].began) / timing.age_s if sent else 0.0
    pages: list[Page] = []
    has_more, meanwhile = len(text) > len(sent), ""
    while has_more and (split := split_stream(pieces, start, len(sent), room=timing.room, age=age)):
        pages.append(split.page)
        meanwhile = text_from(pieces, start) if split.may_wait else ""
        start, sent, age = split.page.end, "", 0.0
        has_more = start < len(pieces)
    return StreamPlan(pages, text_from(pieces, start) if pages else text, meanwhile)
