"""Beebot is shown the images of a question, by addresses that are good for minutes."""

import asyncio
import json
import re
import signal
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import aiohttp
import pytest
import yaml

from bridge.core.messages import MESSAGES
from bridge.emulators.beebot import Fault, typed
from bridge.emulators.slack import (
    BOT_USER,
    C_GENERAL,
    D_ALICE,
    D_BOB,
    U_ALICE,
    U_BOB,
    Message,
    Upload,
)
from bridge.slack.images.relay import ImageAddresses
from tests.e2e.stage import MANIFEST, SECRETS, BridgeProcess, Stage, open_stage
from tests.pictures import GIF, png
from tests.ports import free_port

Json = dict[str, Any]
BOT = f"<@{BOT_USER}>"
CAT = Upload("cat.png", png(2000), "image/png")
DOG = Upload("dog.gif", GIF, "image/gif")
PAGE = Upload("page.png", b"<!DOCTYPE html><html></html>", "image/png")
NOTE = Upload()

process = pytest.mark.process
both_ways = pytest.mark.parametrize("transport", ["http", "socket mode"])


def public() -> dict[str, str]:
    """For a bridge that is reached from outside by its own port."""
    port = str(free_port())
    return {"PORT": port, "BRIDGE_PUBLIC_URL": f"http://127.0.0.1:{port}"}


async def start(stage: Stage, **variables: str) -> None:
    await stage.open_bridge(**public(), **variables)


async def start_process(stage: Stage, **variables: str) -> BridgeProcess:
    return await stage.start_bridge(**{**public(), **variables})


def seen(stage: Stage) -> list[tuple[int, str, bytes]]:
    """What Beebot has fetched."""
    return [(image.status, image.content_type, image.body) for image in stage.beebot.images]


def addresses(stage: Stage, number: int = -1) -> list[str]:
    """Of the images of a question, as they stood on the wire."""
    value = stage.beebot.questions[number].value
    assert isinstance(value["VendorParam"], str)
    found: list[str] = json.loads(value["VendorParam"])["SYS_IMAGE_ATTACHMENTS"]
    return found


async def asked(stage: Stage, count: int = 1) -> str:
    await stage.finished(count)
    return stage.beebot.questions[-1].utterance


async def answer_of(stage: Stage, channel: str, root: str) -> Message:
    """Once it stands there with its buttons."""

    def found() -> list[Message]:
        replies = stage.replies(channel, root)
        return [m for m in replies if any(b["type"] == "context_actions" for b in m.blocks)]

    return (await stage.slack.until(found))[-1]


async def notices(stage: Stage, channel: str, root: str) -> str:
    answer = await answer_of(stage, channel, root)
    notes = [block for block in answer.blocks if block["type"] == "context"]
    return "\n".join(part.get("text", "") for note in notes for part in note["elements"])


@both_ways
@pytest.mark.parametrize("lag_s", [0.3, -0.3], ids=["mention last", "mention first"])
async def test_the_image_of_a_mention_does_not_depend_on_which_event_comes_first(
    stage: Stage, lag_s: float
) -> None:
    timeline = stage.slack.world.timeline
    timeline.mention_lag_s, timeline.mentions_lack_files = lag_s, True
    await start(stage)
    ts = await stage.slack.post(C_GENERAL, U_ALICE, f"{BOT} what is this?", files=[CAT])
    assert await asked(stage) == "what is this?\n\n📎 cat.png"
    assert seen(stage) == [(200, "image/png", CAT.content)]
    assert await notices(stage, C_GENERAL, ts) == ""
    assert len(stage.beebot.questions) == 1


async def test_the_image_of_a_mention_is_found_where_its_message_event_never_comes(
    transport: str,
) -> None:
    manifest = yaml.safe_load(MANIFEST.read_text())
    manifest["settings"]["event_subscriptions"]["bot_events"] = ["app_mention"]
    async with open_stage(socket_mode=transport == "socket mode", manifest=manifest) as stage:
        stage.slack.world.timeline.mentions_lack_files = True
        await start(stage)
        await stage.slack.post(C_GENERAL, U_ALICE, BOT, files=[CAT])
        assert await asked(stage) == MESSAGES["look_at_image"].en
        assert seen(stage) == [(200, "image/png", CAT.content)]
        root = await stage.slack.post(C_GENERAL, U_BOB, "look", files=[DOG])
        await stage.slack.post(C_GENERAL, U_ALICE, f"{BOT} and this?", root, files=[DOG])
        assert await asked(stage, 2) == "and this?\n\n📎 dog.gif"
        assert seen(stage)[1:] == [(200, "image/gif", GIF)]


