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
        """The part of the growing text that people can see in the thread by now, as the bot wrote
        it.
        """
        ...

    def status(self) -> AbstractAsyncContextManager[None]:
        """Show that the bot is at work until there is a first text. The status is cleared however
        the block ends.
        """
        ...

    async def wait_until_due(self) -> None:
        """Return when the answer's own pace asks for its next `show_progress`."""
        ...

    async def acquire(self) -> None:
        """Return when `show_progress` may be called. A call is acquired for it, and kept until it
        is used. The draft that will be shown is written down as well, so a replica that takes over
        knows at least what people saw.

        May be cancelled at any time.
        """
        ...

    async def show_progress(self, markdown: str) -> float:
        """Show the text in the thread, as far as the bot has written it. Returns 0.0 when people
        can see it. Otherwise returns in how many seconds it may be tried again.

        It may fail without harm: a later text, or the end, is shown instead.
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
