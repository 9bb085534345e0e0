"""Learns from Slack who somebody is, and keeps it for a day."""

import asyncio
import time
from collections.abc import Callable, Mapping
from typing import Any

from bridge.core.errors import BridgeError
from bridge.core.limits import Priority
from bridge.core.people import Person
from bridge.slack.calls import SlackCalls

KEPT_S = 86_400.0
UNKNOWN_S = 60.0  # after a failure Slack is not asked again for so long
MOST = 10_000

Key = tuple[str, str]  # team, user

_STRANGER = (float("-inf"), Person())


class SlackPeople:
    """Implements the port `People`. One call serves everybody who wants to know meanwhile, and all
    of them wait until `timeout_s` after its begin; it goes on, for those who come later.
    """

    def __init__(
        self,
        calls: SlackCalls,
        *,
        timeout_s: float = 1.0,
        most: int = MOST,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._calls = calls
        self._timeout_s = timeout_s
        self._most = most
        self._clock = clock
        self._known: dict[Key, tuple[float, Person]] = {}
        self._asking: dict[Key, tuple[float, asyncio.Task[Person]]] = {}

    async def person(self, team: str, user: str) -> Person:
        key = (team, user)
        until, person = self._known.get(key, _STRANGER)
        if not user or self._clock() < until:
            return person
        deadline, asking = self._asking.get(key) or self._begin(key)
        patience_s = max(deadline - self._clock(), 0)
        done, _ = await asyncio.wait({asking}, timeout=patience_s)
        return asking.result() if done else person

    def _begin(self, key: Key) -> tuple[float, asyncio.Task[Person]]:
        asking = asyncio.create_task(self._learn(key), name="person")
        asking.add_done_callback(lambda _: self._asking.pop(key))
        self._asking[key] = (self._clock() + self._timeout_s, asking)
        return self._asking[key]

    async def _learn(self, key: Key) -> Person:
        try:
            person, kept_s = await self._ask(*key), KEPT_S
        except BridgeError:
            _, before = self._known.get(key, _STRANGER)
            person, kept_s = before, UNKNOWN_S
        self._known.pop(key, None)
        while len(self._known) >= self._most:
            del self._known[next(iter(self._known))]
        self._known[key] = (self._clock() + kept_s, person)
        return person

    async def _ask(self, team: str, user: str) -> Person:
        arguments = {"user": user, "include_locale": "true"}
        answer = await self._calls.call(
            "users.info", arguments, team=team, channel="", priority=Priority.FINAL
        )
        return _read(_table(answer, "user"))


def _read(user: Mapping[str, Any]) -> Person:
    names = (_word(_table(user, "profile"), "display_name"), _word(user, "real_name"))
    name = next((name for name in names if name), _word(user, "name"))
    return Person(name, _word(user, "locale"), _teams_of(user))


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