@both_ways
async def test_the_images_of_a_direct_message_and_of_a_reply_are_shown(stage: Stage) -> None:
    await start(stage)
    root = await stage.slack.post(D_ALICE, U_ALICE, "which one?", files=[CAT, DOG])
    await asked(stage)
    assert seen(stage) == [(200, "image/png", CAT.content), (200, "image/gif", GIF)]
    assert len(addresses(stage)) == 2
    await answer_of(stage, D_ALICE, root)
    await stage.slack.post(D_ALICE, U_ALICE, "and now?", root, files=[DOG])
    await asked(stage, 2)
    assert seen(stage)[2:] == [(200, "image/gif", GIF)]
    await stage.slack.post(D_ALICE, U_ALICE, "no more", root)
    await asked(stage, 3)
    assert "VendorParam" not in stage.beebot.questions[-1].value


@both_ways
async def test_the_images_of_a_message_that_is_asked_about_are_shown(stage: Stage) -> None:
    slack = stage.slack
    await start(stage)
    ts = await slack.post(C_GENERAL, U_BOB, "look", files=[CAT, NOTE])
    await slack.shortcut(U_ALICE, "ask_about_message", channel=C_GENERAL, message_ts=ts)
    (modal,) = await slack.until(lambda: slack.workspace.modals(U_ALICE))
    typed_in = {"type": "plain_text_input", "value": "What is it?"}
    await slack.submit_view(U_ALICE, modal["id"], {"words": {"words": typed_in}})
    await asked(stage)
    assert seen(stage) == [(200, "image/png", CAT.content)]
    told = MESSAGES["files_partly_unread"].en.format(read=1, count=2)
    assert told in await notices(stage, C_GENERAL, ts)


async def test_an_image_that_is_forwarded_is_shown(stage: Stage) -> None:
    await start(stage)
    ts = await stage.slack.post(C_GENERAL, U_BOB, "look", files=[CAT])
    await stage.slack.forward(U_ALICE, C_GENERAL, ts, to=D_ALICE, text="what is it?")
    await asked(stage)
    assert seen(stage) == [(200, "image/png", CAT.content)]


async def test_an_image_alone_is_asked_about_in_the_language_of_who_shares_it(
    stage: Stage,
) -> None:
    await start(stage)
    await stage.slack.post(D_ALICE, U_ALICE, "", files=[CAT])
    assert await asked(stage) == MESSAGES["look_at_image"].en
    await stage.slack.post(D_BOB, U_BOB, "", files=[CAT])
    assert await asked(stage, 2) == MESSAGES["look_at_image"].zh


async def test_an_image_without_words_takes_along_what_was_said_before(stage: Stage) -> None:
    await start(stage, BRIDGE_THREAD_CONTEXT="true", BRIDGE_LOCALE="en")
    root = await stage.slack.post(C_GENERAL, U_BOB, "Disk full on db-1")
    await stage.slack.post(C_GENERAL, U_ALICE, BOT, root, files=[CAT])
    words, heading = MESSAGES["look_at_image"].en, MESSAGES["said_before"].en
    assert await asked(stage) == f"{words}\n\n{heading}\n@bob: Disk full on db-1"
    assert MESSAGES["thread_read"].en in await notices(stage, C_GENERAL, root)


async def test_asking_again_shows_the_image_again_by_another_address(stage: Stage) -> None:
    await start(stage, BRIDGE_STREAMING="edit")
    ts = await stage.slack.post(D_ALICE, U_ALICE, "", files=[CAT])
    reply = await answer_of(stage, D_ALICE, ts)
    await until_next_second()
    await stage.slack.click(U_ALICE, D_ALICE, reply.ts, "regenerate")
    assert await asked(stage, 2) == MESSAGES["look_at_image"].en
    assert seen(stage) == [(200, "image/png", CAT.content)] * 2
    assert addresses(stage, 0) != addresses(stage, 1)


