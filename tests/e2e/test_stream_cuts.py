"""However the network cuts Beebot's bytes, Slack ends with the same text."""

from itertools import cycle

from bridge.emulators.beebot import cut_at, cut_randomly, recorded, recorded_bytes
from bridge.emulators.slack.seed import (
    BOT_USER,
    C_GENERAL,
    C_RANDOM,
    C_SHARED,
    G_PRIVATE,
    U_ALICE,
)
from tests.e2e.stage import Stage
from tests.e2e.test_answers import RECORDED

CHANNELS = (C_GENERAL, C_RANDOM, C_SHARED, G_PRIVATE)  # each takes five posts at once


async def test_the_recorded_answer_survives_every_cut_on_its_way_to_slack(stage: Stage) -> None:
    await stage.open_bridge()
    positions = range(1, len(recorded_bytes()), len(recorded_bytes()) // 20)
    cuts = {f"cut at {position}": cut_at(position) for position in positions}
    cuts |= {f"seed {seed}": cut_randomly(seed) for seed in range(5)}
    asked = []
    for (question, cut), channel in zip(cuts.items(), cycle(CHANNELS), strict=False):
        stage.beebot.script(question, recorded(delay_s=0.0).cut(cut))
        text = f"<@{BOT_USER}> {question}"
        asked.append((channel, await stage.slack.post(channel, U_ALICE, text)))
    await stage.slack.until(
        lambda: all(stage.texts(channel, root) == [RECORDED] for channel, root in asked)
    )
    assert len(RECORDED) == 51
