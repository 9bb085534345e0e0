"""Learns from Slack who somebody is and what a channel is called, and keeps it for a day."""

import time
from collections.abc import Callable, Mapping
from typing import Any

from bridge.core.limits import Priority
from bridge.core.ports import User
from bridge.slack.cached_lookup import MOST, CachedLookup
from bridge.slack.web_api import SlackApi

KEPT_S = 86_400.0


class SlackUsers:
    """Implements the port `Users`."""

    def __init__(
        self,
        api: SlackApi,
        *,
        timeout_s: float = 1.0,
        most: int = MOST,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._api = api
        self._lookups = CachedLookup(
            "person",
            self._ask,
            User(),
            kept_s=KEPT_S,
            timeout_s=timeout_s,
            most=most,
            clock=clock,
        )

    async def find(self, team: str, user: str) -> User:
        return await self._lookups.find(team, user)

    async def _ask(self, team: str, user: str) -> User:
        arguments = {"user": user, "include_locale": "true"}
        answer = await self._api.call(
            "users.info", arguments, team=team, channel="", priority=Priority.FINAL
        )
        return _read(_table(answer, "user"))


class SlackChannels:
    """What channels are called: empty where the bot may not know, or within a second learns not."""

    def __init__(self, api: SlackApi, *, timeout_s: float = 1.0) -> None:
        self._api = api
        self._lookups = CachedLookup("channel", self._ask, "", kept_s=KEPT_S, timeout_s=timeout_s)

    async def name(self, team: str, channel: str) -> str:
        return await self._lookups.find(team, channel)

    async def _ask(self, team: str, channel: str) -> str:
        answer = await self._api.call(
            "conversations.info",
            {"channel": channel},
            team=team,
            channel="",
            priority=Priority.FINAL,
        )
        return _word(_table(answer, "channel"), "name")


def _read(user: Mapping[str, Any]) -> User:
    names = (_word(_table(user, "profile"), "display_name"), _word(user, "real_name"))
    name = next((name for name in names if name), _word(user, "name"))
    return User(name, _word(user, "locale"), _teams_of(user))


def _teams_of(user: Mapping[str, Any]) -> frozenset[str]:
    """On Enterprise Grid a person belongs to several."""
    grid = _table(user, "enterprise_user")
    others = grid.get("teams")
    named = [user.get("team_id"), grid.get("enterprise_id")]
    named += others if isinstance(others, list) else []
    return frozenset(team for team in named if isinstance(team, str) and team)


def _table(source: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    value = source.get(name)
    return value if isinstance(value, dict) else {}


def _word(source: Mapping[str, Any], name: str) -> str:
    value = source.get(name)
    return value if isinstance(value, str) else ""
