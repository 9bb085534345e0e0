"""Learns from Slack who somebody is, and keeps it for a day."""

import asyncio
import time
from collections.abc import Mapping
from typing import Any

from bridge.core.errors import BridgeError
from bridge.core.people import Person
from bridge.core.ports import Priority
from bridge.slack.calls import SlackCalls

KEPT_S = 86_400.0
UNKNOWN_S = 60.0  # after a failure nobody is asked again for so long
MOST = 10_000


class SlackPeople:
    """Implements the port `People`; `timeout_s` is how long anybody waits for Slack."""

    def __init__(self, calls: SlackCalls, *, timeout_s: float = 1.0) -> None:
        self._calls = calls
        self._timeout_s = timeout_s
        self._known: dict[tuple[str, str], tuple[float, asyncio.Task[Person | None]]] = {}

    async def person(self, team: str, user: str) -> Person:
        now, key = time.monotonic(), (team, user)
        until, asking = self._known.get(key, (0.0, None))
        if asking is None or until < now:
            asking = asyncio.create_task(self._ask(team, user))
            self._remember(key, now + KEPT_S, asking)
        await asyncio.wait([asking], timeout=self._timeout_s)
        if not asking.done():
            return Person()
        found = asking.result()
        if found is None:
            self._known[key] = (min(self._known[key][0], now + UNKNOWN_S), asking)
        return found or Person()

    def _remember(
        self, key: tuple[str, str], until: float, asking: asyncio.Task[Person | None]
    ) -> None:
        while len(self._known) >= MOST:
            del self._known[next(iter(self._known))]
        self._known[key] = (until, asking)

    async def _ask(self, team: str, user: str) -> Person | None:
        arguments = {"user": user, "include_locale": "true"}
        try:
            answer = await self._calls.call(
                "users.info", arguments, team=team, channel="", priority=Priority.FIRST
            )
        except BridgeError:
            return None
        return _read(answer.get("user") or {})


def _read(user: Mapping[str, Any]) -> Person:
    profile = user.get("profile") or {}
    names = (profile.get("display_name"), user.get("real_name"), user.get("name"))
    name = next((name for name in names if isinstance(name, str) and name), "")
    locale = user.get("locale")
    return Person(name, locale if isinstance(locale, str) else "")
