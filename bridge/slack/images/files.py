"""Reads images that people share, with the bot's token, as they come (docs/slack.md, Files)."""

import re
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from urllib.parse import urljoin, urlsplit

import aiohttp
from cachetools import TTLCache

from bridge.core.errors import Refused
from bridge.slack.api.faults import slack_faults
from bridge.slack.api.web_api import SlackApi
from bridge.slack.reading.payload_fields import get_dict, get_str

LONGEST = 10 * 1024 * 1024  # bytes of an image
_MOST_HOPS = 3
_KNOWN_S = 60.0  # what was told of a file is asked again after so long
_HEAD = 12  # bytes: enough for each of `_SIGNS`
_TIMEOUT = aiohttp.ClientTimeout(total=60, sock_connect=10, sock_read=15)

_EDGE = ".slack-edge.com"
_SIGNS = {
    "image/png": re.compile(rb"\x89PNG\r\n\x1a\n"),
    "image/jpeg": re.compile(rb"\xff\xd8\xff"),
    "image/gif": re.compile(rb"GIF8[79]a"),
    "image/webp": re.compile(rb"RIFF....WEBP", re.DOTALL),
}


@dataclass(frozen=True, slots=True)
class OpenImage:
    """`media_type` is found from the content itself. `size` is in bytes, None where Slack does not
    say. `chunks` are the whole image; reading them may raise as `SlackFiles.open_image` does.
    """

    media_type: str
    size: int | None
    chunks: AsyncIterator[bytes]


class SlackFiles:
    """`token` is sent only to the hosts of Slack's files: those of the domain of `api_url`."""

    def __init__(
        self,
        api: SlackApi,
        http: aiohttp.ClientSession,
        *,
        token: str,
        api_url: str,
        longest: int = LONGEST,
    ) -> None:
        self._api = api
        self._http = http
        self._token = token
        self._longest = longest
        home = urlsplit(api_url)
        self._scheme = home.scheme
        self._hosts = re.compile(rf"(files(-[a-z]+)?\.)?{re.escape(home.netloc)}")
        self._urls: TTLCache[str, str] = TTLCache(1000, _KNOWN_S)

    @asynccontextmanager
    async def open_image(self, team: str, file: str) -> AsyncIterator[OpenImage]:
        """Raises `BridgeError`: `Refused` for what is no image, or too large."""
        url = await self._find(team, file)
        async with AsyncExitStack() as stack:  # an error of the reader is not translated as Slack's
            with slack_faults():
                response = await stack.enter_async_context(self._get(url))
                head = await _read_head(response.content)
            size = response.content_length
            if (size or 0) > self._longest:
                raise Refused("too_large")
            yield OpenImage(_media_type(head), size, self._chunks(head, response))

    async def _find(self, team: str, file: str) -> str:
        """Where its content is.

        {"ok": true, "file": {"id": "F0CAT", "mimetype": "image/png", "size": 48213,
         "url_private": "https://files.slack.com/files-pri/T0HOME-F0CAT/cat.png"}}
        """
        if url := self._urls.get(file):
            return url
        told = get_dict(await self._api.call("files.info", {"file": file}, team=team), "file")
        size = told.get("size")
        if isinstance(size, int) and size > self._longest:
            raise Refused("too_large")
        url = _resolve("", get_str(told, "url_private"))
        if not self._takes_token(url):
            raise Refused("not_at_slack")  # a file of another service, which somebody linked to
        self._urls[file] = url
        return url

    @asynccontextmanager
    async def _get(self, url: str) -> AsyncIterator[aiohttp.ClientResponse]:
        """Follows redirects within Slack (docs/slack.md, Files), and none elsewhere."""
        for _ in range(_MOST_HOPS):
            async with self._http.get(
                url, headers=self._headers(url), allow_redirects=False, timeout=_TIMEOUT
            ) as response:
                if response.status == 200:
                    yield response
                    return
                if not 300 <= response.status < 400:
                    raise Refused(f"http_{response.status}")
                url = _resolve(url, response.headers.get("Location", ""))
        raise Refused("redirected")

    def _headers(self, url: str) -> dict[str, str]:
        headers = {"Accept-Encoding": "identity"}
        if self._takes_token(url):
            return {**headers, "Authorization": f"Bearer {self._token}"}
        parts = urlsplit(url)
        if parts.scheme == "https" and parts.netloc.endswith(_EDGE):
            return headers  # its addresses are signed
        raise Refused("redirected")

    def _takes_token(self, url: str) -> bool:
        parts = urlsplit(url)
        return parts.scheme == self._scheme and bool(self._hosts.fullmatch(parts.netloc))

    async def _chunks(self, head: bytes, response: aiohttp.ClientResponse) -> AsyncIterator[bytes]:
        yield head
        sent = len(head)
        with slack_faults():
            async for chunk in response.content.iter_any():
                sent += len(chunk)
                if sent > self._longest:
                    raise Refused("too_large")
                yield chunk


def _resolve(base: str, url: str) -> str:
    """Raises `Refused` for what cannot be read as an address."""
    try:
        resolved = urljoin(base, url)
        urlsplit(resolved)
    except ValueError:
        raise Refused("no_address") from None
    return resolved


async def _read_head(content: aiohttp.StreamReader) -> bytes:
    head = b""
    while len(head) < _HEAD and (chunk := await content.readany()):
        head += chunk
    return head


def _media_type(head: bytes) -> str:
    """By what the content begins with. Raises `Refused`."""
    found = (media_type for media_type, sign in _SIGNS.items() if sign.match(head))
    media_type = next(found, None)
    if media_type is None:
        raise Refused("not_an_image")  # a page to sign in, for one
    return media_type
