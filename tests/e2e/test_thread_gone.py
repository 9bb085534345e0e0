"""The place of an answer goes away in its midst: the turn ends, it is told, the thread goes on."""

from collections.abc import Callable

import aiohttp
import pytest

from bridge.emulators.beebot import typed
from bridge.emulators.slack.seed import (
    BOT_USER,
    C_GENERAL,
    D_ALICE,
    G_PRIVATE,
    U_ALICE,
)
from bridge.emulators.slack.workspace import Channel
from tests.e2e.stage import Stage

pytestmark = pytest.mark.process
MENTION = f"<@{BOT_USER}>"
ENDLESS = typed("word " * 4000, step=4, delay_s=0.05)  # longer than any of these tests
TOKEN = "what-prometheus-has"

Harm = Callable[[Stage, Channel], None]


def remove_the_bot(_stage: Stage, place: Channel) -> None:
    place.members.remove(BOT_USER)


def archive(_stage: Stage, place: Channel) -> None:
    place.is_archived = True


def delete_the_channel(stage: Stage, place: Channel) -> None:
    del stage.slack.workspace.channels[place.id]


def delete_the_answer(stage: Stage, place: Channel) -> None:
    (answer,) = [one for one in place.live() if one.bot_id]
    stage.slack.world.timeline.delete(answer)


HARMS: dict[str, tuple[str, Harm, str]] = {
    "the bot is removed from a channel": (C_GENERAL, remove_the_bot, "not_in_channel"),
    "the channel is archived": (C_GENERAL, archive, "is_archived"),
    "the channel is deleted": (G_PRIVATE, delete_the_channel, "channel_not_found"),
    "the answer is deleted": (D_ALICE, delete_the_answer, "message_not_found"),
}


async def begin(stage: Stage, channel: str) -> str:
    """A question whose answer has begun to grow."""
    root = await stage.slack.post(channel, U_ALICE, f"{MENTION} tell me")
    await stage.slack.until(lambda: len(stage.replies(channel, root)) == 1)
    return root


async def figures(port: int) -> list[str]:
    """The lines of `/metrics`."""
    url, key = f"http://127.0.0.1:{port}/metrics", {"Authorization": f"Bearer {TOKEN}"}
    async with aiohttp.ClientSession() as http, http.get(url, headers=key) as page:
        return (await page.text()).splitlines()


@pytest.mark.parametrize(("channel", "harm", "reason"), HARMS.values(), ids=HARMS)
async def test_an_answer_ends_and_its_thread_goes_on_when(
    stage: Stage, channel: str, harm: Harm, reason: str
) -> None:
    port = await stage.open_bridge(BRIDGE_METRICS_TOKEN=TOKEN)
    stage.beebot.default(ENDLESS)
    place = stage.slack.workspace.channel(channel)
    root = await begin(stage, channel)
    harm(stage, place)
    await stage.beebot.until(lambda: not stage.beebot.open_streams)
    assert [line for line in await figures(port) if f'result="{reason}"}}' in line]
    assert len(stage.beebot.questions) == 1
    stage.slack.workspace.channels[channel] = place
    place.is_archived = False
    place.members.add(BOT_USER)
    stage.beebot.default(typed("Fine."))
    await stage.slack.post(channel, U_ALICE, f"{MENTION} and now?", thread_ts=root)
    await stage.slack.until(lambda: stage.texts(channel, root)[-1:] == ["Fine."])
    assert 'bridge_answers_total{outcome="failed"} 1.0' in await figures(port)


async def test_an_answer_that_somebody_deleted_is_not_posted_again_and_the_log_says_why(
    stage: Stage,
) -> None:
    bridge = await stage.start_bridge()
    stage.beebot.default(ENDLESS)
    root = await begin(stage, C_GENERAL)
    delete_the_answer(stage, stage.slack.workspace.channel(C_GENERAL))
    await bridge.says("turn.finished")
    assert '"outcome": "failed"' in bridge.said("turn.finished")
    assert '"reason": "message_not_found"' in bridge.said("turn.finished")
    assert stage.texts(C_GENERAL, root) == []
    assert len(stage.slack.calls_of("chat.postMessage")) == 1


async def test_a_question_that_somebody_deletes_stops_its_answer(stage: Stage) -> None:
    await stage.open_bridge()
    stage.beebot.default(ENDLESS)
    root = await begin(stage, C_GENERAL)
    await stage.slack.delete(C_GENERAL, root)
    await stage.beebot.until(lambda: not stage.beebot.open_streams)
    await stage.slack.until(lambda: "Stopped." in str(stage.replies(C_GENERAL, root)))
    assert len(stage.replies(C_GENERAL, root)) == 1
