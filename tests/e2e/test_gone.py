"""The place of an answer goes away in its midst: the turn ends, it is told, the thread goes on."""

from collections.abc import Callable

import aiohttp
import pytest

from bridge.emulators.beebot import typed
from bridge.emulators.slack.fixtures import (
    BOT_USER,
    C_GENERAL,
    C_RANDOM,
    C_SHARED,
    D_ALICE,
    G_PRIVATE,
    TEAM,
    U_ALICE,
)
from bridge.emulators.slack.workspace import Channel
from tests.e2e.stage import BridgeProcess, Stage

pytestmark = pytest.mark.process
MENTION = f"<@{BOT_USER}>"
ENDLESS = typed("word " * 4000, step=4, delay_s=0.05)  # longer than any of these tests
TOKEN = "scrape-me"

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


HARMS: dict[str, tuple[Harm, str]] = {
    C_GENERAL: (remove_the_bot, "not_in_channel"),
    G_PRIVATE: (remove_the_bot, "channel_not_found"),
    C_RANDOM: (archive, "is_archived"),
    C_SHARED: (delete_the_channel, "channel_not_found"),
    D_ALICE: (delete_the_answer, "message_not_found"),
}


async def begin(stage: Stage, channel: str) -> str:
    """A question whose answer has begun to grow."""
    root = await stage.slack.post(channel, U_ALICE, f"{MENTION} tell me")
    await stage.slack.until(lambda: len(stage.replies(channel, root)) == 1)
    return root


async def figures(bridge: BridgeProcess) -> list[str]:
    """The lines of `/metrics`."""
    url, key = f"http://127.0.0.1:{bridge.port}/metrics", {"Authorization": f"Bearer {TOKEN}"}
    async with aiohttp.ClientSession() as http, http.get(url, headers=key) as page:
        return (await page.text()).splitlines()


async def test_an_answer_that_loses_its_place_ends_at_once_and_is_told(
    shared_stage: Stage,
) -> None:
    stage = shared_stage
    bridge = await stage.start_bridge(BRIDGE_METRICS_TOKEN=TOKEN)
    stage.beebot.default(ENDLESS)
    roots = {channel: await begin(stage, channel) for channel in HARMS}
    places = dict(stage.slack.workspace.channels)
    for channel, (harm, _) in HARMS.items():
        harm(stage, places[channel])
    await stage.beebot.until(lambda: not stage.beebot.open_streams)
    for channel, (_, reason) in HARMS.items():
        ended = f'"{TEAM}:{channel}:{roots[channel]}", "outcome": "failed"'
        await bridge.says(ended)
        assert f'"reason": "{reason}"' in bridge.said(ended)
    assert 'bridge_answers_total{outcome="failed"} 5.0' in await figures(bridge)
    assert len(stage.beebot.questions) == len(HARMS)
    await the_threads_go_on(stage, roots, places)


async def the_threads_go_on(
    stage: Stage, roots: dict[str, str], places: dict[str, Channel]
) -> None:
    stage.slack.workspace.channels.update(places)
    stage.beebot.default(typed("Fine."))
    for channel, root in roots.items():
        places[channel].is_archived = False
        places[channel].members.add(BOT_USER)
        await stage.slack.post(channel, U_ALICE, f"{MENTION} and now?", thread_ts=root)
    for channel, root in roots.items():
        await stage.slack.until(
            lambda c=channel, r=root: stage.texts(c, r)[-1:] == ["Fine."]  # type: ignore[misc]
        )


async def test_an_answer_that_somebody_deleted_is_not_posted_again(stage: Stage) -> None:
    await stage.open_bridge()
    stage.beebot.default(ENDLESS)
    root = await begin(stage, C_GENERAL)
    delete_the_answer(stage, stage.slack.workspace.channel(C_GENERAL))
    await stage.beebot.until(lambda: not stage.beebot.open_streams)
    stage.beebot.default(typed("Fine."))
    await stage.slack.post(C_GENERAL, U_ALICE, f"{MENTION} and now?", thread_ts=root)
    await stage.slack.until(lambda: stage.texts(C_GENERAL, root) == ["Fine."])
    assert len(stage.slack.calls_of("chat.postMessage")) == 2


async def test_a_question_that_somebody_deletes_stops_its_answer(stage: Stage) -> None:
    await stage.open_bridge()
    stage.beebot.default(ENDLESS)
    root = await begin(stage, C_GENERAL)
    await stage.slack.delete(C_GENERAL, root)
    await stage.beebot.until(lambda: not stage.beebot.open_streams)
    await stage.slack.until(lambda: "Stopped." in str(stage.replies(C_GENERAL, root)))
    assert len(stage.replies(C_GENERAL, root)) == 1
