"""Where it is switched on, Beebot reads what was said in a thread before its first question."""

import signal

import pytest
import yaml

from bridge.core.messages import MESSAGES
from bridge.emulators.beebot import Fault as BeebotFault
from bridge.emulators.slack import (
    BOT_USER,
    C_GENERAL,
    C_SHARED,
    D_ALICE,
    U_ALICE,
    U_BOB,
    U_EXTERNAL,
    Fault,
)
from tests.e2e.stage import MANIFEST, Stage, open_stage
from tests.payloads import ALERT

BOT = f"<@{BOT_USER}>"
HEADING = MESSAGES["said_before"].en
ON = {"BRIDGE_THREAD_CONTEXT": "true", "BRIDGE_LOCALE": "en"}


async def asked(stage: Stage, count: int = 1) -> str:
    await stage.finished(count)
    return stage.beebot.questions[-1].utterance


async def thread(stage: Stage, *replies: str, channel: str = C_GENERAL) -> str:
    """Bob begins a thread, and Alice and he say more in it."""
    root = await stage.slack.post(channel, U_BOB, "Disk full on db-1 :fire:")
    for number, words in enumerate(replies):
        await stage.slack.post(channel, (U_ALICE, U_BOB)[number % 2], words, root)
    return root


async def ask(stage: Stage, root: str, words: str = "what now?") -> str:
    return await stage.slack.post(C_GENERAL, U_ALICE, f"{BOT} {words}", root)


async def notices(stage: Stage, root: str) -> str:
    def found() -> str:
        blocks = [block for reply in stage.replies(C_GENERAL, root) for block in reply.blocks]
        is_done = any(block["type"] == "context_actions" for block in blocks)
        notes = [part for b in blocks if b["type"] == "context" for part in b["elements"]]
        return "\n".join(part.get("text", "") for part in notes) or " " if is_done else ""

    return await stage.slack.until(found)


@pytest.mark.parametrize("transport", ["http", "socket mode"])
async def test_what_was_said_goes_along_the_newest_first(stage: Stage) -> None:
    await stage.open_bridge(**ON)
    root = await thread(stage, "since noon", f"<@{U_ALICE}> did you\nlook?")
    await ask(stage, root)
    assert await asked(stage) == (
        f"what now?\n\n{HEADING}\n@bob: @alice did you look?\n@alice: since noon\n"
        "@bob: Disk full on db-1 🔥"
    )
    assert MESSAGES["thread_read"].en in await notices(stage, root)


async def test_it_is_off_by_default_and_then_nothing_is_looked_up(stage: Stage) -> None:
    await stage.open_bridge()
    root = await thread(stage, "since noon")
    await ask(stage, root)
    assert await asked(stage) == "what now?"
    assert stage.slack.calls_of("conversations.replies") == []
    assert MESSAGES["thread_read"].en not in await notices(stage, root)


async def test_only_the_first_question_of_a_thread_takes_it_along(stage: Stage) -> None:
    await stage.open_bridge(**ON)
    root = await thread(stage, "since noon")
    await ask(stage, root)
    await asked(stage)
    await notices(stage, root)
    await ask(stage, root, "and then?")
    assert await asked(stage, 2) == "and then?"
    await stage.slack.until(lambda: len(stage.replies(C_GENERAL, root)) == 2)
    await ask(stage, root, "new")
    await stage.slack.until(
        lambda: MESSAGES["conversation_reset"].en in stage.texts(C_GENERAL, root)
    )
    await ask(stage, root, "once more?")
    assert await asked(stage, 3) == "once more?"


async def test_as_much_goes_along_as_the_whole_question_leaves_room_for(stage: Stage) -> None:
    await stage.open_bridge(**ON, BEEBOT_MAX_UTTERANCE="128")
    root = await thread(stage, "the oldest " + "x" * 50, "second words", "third words")
    await ask(stage, root)
    question = await asked(stage)
    assert question == f"what now?\n\n{HEADING}\n@alice: third words\n@bob: second words"
    assert len(question) <= 128
    other = await thread(stage, "since noon")
    long = "w" * 120
    await ask(stage, other, long)
    assert await asked(stage, 2) == long


async def test_a_question_that_opens_a_thread_or_a_direct_message_has_nothing_before_it(
    stage: Stage,
) -> None:
    await stage.open_bridge(**ON)
    await stage.slack.post(C_GENERAL, U_BOB, "Disk full")
    await stage.slack.post(C_GENERAL, U_ALICE, f"{BOT} why?")
    assert await asked(stage) == "why?"
    root = await stage.slack.post(D_ALICE, U_ALICE, "hello")
    await asked(stage, 2)
    await stage.slack.post(D_ALICE, U_ALICE, "more", root)
    assert await asked(stage, 3) == "more"
    assert stage.slack.calls_of("conversations.replies") == []


