"""Answers in a direct message flow natively, through the whole program."""

import random
import signal

import pytest

from bridge.emulators.beebot import typed
from bridge.emulators.slack.seed import D_ALICE, U_ALICE
from tests.e2e.stage import Stage

TEXT = " ".join(f"word{number}" for number in range(60))
SLOW = typed(TEXT, step=10, delay_s=0.025)
EDITS = ("chat.postMessage", "chat.update")


def methods(stage: Stage) -> list[str]:
    return [call.method for call in stage.slack.calls]


async def ask(stage: Stage) -> str:
    stage.beebot.default(SLOW)
    return await stage.slack.post(D_ALICE, U_ALICE, "question")


async def ends_whole(stage: Stage, root: str) -> None:
    await stage.slack.until(
        lambda: (
            stage.texts(D_ALICE, root) == [TEXT]
            and "Reply in this thread" in str(stage.replies(D_ALICE, root))
        ),
    )


async def test_an_answer_flows_and_nothing_of_it_is_edited(stage: Stage) -> None:
    await stage.open_bridge()
    root = await ask(stage)
    await ends_whole(stage, root)
    (reply,) = stage.replies(D_ALICE, root)
    versions = [text for _, text in reply.history]
    assert len(versions) >= 4
    assert all(TEXT.startswith(version) for version in versions)
    assert methods(stage).count("chat.startStream") == methods(stage).count("chat.stopStream") == 1
    assert not set(EDITS) & set(methods(stage))
    assert reply.stream is not None
    assert reply.stream.is_completed
    assert not stage.slack.status(D_ALICE, root)
    assert not stage.slack.stop_button(D_ALICE, root)


async def test_an_answer_in_html_is_edited(stage: Stage) -> None:
    await stage.open_bridge()
    stage.beebot.default(typed(f"<p>{TEXT}</p>", step=20, delay_s=0.03))
    root = await stage.slack.post(D_ALICE, U_ALICE, "question")
    await ends_whole(stage, root)
    assert "chat.startStream" not in methods(stage)


@pytest.mark.parametrize("seed", range(2))
async def test_a_stream_closed_early_ends_exact_all_the_same(stage: Stage, seed: int) -> None:
    await stage.open_bridge()
    dice = random.Random(seed)  # noqa: S311 - a dice, no secret
    length = dice.randrange(len(TEXT) * 3 // 4)
    root = await ask(stage)
    await stage.slack.until(lambda: len("".join(stage.texts(D_ALICE, root))) > length)
    stage.slack.clock.advance(300)
    await ends_whole(stage, root)
    assert methods(stage).count("chat.startStream") == 1


@pytest.mark.process
async def test_a_replica_killed_in_mid_stream_is_replaced_in_the_same_message(
    shared_stage: Stage,
) -> None:
    stage = shared_stage
    stage.environment |= {"BRIDGE_LEASE_S": "1.2", "BRIDGE_BEAT_S": "0.3", "BRIDGE_RECALL_S": "4"}
    first = await stage.start_bridge()
    root = await ask(stage)
    await stage.slack.until(lambda: len("".join(stage.texts(D_ALICE, root))) > 60)
    first.send(signal.SIGKILL)
    calls = len(methods(stage))
    await stage.start_bridge()
    await ends_whole(stage, root)
    after = methods(stage)[calls:]
    assert "chat.stopStream" in after
    assert not {"chat.startStream", "chat.appendStream", "chat.postMessage"} & set(after)
