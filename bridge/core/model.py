"""The values of the bridge: threads, turns, questions, answers."""

import hmac
import re
from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import NewType, Self
from uuid import UUID, uuid5

TurnId = NewType("TurnId", str)
SessionId = NewType("SessionId", str)
RobotId = NewType("RobotId", str)

_TURNS = UUID("5b0f6c0e-6f0c-5c43-9c8e-5a5c7f4f2a11")


@dataclass(frozen=True, slots=True)
class ThreadKey:
    """One conversation in Slack."""

    team: str
    channel: str
    root: str  # the timestamp of the thread's first message

    def encode(self) -> str:
        return f"{self.team}:{self.channel}:{self.root}"

    @classmethod
    def decode(cls, text: str) -> Self:
        team, channel, root = text.split(":")
        return cls(team, channel, root)


def turn_id(team: str, channel: str, cause: str) -> TurnId:
    """The id of a turn, made from what caused it. So a payload that is delivered twice leads to the
    same turn.

    `cause` is `message:ts`, `command:trigger_id`, `view:view_id` or `root:turn`. Of a press it is
    `action:message_ts:action_id`, so that a double click is one turn; where each press counts,
    `:action_ts` follows.
    """
    return TurnId(str(uuid5(_TURNS, f"{team}/{channel}/{cause}")))


def message_id(turn: TurnId, ask: int) -> str:
    """Beebot's idempotency key for the `ask`-th asking of a turn, from 1."""
    return str(uuid5(UUID(turn), str(ask)))


def sender_id(team: str, user: str, key: str = "") -> str:
    """A stable pseudonym: Beebot can tell people apart and does not learn who they are. It is made
    with the secret `key`. Without one, anybody who knows both ids can make the same pseudonym.
    """
    if not key:
        return str(uuid5(_TURNS, f"{team}/user/{user}"))
    made = hmac.digest(key.encode(), f"{team}/user/{user}".encode(), "sha256")
    return str(UUID(bytes=made[:16]))


def reference(turn: TurnId) -> str:
    """The short form that a user can read out and an operator can search for."""
    return turn[:8]


@dataclass(frozen=True, slots=True)
class Robot:
    """Who is asked. `space` is the key of the business space it belongs to, empty for the account's
    default one; `labels` are those of the documents that it may answer from, none for all.
    """

    id: RobotId
    space: str = field(default="", repr=False)
    labels: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Source:
    """A piece of knowledge that an answer cites."""

    number: int  # what the paragraphs of the answer refer to
    title: str
    quote: str = ""  # written like an answer


@dataclass(frozen=True, slots=True)
class Handover:
    """Beebot wants a human to go on; the texts may be empty. `is_heard`: somebody is told of it."""

    skill_group: str = ""
    reason: str = ""
    is_heard: bool = True


@dataclass(frozen=True, slots=True)
class Answer:
    """An answer as it will stand in the thread."""

    markdown: str  # as the bot wrote it: Markdown with HTML in it, or HTML alone
    sources: tuple[Source, ...] = ()
    options: tuple[str, ...] = ()
    related: tuple[str, ...] = ()
    handover: Handover | None = None
    answer_id: str = ""
    is_no_answer: bool = False
    notices: tuple[str, ...] = ()  # sentences of the bridge itself, under the text
    is_cut: bool = False  # the text ends before the bot had said all, perhaps within a mark


@dataclass(frozen=True, slots=True)
class Frame:
    """The whole answer so far: a later frame replaces an earlier one, it never adds to it."""

    session: SessionId | None = None
    answer_id: str = ""
    markdown: str | None = None  # as in `Answer`; None says nothing about the text before
    sources: tuple[Source, ...] = ()
    options: tuple[str, ...] = ()
    related: tuple[str, ...] = ()
    handover: Handover | None = None
    is_no_answer: bool = False
    is_end: bool = False


@dataclass(frozen=True, slots=True)
class Times:
    """When a turn was asked and answered: epoch seconds by the clock of the store, which all
    replicas share; 0 for what has not happened. If something happened twice, on whichever replica,
    the first time counts.
    """

    asked: float = 0.0
    first_frame: float = 0.0
    first_text: float = 0.0


@dataclass(frozen=True, slots=True)
class TurnRecord:
    """What another replica needs to go on with a turn; written as soon as it is known."""

    asks: int = 0  # how often the bot was asked
    asked_at: float = 0.0  # the first time of these, in epoch seconds
    utterance: str = ""  # what it was asked, where that differs from the text of the question
    robot: Robot | None = None  # who was asked; None where a release did that knew but one
    session: SessionId | None = None
    has_frames: bool = False
    answer_id: str = ""  # the bot's name for its answer, which ratings need
    pages: tuple[str, ...] = ()  # the timestamps of the messages that Slack has accepted, in order
    stream: str = ""  # the one of them that still streams natively
    stream_began: float = 0.0  # in epoch seconds
    partial: str = ""  # the text that was shown last
    answer: Answer | None = None  # known once the end was seen: only Slack's part is left
    times: Times = field(default_factory=Times)
    is_titled: bool = False  # the thread was given its title


