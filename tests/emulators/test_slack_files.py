"""Files are served to who shows the bot's token and holds the scope; others see a page of HTML."""

from collections.abc import AsyncIterator
from typing import Any

import aiohttp
import pytest

from bridge.emulators.slack import C_ELSEWHERE, C_GENERAL, U_ALICE, U_BOB, SlackEmulator, Upload
from tests.emulators.slack_witness import MANIFEST, client_of, receiving, refusal
from tests.pictures import png
from tests.slack import slack_emulator

Json = dict[str, Any]
PNG = Upload("a cat.png", png(), "image/png")
MENTION = "<@{bot}> what is this?"


def manifest(*scopes: str) -> Json:
    granted = [*MANIFEST["oauth_config"]["scopes"]["bot"], *scopes]
    return MANIFEST | {"oauth_config": {"scopes": {"bot": granted}}}


@pytest.fixture
async def slack() -> AsyncIterator[SlackEmulator]:
    async with slack_emulator(manifest=manifest("files:read")) as slack:
        yield slack


async def shared(slack: SlackEmulator, upload: Upload = PNG, channel: str = C_GENERAL) -> Json:
    """What the message tells of the file."""
    author = U_ALICE if channel == C_GENERAL else U_BOB
    ts = await slack.post(channel, author, "look", files=[upload])
    (file,) = slack.workspace.message(channel, ts).files
    return file


async def get(url: str, token: str) -> tuple[int, str, bytes]:
    headers = {"Authorization": f"Bearer {token}"} if token else {}
    async with aiohttp.ClientSession() as http, http.get(url, headers=headers) as answer:
        return answer.status, answer.content_type, await answer.read()


async def test_a_file_is_served_to_the_bots_token(slack: SlackEmulator) -> None:
    file = await shared(slack)
    assert (file["mimetype"], file["size"]) == ("image/png", len(PNG.content))
    for name in ("url_private", "url_private_download"):
        assert await get(file[name], slack.bot_token) == (200, "image/png", PNG.content)


@pytest.mark.parametrize("token", ["", "xoxb-somebody-elses"])
async def test_another_token_leads_to_a_page_to_sign_in(slack: SlackEmulator, token: str) -> None:
    file = await shared(slack)
    status, kind, body = await get(file["url_private"], token)
    assert (status, kind) == (200, "text/html")
    assert b"Sign in" in body
    assert [request.status for request in slack.files.requests] == [302]


async def test_without_the_scope_nothing_is_told_and_nothing_served() -> None:
    async with slack_emulator(manifest=manifest()) as slack:
        file = await shared(slack)
        assert (await get(file["url_private"], slack.bot_token))[1] == "text/html"
        async with client_of(slack) as client:
            assert await refusal(client.files_info(file=file["id"])) == "missing_scope"


async def test_info_tells_what_the_message_does_not(slack: SlackEmulator) -> None:
    file = await shared(slack, Upload("b.png", png(), "image/png", is_unknown=True))
    assert file == {"id": file["id"], "file_access": "check_file_info"}
    async with client_of(slack) as client:
        told = (await client.files_info(file=file["id"]))["file"]
    assert (told["mimetype"], told["mode"], told["size"]) == ("image/png", "hosted", len(png()))


async def test_a_file_is_unknown_where_the_app_is_not(slack: SlackEmulator) -> None:
    file = await shared(slack, channel=C_ELSEWHERE)
    async with client_of(slack) as client:
        assert await refusal(client.files_info(file=file["id"])) == "file_not_found"


async def test_a_content_that_has_moved_is_redirected_to(slack: SlackEmulator) -> None:
    slack.files.moved_to = f"{slack.base_url}/files-origin"
    file = await shared(slack)
    headers = {"Authorization": f"Bearer {slack.bot_token}"}
    async with (
        aiohttp.ClientSession() as http,
        http.get(file["url_private"], headers=headers, allow_redirects=False) as answer,
    ):
        assert answer.status == 302
        assert answer.headers["Location"].startswith(slack.files.moved_to)
    assert (await get(file["url_private"], slack.bot_token))[2] == PNG.content


@pytest.mark.parametrize(("lag_s", "order"), [(0.1, "message"), (-0.1, "app_mention")])
async def test_a_mention_may_come_first_or_last_and_lack_its_files(
    slack: SlackEmulator, lag_s: float, order: str
) -> None:
    async with receiving(slack) as receiver:
        slack.world.timeline.mention_lag_s = lag_s
        slack.world.timeline.mentions_lack_files = True
        await slack.post(C_GENERAL, U_ALICE, MENTION.format(bot=slack.bot_user_id), files=[PNG])
        await slack.until(lambda: len(slack.deliveries) == 2)
        first, second = (received.event for received in receiver.received)
    assert first["type"] == order
    by_type = {event["type"]: "files" in event for event in (first, second)}
    assert by_type == {"message": True, "app_mention": False}
