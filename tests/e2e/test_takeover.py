"""A replica that dies or stands still is replaced: same message, nothing doubled, nothing lost."""

import signal

import pytest

from bridge.emulators.beebot import Fault, Script, typed
from bridge.emulators.slack import Fault as SlackFault
from bridge.emulators.slack.seed import BOT_USER, C_GENERAL, U_ALICE
from tests.e2e.stage import BridgeProcess, Stage, events_url

pytestmark = pytest.mark.process
TEXT = "word " * 60
SLOW = typed(TEXT, step=4, delay_s=0.03)


@pytest.fixture
async def stage(shared_stage: Stage) -> Stage:
    shared_stage.environment |= {
        "BRIDGE_LEASE_S": "1.5",
        "BRIDGE_BEAT_S": "0.3",
        "BRIDGE_RECALL_S": "4",
    }
    return shared_stage


async def ask(stage: Stage, script: Script) -> str:
    stage.beebot.default(script)
    return await stage.slack.post(C_GENERAL, U_ALICE, f"<@{BOT_USER}> question")


async def replace(stage: Stage, dead: BridgeProcess) -> BridgeProcess:
    dead.send(signal.SIGKILL)
    return await stage.start_bridge()


async def ends_whole(stage: Stage, root: str, text: str = TEXT) -> None:
    await stage.slack.until(
        lambda: "".join("".join(stage.texts(C_GENERAL, root)).split()) == "".join(text.split()),
    )


async def test_killed_before_the_first_frame(stage: Stage) -> None:
    first = await stage.start_bridge()
    root = await ask(stage, SLOW.under(Fault.slow_start(1.0)))
    await stage.beebot.until(lambda: len(stage.beebot.questions) == 1)
    await replace(stage, first)
    await ends_whole(stage, root)
    assert len(stage.replies(C_GENERAL, root)) == 1
    asked = [question.message_id for question in stage.beebot.questions]
    assert len(set(asked)) == 1, "asked again under the same id: for Beebot the same question"


async def test_killed_between_a_post_and_its_record(stage: Stage) -> None:
    """Slack has taken the post, but its answer never arrived."""
    first = await stage.start_bridge()
    stage.slack.faults.add(SlackFault(method="chat.postMessage", kind="lost_reply", delay_s=30))
    root = await ask(stage, SLOW)
    await stage.slack.until(lambda: len(stage.replies(C_GENERAL, root)) == 1)
    await replace(stage, first)
    await ends_whole(stage, root)
    assert len(stage.replies(C_GENERAL, root)) == 1


async def test_asking_again_takes_nothing_back_that_was_shown(stage: Stage) -> None:
    first = await stage.start_bridge()
    root = await ask(stage, typed(TEXT, step=4, delay_s=0.06))
    await stage.slack.until(lambda: len("".join(stage.texts(C_GENERAL, root))) > 60)
    stage.environment["BRIDGE_RECALL_S"] = "0.1"
    await replace(stage, first)
    await ends_whole(stage, root)
    lengths = [len(text) for _, text in stage.replies(C_GENERAL, root)[0].history]
    assert lengths == sorted(lengths)
    assert len(stage.beebot.questions) == 2


async def test_killed_after_the_end_was_seen(stage: Stage) -> None:
    first = await stage.start_bridge()
    root = await ask(stage, SLOW)
    await stage.slack.until(lambda: len(stage.replies(C_GENERAL, root)) == 1)
    stage.slack.faults.add(SlackFault(method="chat.update", kind="hang", times=None))
    await stage.finished(1)
    stage.slack.faults.clear()
    await replace(stage, first)
    await ends_whole(stage, root)
    assert len(stage.replies(C_GENERAL, root)) == 1
    assert len(stage.beebot.questions) == 1


async def test_killed_while_two_pages_exist(stage: Stage) -> None:
    text = "\n\n".join(f"Paragraph {number}. " + "word " * 200 for number in range(20))
    first = await stage.start_bridge()
    root = await ask(stage, typed(text, step=400, delay_s=0.06))
    await stage.slack.until(lambda: len(stage.replies(C_GENERAL, root)) == 2)
    await replace(stage, first)
    await ends_whole(stage, root, text)
    assert len(stage.replies(C_GENERAL, root)) == 2


async def test_a_replica_that_stood_still_says_nothing_more(stage: Stage) -> None:
    frozen = await stage.start_bridge()
    root = await ask(stage, SLOW)
    await stage.slack.until(lambda: len(stage.replies(C_GENERAL, root)) == 1)
    frozen.send(signal.SIGSTOP)
    survivor = await stage.start_bridge()
    await ends_whole(stage, root)
    await survivor.says("turn.finished")
    calls = len(stage.slack.calls)
    frozen.send(signal.SIGCONT)
    await frozen.says("turn.finished")
    assert '"outcome": "lost"' in frozen.said("turn.finished")
    # Whether Slack is there, and who we are, is asked at any time. A state that was on its way when
    # the process froze comes late, and is taken back.
    silent = {"api.test", "auth.test", "agents.sessions.setStatus"}
    assert {call.method for call in stage.slack.calls[calls:]} <= silent
    await stage.slack.until(lambda: stage.slack.session(C_GENERAL, root) == "active")
    assert len(stage.replies(C_GENERAL, root)) == 1


async def test_both_ways_of_a_takeover_keep_what_was_said(stage: Stage) -> None:
    """`keep` leaves the half answer, marked, instead of asking again."""
    stage.environment["BRIDGE_TAKEOVER"] = "keep"
    first = await stage.start_bridge()
    root = await ask(stage, SLOW.under(Fault.broken("SystemError", after=50)))
    await stage.slack.until(lambda: len(stage.texts(C_GENERAL, root)) == 1)
    await replace(stage, first)
    await stage.slack.until(lambda: "answer is incomplete" in str(stage.replies(C_GENERAL, root)))
    (text,) = stage.texts(C_GENERAL, root)
    assert text.startswith("word")
    assert TEXT.startswith(text)
    assert len(stage.beebot.questions) == 1


async def test_three_deploys_in_a_row_do_not_lose_a_healthy_question(stage: Stage) -> None:
    stage.environment |= {"BRIDGE_GRACE_S": "0.1", "BRIDGE_LEASE_S": "60"}
    bridge = await stage.start_bridge()
    root = await ask(stage, typed(TEXT, step=4, delay_s=0.1))
    await stage.slack.until(lambda: len(stage.replies(C_GENERAL, root)) == 1)
    for _ in range(4):
        following = await stage.start_bridge()
        bridge.send(signal.SIGTERM)
        assert await bridge.ended() == 0
        bridge = following
    stage.slack.request_url = events_url(bridge.port)
    await ends_whole(stage, root)
    assert len(stage.replies(C_GENERAL, root)) == 1


async def test_a_question_that_kills_every_replica_is_told_and_kept_apart(stage: Stage) -> None:
    root = ""
    for number in range(5):
        bridge = await stage.start_bridge(BRIDGE_RECALL_S="0.1")
        if number == 0:
            root = await ask(stage, typed(TEXT, step=1, delay_s=0.2).under(Fault.slow_start(20)))
        if number < 4:
            await bridge.says("turn.started")
            bridge.send(signal.SIGKILL)
    await stage.slack.until(lambda: "Something went wrong" in "".join(stage.texts(C_GENERAL, root)))
    await bridge.says("dead_letter")
