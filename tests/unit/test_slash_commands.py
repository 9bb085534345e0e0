"""What people mean by a slash command, by the shortcut of a message, and by a word alone."""

import pytest
from hypothesis import given

from bridge.core.commands import DropReason
from bridge.core.model import Ask, Kind, ThreadKey, turn_id
from bridge.core.policy import Policy
from bridge.slack.block_kit.actions import ModalMetadata
from bridge.slack.block_kit.views import AskQuestion
from bridge.slack.inbound.intents import Ignore, Intent, OpenModal, Respond, control_word
from bridge.slack.inbound.slash_commands import (
    REPLIES,
    read_message_shortcut,
    read_slash_command,
)
from bridge.slack.messages import SLACK_MESSAGES
from tests.unit.interaction_payloads import (
    BOT,
    MESSAGE,
    NOW,
    REPLY_TO,
    ROOT,
    TRIGGER,
    Json,
    command,
    shortcut,
    spoiled,
)


def typed(body: Json, policy: Policy | None = None) -> Intent:
    return read_slash_command(body, BOT, policy or Policy(), now=NOW)


def used(body: Json, policy: Policy | None = None) -> Intent:
    return read_message_shortcut(body, BOT, policy or Policy())


def test_a_question_by_command_opens_a_thread_of_its_own() -> None:
    ask = typed(command(" how are you? "))
    assert ask == Ask(
        turn=turn_id("T0HOME", "C0HALL", f"command:{TRIGGER}"),
        thread=ThreadKey("T0HOME", "C0HALL", f"command-{TRIGGER}"),
        user="U0ALICE",
        user_team="T0HOME",
        ts="1763800099.250000",
        text="how are you?",
        kind=Kind.OPEN,
        respond_to=REPLY_TO,
    )
    assert isinstance(ask, Ask)
    assert ThreadKey.decode(ask.thread.encode()) == ask.thread


def test_in_a_direct_message_as_well() -> None:
    ask = typed(command("how are you?", channel="D0ALICE"))
    assert isinstance(ask, Ask)
    assert ask.is_dm


@pytest.mark.parametrize("text", ["", "  ", "help", " HELP ", "<@U0BOT|beebot> help"])
def test_help_is_told_at_once(text: str) -> None:
    assert typed(command(text)) == Respond("help")


def test_each_word_that_is_answered_has_a_sentence_and_all_that_is_filled_in() -> None:
    for reply in REPLIES.values():
        assert all(text.format_map(reply.values) for text in SLACK_MESSAGES[reply.key])


@pytest.mark.parametrize(
    ("text", "read"),
    [
        ("ask <@U0BOB|bob> in <#C0HALL|hall>", "ask <@U0BOB|bob> in <#C0HALL|hall>"),
        ("ask @bob in #hall", "ask @bob in #hall"),
        ("is 1 &lt; 2 &amp; 3?", "is 1 < 2 & 3?"),
    ],
)
def test_a_command_keeps_whom_it_mentions_and_reads_as_it_was_typed(text: str, read: str) -> None:
    ask = typed(command(text))
    assert isinstance(ask, Ask)
    assert ask.text == read


def test_a_question_that_is_too_long_is_declined_before_anybody_sees_it() -> None:
    told = typed(command("x" * 11), Policy(max_utterance=10))
    assert told == Respond("too_long", {"length": 11, "limit": 10})


@pytest.mark.parametrize("name", ["channel_id", "user_id", "trigger_id"])
@pytest.mark.parametrize("odd", [None, "a:b", "", 7, "x y"])
def test_a_command_from_nowhere_is_dropped(name: str, odd: object) -> None:
    assert typed(command("help") | {name: odd}) == Ignore(DropReason.MALFORMED)


def test_a_shortcut_asks_what_to_ask_about_the_message() -> None:
    modal = AskQuestion(ModalMetadata("C0HALL", MESSAGE, REPLY_TO), "It <is> late", 512)
    assert used(shortcut()) == OpenModal(
        ThreadKey("T0HOME", "C0HALL", MESSAGE), "U0ALICE", TRIGGER, modal
    )


def test_the_question_about_a_reply_belongs_to_its_thread() -> None:
    opening = used(shortcut(thread_ts=ROOT))
    assert isinstance(opening, OpenModal)
    assert isinstance(opening.modal, AskQuestion)
    assert opening.modal.metadata.root == ROOT


@pytest.mark.parametrize(
    "changes", [{"channel": None}, {"message": []}, {"user": "U0ALICE"}, {"trigger_id": ""}]
)
def test_a_shortcut_on_nothing_is_dropped(changes: Json) -> None:
    assert used(shortcut() | changes) == Ignore(DropReason.MALFORMED)


def test_people_of_other_organisations_use_it_only_if_allowed() -> None:
    body = shortcut() | {"user": {"id": "U0EVE", "team_id": "T0PARTNER"}}
    assert used(body) == Ignore(DropReason.EXTERNAL)
    assert isinstance(used(body, Policy(allow_external=True)), OpenModal)


@given(spoiled(command("how are you?")))
def test_no_shape_of_command_raises(body: Json) -> None:
    assert isinstance(typed(body), Ask | Respond | Ignore)


@given(spoiled(shortcut()))
def test_no_shape_of_shortcut_raises(body: Json) -> None:
    assert isinstance(used(body), OpenModal | Ignore)


@pytest.mark.parametrize(
    "text", ["stop", "STOP!", " Stop. ", "停止", "停止！", "*stop*", "ｓｔｏｐ"]
)
def test_a_bare_stop_is_a_stop(text: str) -> None:
    assert control_word(text) == "stop"


@pytest.mark.parametrize("text", ["new", "New!", "重新开始", "重新开始。"])
def test_a_bare_new_begins_anew(text: str) -> None:
    assert control_word(text) == "new"


@pytest.mark.parametrize(
    "text", ["", "!", "stop it", "nonstop", "new car?", "停止服务", "stop" + "!" * 99 + "it"]
)
def test_within_a_sentence_they_are_words(text: str) -> None:
    assert control_word(text) == ""
