"""What a payload may mean besides a command, and for whom the bridge is there."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from bridge.core.commands import Command
from bridge.core.model import Ask
from bridge.slack.identity import Identity
from bridge.slack.payload_fields import Json, get_dict, get_str
from bridge.slack.reading.mrkdwn import TOKEN
from bridge.slack.views.modals import Modal


@dataclass(frozen=True, slots=True)
class Policy:
    """`follow_threads`: replies without a mention count in threads where their author asked.
    `allow_external`: people of other organisations (Slack Connect) are answered. `max_utterance`
    is in characters.
    """

    follow_threads: bool = True
    allow_external: bool = False
    max_utterance: int = 512

    @property
    def room(self) -> int:
        """Characters of attached text that are kept: names may take a fraction of their tokens."""
        return 8 * self.max_utterance

    def admits(self, team: str, identity: Identity) -> bool:
        """Whether somebody of this team is answered, wherever they write."""
        return self.allow_external or team in {identity.team_id, identity.enterprise_id} - {""}


@dataclass(frozen=True, slots=True)
class Ignore:
    """Not for us; `why` is one of a few fixed words, fit for the label of a metric. `is_addressed`:
    its author meant us all the same.
    """

    why: str
    is_addressed: bool = field(default=False, compare=False)


@dataclass(frozen=True, slots=True)
class Respond:
    """Answered at once, to that person alone, with a sentence of `messages.py`."""

    key: str
    values: Mapping[str, object] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class OpenModal:
    """Somebody shall see a modal; `trigger` is good for one, within three seconds. `command` is
    what their press means already.
    """

    team: str
    user: str
    trigger: str
    modal: Modal
    command: Command | None = None


Intent = Command | Ignore | Respond | OpenModal


def is_external(body: Json, identity: Identity, policy: Policy) -> bool:
    """Whether somebody of another organisation, who is not answered, pressed or submitted this."""
    team = get_str(get_dict(body, "user"), "team_id")
    return team != "" and not policy.admits(team, identity)


def check_length(ask: Ask, policy: Policy) -> Ask | Respond | Ignore:
    """What nobody has posted yet is declined, if it is too long, before anybody else sees it."""
    if not ask.text:
        return Ignore("empty")
    shortest = TOKEN.sub("@", ask.text)  # what names make too long is declined later
    if len(shortest) > policy.max_utterance:
        return Respond("too_long", {"length": len(shortest), "limit": policy.max_utterance})
    return ask
