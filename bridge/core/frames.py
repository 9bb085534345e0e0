"""What the bot says while it streams."""

from dataclasses import dataclass

from bridge.core.model import Handover, SessionId, Source


@dataclass(frozen=True, slots=True)
class Frame:
    """The whole answer so far: a later frame replaces an earlier one, it never adds to it.

    `markdown` is the text as the bot wrote it, Markdown with HTML in it or HTML alone. None where
    the frame carries no body, which says nothing about the text before.
    """

    session: SessionId | None = None
    answer_id: str = ""
    markdown: str | None = None
    sources: tuple[Source, ...] = ()
    options: tuple[str, ...] = ()
    related: tuple[str, ...] = ()
    handover: Handover | None = None
    is_no_answer: bool = False
    is_end: bool = False


@dataclass(frozen=True, slots=True)
class Question:
    """One asking of the bot; a repeated `message_id` is the same asking, not another. A bot that
    has sent no frame after `first_frame_s` is not waited for: `TimedOut`.
    """

    message_id: str
    text: str
    session: SessionId | None
    sender: str
    first_frame_s: float = 90.0
