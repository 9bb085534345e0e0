"""A question is completed by its own message, wherever Slack's answer holds it."""

from collections.abc import AsyncIterator
from typing import Any

import aiohttp
import pytest
from aiohttp import web

from bridge.core.model import Ask, ThreadKey, turn_id
from bridge.slack.api.limiter import Limiter
from bridge.slack.api.rate_limits import DEFAULT, LIMITS
from bridge.slack.api.web_api import SlackApi, open_client
from bridge.slack.images.files import SlackFiles
from bridge.slack.images.relay import ImageAddresses
from bridge.slack.images.selection import SlackImages
from bridge.slack.workspace.identity import Identity
from tests.adapter.slack_front import UnlimitedBuckets
from tests.refused_methods import RefusedInMemory

ROOT, TS = "1763790000.000200", "1763800000.000100"
ASK = Ask(
    turn=turn_id("T0HOME", "C0HALL", f"message:{TS}"),
    thread=ThreadKey("T0HOME", "C0HALL", ROOT),
    user="U0ALICE",
    ts=TS,
    text="what is it?",
    may_lack_files=True,
)
CAT = {"id": "F0CAT", "name": "cat.png", "mimetype": "image/png"}


class PagedSlack:
    """Answers `conversations.replies` page by page."""

    def __init__(self, *pages: list[dict[str, Any]]) -> None:
        self.pages = pages

    async def serve(self, request: web.Request) -> web.Response:
        page = int(request.query.get("cursor", "0"))
        cursor = str(page + 1) if page + 1 < len(self.pages) else ""
        said = {"messages": self.pages[page], "response_metadata": {"next_cursor": cursor}}
        return web.json_response({"ok": True, **said})


@pytest.fixture
async def http() -> AsyncIterator[aiohttp.ClientSession]:
    async with aiohttp.ClientSession() as session:
        yield session


async def completed(http: aiohttp.ClientSession, *pages: list[dict[str, Any]]) -> Ask:
    """The question, when Slack has answered with these pages."""
    app = web.Application()
    app.router.add_get("/api/conversations.replies", PagedSlack(*pages).serve)
    runner = web.AppRunner(app)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    try:
        url = f"http://127.0.0.1:{runner.addresses[0][1]}/api/"
        client = open_client("xoxb-a-token", base_url=url, session=http)
        limiter = Limiter(UnlimitedBuckets(), LIMITS, DEFAULT)
        api = SlackApi(
            lambda _team: client, limiter, lambda _event: None, refused=RefusedInMemory()
        )
        images = SlackImages(
            api,
            SlackFiles(api, http, token="xoxb-a-token", api_url=url),
            ImageAddresses("https://bridge.example.com", "xoxb-a-token"),
            identity=lambda: Identity("T0HOME", "U0BEEBOT00", "B0BEEBOT00"),
            observe=lambda _event: None,
            room=1000,
        )
        return await images.complete(ASK)
    finally:
        await runner.cleanup()


def message(**more: Any) -> dict[str, Any]:
    return {"type": "message", "user": "U0ALICE", "ts": TS, "text": "what is it?", **more}


async def test_its_message_is_found_on_a_later_page(http: aiohttp.ClientSession) -> None:
    root = {"type": "message", "user": "U0BOB", "ts": ROOT, "text": "hello"}
    ask = await completed(http, [root], [], [root, message(files=[CAT])])
    assert (ask.files, ask.images) == (1, ("F0CAT",))


async def test_a_part_that_nobody_can_read_is_known_of(http: aiohttp.ClientSession) -> None:
    """Without a file, too."""
    odd = {"type": "hologram", "block_id": "b1"}
    ask = await completed(http, [message(blocks=[odd])])
    assert ask.has_unknown
    assert not (await completed(http, [message()])).has_unknown


async def test_it_stays_as_it_was_where_its_message_is_gone(http: aiohttp.ClientSession) -> None:
    assert await completed(http, []) == ASK