@dataclass(frozen=True, slots=True)
class Timeline:
    """Seconds from the writing of a question until each step; None for one that did not happen."""

    stored_s: float | None = None
    taken_s: float | None = None
    asked_s: float | None = None
    first_frame_s: float | None = None
    first_text_s: float | None = None
    ended_s: float | None = None


def draw_timeline(
    written_at: float, stored_at: float, taken_at: float, times: Times, ended_at: float
) -> Timeline:
    """`written_at` is by Slack's clock, the others are by the store's. The two may differ, so no
    step counts as earlier than the step before it.
    """
    steps = (stored_at, taken_at, times.asked, times.first_frame, times.first_text, ended_at)
    seconds, latest = list[float | None](), written_at
    for at in steps:
        latest = max(latest, at)
        seconds.append(latest - written_at if at else None)
    return Timeline(*seconds)


class Outcome(StrEnum):
    """How a turn ended, as far as this replica goes."""

    ANSWERED = "answered"
    STOPPED = "stopped"  # somebody wanted no more of the answer
    FAILED = "failed"
    DECLINED = "declined"  # the bot was not asked, and the user told why
    OPENED = "opened"  # its root is posted: the answer is another turn's
    HANDED_BACK = "handed_back"  # another replica goes on with it
    LOST = "lost"  # another replica has it
    DEAD_LETTER = "dead_letter"


class Kind(StrEnum):
    """What a turn is for."""

    ASK = "ask"  # a question
    OPEN = "open"  # a question without a thread: its root is posted first
    RESET = "reset"  # forget the session, and say so
    NOTHING_TO_STOP = "idle"  # a stop was requested where nothing ran: say so


@dataclass(frozen=True, slots=True)
class Ask:
    """A question.

    Timestamps are Slack's: epoch seconds as decimal text, which also name a message.
    """

    turn: TurnId
    thread: ThreadKey
    user: str  # who asks: a person, or a bot that is no user
    ts: str  # of its message, or of the click
    text: str  # the asker's own: mention of the bot stripped, entities decoded, mentions as tokens
    is_dm: bool = False
    is_addressed: bool = True  # mentions the bot or is written to it; else a reply in a thread
    files: int = 0  # how many files and pictures there are
    images: tuple[str, ...] = ()  # ids of those files among them that may be images
    may_lack_files: bool = False  # its event does not always tell of files
    attached: str = ""  # what the asker quotes, forwards or pastes
    is_cut: bool = False  # there was more of that than anybody can take
    has_unknown: bool = False  # a part is of a kind that nobody here can read
    kind: Kind = Kind.ASK
    is_quoted: bool = False  # no message of the thread shows it, so the answer begins with it
    respond_to: str = field(default="", repr=False)  # where the asker alone is told, if posts fail
    user_team: str = ""  # of the asker, empty where Slack did not say
    is_for_members: bool = False  # Slack did not say the asker's team: only members are answered
    asked_ts: str = ""  # where not `ts`: of the edit, or of the command whose root its message is
    bot: str = ""  # the bot, or the app of a person, that wrote it; empty for a person's own post

    @property
    def told_in(self) -> ThreadKey:
        """The thread in which its asker is sent an ephemeral message. If the question is the root
        of its thread, that is the channel: in a thread without replies nobody would see the
        message.
        """
        return replace(self.thread, root="") if self.ts == self.thread.root else self.thread

    @property
    def requested_ts(self) -> str:
        return self.asked_ts or self.ts

    @property
    def requested_at(self) -> float:
        return float(self.requested_ts)


@dataclass(frozen=True, slots=True)
class Question:
    """One asking of the bot; a repeated `message_id` is the same asking, not another."""

    message_id: str
    text: str
    session: SessionId | None
    robot: Robot
    sender: str
    sender_nick: str = ""  # empty: Beebot shall not know it
    first_frame_s: float = 90.0  # without a frame by then: `TimedOut`
    images: tuple[str, ...] = ()  # addresses that are good for some minutes from now on


@dataclass(frozen=True, slots=True)
class Prompt:
    """A question that is offered to people: what stands on the button, and what a press asks."""

    title: str
    message: str


def parse_prompts(text: str) -> tuple[Prompt, ...]:
    """`title|message`, several separated by `;` or line ends; a message alone is its own title.

    Raises `ValueError` where one of the two is empty.
    """
    parts = [part.strip() for part in re.split(r"[;\n]", text)]
    return tuple(_parse_prompt(part) for part in parts if part)


def _parse_prompt(part: str) -> Prompt:
    title, bar, message = (half.strip() for half in part.partition("|"))
    if not title or (bar and not message):
        raise ValueError("must have a title before each | and a message behind it")
    return Prompt(title, message or title)
