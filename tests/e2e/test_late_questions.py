"""What Slack brings hours late is answered once, and says how old it is."""

from bridge.emulators.beebot import typed
from bridge.emulators.slack.seed import BOT_USER, C_GENERAL, D_ALICE, U_ALICE
from tests.e2e.stage import Stage

MENTION = f"<@{BOT_USER}>"
HOUR_S = 3600


async def post_late(stage: Stage, channel: str, text: str, age_s: float) -> str:
    """A post whose events reach the bridge only now."""
    stage.slack.clock.advance(-age_s)
    ts = await stage.slack.post(channel, U_ALICE, text)
    stage.slack.clock.advance(age_s)
    return ts


async def answered(stage: Stage, channel: str, root: str, count: int = 1) -> list[str]:
    """What stands under each answer of the thread, and its text."""
    await stage.slack.until(lambda: stage.texts(channel, root) == ["Fine."] * count)
    await stage.finished(count)
    await stage.slack.until(
        lambda: not any("Stop" in str(r.blocks) for r in stage.replies(channel, root))
    )
    return [str(reply.blocks) for reply in stage.replies(channel, root)]


async def test_a_question_that_slack_brings_late_is_answered_with_its_age(stage: Stage) -> None:
    stage.beebot.default(typed("Fine."))
    await stage.open_bridge()
    root = await post_late(stage, C_GENERAL, f"{MENTION} how?", 3 * HOUR_S)
    (under,) = await answered(stage, C_GENERAL, root)
    assert "You asked this 3 h ago" in under
    fresh = await stage.slack.post(C_GENERAL, U_ALICE, f"{MENTION} and now?")
    (under,) = await answered(stage, C_GENERAL, fresh)
    assert "ago" not in under


async def test_however_late_and_often_it_comes_it_is_answered_once(stage: Stage) -> None:
    stage.beebot.default(typed("Fine."))
    await stage.open_bridge()
    root = await post_late(stage, C_GENERAL, f"{MENTION} how?", 20 * HOUR_S)
    await answered(stage, C_GENERAL, root)
    before = len(stage.slack.deliveries)
    for delivery in list(stage.slack.deliveries):
        await stage.slack.deliver(delivery.body["event"], times=2)
    assert {one.status for one in stage.slack.deliveries[before:]} == {200}
    assert len(await answered(stage, C_GENERAL, root)) == 1
    assert len(stage.beebot.questions) == 1


async def test_the_age_is_told_in_chinese_too(stage: Stage) -> None:
    stage.beebot.default(typed("Fine."))
    await stage.open_bridge(BRIDGE_LOCALE="zh")
    root = await post_late(stage, D_ALICE, "怎么办？", 20 * 60)
    (under,) = await answered(stage, D_ALICE, root)
    assert "20 分钟前" in under


async def test_an_old_post_that_an_edit_makes_a_question_is_a_new_question(stage: Stage) -> None:
    stage.beebot.default(typed("Fine."))
    await stage.open_bridge()
    root = await post_late(stage, C_GENERAL, "how?", 3 * HOUR_S)
    await stage.slack.edit(C_GENERAL, root, f"{MENTION} how?")
    (under,) = await answered(stage, C_GENERAL, root)
    assert "ago" not in under


async def test_a_question_that_waited_with_us_for_long_says_so_as_well(stage: Stage) -> None:
    stage.beebot.script("one", typed("Fine.", step=1, delay_s=0.4))
    stage.beebot.default(typed("Fine."))
    await stage.open_bridge(BRIDGE_LATE_S="1.5")
    root = await stage.slack.post(C_GENERAL, U_ALICE, f"{MENTION} one")
    await stage.slack.post(C_GENERAL, U_ALICE, f"{MENTION} two", thread_ts=root)
    first, second = await answered(stage, C_GENERAL, root, 2)
    assert "ago" not in first
    assert "You asked this 1 min ago" in second
