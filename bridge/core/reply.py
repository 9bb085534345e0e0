"""The port through which an answer reaches its thread."""

from contextlib import AbstractAsyncContextManager
from enum import StrEnum
from typing import Protocol

from bridge.core.errors import BridgeError
from bridge.core.model import Answer, Ask, ThreadKey
from bridge.core.turn import Turn


class Status(StrEnum):
    """What is said while nothing of an answer can be seen yet: the key of its sentence."""

    THINKING = "thinking"
    WAITING = "waiting"  # for the bot to take the question
    SLOW = "slow"
    VERY_SLOW = "very_slow"


class Reply(Protocol):
    """The answer's place in the thread. One writer; every method may raise `LeaseLost` and, when
    nothing can be said there any more, `ThreadGone`.
    """

    @property
    def shown(self) -> str:
        """The growing text, as the bot wrote it, as far as it stands in the thread by now."""
        ...

    def status(self) -> AbstractAsyncContextManager[None]:
        """Show that the bot is at work until the first text, and clear it on every way out."""
        ...

    async def wait_until_due(self) -> None:
        """Return when the answer's own pace asks for its next `show_progress`."""
        ...

    async def acquire(self) -> None:
        """Return when `show_progress` may be called: a call is acquired for it, and kept until it
        is used; and what it will show of the draft is written down, so that whoever takes over
        knows at least what people saw. To be cancelled costs nothing.
        """
        ...

    async def show_progress(self, markdown: str) -> float:
        """Bring the growing text, as the bot has it by now, to the thread; 0.0 when it stands
        there.

        Otherwise the seconds until the workspace may afford it. Failing costs nothing: a later
        text, or the end, makes up for it.
        """
        ...

    def set_status(self, status: Status) -> None:
        """Show another status from here on, within `status`."""
        ...

    async def finish(self, answer: Answer) -> None:
        """Set the exact final text; returns when Slack has accepted all of it."""
        ...


class Replies(Protocol):
    """Opens the answer's place in a thread, also one that another replica has opened before."""

    def open(self, turn: Turn) -> Reply: ...


class Threads(Protocol):
    """What happens around an answer, rather than in its place."""

    async def open(self, turn: Turn) -> ThreadKey:
        """Post the question of a turn as the root of a new thread, once. Raises `ThreadGone` where
        the bot may not post.
        """
        ...

    def can_call_human(self, ask: Ask) -> bool:
        """Somebody is there to be called, and can be reached from this thread."""
        ...

    async def call_human(self, turn: Turn) -> BridgeError | None:
        """Ask a human into the thread, once in its life. Returns why nobody hears of it."""
        ...

    async def show_idle(self, thread: ThreadKey) -> None:
        """Show that no answer runs there. Raises `BridgeError`."""
        ...

    async def send_ephemeral(
        self, thread: ThreadKey, user: str, text: str, *, respond_to: str = ""
    ) -> None:
        """Say something to one person alone, through the address `respond_to` if there is one. A
        thread without a root is the channel itself.
        Failing costs nothing.
        """
        ...
