"""Who the bot is in its workspace: learned from Slack at start, needed before any event is read."""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from slack_sdk.web.async_client import AsyncWebClient

from bridge.core.errors import BridgeError, CredentialsRejected, ProtocolError, Unavailable
from bridge.core.events import Observer
from bridge.core.outage import Outage
from bridge.slack.faults import slack_faults


@dataclass(frozen=True, slots=True)
class Identity:
    """The bot as one workspace knows it. `enterprise_id` is empty outside Enterprise Grid."""

    team_id: str
    bot_user_id: str
    bot_id: str
    enterprise_id: str = ""
    team: str = ""
    url: str = ""


class IdentityService:
    """Asks `auth.test` until it has answered once.

    `known` is None until then, and `failure` tells why: `CredentialsRejected` calls for the
    operator, anything else heals by itself. Waits `backoff_s`, doubled each time, at most
    `longest_backoff_s`; an answer may take `timeout_s`.
    """

    def __init__(
        self,
        client: AsyncWebClient,
        observe: Observer,
        *,
        backoff_s: float = 1,
        longest_backoff_s: float = 30,
        timeout_s: float = 10,
    ) -> None:
        self.known: Identity | None = None
        self._client = client
        self._timeout_s = timeout_s
        self._outage = Outage(
            "slack", observe, backoff_s=backoff_s, longest_backoff_s=longest_backoff_s
        )

    @property
    def failure(self) -> BridgeError | None:
        return self._outage.error

    async def ping(self) -> None:
        if self.known is None:
            raise self.failure or Unavailable("identity")

    def own_bot_id(self) -> str:
        """Raises `Unavailable` while it is not known: then no post can be told to be ours."""
        if self.known is None:
            raise Unavailable("identity")
        return self.known.bot_id

    async def run(self, stop: asyncio.Event) -> None:
        """Return once the identity is known, or when `stop` is set."""
        while not stop.is_set() and not await self.learn():
            await self._outage.pause(stop)

    async def learn(self) -> bool:
        """Ask once; False: `failure` says why not."""
        try:
            self.known = await ask_identity(self._client, timeout_s=self._timeout_s)
        except BridgeError as error:
            self._outage.lost(error)
            return False
        self._outage.back()
        return True


async def ask_identity(client: AsyncWebClient, *, timeout_s: float = 10) -> Identity:
    """Raises a `BridgeError`; `CredentialsRejected` also for a token that is no bot's."""
    with slack_faults():
        async with asyncio.timeout(timeout_s):
            said = await client.auth_test()
    fields: Mapping[str, Any] = said.data if isinstance(said.data, dict) else {}
    names = ("team_id", "user_id", "bot_id", "enterprise_id", "team", "url")
    identity = Identity(*(str(fields.get(name) or "") for name in names))
    if not (identity.team_id and identity.bot_user_id):
        raise ProtocolError("auth.test gave no team_id or user_id")
    if not identity.bot_id:
        raise CredentialsRejected("not a bot token")
    return identity
