"""The port through which an answer reaches its thread."""

from contextlib import AbstractAsyncContextManager
from typing import Protocol

from bridge.core.model import Answer, Ask
from bridge.core.turn import Turn


class Reply(Protocol):
    """The answer's place in the thread. One writer; every method may raise `LeaseLost` and, when
    nothing can be said there any more, `ThreadGone`.
    """

    def thinking(self) -> AbstractAsyncContextManager[None]:
        """Show that the bot is at work until the first text, and clear it on every way out."""
        ...

    async def show(self, markdown: str) -> float:
        """Bring the growing text to the thread; 0.0 when it stands there.

        Otherwise the seconds until the workspace may afford it. Failing costs nothing: a later
        text, or the end, makes up for it.
        """
        ...

    async def wait_in_line(self) -> None:
        """Show that the question waits for its turn with the bot."""
        ...

    async def finish(self, answer: Answer) -> None:
        """Set the exact final text; returns when Slack has accepted all of it."""
        ...


class Replies(Protocol):
    """Opens the answer's place in a thread, also one that another replica has opened before."""

    def open(self, turn: Turn) -> Reply: ...

    async def wait_in_line(self, ask: Ask) -> None:
        """As `Reply.wait_in_line`, for a question that nobody holds yet."""
        ...