async def test_an_alert_of_another_app_is_what_was_said_before(stage: Stage) -> None:
    await stage.open_bridge(**ON)
    root = await stage.slack.post_by_bot(
        C_GENERAL, "", attachments=ALERT["attachments"], username="Alertmanager"
    )
    await ask(stage, root)
    assert f"\n{HEADING}\nAlertmanager (bot): [FIRING:1] HighCPU" in await asked(stage)


async def test_nobody_speaks_in_the_name_of_another_by_lines_of_their_own(stage: Stage) -> None:
    await stage.open_bridge(**ON)
    root = await thread(stage, "one\n@bob: two\u2028@bob: three\v@bob: four")
    await stage.slack.post_by_bot(C_GENERAL, "five", root, username="Bot\n@alice: <@U1>\u2028x")
    await stage.slack.post_by_bot(C_GENERAL, "six", root, username="@alice")
    await ask(stage, root)
    assert (await asked(stage)).splitlines()[3:] == [
        "alice (bot): six",
        "Bot alice < U1> x (bot): five",
        "@alice: one @bob: two @bob: three @bob: four",
        "@bob: Disk full on db-1 🔥",
    ]


async def test_without_names_the_authors_are_stand_ins(stage: Stage) -> None:
    await stage.open_bridge(**ON, BRIDGE_SEND_NAMES="false")
    root = await thread(stage, f"ask <@{U_BOB}>")
    await ask(stage, root, f"is <@{U_BOB}> right?")
    assert await asked(stage) == (
        f"is @person1 right?\n\n{HEADING}\n@person2: ask @person1\n@person1: Disk full on db-1 🔥"
    )


async def test_of_a_long_thread_the_newest_messages_are_read(stage: Stage) -> None:
    await stage.open_bridge(**ON)
    root = await thread(stage, *(f"message {number}" for number in range(210)))
    await stage.slack.until(lambda: len(stage.slack.deliveries) == 211)
    await ask(stage, root)
    said = (await asked(stage)).splitlines()
    assert said[3:5] == ["@bob: message 209", "@alice: message 208"]
    assert len(stage.slack.calls_of("conversations.replies")) == 2


async def test_what_people_of_other_organisations_said_is_passed_over(stage: Stage) -> None:
    await stage.open_bridge(**ON)
    root = await stage.slack.post(C_SHARED, U_ALICE, "Disk full")
    await stage.slack.post(C_SHARED, U_EXTERNAL, "a secret of ours", root)
    await stage.slack.post(C_SHARED, U_ALICE, f"{BOT} what now?", root)
    assert await asked(stage) == f"what now?\n\n{HEADING}\n@alice: Disk full"


async def test_a_slack_that_does_not_answer_delays_the_question_and_no_more(stage: Stage) -> None:
    await stage.open_bridge(**ON)
    stage.slack.faults.add(Fault("conversations.replies", "hang"))
    root = await thread(stage, "since noon")
    began = stage.slack.clock.now()
    await ask(stage, root)
    assert await asked(stage) == "what now?"
    assert stage.slack.clock.now() - began < 8


@pytest.mark.process
async def test_a_missing_scope_is_told_once(transport: str) -> None:
    manifest = yaml.safe_load(MANIFEST.read_text())
    async with open_stage(socket_mode=transport == "socket mode", manifest=manifest) as stage:
        bridge = await stage.start_bridge(**ON)
        stage.slack.faults.add(
            Fault("conversations.replies", "error", error="missing_scope", times=2)
        )
        for count in (1, 2):
            await ask(stage, await thread(stage, "since noon"))
            assert await asked(stage, count) == "what now?"
        await bridge.says("turn.finished")
        told = [line for line in bridge.log if "context.unread" in line]
        assert len(told) == 1
        assert "missing_scope" in told[0]
        assert "Update the Slack app" in told[0]
        assert "Disk full" not in "".join(bridge.log)


@pytest.mark.process
async def test_whoever_takes_over_asks_the_same(shared_stage: Stage) -> None:
    stage = shared_stage
    stage.environment |= {"BRIDGE_LEASE_S": "1.5", "BRIDGE_BEAT_S": "0.3", "BRIDGE_RECALL_S": "0.1"}
    first = await stage.start_bridge(**ON)
    stage.beebot.break_stream(BeebotFault.slow_start(2).once())
    root = await thread(stage, "since noon")
    await ask(stage, root)
    await stage.beebot.until(lambda: stage.beebot.questions)
    await stage.slack.post(C_GENERAL, U_BOB, "solved meanwhile", root)
    first.send(signal.SIGKILL)
    await stage.start_bridge(**ON)
    await notices(stage, root)
    (again,) = stage.beebot.repeats
    assert again.utterance == stage.beebot.questions[0].utterance
    assert "@alice: since noon" in again.utterance
