"""A question in Slack becomes a growing answer in its thread."""

import pytest

from bridge.emulators.beebot import (
    clarify,
    empty,
    handover,
    no_answer,
    recorded,
    related,
    typed,
    with_sources,
)
from bridge.emulators.slack.seed import BOT_USER, C_GENERAL, D_ALICE, U_ALICE, U_BOB
from tests.e2e.stage import Stage

RECORDED = (
    "我是个大模型,能够回答问题、创作文字,"
    "比如写故事、写公文、写邮件、写剧本等等,还能表达观点,玩游戏等。"
)
MENTION = f"<@{BOT_USER}>"


# Every promise of this file holds for both ways in.
pytestmark = pytest.mark.parametrize("transport", ["http", "socket mode"])


@pytest.fixture(autouse=True)
async def _bridge(stage: Stage) -> None:
    await stage.open_bridge()


async def test_a_mention_is_answered_in_its_thread_and_the_answer_grows(stage: Stage) -> None:
    stage.beebot.script("你有什么技能?", recorded(delay_s=0.2))
    root = await stage.slack.post(C_GENERAL, U_ALICE, f"{MENTION} 你有什么技能?")
    await stage.slack.until(lambda: stage.texts(C_GENERAL, root) == [RECORDED])
    (reply,) = stage.replies(C_GENERAL, root)
    versions = [text for _, text in reply.history]
    assert len(versions) >= 3
    assert all(RECORDED.startswith(version) for version in versions)
    assert stage.beebot.questions[0].utterance == "你有什么技能?"
    assert not stage.slack.status(C_GENERAL, root)
    assert not stage.slack.pings


async def test_a_thread_is_one_session_and_another_thread_another(stage: Stage) -> None:
    first = await stage.slack.post(C_GENERAL, U_ALICE, f"{MENTION} one")
    await stage.slack.until(lambda: len(stage.replies(C_GENERAL, first)) == 1)
    await stage.slack.post(C_GENERAL, U_ALICE, "two, without a mention", thread_ts=first)
    other = await stage.slack.post(C_GENERAL, U_BOB, f"{MENTION} three")
    await stage.slack.until(lambda: len(stage.replies(C_GENERAL, first)) == 2)
    await stage.slack.until(lambda: len(stage.replies(C_GENERAL, other)) == 1)
    await stage.finished(3)
    sessions = {question.utterance: question.session_id for question in stage.beebot.questions}
    assert sessions["one"] == sessions["two, without a mention"] != sessions["three"]


async def test_a_direct_message_needs_no_mention_and_says_once_how_to_go_on(stage: Stage) -> None:
    stage.beebot.default(typed("Hello Alice."))
    first = await stage.slack.post(D_ALICE, U_ALICE, "hello & good day")
    await stage.slack.until(lambda: stage.texts(D_ALICE, first) == ["Hello Alice."])
    assert stage.beebot.questions[0].utterance == "hello & good day"
    await stage.finished(1)
    await stage.slack.until(lambda: "Reply in this thread" in str(stage.replies(D_ALICE, first)))
    second = await stage.slack.post(D_ALICE, U_ALICE, "again")
    await stage.slack.until(lambda: stage.texts(D_ALICE, second) == ["Hello Alice."])
    assert "Reply in this thread" not in str(stage.replies(D_ALICE, second))


async def test_an_empty_mention_gets_a_friendly_way_in(stage: Stage) -> None:
    root = await stage.slack.post(C_GENERAL, U_ALICE, MENTION)
    await stage.slack.until(lambda: len(stage.texts(C_GENERAL, root)) == 1)
    assert "Ask me something" in stage.texts(C_GENERAL, root)[0]
    assert not stage.beebot.questions


async def test_a_question_too_long_for_beebot_is_told_so_and_not_cut(stage: Stage) -> None:
    root = await stage.slack.post(C_GENERAL, U_ALICE, f"{MENTION} {'长' * 600}")
    await stage.slack.until(lambda: len(stage.texts(C_GENERAL, root)) == 1)
    assert "600" in stage.texts(C_GENERAL, root)[0]
    assert "512" in stage.texts(C_GENERAL, root)[0]
    assert not stage.beebot.questions


