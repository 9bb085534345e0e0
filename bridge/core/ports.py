"""What the core needs from the outside; the contracts that every implementation keeps."""

from collections.abc import Coroutine, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Protocol

from bridge.core.commands import CommandResult, Rate, Stop
from bridge.core.model import (
    Ask,
    Frame,
    Question,
    Robot,
    RobotId,
    SessionId,
    Source,
    TurnId,
    TurnRecord,
)


class LeaseState(StrEnum):
    """What the store says of a turn that this process believes to hold."""

    HELD = "held"
    STOP = "stop"  # held, and somebody wants it stopped
    LOST = "lost"  # another owner has it, or had it: start no Slack call any more
    GONE = "gone"  # the store knows nothing of it, as an emptied Redis: finish from memory
    UNKNOWN = "unknown"  # the store did not answer: go on, begin no new page


@dataclass(frozen=True, slots=True)
class Delivery:
    """A turn that this process has taken. Times are epoch seconds by the clock of the store."""

    owner: str  # the fencing token of this take
    ask: Ask
    attempt: int  # takes after a crash, from 0; a turn that was given back is no attempt
    record: TurnRecord
    session: SessionId | None = None  # of the thread
    robot: RobotId | None = None  # of that session; None from a release that knew but one
    is_last: bool = False  # nothing else was ready
    is_titled: bool = False  # the thread has a title
    stored_at: float = 0.0
    first_taken_at: float = 0.0  # by whichever replica
    taken_at: float = 0.0


@dataclass(frozen=True, slots=True)
class Depth:
    """How many threads are ready and running, turns unfinished, and letters dead."""

    ready: int
    running: int
    open: int
    dead: int


class Inbox(Protocol):
    """The mailboxes: the turns of a thread in order, one of them at a time, on one replica.

    Every method raises `Unavailable` when the store cannot be reached in time.
    """

    async def enqueue(self, ask: Ask, *, counts: bool = True) -> CommandResult:
        """In one step, claim the turn and append it to its thread's mailbox. Raises `QuotaReached`
        if it is a question too many, unless it was counted before. From then on that question is a
        duplicate; if it came from a press, only until the wait is over.
        """
        ...

    async def uncount(self, ask: Ask) -> None:
        """Take a question that was declined after all out of what its quotas have counted."""
        ...

    async def edit(self, ask: Ask) -> bool:
        """Replace a question that still waits. False: it does not wait (any more)."""
        ...

    async def delete(self, team: str, turn: TurnId) -> bool:
        """Take a waiting question out, or stop one that was begun. False: there is neither."""
        ...

    async def stop(self, stop: Stop) -> CommandResult:
        """Mark a turn as to be stopped; its owner learns it with the next beat."""
        ...

    async def take(self, *, may_reclaim: bool = True) -> Delivery | None:
        """Lease the next thread with work: one whose owner fell silent first, then the oldest."""
        ...

    async def waiting(self, most: int) -> list[Ask]:
        """The next question of each thread that is ready. At most `most` threads; those that have
        been ready for longest come first.
        """
        ...

    async def beat(self, deliveries: Sequence[Delivery]) -> list[LeaseState]:
        """Renew the leases and write down what is new of the records, in one call; the answers are
        in the order of the deliveries.
        """
        ...

    async def record(self, delivery: Delivery, record: TurnRecord) -> LeaseState:
        """Write the turn record; only if the result is HELD."""
        ...

    async def reset(self, delivery: Delivery) -> LeaseState:
        """Forget the session of the thread, unless a later question has opened it. Done only if the
        result is HELD.
        """
        ...

    async def done(self, delivery: Delivery) -> LeaseState:
        """Remove the turn, keep its session for the thread, and schedule what waits behind it. If
        the thread was reset after the question, the session is not kept.

        All of that is done only if the result is HELD. If it is GONE, the session is kept where the
        thread has none.
        """
        ...

    async def give_back(self, delivery: Delivery) -> LeaseState:
        """Let another replica go on at once from this record. It counts as no attempt."""
        ...

    async def bury(self, delivery: Delivery, reason: str) -> LeaseState:
        """As `done`, but keep the turn among the dead letters."""
        ...

    async def sweep(self) -> int:
        """Schedule again the turns that neither wait nor run; how many they were."""
        ...

    async def arrival(self, timeout_s: float) -> None:
        """Return when work may have arrived, at the latest after `timeout_s`."""
        ...


