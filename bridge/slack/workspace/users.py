"""Asks Slack who somebody is and what a channel is called, keeps the answer for a day, and puts
names in the place of the tokens by which a question mentions them.
"""

import asyncio
import re
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import KW_ONLY, dataclass, field, replace
from typing import Protocol

from bridge.core.errors import Unavailable
from bridge.core.model import Ask, ThreadKey
from bridge.core.ports import User, Users
from bridge.core.translator import Translator
from bridge.slack.api.cached_lookup import MOST, CachedLookup
from bridge.slack.api.web_api import SlackApi
from bridge.slack.reading.mrkdwn import PARTED, TOKEN
from bridge.slack.reading.payload_fields import Json, get_dict, get_str

KEPT_S = 86_400.0

# For one question: a pasted list of people must not use up the calls of everybody.
_MOST_LOOKUPS = 20
_LONGEST = 80  # characters of a name, Slack's own limit
_NAMELESS = {"@": "some_person", "#": "some_channel", "!subteam^": "some_group"}
_STAND_IN = {"@": "@person", "#": "#channel", "!subteam^": "@group"}

Mention = tuple[str, str]  # sign, id


class SlackUsers:
    """Implements the port `Users` by `users.info` (docs/slack.md, Users).

    {"ok": true, "user": {"id": "U0ALICE", "team_id": "T0HOME", "name": "alice",
        "real_name": "Alice Arden", "locale": "en-US", "profile": {"display_name": "Alice"},
        "is_restricted": false, "is_ultra_restricted": false,
        "enterprise_user": {"enterprise_id": "E0GRID", "teams": ["T0HOME", "T0LAB"]}}}
    """

    def __init__(
        self,
        api: SlackApi,
        *,
        timeout_s: float = 1.0,
        most: int = MOST,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._api = api
        self._lookup = CachedLookup(
            "person", self._ask, User(), kept_s=KEPT_S, timeout_s=timeout_s, most=most, clock=clock
        )

    async def find(self, team: str, user: str) -> User:
        return await self._lookup.find(team, user)

    async def _ask(self, team: str, user: str) -> User:
        arguments = {"user": user, "include_locale": "true"}
        if user.startswith("B"):
            return User()  # a bot that is no user
        answer = await self._api.call("users.info", arguments, team=team)
        return _read_user(get_dict(answer, "user"))


class StandIns(Protocol):
    async def numbers(self, thread: ThreadKey, kind: str, ids: Sequence[str]) -> list[int]:
        """One number for each id, from 1, the same in the whole life of the thread.

        Raises `Unavailable`.
        """
        ...


@dataclass(slots=True)
class SlackNames:
    """Implements the port `Names`. Unless it `sends_names` the bot reads stand-ins in a question;
    unless it `sends_asker` it does not learn what the person who asks is called. A channel that the
    bot may not see has no name.
    """

    users: Users
    api: SlackApi
    stand_ins: StandIns
    translator: Translator
    _: KW_ONLY
    sends_names: bool = True
    sends_asker: bool = False
    timeout_s: float = 1.0
    _channels: CachedLookup[str] = field(init=False)

    def __post_init__(self) -> None:
        self._channels = CachedLookup(
            "channel", self._ask_channel, "", kept_s=KEPT_S, timeout_s=self.timeout_s
        )

    async def for_people(self, ask: Ask) -> Ask:
        labels = _labels(ask)
        names = await asyncio.gather(
            *(
                self._name(ask.thread.team, *mention, label, may_look_up=place < _MOST_LOOKUPS)
                for place, (mention, label) in enumerate(labels.items())
            )
        )
        return await self._spell(ask, dict(zip(labels, names, strict=True)))

    async def for_bot(self, ask: Ask) -> Ask:
        if self.sends_names:
            return await self.for_people(ask)
        try:
            return await self._spell(ask, await self._find_stand_ins(ask))
        except Unavailable:
            return await self._spell(ask, {})

    async def of_asker(self, ask: Ask) -> str:
        if not self.sends_asker:
            return ""
        return _flat((await self.users.find(ask.thread.team, ask.user)).name)

    async def _name(
        self, team: str, sign: str, identifier: str, label: str, *, may_look_up: bool
    ) -> str:
        """Empty where nobody tells. The label of a person may be out of date; that of a channel is
        current.
        """
        name = label
        if sign == "@" and may_look_up:
            name = (await self.users.find(team, identifier)).name or label
        elif sign == "#" and may_look_up and not label:
            name = await self._channels.find(team, identifier)
        name = _flat(name)
        return f"{sign[0] if sign in '@#' else '@'}{name}" if name else ""

    async def _ask_channel(self, team: str, channel: str) -> str:
        """Slack answers `{"ok": true, "channel": {"id": "C0HALL", "name": "hall"}}`."""
        answer = await self.api.call("conversations.info", {"channel": channel}, team=team)
        return get_str(answer, "channel", "name")

    async def _spell(self, ask: Ask, names: Mapping[Mention, str]) -> Ask:
        """Who has no name is someone, in the language of who asks."""
        if nameless := [one for one in _labels(ask) if not names.get(one)]:
            translation = await self.translator.for_ask(ask)
            said = {one: translation.text(_NAMELESS[one[0]]) for one in nameless}
            names = {**names, **said}
        text, attached = (
            TOKEN.sub(lambda found: names[found["sign"], found["id"]], part).replace(PARTED, "<")
            for part in (ask.text, ask.attached)
        )
        return replace(ask, text=text, attached=attached)

    async def _find_stand_ins(self, ask: Ask) -> Mapping[Mention, str]:
        found: dict[Mention, str] = {}
        mentions = list(_labels(ask))
        for sign, stand_in in _STAND_IN.items():
            ids = [identifier for kind, identifier in mentions if kind == sign]
            numbers = await self.stand_ins.numbers(ask.thread, stand_in[1:], ids) if ids else []
            found |= {
                (sign, identifier): f"{stand_in}{number}"
                for identifier, number in zip(ids, numbers, strict=True)
            }
        return found


def _flat(name: str) -> str:
    return " ".join(name.split())[:_LONGEST]


def _labels(ask: Ask) -> dict[Mention, str]:
    """Whom the question mentions, in order, with the names that are in its text."""
    labels: dict[Mention, str] = {}
    for found in _tokens(ask.text, ask.attached):
        mention = (found["sign"], found["id"])
        labels[mention] = labels.get(mention) or found["label"] or ""
    return labels


def _tokens(*texts: str) -> Iterable[re.Match[str]]:
    for text in texts:
        yield from TOKEN.finditer(text)


def _read_user(user: Json) -> User:
    display_name = get_str(user, "profile", "display_name")
    name = display_name or get_str(user, "real_name") or get_str(user, "name")
    guest = [user.get(name) for name in ("is_restricted", "is_ultra_restricted")]
    return User(name, get_str(user, "locale"), _teams_of(user), _any_known(guest))


def _any_known(flags: Sequence[object]) -> bool | None:
    """None where Slack tells neither."""
    known = [flag for flag in flags if isinstance(flag, bool)]
    return any(known) if known else None


def _teams_of(user: Json) -> frozenset[str]:
    """On Enterprise Grid a person belongs to several."""
    grid = get_dict(user, "enterprise_user")
    others = grid.get("teams")
    named = [user.get("team_id"), grid.get("enterprise_id")]
    named += others if isinstance(others, list) else []
    return frozenset(team for team in named if isinstance(team, str) and team)