async def test_files_are_said_not_to_be_read(stage: Stage) -> None:
    stage.beebot.default(typed("Here you are."))
    root = await stage.slack.post(C_GENERAL, U_ALICE, f"{MENTION} summarise", files=1)
    await stage.slack.until(lambda: "files were not read" in str(stage.replies(C_GENERAL, root)))
    await stage.finished(1)
    alone = await stage.slack.post(C_GENERAL, U_ALICE, MENTION, files=2)
    await stage.slack.until(lambda: len(stage.texts(C_GENERAL, alone)) == 1)
    assert "cannot read files" in stage.texts(C_GENERAL, alone)[0]


async def test_a_reply_by_somebody_who_never_asked_is_left_alone(stage: Stage) -> None:
    stage.beebot.default(typed("Sure."))
    root = await stage.slack.post(C_GENERAL, U_ALICE, f"{MENTION} hello")
    await stage.slack.until(lambda: stage.texts(C_GENERAL, root) == ["Sure."])
    await stage.slack.post(C_GENERAL, U_BOB, "what a nice bot", thread_ts=root)
    await stage.slack.post(C_GENERAL, U_ALICE, f"<@{U_BOB}> isn't it?", thread_ts=root)
    await stage.slack.post(C_GENERAL, U_ALICE, "tell me more", thread_ts=root)
    await stage.slack.until(lambda: len(stage.texts(C_GENERAL, root)) == 2)
    assert [question.utterance for question in stage.beebot.questions] == ["hello", "tell me more"]


async def test_every_kind_of_body_is_shown(stage: Stage) -> None:
    cases = {
        "sources": with_sources(
            "Rain falls.", [{"Title": "Weather guide", "Content": "It rains."}]
        ),
        "clarify": clarify("Which one?", ["Invoice", "Refund"]),
        "related": related("Done.", ["What else?"]),
        "human": handover("One moment."),
        "nothing": no_answer("I do not know."),
        "empty": empty(),
    }
    wanted = {
        "sources": ["Rain falls.", "Weather guide"],
        "clarify": ["Which one?", "Invoice", "Refund"],
        "related": ["Done.", "What else?"],
        "human": ["One moment.", "a human should answer this"],
        "nothing": ["I do not know."],
        "empty": ["gave no answer"],
    }
    for question, script in cases.items():
        stage.beebot.script(question, script)
        root = await stage.slack.post(C_GENERAL, U_ALICE, f"{MENTION} {question}")
        for piece in wanted[question]:
            await stage.slack.until(
                lambda root=root, piece=piece: piece in str(stage.replies(C_GENERAL, root))  # type: ignore[misc]
            )


async def test_a_long_answer_goes_on_in_the_next_message(stage: Stage) -> None:
    text = "\n\n".join(f"第{number}段。" + "很长的回答。" * 60 for number in range(60))
    stage.beebot.default(typed(text, step=1500))
    root = await stage.slack.post(C_GENERAL, U_ALICE, f"{MENTION} long")
    await stage.slack.until(
        lambda: "".join(stage.texts(C_GENERAL, root)).replace("\n", "") == text.replace("\n", "")
    )
    assert len(stage.texts(C_GENERAL, root)) >= 2


async def test_an_edit_of_a_waiting_question_counts_and_a_deleted_one_is_not_asked(
    stage: Stage,
) -> None:
    stage.beebot.script("first", typed("x" * 200, step=2))
    stage.beebot.default(typed("Fine."))
    root = await stage.slack.post(C_GENERAL, U_ALICE, f"{MENTION} first")
    await stage.beebot.until(lambda: len(stage.beebot.questions) == 1)
    edited = await stage.slack.post(C_GENERAL, U_ALICE, "secnod", thread_ts=root)
    deleted = await stage.slack.post(C_GENERAL, U_ALICE, "third", thread_ts=root)
    await stage.slack.edit(C_GENERAL, edited, "second")
    await stage.slack.delete(C_GENERAL, deleted)
    await stage.slack.post(C_GENERAL, U_ALICE, "fourth", thread_ts=root)
    await stage.slack.until(lambda: len(stage.texts(C_GENERAL, root)) == 3)
    utterances = [question.utterance for question in stage.beebot.questions]
    assert utterances == ["first", "second", "fourth"]