class Once(Protocol):
    """One kind of thing that happens only once in a place: a channel or a thread. Raises
    `Unavailable`.
    """

    async def claim(self, *place: str) -> bool:
        """True the first time, then False for a long while."""
        ...

    async def release(self, *place: str) -> None:
        """Undo a claim: the thing did not happen after all."""
        ...


class AnswerSources(Protocol):
    """What belongs to an answer and does not fit into its message; kept for a week."""

    async def save(self, ask: Ask, sources: Sequence[Source]) -> None: ...

    async def find(self, team: str, turn: TurnId) -> list[Source]: ...


class Ratings(Protocol):
    """Who has said what of which answer."""

    async def add(self, rate: Rate) -> bool:
        """False: the same person has said just this already."""
        ...

    async def remove(self, rate: Rate) -> None:
        """Undo `add`: the rating did not reach the bot, so the person may give it again."""
        ...


class AnswerStream(Protocol):
    """One answer while it streams. Only the newest frame is kept; older ones are thrown away
    without decoding.
    """

    async def newer(self) -> Frame:
        """Wait for a frame that is newer than the last one. The end is a frame, too.

        Raises `StreamBroken` when the answer cannot go on. Raises `Unavailable`, `TimedOut`,
        `RateLimited`, `Refused` or `CredentialsRejected` when it did not begin.
        """
        ...

    async def arrives(self) -> None:
        """Wait until there is a frame that `newer` has not given yet. It is not decoded."""
        ...

    async def before_end(self, work: Coroutine[Any, Any, None]) -> bool:
        """Do `work`, but stop it when the stream is about to end or to fail. False if it was
        stopped.
        """
        ...

    async def ends_within(self, seconds: float) -> bool:
        """Wait so many seconds. If the stream is about to end or to fail, return True at once."""
        ...


class Bot(Protocol):
    """Whoever answers."""

    def ask(self, question: Question) -> AbstractAsyncContextManager[AnswerStream]:
        """Ask; leaving the block closes the stream."""
        ...

    async def recall(self, robot: Robot, session: SessionId, text: str, since: float) -> str | None:
        """The full Markdown of the answer to `text`, asked in `session` at or after epoch time
        `since`, from the robot's own log; None while it is not there. Raises `BridgeError`.
        """
        ...

    async def cancel(self, robot: Robot, session: SessionId, answer_id: str, shown: str) -> None:
        """Tell the bot that nobody reads on; `shown` is what people saw. Raises `BridgeError`."""
        ...


@dataclass(frozen=True, slots=True)
class User:
    """What is known of somebody; empty where nobody tells."""

    name: str = ""
    locale: str = ""  # a tag such as `en-US`
    teams: frozenset[str] = frozenset()  # ids of workspaces and of the organisation
    is_guest: bool | None = None  # in the workspace; None where nobody tells


class Names(Protocol):
    """Puts names in the place of the tokens by which a question mentions people and channels.
    Never raises, and takes about a second at most.
    """

    async def for_people(self, ask: Ask) -> Ask:
        """The names that people see."""
        ...

    async def for_bot(self, ask: Ask) -> Ask:
        """What the bot reads: the same names or, where it must not know them, stand-ins that stay
        the same in the thread.
        """
        ...

    async def of_asker(self, ask: Ask) -> str:
        """The name under which the bot may know who asks; empty where it may not."""
        ...


class Images(Protocol):
    """The images of questions. Never raises, and takes some seconds at most."""

    async def complete(self, ask: Ask) -> Ask:
        """The question with the files of its message that its event did not tell of."""
        ...

    async def readable(self, ask: Ask) -> tuple[str, ...]:
        """Those of the question's images that the bot can be shown."""
        ...

    def address(self, image: str) -> str:
        """Where the bot may fetch one of those, for some minutes from now on."""
        ...


class History(Protocol):
    """What others said in a thread. Never raises, and takes some seconds at most."""

    async def before(self, ask: Ask) -> str:
        """What was said in the thread before the question: a line for each message, with its
        author, the newest first. Mentions are tokens. Empty if the bot has spoken there before.
        """
        ...


class Users(Protocol):
    async def find(self, team: str, user: str) -> User:
        """Never raises, and takes no longer than a second."""
        ...
