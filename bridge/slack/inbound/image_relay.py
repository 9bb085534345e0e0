"""The route at which Beebot fetches the images of a question: they pass through, and none is kept.

Whoever asks without a signed address gets a status and nothing else, and no call is made for them.
"""

import asyncio
import time
from base64 import b64decode
from collections.abc import Callable

from aiohttp import web

from bridge.core.errors import BridgeError
from bridge.core.events import ImageRelayed, Observer
from bridge.slack.files import OpenImage, SlackFiles
from bridge.slack.identity import Identity
from bridge.slack.image_addresses import PATH, TEST_FILE, AddressFault, ImageAddresses

MOST_AT_ONCE = 20
WHOLE_S = 60.0  # for one image, however slowly its reader reads

TEST_IMAGE = b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAAAAAA6fptVAAAACklEQVR4nGNoAAAAggCBd81ytgAAAABJRU5ErkJggg=="
)
_STATUS = {AddressFault.UNKNOWN: 404, AddressFault.EXPIRED: 410}
_HEADERS = {
    "Cache-Control": "no-store",
    "Content-Security-Policy": "default-src 'none'; sandbox",
    "X-Content-Type-Options": "nosniff",
}


class ImageRelay:
    """`most_at_once` images pass at the same time; a further one is asked to come again."""

    def __init__(
        self,
        files: SlackFiles,
        addresses: ImageAddresses,
        identity: Callable[[], Identity | None],
        observe: Observer,
        *,
        most_at_once: int = MOST_AT_ONCE,
        whole_s: float = WHOLE_S,
    ) -> None:
        self._files = files
        self._addresses = addresses
        self._identity = identity
        self._observe = observe
        self._most_at_once = most_at_once
        self._whole_s = whole_s
        self._running = 0

    @property
    def routes(self) -> list[web.RouteDef]:
        return [web.get(f"{PATH}{{name:.*}}", self.serve)]  # and HEAD

    async def serve(self, request: web.Request) -> web.StreamResponse:
        file = self._addresses.read(request.match_info["name"])
        if isinstance(file, AddressFault):
            self._observe(ImageRelayed(file))
            return web.Response(status=_STATUS[file])
        if file == TEST_FILE:
            return web.Response(body=TEST_IMAGE, content_type="image/png", headers=_HEADERS)
        identity = self._identity()
        if identity is None or self._running >= self._most_at_once:
            self._observe(ImageRelayed("busy"))
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
                asyncio.timeout(self._whole_s),
                self._files.open_image(team, file) as image,
            ):
                await _send(request, response, image)
        except BridgeError as error:
            result, advice = error.code, error.advice
        except TimeoutError:
            result = "slow"
        except OSError:
            result = "broken_off"  # by who reads
        self._observe(ImageRelayed(result, time.monotonic() - began, advice))
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
