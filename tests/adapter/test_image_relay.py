"""The route of images serves what was signed for, whole and an image, and nothing else."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import aiohttp
import pytest
import yaml
from aiohttp import web

from bridge.core.events import Event, ImageRelayed, SlackCalled
from bridge.emulators.slack import C_ELSEWHERE, C_GENERAL, U_ALICE, U_BOB, Fault, SlackEmulator
from bridge.emulators.slack import Upload as Shared
from bridge.slack.api.limiter import Limiter
from bridge.slack.api.rate_limits import DEFAULT, LIMITS
from bridge.slack.api.web_api import SlackApi, open_client
from bridge.slack.images.files import SlackFiles
from bridge.slack.images.relay import GOOD_FOR_S, TEST_FILE, TEST_IMAGE, ImageAddresses, ImageRelay
from tests.adapter.slack_front import HOME, MANIFEST, UnlimitedBuckets
from tests.pictures import GIF, JPEG, WEBP, png
from tests.refused_methods import RefusedInMemory
from tests.slack import slack_emulator

SECRET = "xoxb-the-token-of-the-bot"
PNG = Shared("cat.png", png(), "image/png")
LONGEST = 5000


@dataclass
class Clock:
    now: float = 1_763_800_000.0

    def __call__(self) -> float:
        return self.now


@dataclass
class Relay:
    """A relay in front of the emulated Slack; `get` fetches from it as Beebot does."""

    slack: SlackEmulator
    http: aiohttp.ClientSession
    events: list[Event] = field(default_factory=list)
    clock: Clock = field(default_factory=Clock)
    origin: str = ""

    def addresses(self, secret: str = SECRET) -> ImageAddresses:
        return ImageAddresses(self.origin, secret, clock=self.clock)

    async def share(self, upload: Shared = PNG, channel: str = C_GENERAL) -> str:
        """The address of a file that somebody shares."""
        return self.addresses().sign(await self.share_file(upload, channel))

    async def share_file(self, upload: Shared = PNG, channel: str = C_GENERAL) -> str:
        author = U_BOB if channel == C_ELSEWHERE else U_ALICE
        ts = await self.slack.post(channel, author, "look", files=[upload])
        return str(self.slack.workspace.message(channel, ts).files[0]["id"])

    async def get(self, url: str, method: str = "GET") -> tuple[int, str, bytes]:
        async with self.http.request(method, url) as answer:
            return answer.status, answer.content_type, await answer.read()

    @property
    def results(self) -> list[str]:
        return [one.result for one in self.events if isinstance(one, ImageRelayed)]


@asynccontextmanager
async def relaying(*, scopes: bool = True, most: int = 20, **options: Any) -> AsyncIterator[Relay]:
    manifest = yaml.safe_load(MANIFEST.read_text())
    granted = manifest["oauth_config"]["scopes"]["bot"]
    manifest["oauth_config"]["scopes"]["bot"] = [
        scope for scope in {*granted, "files:read"} if scopes or scope != "files:read"
    ]
    async with (
        slack_emulator(manifest=manifest, bot_token=SECRET) as slack,
        aiohttp.ClientSession() as http,
    ):
        relay = Relay(slack, http)
        client = open_client(SECRET, base_url=slack.api_url, session=http)
        limiter = Limiter(UnlimitedBuckets(), LIMITS, DEFAULT)
        api = SlackApi(
            lambda _team: client, limiter, relay.events.append, refused=RefusedInMemory()
        )
        files = SlackFiles(api, http, token=SECRET, api_url=slack.api_url, longest=LONGEST)
        addresses = ImageAddresses("", SECRET, clock=relay.clock)
        served = ImageRelay(
            files, addresses, lambda: HOME, relay.events.append, most_at_once=most, **options
        )
        async with listening(served.routes) as relay.origin:
            yield relay


@asynccontextmanager
async def listening(routes: list[web.RouteDef]) -> AsyncIterator[str]:
    app = web.Application()
    app.add_routes(routes)
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    try:
        yield f"http://127.0.0.1:{runner.addresses[0][1]}"
    finally:
        await runner.cleanup()


@pytest.fixture
async def relay() -> AsyncIterator[Relay]:
    async with relaying() as relay:
        yield relay


@pytest.mark.parametrize(
    ("content", "media_type"),
    [
        (png(), "image/png"),
        (png(4000), "image/png"),
        (JPEG, "image/jpeg"),
        (GIF, "image/gif"),
        (WEBP, "image/webp"),
    ],
)
async def test_an_image_passes_whole_under_the_type_of_its_content(
    relay: Relay, content: bytes, media_type: str
) -> None:
    url = await relay.share(Shared("x.png", content, "image/png"))
    assert await relay.get(url) == (200, media_type, content)
    assert relay.results == ["ok"]


async def test_nobody_may_keep_it_or_take_it_for_something_else(relay: Relay) -> None:
    async with relay.http.get(await relay.share()) as answer:
        assert answer.headers["Cache-Control"] == "no-store"
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
        assert answer.headers["Content-Length"] == str(len(PNG.content))
        assert "Set-Cookie" not in answer.headers


async def test_head_tells_the_same_without_the_content(relay: Relay) -> None:
    url = await relay.share()
    assert await relay.get(url, "HEAD") == (200, "image/png", b"")
    assert (await relay.get(url, "POST"))[0] == 405


async def test_what_was_not_signed_is_not_found_and_nobody_is_asked(relay: Relay) -> None:
    file = await relay.share_file()
    signed = relay.addresses().sign(file)
    other = await relay.share_file()
    forged = [
        relay.addresses("another secret").sign(file),
        signed.replace(file, other),
        signed[:-1] + ("A" if signed[-1] != "A" else "B"),
        signed.replace(f"{file}.1", f"{file}.2"),
        f"{signed}/more",
        f"{relay.origin}/images/",
        f"{relay.origin}/images/{file}",
        f"{relay.origin}/images/{file}.9999999999.{'A' * 43}",
        f"{relay.origin}/images/{'%00' * 50}",
    ]
    calls = len(relay.slack.calls)
    assert {await relay.get(url) for url in forged} == {(404, "application/octet-stream", b"")}
    assert len(relay.slack.calls) == calls
    assert relay.slack.files.requests == []
    assert set(relay.results) == {"unknown"}


async def test_an_address_ends_after_some_minutes(relay: Relay) -> None:
    url = await relay.share()
    relay.clock.now += GOOD_FOR_S - 1
    assert (await relay.get(url))[0] == 200
    relay.clock.now += 1
    assert await relay.get(url) == (410, "application/octet-stream", b"")
    assert relay.results == ["ok", "expired"]


async def test_what_strangers_ask_for_is_told_at_no_level_that_is_on_by_default(
    relay: Relay,
) -> None:
    await relay.get(f"{relay.origin}/images/x")
    (told,) = relay.events
    assert told.log_level < 20


@pytest.mark.parametrize(
    "upload",
    [
        Shared("cat.png", b"<!DOCTYPE html><html></html>", "image/png"),
        Shared("cat.png", b"", "image/png"),
        Shared("cat.png", b"\x89PNG", "image/png"),
        Shared("cat.svg", b"<svg xmlns='http://www.w3.org/2000/svg'/>", "image/svg+xml"),
    ],
)
async def test_what_is_no_image_does_not_pass(relay: Relay, upload: Shared) -> None:
    assert (await relay.get(await relay.share(upload)))[0] == 404
    assert relay.results == ["not_an_image"]


async def test_what_is_too_large_does_not_pass(relay: Relay) -> None:
    assert (await relay.get(await relay.share(Shared("a.png", png(LONGEST), "image/png"))))[
        0
    ] == 404
    assert relay.results == ["too_large"]
    assert relay.slack.files.requests == []


async def test_the_page_to_sign_in_is_no_image(relay: Relay) -> None:
    """Where the token is not taken for a file, Slack answers 200 with HTML."""
    relay.slack.files.moved_to = f"{relay.slack.base_url}/sign-in?redir="
    assert (await relay.get(await relay.share()))[0] == 404
    assert relay.results == ["not_an_image"]


async def test_a_redirect_within_slack_is_followed_with_the_token(relay: Relay) -> None:
    relay.slack.files.moved_to = f"{relay.slack.base_url}/files-origin"
    assert await relay.get(await relay.share()) == (200, "image/png", PNG.content)
    assert [one.knew_token for one in relay.slack.files.requests] == [True, True]


async def test_a_redirect_elsewhere_is_not_followed(relay: Relay) -> None:
    asked: list[dict[str, str]] = []

    async def elsewhere(request: web.Request) -> web.Response:
        asked.append(dict(request.headers))
        return web.Response(body=PNG.content, content_type="image/png")

    async with listening([web.get("/{path:.*}", elsewhere)]) as relay.slack.files.moved_to:
        assert (await relay.get(await relay.share()))[0] == 404
    assert relay.results == ["redirected"]
    assert asked == []


@pytest.mark.parametrize(
    ("address", "result"),
    [
        ("https://drive.example.com/cat.png", "not_at_slack"),
        ("http://169.254.169.254/latest/meta-data", "not_at_slack"),
        ("https://files.slack.com@example.com/cat.png", "not_at_slack"),
        ("file:///etc/passwd", "not_at_slack"),
        ("https://[cat.png", "no_address"),
        ("https://exa\u2100mple.com/cat.png", "no_address"),
    ],
)
async def test_what_another_service_has_is_not_fetched(
    relay: Relay, address: str, result: str
) -> None:
    linked = Shared("cat.png", PNG.content, "image/png", linked_to=address)
    assert (await relay.get(await relay.share(linked)))[0] == 404
    assert relay.results == [result]
    assert relay.slack.files.requests == []


async def test_a_redirect_to_what_is_no_address_is_not_followed(relay: Relay) -> None:
    relay.slack.files.moved_to = "https://["
    assert (await relay.get(await relay.share()))[0] == 404
    assert relay.results == ["no_address"]


async def test_a_redirect_in_circles_ends(relay: Relay) -> None:
    relay.slack.files.moved_to = relay.slack.base_url
    assert (await relay.get(await relay.share()))[0] == 404
    assert relay.results == ["redirected"]


async def test_a_file_that_slack_does_not_give_is_not_found(relay: Relay) -> None:
    assert (await relay.get(await relay.share(channel=C_ELSEWHERE)))[0] == 404
    relay.slack.faults.add(Fault("files.info", "http", status=503))
    assert (await relay.get(await relay.share()))[0] == 404
    assert relay.results == ["file_not_found", "http_503"]


async def test_half_an_image_is_not_taken_for_all_of_it(relay: Relay) -> None:
    relay.slack.files.breaks_off_after = 30
    url = await relay.share(Shared("cat.png", png(4000), "image/png"))
    with pytest.raises(aiohttp.ClientPayloadError):
        await relay.get(url)


async def test_a_missing_scope_is_named() -> None:
    async with relaying(scopes=False) as relay:
        assert (await relay.get(await relay.share()))[0] == 404
    assert relay.results == ["missing_scope"]
    (call,) = [one for one in relay.events if isinstance(one, SlackCalled)]
    assert "files:read" in call.advice


async def test_only_so_many_pass_at_once() -> None:
    async with relaying(most=1) as relay:
        relay.slack.files.delay_s = 0.5
        url = await relay.share()
        first = asyncio.create_task(relay.get(url))
        await relay.slack.until(lambda: relay.slack.files.requests)
        assert (await relay.get(url))[0] == 503
        assert (await first)[0] == 200
        assert (await relay.get(url))[0] == 200
    assert relay.results == ["busy", "ok", "ok"]


async def test_a_slow_slack_ends_it() -> None:
    async with relaying(whole_s=0.2) as relay:
        relay.slack.files.delay_s = 5
        assert (await relay.get(await relay.share()))[0] == 404
    assert relay.results == ["slow"]


async def test_the_test_image_needs_no_slack(relay: Relay) -> None:
    url = relay.addresses().sign(TEST_FILE)
    assert await relay.get(url) == (200, "image/png", TEST_IMAGE)
    assert relay.slack.calls == []
