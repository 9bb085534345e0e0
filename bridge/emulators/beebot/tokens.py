"""The stream's access tokens: issued by the gateway, checked by the stream host."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal
from uuid import uuid4

from bridge.emulators.beebot.signature import match, sign_stream

CLOCK_SKEW_S = 900.0

RefusedHow = Literal["html", "401", "403", "success_false"]


@dataclass(slots=True)
class StreamToken:
    """The triple of one application; `refused_how` is None while it is good."""

    access_token: str
    channel_id: str
    secret: str
    issued_at: float
    agent_key: str = ""
    refused_how: RefusedHow | None = None


class StreamTokens:
    """All tokens issued so far. The secret is the business space's, so it is the same in each of
    its tokens.
    """

    def __init__(self, *, life_s: float, clock: Callable[[], float]) -> None:
        self._life_s = life_s
        self._clock = clock
        self._secrets: dict[str, str] = {}
        self._issued: dict[str, StreamToken] = {}

    def issue(self, agent_key: str) -> StreamToken:
        secret = self._secrets.setdefault(agent_key, str(uuid4()))
        token = StreamToken(uuid4().hex, str(uuid4()), secret, self._clock(), agent_key)
        self._issued[token.access_token] = token
        return token

    def revoke(self, how: RefusedHow) -> None:
        for token in self._issued.values():
            token.refused_how = how

    def space_of(self, access_token: str) -> str:
        return self._issued[access_token].agent_key

    def check(self, path: str) -> RefusedHow | None:
        """How to refuse `token/channel/sign/timestamp`; None when all four parts are right."""
        parts = path.split("/")
        if len(parts) != 4:
            return "html"
        access_token, channel_id, sign, timestamp = parts
        token = self._issued.get(access_token)
        if token is None or not self._lives(token) or not self._is_now(timestamp):
            return "html"
        if channel_id != token.channel_id:
            return "html"
        if not match(sign_stream(token.secret, timestamp), sign):
            return "html"
        return token.refused_how

    def _lives(self, token: StreamToken) -> bool:
        return self._clock() < token.issued_at + self._life_s

    def _is_now(self, timestamp: str) -> bool:
        if not (timestamp.isascii() and timestamp.isdigit()):
            return False
        return abs(int(timestamp) / 1000 - self._clock()) <= CLOCK_SKEW_S
