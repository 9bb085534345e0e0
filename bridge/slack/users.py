"""Asks Slack who somebody is and what a channel is called, and keeps the answer for a day."""

import time
from collections.abc import Callable

from bridge.core.ports import User
from bridge.slack.cached_lookup import MOST, CachedLookup
from bridge.slack.payload_fields import Json, get_dict, get_str
from bridge.slack.web_api import SlackApi

KEPT_S = 86_400.0


class SlackUsers:
    """Implements the port `Users` by `users.info` (docs/slack.md, Receiving).

    {"ok": true, "user": {"id": "U0ALICE", "team_id": "T0HOME", "name": "alice",
        "real_name": "Alice Arden", "locale": "en-US", "profile": {"display_name": "Alice"},
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
        answer = await self._api.call("users.info", arguments, team=team)
        return _read_user(get_dict(answer, "user"))


class SlackChannels:
    """What channels are called: empty where the bot may not know, or within a second learns not.
    `conversations.info` answers `{"ok": true, "channel": {"id": "C0HALL", "name": "hall"}}`.
    """

    def __init__(self, api: SlackApi, *, timeout_s: float = 1.0) -> None:
        self._api = api
        self._lookup = CachedLookup("channel", self._ask, "", kept_s=KEPT_S, timeout_s=timeout_s)

    async def name(self, team: str, channel: str) -> str:
        return await self._lookup.find(team, channel)

    async def _ask(self, team: str, channel: str) -> str:
        arguments = {"channel": channel}
        answer = await self._api.call("conversations.info", arguments, team=team)
        return get_str(get_dict(answer, "channel"), "name")


def _read_user(user: Json) -> User:
    display_name = get_str(get_dict(user, "profile"), "display_name")
    name = display_name or get_str(user, "real_name") or get_str(user, "name")
    return User(name, get_str(user, "locale"), _teams_of(user))


def _teams_of(user: Json) -> frozenset[str]:
    """On Enterprise Grid a person belongs to several."""
    grid = get_dict(user, "enterprise_user")
    others = grid.get("teams")
    named = [user.get("team_id"), grid.get("enterprise_id")]
    named += others if isinstance(others, list) else []
    return frozenset(team for team in named if isinstance(team, str) and team)
