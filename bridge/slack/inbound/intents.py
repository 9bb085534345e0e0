"""What a payload may mean besides a command, and what becomes of it under the policy."""

import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass, field

from bridge.core.commands import Command, DropReason, EditQuestion, Rate, Stop
from bridge.core.model import Ask, ThreadKey
from bridge.core.policy import Policy, Refusal
from bridge.slack.block_kit.views import Modal
from bridge.slack.reading.mrkdwn import TOKEN
from bridge.slack.reading.payload_fields import Json, get_str
from bridge.slack.workspace.identity import Identity

_CONTROL_WORDS = {"stop": "stop", "停止": "stop", "new": "new", "重新开始": "new"}
_LONGEST_CONTROL = 40  # characters, with all its exclamation marks
_EMOJI = re.compile(r"(?:\s*:[^\s:]+:)+\s*")
_EDGES = re.compile(r"^[\W_]+|[\W_]+$")


@dataclass(frozen=True, slots=True)
class Ignore:
    """Nothing is done. `is_addressed`: the author has meant the bot all the same. `bot`: the id of
    the author, if it is a bot that may not ask.
    """

    why: DropReason | Refusal
    is_addressed: bool = field(default=False, compare=False)
    bot: str = field(default="", compare=False)


@dataclass(frozen=True, slots=True)
class Decline:
    """The policy allows no questions there, or not from this person. The person is told so, once in
    a while, in `thread` (as `Ask.told_in`).
    """

    why: Refusal
    thread: ThreadKey
    user: str


@dataclass(frozen=True, slots=True)
class Respond:
    """Send a sentence of `messages.py` to this person alone, at once. `instead_of` is what they
    typed, as a question: the policy is applied to it.
    """

    key: str
    values: Mapping[str, object] = field(default_factory=dict)
    instead_of: Ask | None = field(default=None, compare=False)


@dataclass(frozen=True, slots=True)
class OpenModal:
    """Show somebody a modal.

    `trigger`: Slack's `trigger_id`, good for one modal within three seconds.
    `command`: what the press means besides, carried out at once.
    """

    thread: ThreadKey
    user: str
    trigger: str
    modal: Modal
    command: Command | None = None


Intent = Command | Ignore | Decline | Respond | OpenModal


def admit(intent: Intent, policy: Policy) -> Intent:
    """Apply the policy to an intent of somebody who asks, stops, rates, opens a modal or asks for
    help. If the policy refuses it, and the person has addressed the bot, the result is a `Decline`,
    and the person is told. Otherwise it is an `Ignore`. A deletion is always carried out.
    """
    match intent:
        case Ask() | Stop() | Rate() | OpenModal():
            thread, user, bot = intent.thread, intent.user, getattr(intent, "bot", "")
        case EditQuestion(ask) | Respond(instead_of=Ask() as ask):
            thread, user, bot = ask.thread, ask.user, ask.bot
        case _:
            return intent
    why = policy.refuses_place(thread.channel, is_dm=thread.channel.startswith("D"))
    why = why or policy.refuses_person(user, is_bot=bot != "")
    if why is None:
        return intent
    match intent:
        case Ask(is_addressed=True, bot="") | OpenModal() | Rate() | Respond() | Stop(turn=str()):
            told_in = intent.told_in if isinstance(intent, Ask) else thread
            return Decline(why, told_in, user)
    return Ignore(why)


def is_external(body: Json, identity: Identity, policy: Policy) -> bool:
    """Whether somebody of another organisation, who is not answered, pressed or submitted."""
    team = get_str(body, "user", "team_id")
    return team != "" and not (policy.allow_external or identity.owns(team))


def check_length(ask: Ask, limit: int) -> Ask | Respond | Ignore:
    """Refuse a question that is too long before it is posted for all to see."""
    if not ask.text:
        return Ignore(DropReason.EMPTY)
    shortest = TOKEN.sub("@", ask.text)  # what names make too long is declined later
    if len(shortest) > limit:
        return Respond("too_long", {"length": len(shortest), "limit": limit}, ask)
    return ask


def control_word(text: str) -> str:
    """`stop` or `new` where such a word stands alone, whatever its case, width and punctuation;
    empty for any other text, such as `:new:`, the name of an emoji.
    """
    if len(text) > _LONGEST_CONTROL or _EMOJI.fullmatch(text):
        return ""
    plain = unicodedata.normalize("NFKC", text).casefold()
    return _CONTROL_WORDS.get(_EDGES.sub("", plain), "")
