"""What a payload may mean besides a command, and for whom the bridge is there."""

import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass, field

from bridge.core.commands import Command
from bridge.core.model import Ask
from bridge.slack.identity import Identity
from bridge.slack.payload_fields import Json, get_dict, get_str
from bridge.slack.reading.mrkdwn import TOKEN
from bridge.slack.views import Modal

_CONTROL_WORDS = {"stop": "stop", "停止": "stop", "new": "new", "重新开始": "new"}
_LONGEST_CONTROL = 40  # characters, with all its exclamation marks
_EMOJI = re.compile(r"(?:\s*:[^\s:]+:)+\s*")
_EDGES = re.compile(r"^[\W_]+|[\W_]+$")


@dataclass(frozen=True, slots=True)
class Policy:
    """For whom the bridge is there.

    `follow_threads`: replies without a mention count in threads where their author asked.
    `allow_external`: people of other organisations (Slack Connect) are answered.
    `max_utterance`: what a question may hold, in characters.
    """

    follow_threads: bool = True
    allow_external: bool = False
    max_utterance: int = 512

    @property
    def room(self) -> int:
        """Characters of attached text that are kept. More than can be asked: a mention that is
        written as a token may become a much shorter name.
        """
        return 8 * self.max_utterance

    def admits(self, team: str, identity: Identity) -> bool:
        """Whether somebody of this team is answered, wherever they write."""
        return self.allow_external or team in {identity.team_id, identity.enterprise_id} - {""}

    def is_external(self, body: Json, identity: Identity) -> bool:
        """Whether somebody of another organisation, who is not answered, pressed or submitted."""
        team = get_str(get_dict(body, "user"), "team_id")
        return team != "" and not self.admits(team, identity)

    def check_length(self, ask: Ask) -> "Ask | Respond | Ignore":
        """What nobody has posted yet is declined, if too long, before anybody else sees it."""
        if not ask.text:
            return Ignore("empty")
        shortest = TOKEN.sub("@", ask.text)  # what names make too long is declined later
        if len(shortest) > self.max_utterance:
            return Respond("too_long", {"length": len(shortest), "limit": self.max_utterance})
        return ask


@dataclass(frozen=True, slots=True)
class Ignore:
    """Not for us.

    `why`: one of a few fixed words, fit for the label of a metric.
    `is_addressed`: its author meant us all the same.
    """

    why: str
    is_addressed: bool = field(default=False, compare=False)


@dataclass(frozen=True, slots=True)
class Respond:
    """A sentence of `messages.py`, at once and to that person alone."""

    key: str
    values: Mapping[str, object] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class OpenModal:
    """Somebody shall see a modal.

    `trigger`: Slack's `trigger_id`, good for one modal within three seconds.
    `command`: what their press means already.
    """

    team: str
    user: str
    trigger: str
    modal: Modal
    command: Command | None = None


Intent = Command | Ignore | Respond | OpenModal


def control_word(text: str) -> str:
    """`stop` or `new` where such a word stands alone, whatever its case, width and punctuation;
    empty for any other text, such as `:new:`, the name of an emoji.
    """
    if len(text) > _LONGEST_CONTROL or _EMOJI.fullmatch(text):
        return ""
    plain = unicodedata.normalize("NFKC", text).casefold()
    return _CONTROL_WORDS.get(_EDGES.sub("", plain), "")