async def test_each_try_of_an_asking_signs_anew(stage: Stage) -> None:
    await start(stage)
    stage.beebot.break_stream(Fault.refused("Throttling.User").times(2))
    began = int(time.time())
    await stage.slack.post(D_ALICE, U_ALICE, "what is it?", files=[CAT])
    await asked(stage)
    assert seen(stage) == [(200, "image/png", CAT.content)]
    assert expiry(addresses(stage)[0]) > began + 600


@process
async def test_whoever_takes_over_signs_anew_and_serves_what_another_has_signed(
    shared_stage: Stage,
) -> None:
    stage = shared_stage
    stage.environment |= {"BRIDGE_LEASE_S": "1.5", "BRIDGE_BEAT_S": "0.3", "BRIDGE_RECALL_S": "0.1"}
    first = await start_process(stage)
    stage.beebot.break_stream(Fault.slow_start(2).once())
    ts = await stage.slack.post(D_ALICE, U_ALICE, "what is it?", files=[CAT])
    await stage.beebot.until(lambda: stage.beebot.images)
    assert seen(stage) == [(200, "image/png", CAT.content)]
    await until_next_second()
    first.send(signal.SIGKILL)
    await first.ended()
    origin = origin_of(addresses(stage)[0])
    await stage.start_bridge(PORT=str(first.port), BRIDGE_PUBLIC_URL=origin)
    await answer_of(stage, D_ALICE, ts)
    (again,) = stage.beebot.repeats
    assert again.message_id == stage.beebot.questions[0].message_id
    assert again.value["VendorParam"] != stage.beebot.questions[0].value["VendorParam"]
    (second,) = json.loads(again.value["VendorParam"])["SYS_IMAGE_ATTACHMENTS"]
    assert [await status_of(url) for url in (*addresses(stage), second)] == [200, 200]


def origin_of(url: str) -> str:
    return url[: url.index("/images/")]


def expiry(url: str) -> int:
    return int(url.split(".")[-2])


async def until_next_second() -> None:
    await asyncio.sleep(1.05 - time.time() % 1)


async def test_an_edit_of_a_waiting_question_brings_its_images_along(stage: Stage) -> None:
    await start(stage)
    stage.beebot.default(typed("word " * 30, delay_s=0.02))
    root = await stage.slack.post(D_ALICE, U_ALICE, "first")
    await stage.beebot.until(lambda: stage.beebot.questions)
    ts = await stage.slack.post(D_ALICE, U_ALICE, "secnd", root, files=[CAT])
    await stage.slack.edit(D_ALICE, ts, "second")
    assert await asked(stage, 2) == "second\n\n📎 cat.png"
    assert seen(stage) == [(200, "image/png", CAT.content)]


@pytest.mark.parametrize(
    ("files", "shown", "told"),
    [
        ([CAT, NOTE], 1, MESSAGES["files_partly_unread"].en.format(read=1, count=2)),
        ([NOTE], 0, MESSAGES["files_unread"].en),
        ([PAGE], 0, MESSAGES["files_unread"].en),
        ([PAGE, CAT], 1, MESSAGES["files_partly_unread"].en.format(read=1, count=2)),
        (
            [Upload("large.png", png(11 * 1024 * 1024), "image/png")],
            0,
            MESSAGES["files_unread"].en,
        ),
        ([DOG] * 7, 5, MESSAGES["files_partly_unread"].en.format(read=5, count=7)),
        ([Upload("cat.png", CAT.content, "image/png", is_unknown=True)], 1, ""),
        ([Upload("a.txt", b"some text only", "text/plain", is_unknown=True)], 0, "not read"),
    ],
    ids=["note", "only note", "page", "page and cat", "large", "seven", "unknown", "unknown text"],
)
async def test_what_is_not_shown_is_said_to_be_unread(
    stage: Stage, files: list[Upload], shown: int, told: str
) -> None:
    await start(stage)
    ts = await stage.slack.post(D_ALICE, U_ALICE, "what is it?", files=files)
    said = await notices(stage, D_ALICE, ts)
    assert told in said
    assert bool(re.search(r"\bread\b", said)) == bool(told)
    assert [status for status, _, _ in seen(stage)] == [200] * shown


