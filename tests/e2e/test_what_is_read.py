"""What a person sees in a message is what Beebot is asked: whole payloads over both transports."""

from typing import Any

import pytest

from bridge.core.messages import MESSAGES
from bridge.emulators.slack import (
    BOT_USER,
    C_ELSEWHERE,
    C_GENERAL,
    D_ALICE,
    TEAM,
    U_ALICE,
    U_BOB,
    Fault,
)
from bridge.emulators.slack.blocks import elements_of
from tests.e2e.stage import Stage
from tests.payloads import (
    ALERT,
    ALERT_OF_BLOCKS,
    forwarded,
    pasted,
    rich_text,
    section,
    table,
    text,
)

Json = dict[str, Any]
BOT = f"<@{BOT_USER}>"
FILES_UNREAD = MESSAGES["files_unread"].en

pytestmark = pytest.mark.parametrize("transport", ["http", "socket mode"])


def event(ts: str, **message: Any) -> Json:
    """A direct message of Alice's, as Slack sends it."""
    return {
        "type": "message",
        "user": U_ALICE,
        "team": TEAM,
        "ts": ts,
        "event_ts": ts,
        "client_msg_id": "1f0c5a6e-0d5e-4f6e-9b65-2a0f0f4f7d11",
        "channel": D_ALICE,
        "channel_type": "im",
        "text": "",
    } | message


async def asked(stage: Stage, count: int = 1) -> str:
    """What Beebot was asked last, of so many questions; its answer stands in Slack."""
    await stage.finished(count)
    return stage.beebot.questions[-1].utterance


async def deliver(stage: Stage, **message: Any) -> str:
    """Alice's message stands in Slack, and its event arrives as it is given here."""
    ts = stage.slack.clock.stamp()
    await stage.slack.deliver(event(ts, **message))
    return ts


async def notices(stage: Stage, channel: str, root: str) -> str:
    """The small grey lines under the answer, once it stands."""

    def found() -> str:
        blocks = [block for reply in stage.replies(channel, root) for block in reply.blocks]
        notes = [block for block in blocks if block["type"] == "context"]
        is_done = any(block["type"] == "context_actions" for block in blocks)
        said = [part.get("text", "") for note in notes for part in note["elements"]]
        return "\n".join(said) or " " if is_done else ""

    return await stage.slack.until(found)


async def test_rich_text_without_a_text_is_the_question(stage: Stage) -> None:
    await stage.open_bridge()
    blocks = [
        rich_text(
            section(text("Is "), text("this", bold=True), text(" ok "), text("a < b", code=True)),
            section({"type": "emoji", "name": "brand_new", "unicode": "1fae9"}),
        )
    ]
    await deliver(stage, text=None, blocks=blocks)
    assert await asked(stage) == "Is this ok `a < b`\n\U0001fae9"


async def test_a_forwarded_message_is_the_question_with_or_without_words(stage: Stage) -> None:
    await stage.open_bridge()
    ts = await stage.slack.post(C_ELSEWHERE, U_BOB, "Disk full on db-1 :fire:")
    await stage.slack.forward(U_ALICE, C_ELSEWHERE, ts, to=D_ALICE)
    assert await asked(stage) == "@bob:\nDisk full on db-1 🔥"
    await stage.slack.forward(U_ALICE, C_ELSEWHERE, ts, to=C_GENERAL, text=f"{BOT}, what now?")
    assert await asked(stage, 2) == "what now?\n\n@bob:\nDisk full on db-1 🔥"


async def test_pasted_cells_are_rows_of_markdown(stage: Stage) -> None:
    await stage.open_bridge()
    cells = [["Item", "Count"], ["Apples", "3"], ["Pears", "4"]]
    await stage.slack.post(C_GENERAL, U_ALICE, f"{BOT}: which sum?", cells=cells)
    assert await asked(stage) == (
        "which sum?\n\n| Item | Count |\n| --- | --- |\n| Apples | 3 |\n| Pears | 4 |"
    )


