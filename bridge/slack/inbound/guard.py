"""The public route, where Slack posts events, interactions and commands: only what it signed, whole
and readable, goes on to Bolt (docs/slack.md, Receiving).

A refusal says nothing but its status. Nothing of a body is logged.
"""

import asyncio
import hmac
import time
from collections.abc import Awaitable, Callable, Sequence
from hashlib import sha256

from aiohttp import web
from slack_bolt.adapter.aiohttp import to_aiohttp_response
from slack_bolt.request.async_request import AsyncBoltRequest
from slack_bolt.response import BoltResponse

from bridge.core.commands import DropReason
from bridge.core.events import Observer, PayloadDropped
from bridge.slack.api.faults import CLOCK_OFF, UNSIGNED

BODY_LIMIT = 1024 * 1024
PATH = "/slack/events"
WINDOW_S = 300
READ_TIMEOUT_S = 3.0  # Slack itself gives up after that

_MEDIA_TYPES = {"application/json", "application/x-www-form-urlencoded"}

_ADVICE = {DropReason.SIGNATURE: UNSIGNED, DropReason.TIMESTAMP: CLOCK_OFF}

Dispatch = Callable[[AsyncBoltRequest], Awaitable[BoltResponse]]


class BadRequest(Exception):
    """`status` is that of the response."""

    def __init__(self, status: int, why: DropReason) -> None:
        super().__init__(why)
        self.status = status
        self.why = why


class Guard:
    """`dispatch` gets what passes; `read_timeout_s` is how long a body may take to arrive.

    Raises ValueError for an empty secret: anybody could sign with that.
    """

    def __init__(
        self,
        signing_secret: str,
        dispatch: Dispatch,
        observe: Observer,
        *,
        read_timeout_s: float = READ_TIMEOUT_S,
    ) -> None:
        if not signing_secret:
            raise ValueError("the signing secret is empty")
        self._secret = signing_secret.encode()
        self._dispatch = dispatch
        self._observe = observe
        self._read_timeout_s = read_timeout_s

    @property
    def routes(self) -> list[web.RouteDef]:
        return [web.post(PATH, self.handle)]

    async def handle(self, request: web.Request) -> web.Response:
        try:
            admitted = await self._admit(request)
        except BadRequest as bad:
            advice = _ADVICE.get(bad.why, "")
            self._observe(PayloadDropped("request", bad.why, advice=advice))
            return web.Response(status=bad.status)
        return await to_aiohttp_response(await self._dispatch(admitted))

    async def _admit(self, request: web.Request) -> AsyncBoltRequest:
        # Slack compresses nothing, and a small body may unpack to a huge one.
        if request.content_type not in _MEDIA_TYPES or "Content-Encoding" in request.headers:
            raise BadRequest(415, DropReason.MEDIA_TYPE)
        stamp = _stamp(request.headers.get("X-Slack-Request-Timestamp", ""))
        signature = request.headers.get("X-Slack-Signature", "")
        if not (stamp and signature):
            raise BadRequest(401, DropReason.UNSIGNED)
        body = await self._read(request)
        if not self._is_signed(signature, stamp, body):
            raise BadRequest(401, DropReason.SIGNATURE)
        if abs(time.time() - int(stamp)) > WINDOW_S:  # signed rightly: then a clock is off
            raise BadRequest(401, DropReason.TIMESTAMP)
        return _parsed(request, body)

    async def _read(self, request: web.Request) -> bytes:
        if (request.content_length or 0) > BODY_LIMIT:
            raise BadRequest(413, DropReason.TOO_LARGE)
        body = bytearray()
        try:
            async with asyncio.timeout(self._read_timeout_s):
                async for chunk in request.content.iter_any():
                    body += chunk
                    if len(body) > BODY_LIMIT:
                        raise BadRequest(413, DropReason.TOO_LARGE)
        except TimeoutError:
            raise BadRequest(408, DropReason.TOO_SLOW) from None
        except (web.RequestPayloadError, OSError):  # broken off, or framed wrongly
            raise BadRequest(400, DropReason.MALFORMED) from None
        return bytes(body)

    def _is_signed(self, signature: str, stamp: str, body: bytes) -> bool:
        basis = b"v0:" + stamp.encode() + b":" + body
        expected = "v0=" + hmac.new(self._secret, basis, sha256).hexdigest()
        given = signature.encode(errors="surrogateescape")
        return hmac.compare_digest(expected.encode(), given)


def _stamp(text: str) -> str:
    """Empty for what is no time at all."""
    return text if text.isascii() and text.isdigit() and len(text) <= 12 else ""


def _parsed(request: web.Request, body: bytes) -> AsyncBoltRequest:
    """Bolt reads JSON and forms as it is built; what it stumbles over is no payload of Slack's."""
    headers: dict[str, str | Sequence[str]] = dict(request.headers)
    try:
        return AsyncBoltRequest(body=body.decode(), headers=headers)
    except (ValueError, TypeError, AttributeError, LookupError, RecursionError):
        raise BadRequest(400, DropReason.MALFORMED) from None
