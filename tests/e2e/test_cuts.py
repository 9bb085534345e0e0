"""However the network cuts Beebot's bytes, Slack ends with the same text."""

from bridge.emulators.beebot import cut_at, cut_randomly, recorded, recorded_bytes
from bridge.emulators.slack.fixtures import BOT_USER, C_GENERAL, U_ALICE
from tests.e2e.stage import Stage
from tests.e2e.test_answers import RECORDED


async def test_the_recorded_answer_survives_every_cut_on_its_way_to_slack(stage: Stage) -> None:
    await stage.open_bridge()
    positions = range(1, len(recorded_bytes()), len(recorded_bytes()) // 20)
    cuts = {f"cut at {position}": cut_at(position) for position in positions}
    cuts |= {f"seed {seed}": cut_randomly(seed) for seed in range(5)}
    roots = {}
    for question, cut in cuts.items():
        stage.beebot.script(question, recorded(delay_s=0.0).cut(cut))
        text = f"<@{BOT_USER}> {question}"
        roots[question] = await stage.slack.post(C_GENERAL, U_ALICE, text)
    await stage.slack.until(
        lambda: all(stage.texts(C_GENERAL, root) == [RECORDED] for root in roots.values())
    )
    assert len(RECORDED) == 51