async def test_what_is_attached_is_cut_at_a_row_and_the_answer_says_so(stage: Stage) -> None:
    await stage.open_bridge(BEEBOT_MAX_UTTERANCE="128")
    cells = [["Item", "Count"], *([f"Item {number}", "x" * 20] for number in range(50))]
    ts = await stage.slack.post(D_ALICE, U_ALICE, "which sum?", cells=cells)
    question = await asked(stage)
    assert question.startswith("which sum?\n\n| Item | Count |\n| --- | --- |\n| Item 0 |")
    assert all(line.endswith(" |") for line in question.splitlines()[2:])
    assert 80 < len(question) <= 128
    said = await notices(stage, D_ALICE, ts)
    read = len(question) - len("which sum?\n\n")
    assert MESSAGES["attached_cut"].en.format(read=read) in said


async def test_the_askers_own_words_are_never_cut(stage: Stage) -> None:
    await stage.open_bridge(BEEBOT_MAX_UTTERANCE="40")
    ts = await stage.slack.post(D_ALICE, U_ALICE, "w" * 39, cells=[["a"], ["b"]])
    assert await asked(stage) == "w" * 39
    assert MESSAGES["attached_unread"].en in await notices(stage, D_ALICE, ts)
    ts = await stage.slack.post(D_ALICE, U_ALICE, "w" * 41, cells=[["a"], ["b"]])
    (answer,) = await stage.slack.until(lambda: stage.texts(D_ALICE, ts))
    assert "41 characters" in answer
    assert len(stage.beebot.questions) == 1


@pytest.mark.parametrize(
    ("alert", "begins"),
    [(ALERT, "[FIRING:1] HighCPU\n*Summary:* CPU"), (ALERT_OF_BLOCKS, "Deploy failed ❌\n\n`web`")],
)
async def test_one_may_ask_about_an_alert(stage: Stage, alert: Json, begins: str) -> None:
    await stage.open_bridge()
    slack = stage.slack
    ts = await slack.post_by_bot(
        C_GENERAL,
        alert["text"],
        blocks=alert.get("blocks", ()),
        attachments=alert.get("attachments", ()),
    )
    await slack.shortcut(U_ALICE, "ask_about_message", channel=C_GENERAL, message_ts=ts)
    (modal,) = await slack.until(lambda: slack.workspace.modals(U_ALICE))
    assert "> " in modal["blocks"][0]["text"]["text"]
    ((_, field),) = [found for found in elements_of(modal["blocks"]) if found[1].get("multiline")]
    assert "initial_value" not in field
    typed = {"type": "plain_text_input", "value": "Is it bad? :smile:"}
    await slack.submit_view(U_ALICE, modal["id"], {"words": {"words": typed}})
    question = await asked(stage)
    assert question.startswith(f"Is it bad? 😄\n\n{begins}")
    answer = await slack.until(lambda: stage.texts(C_GENERAL, ts)[1:])
    assert answer[0].startswith("> Is it bad? 😄")
    if alert is ALERT_OF_BLOCKS:
        assert FILES_UNREAD in await notices(stage, C_GENERAL, ts)


async def test_a_long_message_that_is_asked_about_is_cut_and_the_answer_says_so(
    stage: Stage,
) -> None:
    await stage.open_bridge()
    slack = stage.slack
    words = "\n".join(f"Line {number} & more." for number in range(200))
    ts = await slack.post(C_GENERAL, U_BOB, words)
    await slack.shortcut(U_ALICE, "ask_about_message", channel=C_GENERAL, message_ts=ts)
    (modal,) = await slack.until(lambda: slack.workspace.modals(U_ALICE))
    typed = {"type": "plain_text_input", "value": "Sum it up"}
    await slack.submit_view(U_ALICE, modal["id"], {"words": {"words": typed}})
    question = await asked(stage)
    assert question.startswith("Sum it up\n\nLine 0 & more.\nLine 1 & more.")
    assert question.endswith(" & more.")
    assert 480 < len(question) <= 512
    assert "I read its first" in await notices(stage, C_GENERAL, ts)


async def test_mentions_become_names_and_never_ids(stage: Stage) -> None:
    await stage.open_bridge()
    said = f"{BOT} - may <@{U_BOB}> or <@U0NOBODY99> post in <#{C_ELSEWHERE}|> or <#C0SECRET9|>?"
    await stage.slack.post(C_GENERAL, U_ALICE, said)
    assert await asked(stage) == "may @bob or @someone post in #elsewhere or #a channel?"


