"""Spells the people, channels and groups that a question mentions."""

import asyncio
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Protocol

from bridge.core.errors import Unavailable
from bridge.core.model import Ask, ThreadKey
from bridge.core.ports import Users
from bridge.slack.reading.mrkdwn import PARTED, TOKEN
from bridge.slack.users import SlackChannels
from bridge.slack.web_api import SlackApi

_MOST = 20  # lookups for one question; a pasted list of people shall not spend the budget of all
_LONGEST = 80  # characters of a name, Slack's own limit
_SOMEBODY = {"@": "@someone", "#": "#a channel", "!subteam^": "@a group"}
_STAND_IN = {"@": "@person", "#": "#channel", "!subteam^": "@group"}

Mention = tuple[str, str]  # sign, id


class Pseudonyms(Protocol):
    async def numbers(self, thread: ThreadKey, kind: str, ids: Sequence[str]) -> list[int]:
        """One number for each id, from 1, the same in the whole life of the thread.

        Raises `Unavailable`.
        """
        ...


class SlackNames:
    """Implements the port `Names`. Unless it `sends_names` the bot reads pseudonyms."""

    def __init__(
        self,
        users: Users,
        api: SlackApi,
        pseudonyms: Pseudonyms,
        *,
        sends_names: bool = True,
        timeout_s: float = 1.0,
    ) -> None:
        self._users = users
        self._channels = SlackChannels(api, timeout_s=timeout_s)
        self._pseudonyms = pseudonyms
        self._sends_names = sends_names

    async def for_people(self, ask: Ask) -> Ask:
        labels = _labels(ask)
        names = await asyncio.gather(
            *(
                self._name(ask.thread.team, *mention, label, may_look_up=place < _MOST)
                for place, (mention, label) in enumerate(labels.items())
            )
        )
        return _spell(ask, dict(zip(labels, names, strict=True)))

    async def for_bot(self, ask: Ask) -> Ask:
        if self._sends_names:
            return await self.for_people(ask)
        try:
            return _spell(ask, await self._stand_ins(ask))
        except Unavailable:
            return _spell(ask, {})

    async def _name(
        self, team: str, sign: str, identifier: str, label: str, *, may_look_up: bool
    ) -> str:
        """A label of a person may be out of date, that of a channel is not."""
        name = label
        if sign == "@" and may_look_up:
            name = (await self._users.find(team, identifier)).name or label
        elif sign == "#" and may_look_up and not label:
            name = await self._channels.name(team, identifier)
        name = " ".join(name.split())[:_LONGEST]
        return f"{sign[0] if sign in '@#' else '@'}{name}" if name else _SOMEBODY[sign]

    async def _stand_ins(self, ask: Ask) -> Mapping[Mention, str]:
        found: dict[Mention, str] = {}
        mentions = list(_labels(ask))
        for sign, stand_in in _STAND_IN.items():
            ids = [identifier for kind, identifier in mentions if kind == sign]
            numbers = await self._pseudonyms.numbers(ask.thread, stand_in[1:], ids) if ids else []
            found |= {
                (sign, identifier): f"{stand_in}{number}"
                for identifier, number in zip(ids, numbers, strict=True)
            }
        return found


def _labels(ask: Ask) -> dict[Mention, str]:
    """Whom the question mentions, in order, with the names that stand there already."""
    labels: dict[Mention, str] = {}
    for found in _tokens(ask.text, ask.attached):
        mention = (found["sign"], found["id"])
        labels[mention] = labels.get(mention) or found["label"] or ""
    return labels


def _tokens(*texts: str) -> Iterable[re.Match[str]]:
    for text in texts:
        yield from TOKEN.finditer(text)


def _spell(ask: Ask, names: Mapping[Mention, str]) -> Ask:
    def name(found: re.Match[str]) -> str:
        return names.get((found["sign"], found["id"]), _SOMEBODY[found["sign"]])

    text, attached = (
        TOKEN.sub(name, part).replace(PARTED, "<") for part in (ask.text, ask.attached)
    )
    return replace(ask, text=text, attached=attached)