async def test_an_image_that_its_author_takes_back_is_said_to_be_unread(stage: Stage) -> None:
    await start(stage)
    ts = await stage.slack.post(D_ALICE, U_ALICE, "what is it?", files=[CAT])
    stage.slack.workspace.files.clear()
    assert MESSAGES["files_unread"].en in await notices(stage, D_ALICE, ts)
    assert seen(stage) == []


async def test_without_a_public_address_a_sentence_says_why_images_are_not_read(
    stage: Stage,
) -> None:
    port = await stage.open_bridge()
    ts = await stage.slack.post(D_ALICE, U_ALICE, "what is it?", files=[CAT])
    assert MESSAGES["images_off"].en in await notices(stage, D_ALICE, ts)
    assert "VendorParam" not in stage.beebot.questions[0].value
    ts = await stage.slack.post(D_ALICE, U_ALICE, "", files=[CAT])
    await stage.slack.until(lambda: stage.texts(D_ALICE, ts) == [MESSAGES["hello_images_off"].en])
    assert stage.slack.calls_of("files.info") == []
    url = ImageAddresses(f"http://127.0.0.1:{port}", SECRETS["SLACK_BOT_TOKEN"]).sign("F0CAT")
    assert await status_of(url) == 404


@process
async def test_a_missing_scope_is_told_to_the_operator_and_the_person(transport: str) -> None:
    manifest = yaml.safe_load(MANIFEST.read_text())
    manifest["oauth_config"]["scopes"]["bot"].remove("files:read")
    async with open_stage(socket_mode=transport == "socket mode", manifest=manifest) as stage:
        bridge = await start_process(stage)
        await bridge.says("setup.warning")
        assert "missing: files:read" in bridge.said("setup.warning")
        ts = await stage.slack.post(D_ALICE, U_ALICE, "what is it?", files=[CAT])
        assert MESSAGES["files_unread"].en in await notices(stage, D_ALICE, ts)
        assert "the scope files:read" in bridge.said("image.unread")


@process
async def test_a_bridge_without_public_address_needs_no_scope_for_files(transport: str) -> None:
    manifest = yaml.safe_load(MANIFEST.read_text())
    manifest["oauth_config"]["scopes"]["bot"].remove("files:read")
    async with open_stage(socket_mode=transport == "socket mode", manifest=manifest) as stage:
        bridge = await stage.start_bridge()
        checks = lambda: len(stage.slack.calls_of("auth.test")) >= 3  # noqa: E731
        await stage.slack.until(checks)  # who the bot is, and both again by the checks at the start
        await stage.slack.post(D_ALICE, U_ALICE, "hello")
        await asked(stage)
        assert "files:read" not in "".join(bridge.log)


@asynccontextmanager
async def fetching(url: str, method: str = "GET") -> AsyncIterator[aiohttp.ClientResponse]:
    async with aiohttp.ClientSession() as http, http.request(method, url) as answer:
        yield answer


async def status_of(url: str) -> int:
    async with fetching(url) as answer:
        return answer.status


@process
async def test_strangers_get_nothing_and_leave_no_line_in_the_log(stage: Stage) -> None:
    bridge = await start_process(stage)
    await stage.slack.post(D_ALICE, U_ALICE, "what is it?", files=[CAT])
    await asked(stage)
    (url,) = addresses(stage)
    origin = origin_of(url)
    expired = ImageAddresses(origin, SECRETS["SLACK_BOT_TOKEN"], clock=lambda: time.time() - 601)
    file = url.split("/")[-1].split(".")[0]
    assert await status_of(expired.sign(file)) == 410
    assert await status_of(ImageAddresses(origin, "another").sign(file)) == 404
    for number in range(50):
        assert await status_of(f"{origin}/images/{number}/{'x' * 500}") == 404
    assert await status_of(url) == 200
    async with fetching(url, "POST") as answer:
        assert (answer.status, answer.headers["Allow"]) == (405, "GET,HEAD")
    told = [line for line in bridge.log if "/images/" in line or "unknown" in line]
    assert told == []
    assert not any(SECRETS["SLACK_BOT_TOKEN"] in line or url in line for line in bridge.log)


@process
async def test_an_address_without_tls_is_warned_of_at_the_start(stage: Stage) -> None:
    bridge = await start_process(stage)
    assert "BRIDGE_PUBLIC_URL does not begin with https://" in bridge.said("settings.warning")