async def test_names_are_kept_back_where_the_operator_says_so(stage: Stage) -> None:
    await stage.open_bridge(BRIDGE_SEND_NAMES="false")
    root = await stage.slack.post(C_GENERAL, U_ALICE, f"{BOT} who is <@{U_BOB}>, <@{U_ALICE}>?")
    assert await asked(stage) == "who is @person1, @person2?"
    await stage.slack.post(C_GENERAL, U_ALICE, f"{BOT} and <@{U_ALICE}>?", root)
    assert await asked(stage, 2) == "and @person2?"


async def test_a_command_names_people_in_slack_and_pings_nobody(stage: Stage) -> None:
    await stage.open_bridge(BRIDGE_SEND_NAMES="false")
    await stage.slack.command(U_ALICE, C_GENERAL, "/beebot", f"who is <@{U_BOB}|bob>?")
    assert await asked(stage) == "who is @person1?"
    posts = [m.text for m in stage.slack.workspace.channel(C_GENERAL).live() if m.bot_id]
    assert any("who is @bob?" in post for post in posts)
    assert f"<@{U_BOB}>" not in "".join(posts)


async def test_slack_that_tells_no_names_delays_a_question_by_a_second_at_most(
    stage: Stage,
) -> None:
    await stage.open_bridge(BRIDGE_LOCALE="en")
    stage.slack.faults.add(Fault("users.info", "hang", times=9))
    stage.slack.faults.add(Fault("conversations.info", "hang", times=9))
    said = f"{BOT} <@{U_BOB}> <@U0ANN> <#{C_ELSEWHERE}|> hi"
    began = stage.slack.clock.now()
    await stage.slack.post(C_GENERAL, U_ALICE, said)
    await stage.beebot.until(lambda: stage.beebot.questions)
    assert stage.slack.clock.now() - began < 4
    assert await asked(stage) == "@someone @someone #a channel hi"


async def test_files_are_named_and_said_not_to_be_read(stage: Stage) -> None:
    await stage.open_bridge()
    ts = await stage.slack.post(D_ALICE, U_ALICE, "sum up", files=1)
    assert await asked(stage) == "sum up\n\n📎 note.txt"
    assert FILES_UNREAD in await notices(stage, D_ALICE, ts)
    ts = await stage.slack.post(D_ALICE, U_ALICE, "", files=1)
    (answer,) = await stage.slack.until(lambda: stage.texts(D_ALICE, ts))
    assert answer == MESSAGES["hello_files"].en


async def test_a_kind_of_block_that_nobody_knows_is_said_not_to_be_read(stage: Stage) -> None:
    await stage.open_bridge()
    ts = await stage.slack.post(D_ALICE, U_ALICE, "what is this?", attachments=[HOLOGRAM])
    assert await asked(stage) == "what is this?"
    assert MESSAGES["parts_unread"].en in await notices(stage, D_ALICE, ts)


HOLOGRAM = {"id": 1, "blocks": [{"type": "hologram", "beams": 3}], "fallback": ""}


async def test_asking_again_asks_with_what_was_attached(stage: Stage) -> None:
    await stage.open_bridge(BRIDGE_STREAMING="edit")
    slack = stage.slack
    ts = await slack.post(D_ALICE, U_ALICE, f"hi <@{U_BOB}>", cells=[["a", "b"], ["1", "2"]])
    first = await asked(stage)
    (reply,) = await slack.until(lambda: stage.replies(D_ALICE, ts))
    await notices(stage, D_ALICE, ts)
    await slack.click(U_ALICE, D_ALICE, reply.ts, "regenerate")
    assert await asked(stage, 2) == first == "hi @bob\n\n| a | b |\n| --- | --- |\n| 1 | 2 |"


async def test_the_same_payloads_are_read_alike_when_they_come_as_a_mention(stage: Stage) -> None:
    await stage.open_bridge()
    ts = stage.slack.clock.stamp()
    body = event(
        ts,
        type="app_mention",
        channel=C_GENERAL,
        text=f"{BOT} why?",
        blocks=[rich_text(section({"type": "user", "user_id": BOT_USER}, text(" why?")))],
        attachments=[forwarded("Disk *full*"), pasted(table(["a"], ["1"]))],
    )
    del body["channel_type"]
    await stage.slack.deliver(body)
    assert await asked(stage) == "why?\n\n@Bob Li:\nDisk *full*\n\n| a |\n| --- |\n| 1 |"
