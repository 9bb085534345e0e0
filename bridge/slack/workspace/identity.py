"""Who the bot is in its workspace: learned from Slack at start, needed before any event is read."""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from slack_sdk.web.async_client import AsyncWebClient

from bridge.core.background import run_until
from bridge.core.errors import BridgeError, CredentialsRejected, ProtocolError, Unavailable
from bridge.core.events import Event, Observer, SlackCalled
from bridge.core.outage import Outage
from bridge.slack.api.faults import BOT_REFUSED, CREDENTIALS, ONE_METHOD, slack_faults


@dataclass(frozen=True, slots=True)
class Identity:
    """The bot as one workspace knows it; `auth.test` answers with it.

    {"ok": true, "url": "https://works.slack.com/", "team": "Works", "team_id": "T0HOME",
     "user": "beebot", "user_id": "U0BEEBOT00", "bot_id": "B0BEEBOT00", "enterprise_id": "E0GRID"}

    `enterprise_id` is empty outside Enterprise Grid.
    """

    team_id: str
    bot_user_id: str
    bot_id: str
    enterprise_id: str = ""
    team: str = ""
    url: str = ""

    def owns(self, team: str) -> bool:
        """Whether it is the bot's own workspace, or its organisation."""
        return team in {self.team_id, self.enterprise_id} - {""}


class IdentityService:
    """Asks `auth.test` until it has answered, and again after Slack has refused the token.

    `known` is None until then, and `failure` tells why: `CredentialsRejected` calls for the
    operator, anything else heals by itself. Waits `backoff_s`, doubled each time, at most
    `longest_backoff_s`, which later is the pause between two tries; an answer may take `timeout_s`.
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
        self._longest_backoff_s = longest_backoff_s
        self._outage = Outage(
            "slack", observe, backoff_s=backoff_s, longest_backoff_s=longest_backoff_s
        )

    @property
    def failure(self) -> BridgeError | None:
        return self._outage.error

    async def ping(self) -> None:
        self._outage.raise_if_failing()
        if self.known is None:
            raise Unavailable("identity")

    def own_bot_id(self) -> str:
        """Raises `Unavailable` while it is not known: then no post can be told to be ours."""
        if self.known is None:
            raise Unavailable("identity")
        return self.known.bot_id

    def observe(self, event: Event) -> None:
        """The calls for answers tell, too, whether Slack takes the token."""
        match event:
            case SlackCalled(result=word) if word in CREDENTIALS - ONE_METHOD:
                self._outage.record_failure(CredentialsRejected(word, advice=BOT_REFUSED))
            case SlackCalled(result="ok") if self.known:
                self._outage.record_success()

    async def run(self, stop: asyncio.Event) -> None:
        await run_until(self._keep_asking(), stop)

    async def _keep_asking(self) -> None:
        while True:
            if await self.learn():
                await asyncio.sleep(self._longest_backoff_s)
                await self._outage.begun.wait()
            else:
                pause_s = self._longest_backoff_s if self.known else self._outage.remaining_s
                await asyncio.sleep(pause_s)

    async def learn(self) -> bool:
        """Ask once; False: `failure` says why not."""
        try:
            self.known = await ask_identity(self._client, timeout_s=self._timeout_s)
        except BridgeError as error:
            self._outage.record_failure(error)
            return False
        self._outage.record_success()
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
        raise CredentialsRejected("not a bot token", advice=BOT_REFUSED)
    return identity
