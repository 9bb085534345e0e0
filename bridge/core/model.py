"""The nouns of the bridge: threads, turns, sessions, answers."""

import re
from dataclasses import dataclass, field
from enum import StrEnum
from typing import NewType, Self
from uuid import UUID, uuid5

TurnId = NewType("TurnId", str)
SessionId = NewType("SessionId", str)

_TURNS = UUID("5b0f6c0e-6f0c-5c43-9c8e-5a5c7f4f2a11")


@dataclass(frozen=True, slots=True)
class ThreadKey:
    """One conversation in Slack: `root` is the timestamp string of the thread's first message."""

    team: str
    channel: str
    root: str

    def encode(self) -> str:
        return f"{self.team}:{self.channel}:{self.root}"

    @classmethod
    def decode(cls, text: str) -> Self:
        team, channel, root = text.split(":")
        return cls(team, channel, root)


def turn_id(team: str, channel: str, cause: str) -> TurnId:
    """One key end to end: whatever is delivered, retried or twinned for one cause is one turn.

    `cause` is `message:ts`, `command:trigger_id`, `view:view_id`, `root:turn`, or for a press
    `action:message_ts:action_id`, so that a double click is one, with `:action_ts` behind it where
    each press counts.
    """
    return TurnId(str(uuid5(_TURNS, f"{team}/{channel}/{cause}")))


def message_id(turn: TurnId, ask: int) -> str:
    """Beebot's idempotency key for the `ask`-th asking of a turn, from 1."""
    return str(uuid5(UUID(turn), str(ask)))


def sender_id(team: str, user: str) -> str:
    """A stable pseudonym: Beebot can tell people apart without learning who they are."""
    return str(uuid5(_TURNS, f"{team}/user/{user}"))


def reference(turn: TurnId) -> str:
    """The short form that a user can read out and an operator can search for."""
    return turn[:8]


@dataclass(frozen=True, slots=True)
class Source:
    """A piece of knowledge that an answer cites; `number` is what its paragraphs refer to, `quote`
    is written like an answer.
    """

    number: int
    title: str
    quote: str = ""


@dataclass(frozen=True, slots=True)
class Handover:
    """Beebot wants a human to go on; every field may be empty."""

    skill_group: str = ""
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Answer:
    """An answer as it will stand in the thread.

    `markdown` is its text as the bot wrote it, Markdown with HTML in it or HTML alone; `is_cut`
    where that ends before the bot has said all, perhaps within a mark. `notices` are sentences of
    the bridge itself, shown under the text.
    """

    markdown: str
    sources: tuple[Source, ...] = ()
    options: tuple[str, ...] = ()
    related: tuple[str, ...] = ()
    handover: Handover | None = None
    answer_id: str = ""
    is_no_answer: bool = False
    notices: tuple[str, ...] = ()
    is_cut: bool = False


@dataclass(frozen=True, slots=True)
class TurnRecord:
    """What another replica needs to go on with a turn; written as soon as it is known.

    `asks` counts the askings of Beebot, `asked_at` is the epoch time of the first of them, `pages`
    are the timestamps of the messages that Slack has accepted, in order; `stream` is the one of
    them that still streams natively, begun at epoch time `stream_began`. `partial` is the text
    shown last, `utterance` what was asked where that differs from the words of the question.
    `answer` is there once the end was seen: then only Slack's part is left.
    """

    asks: int = 0
    asked_at: float = 0.0
    utterance: str = ""
    session: SessionId | None = None
    has_frames: bool = False
    pages: tuple[str, ...] = ()
    stream: str = ""
    stream_began: float = 0.0
    partial: str = ""
    answer: Answer | None = None


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
    IDLE = "idle"  # a stop was wanted where nothing ran: say so


@dataclass(frozen=True, slots=True)
class Ask:
    """A question.

    `text` is what the asker wrote: mention of the bot stripped, entities unescaped, other mentions
    still tokens. `attached` is what they quote, forward or paste; `is_cut`: there was more of it
    than anybody can take. `files` counts files and pictures, `has_unknown` says that a
    part is of a kind that nobody here can read: neither is read. `is_addressed` says
    that the bot was mentioned or written to; otherwise it is a reply in a thread, a question only
    if its author has addressed the bot there before. `ts` is the time of its message, or of the
    click; `asked_ts` is when it was asked where that is another time: of the edit that made it what
    it is, or of the command whose root its message is. `is_quoted`: no message of the thread shows
    the question, so the answer begins with it. `respond_to` is an address for a private word where
    the bot may not post, empty for none. `user_team` is the team of the asker, empty where Slack
    did not say; `is_for_members` then: it is answered only if the asker turns out to be of the
    thread's team.
    """

    turn: TurnId
    thread: ThreadKey
    user: str
    ts: str
    text: str
    is_dm: bool = False
    is_addressed: bool = True
    files: int = 0
    attached: str = ""
    is_cut: bool = False
    has_unknown: bool = False
    kind: Kind = Kind.ASK
    is_quoted: bool = False
    respond_to: str = field(default="", repr=False)
    user_team: str = ""
    is_for_members: bool = False
    asked_ts: str = ""

    @property
    def requested_ts(self) -> str:
        return self.asked_ts or self.ts


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


@dataclass(frozen=True, slots=True)
class Prompt:
    """A question that is offered to people: what stands on the button, and what a press asks."""

    title: str
    message: str


def parse_prompts(text: str) -> tuple[Prompt, ...]:
    """`title|message`, several parted by `;` or line ends; a message alone is its own title.

    Raises `ValueError` for a half that is empty.
    """
    parts = [part.strip() for part in re.split(r"[;\n]", text)]
    return tuple(_parse_prompt(part) for part in parts if part)


def _parse_prompt(part: str) -> Prompt:
    title, bar, message = (half.strip() for half in part.partition("|"))
    if not title or (bar and not message):
        raise ValueError("must have a title before each | and a message behind it")
    return Prompt(title, message or title)
