"""The route at which Beebot fetches the images of a question, and the signed addresses that lead
there. An image passes through, and none is kept.

An address is `ORIGIN/images/FILE.EXPIRY.SIGNATURE`: the id that Slack gave the file, the epoch
second at which it ends, and a signature over both in base64url. All replicas sign alike, and none
of them has to remember what it signed. Whoever asks without one gets a status and nothing else, and
no call is made for them.
"""

import asyncio
import hmac
import re
import time
from base64 import b64decode, urlsafe_b64encode
from collections.abc import Callable
from dataclasses import KW_ONLY, dataclass, field
from enum import StrEnum

from aiohttp import web

from bridge.core.errors import BridgeError
from bridge.core.events import ImageRelayed, Observer
from bridge.slack.images.files import OpenImage, SlackFiles
from bridge.slack.workspace.identity import Identity

PATH = "/images/"
GOOD_FOR_S = 600
TEST_FILE = "TEST"  # the id of an image that the bridge itself has

_PURPOSE = b"bridge: addresses of images"
_NAME = re.compile(r"([A-Z0-9]{2,40})\.([0-9]{1,12})\.([A-Za-z0-9_-]{43})")

MOST_AT_ONCE = 20
WHOLE_S = 60.0  # for one image, however slowly it is read

TEST_IMAGE = b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAAAAAA6fptVAAAACklEQVR4nGNoAAAAggCBd81ytgAAAABJRU5ErkJggg=="
)
_HEADERS = {
    "Cache-Control": "no-store",
    "Content-Security-Policy": "default-src 'none'; sandbox",
    "X-Content-Type-Options": "nosniff",
}


class AddressFault(StrEnum):
    """Why nothing is served at an address."""

    UNKNOWN = "unknown"
    EXPIRED = "expired"


class ImageAddresses:
    """Signs with a key that is derived from `secret`, which all replicas share. `origin` is how the
    bridge is reached from outside, such as `https://bridge.example.com`.
    """

    def __init__(self, origin: str, secret: str, *, clock: Callable[[], float] = time.time) -> None:
        self._base = origin + PATH
        self._key = hmac.digest(secret.encode(), _PURPOSE, "sha256")
        self._clock = clock

    def sign(self, file: str) -> str:
        """Good for `GOOD_FOR_S`; another address each second."""
        expiry = str(int(self._clock()) + GOOD_FOR_S)
        return f"{self._base}{file}.{expiry}.{self._signature(file, expiry)}"

    def read(self, name: str) -> str | AddressFault:
        """The file that `name`, the last part of the path, was signed for."""
        found = _NAME.fullmatch(name)
        if not found or not hmac.compare_digest(found[3], self._signature(found[1], found[2])):
            return AddressFault.UNKNOWN
        return found[1] if self._clock() < int(found[2]) else AddressFault.EXPIRED

    def _signature(self, file: str, expiry: str) -> str:
        made = hmac.digest(self._key, f"{file}.{expiry}".encode(), "sha256")
        return urlsafe_b64encode(made).rstrip(b"=").decode()


_STATUS = {AddressFault.UNKNOWN: 404, AddressFault.EXPIRED: 410}


@dataclass(slots=True)
class ImageRelay:
    """At most `most_at_once` images pass at the same time; a further request is answered 503."""

    files: SlackFiles
    addresses: ImageAddresses
    identity: Callable[[], Identity | None]
    observe: Observer
    _: KW_ONLY
    most_at_once: int = MOST_AT_ONCE
    whole_s: float = WHOLE_S
    _running: int = field(default=0, init=False)

    @property
    def routes(self) -> list[web.RouteDef]:
        return [web.get(f"{PATH}{{name:.*}}", self.serve)]  # and HEAD

    async def serve(self, request: web.Request) -> web.StreamResponse:
        file = self.addresses.read(request.match_info["name"])
        if isinstance(file, AddressFault):
            self.observe(ImageRelayed(file))
            return web.Response(status=_STATUS[file])
        if file == TEST_FILE:
            return web.Response(body=TEST_IMAGE, content_type="image/png", headers=_HEADERS)
        identity = self.identity()
        if identity is None or self._running >= self.most_at_once:
            self.observe(ImageRelayed("busy"))
            return web.Response(status=503, headers={"Retry-After": "1"})
        self._running += 1
        try:
            return await self._relay(request, identity.team_id, file)
        finally:
            self._running -= 1

    async def _relay(self, request: web.Request, team: str, file: str) -> web.StreamResponse:
        began, result, advice = time.monotonic(), "ok", ""
        response = web.StreamResponse(headers=_HEADERS)
        try:
            async with (
                asyncio.timeout(self.whole_s),
                self.files.open_image(team, file) as image,
            ):
                await _send(request, response, image)
        except BridgeError as error:
            result, advice = error.code, error.advice
        except TimeoutError:
            result = "slow"
        except OSError:
            result = "broken_off"  # by the reader
        self.observe(ImageRelayed(result, time.monotonic() - began, advice))
        if result == "ok":
            return response
        if not response.prepared:
            return web.Response(status=404)
        if request.transport is not None:
            request.transport.abort()  # or half an image would be taken for all of it
        return response


async def _send(request: web.Request, response: web.StreamResponse, image: OpenImage) -> None:
    response.content_type = image.media_type
    response.content_length = image.size
    await response.prepare(request)
    if request.method != "HEAD":
        async for chunk in image.chunks:
            await response.write(chunk)
    await response.write_eof()
