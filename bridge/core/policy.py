"""Who is answered where, and how often: the operator's rules, on plain values."""

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum

from bridge.core.model import Ask, Kind
from bridge.core.ports import Users

MINUTE_S = 60
HOUR_S = 3600
DAY_S = 24 * HOUR_S


class Refusal(StrEnum):
    """Why somebody is not answered: the label of a metric. `refused_` and this word are the key of
    the sentence that they are told.
    """

    CHANNEL = "channel"
    DM = "dm"
    PERSON = "person"
    GUEST = "guest"
    UNKNOWN = "unknown"  # nobody tells whether they are a guest
    EXTERNAL = "external"  # they are told nothing


@dataclass(frozen=True, slots=True)
class AllowDeny:
    """Two lists of ids. Whoever is in `denied` is refused. If `allowed` is not empty, whoever is
    not in it is refused, too.
    """

    allowed: frozenset[str] = frozenset()
    denied: frozenset[str] = frozenset()

    def admits(self, identifier: str) -> bool:
        is_allowed = not self.allowed or identifier in self.allowed
        return is_allowed and identifier not in self.denied


@dataclass(frozen=True, slots=True)
class Policy:
    """For whom the bridge is there.

    `follow_threads`: replies without a mention count in threads where their author asked; in the
    channels of `follow_except` the opposite holds. `allow_external`: people of other organisations
    are answered. `max_utterance`: what a question may hold, in characters. `bots` are the ids of
    the other bots that may ask, by a mention alone.
    """

    follow_threads: bool = True
    allow_external: bool = False
    max_utterance: int = 512
    follow_except: frozenset[str] = frozenset()
    channels: AllowDeny = AllowDeny()
    people: AllowDeny = AllowDeny()
    bots: frozenset[str] = frozenset()
    allow_dms: bool = True
    allow_guests: bool = True

    @property
    def room(self) -> int:
        """How many characters of attached text are kept. It is more than can be asked, because a
        mention is stored as a token, and the name that takes its place may be much shorter.
        """
        return 8 * self.max_utterance

    def follows(self, channel: str) -> bool:
        return self.follow_threads is not (channel in self.follow_except)

    def refuses_place(self, channel: str, *, is_dm: bool) -> Refusal | None:
        if is_dm:
            return None if self.allow_dms else Refusal.DM
        return None if self.channels.admits(channel) else Refusal.CHANNEL

    def refuses_person(self, user: str, *, is_bot: bool = False) -> Refusal | None:
        """A bot is on a list of its own; who posts through it may still be denied."""
        is_admitted = user not in self.people.denied if is_bot else self.people.admits(user)
        return None if is_admitted else Refusal.PERSON


@dataclass(frozen=True, slots=True)
class Admission:
    """The rules for which Slack must be asked who a person is: guests and people of other
    organisations. That takes a call. So it is done when the question is answered, or the bot is
    looked at, and not before Slack has its acknowledgement.
    """

    policy: Policy
    users: Users

    async def refuses(self, ask: Ask) -> Refusal | None:
        user = await self.users.find(ask.thread.team, ask.user) if self._must_know(ask) else None
        if user and ask.is_for_members and ask.thread.team not in user.teams:
            return Refusal.EXTERNAL
        if self.policy.allow_guests or user is None or ask.user == ask.bot:
            return None
        return _refuses_guest(is_guest=user.is_guest)

    def _must_know(self, ask: Ask) -> bool:
        return ask.is_for_members or not self.policy.allow_guests

    async def refuses_visitor(self, team: str, user: str) -> Refusal | None:
        if refusal := self.policy.refuses_person(user):
            return refusal
        if self.policy.allow_guests:
            return None
        return _refuses_guest(is_guest=(await self.users.find(team, user)).is_guest)


def _refuses_guest(*, is_guest: bool | None) -> Refusal | None:
    if is_guest is None:
        return Refusal.UNKNOWN
    return Refusal.GUEST if is_guest else None


class Counted(StrEnum):
    """Whose questions a quota counts."""

    PERSON = "person_quota"
    WORKSPACE = "workspace_quota"
    BOT = "bot_quota"


@dataclass(frozen=True, slots=True)
class Quota:
    """At most so many questions in `window_s`, which begins with the first of them."""

    counted: Counted
    most: int
    window_s: int


@dataclass(frozen=True, slots=True)
class Quotas:
    """How many questions may be asked in a minute, in an hour and in a day; 0: any number. A bot
    may ask `bot_turns` in a thread where no person writes in between.
    """

    person_per_minute: int = 0
    person_per_day: int = 0
    workspace_per_minute: int = 0
    workspace_per_day: int = 0
    bot_per_hour: int = 60
    bot_turns: int = 5

    def __iter__(self) -> Iterator[Quota]:
        """Those that limit anything."""
        for quota in (
            Quota(Counted.PERSON, self.person_per_minute, MINUTE_S),
            Quota(Counted.PERSON, self.person_per_day, DAY_S),
            Quota(Counted.WORKSPACE, self.workspace_per_minute, MINUTE_S),
            Quota(Counted.WORKSPACE, self.workspace_per_day, DAY_S),
            Quota(Counted.BOT, self.bot_per_hour, HOUR_S),
        ):
            if quota.most:
                yield quota

    def counting(self, ask: Ask) -> Iterator[tuple[Quota, tuple[str, ...]]]:
        """Those that count this question, and for whom: empty for all together. Control words do
        not count.
        """
        if ask.kind in {Kind.ASK, Kind.OPEN}:
            whose = {Counted.PERSON: (ask.user,), Counted.WORKSPACE: (), Counted.BOT: (ask.bot,)}
            for quota in self:
                if ask.bot or quota.counted is not Counted.BOT:
                    yield quota, whose[quota.counted]


class QuotaReached(Exception):
    """A question that was not taken; the next one is, after `wait_s`."""

    def __init__(self, counted: Counted, wait_s: float) -> None:
        super().__init__(counted)
        self.counted = counted
        self.wait_s = wait_s
