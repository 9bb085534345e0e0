"""Every button of ours, and what its press means; what nobody of ours wrote means nothing."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bridge.core.commands import DropReason, Rate, Stop
from bridge.core.model import Ask, Kind, SessionId, ThreadKey, turn_id
from bridge.core.policy import Policy
from bridge.slack.block_kit.actions import ActionValue, ModalMetadata, pack, unpack
from bridge.slack.block_kit.views import AskReason, ShowSources
from bridge.slack.inbound.block_actions import read_block_action
from bridge.slack.inbound.intents import Ignore, Intent, OpenModal
from tests.unit.interaction_payloads import (
    BOT,
    MESSAGE,
    PRESSED,
    RATED,
    REPLY_TO,
    ROOT,
    TRIGGER,
    TURN,
    Json,
    press,
    spoiled,
)

THREAD = ThreadKey("T0HOME", "C0HALL", ROOT)
PRESS = turn_id("T0HOME", "C0HALL", f"action:{MESSAGE}:ask_2")
QUESTION = ActionValue(TURN, words="And now?")


def read(body: Json, policy: Policy | None = None) -> Intent:
    return read_block_action(body, BOT, policy or Policy())


def test_a_related_question_is_asked_in_the_thread_by_whoever_pressed() -> None:
    assert read(press("ask_2", QUESTION)) == Ask(
        turn=PRESS,
        thread=THREAD,
        user="U0ALICE",
        user_team="T0HOME",
        ts=PRESSED,
        text="And now?",
        is_quoted=True,
        respond_to=REPLY_TO,
    )


def test_a_second_press_of_the_same_button_is_the_same_turn() -> None:
    later = press("ask_2", QUESTION)
    later["actions"][0]["action_ts"] = "1763800060.000000"
    first, second = read(press("ask_2", QUESTION)), read(later)
    assert isinstance(first, Ask)
    assert isinstance(second, Ask)
    assert (first.turn, first.ts) != (second.turn, second.ts)
    assert first.turn == second.turn


def test_another_button_or_another_message_is_another_turn() -> None:
    bodies = (
        press("ask_2", QUESTION),
        press("ask_3", QUESTION),
        press("regenerate", QUESTION),
        press("ask_2", QUESTION, message_ts="1763800000.000200"),
    )
    assert len({read(body).turn for body in bodies}) == 4  # type: ignore[union-attr]


def test_a_press_at_the_top_level_of_a_dm_goes_on_below_its_message() -> None:
    ask = read(press("regenerate", QUESTION, thread_ts=None, channel_id="D0ALICE"))
    assert isinstance(ask, Ask)
    assert ask.thread == ThreadKey("T0HOME", "D0ALICE", MESSAGE)
    assert ask.is_dm


def test_the_stop_button_stops_its_own_answer_alone() -> None:
    assert read(press("stop", ActionValue(TURN))) == Stop(THREAD, "U0ALICE", PRESSED, turn=TURN)


def test_a_new_conversation_forgets_the_session() -> None:
    ask = read(press("new", ActionValue(TURN)))
    assert isinstance(ask, Ask)
    assert (ask.kind, ask.is_quoted, ask.thread) == (Kind.RESET, False, THREAD)


def test_sources_open_in_a_modal() -> None:
    opening = OpenModal(THREAD, "U0ALICE", TRIGGER, ShowSources(TURN))
    assert read(press("sources", ActionValue(TURN))) == opening


def test_a_good_answer_is_rated() -> None:
    good = replace(RATED, verdict="good")
    rate = Rate(TURN, THREAD, "U0ALICE", SessionId("s1"), "m1", is_good=True)
    assert read(press("rate", good)) == rate


def test_a_bad_answer_is_rated_and_its_reason_asked_for() -> None:
    opening = read(press("rate", RATED))
    rate = Rate(TURN, THREAD, "U0ALICE", SessionId("s1"), "m1", is_good=False)
    modal = AskReason(ModalMetadata("C0HALL", ROOT, REPLY_TO, pack(RATED)))
    assert opening == OpenModal(THREAD, "U0ALICE", TRIGGER, modal, rate)


@pytest.mark.parametrize("action_id", ["ask_", "ask_x", "ask_1234", "again", "", "RATE"])
def test_what_is_no_button_of_ours_is_unknown(action_id: str) -> None:
    assert read(press(action_id, QUESTION)) == Ignore(DropReason.UNKNOWN)


@pytest.mark.parametrize(
    ("action_id", "value"),
    [
        ("ask_0", ""),
        ("ask_0", "no json"),
        ("ask_0", "[]"),
        ("ask_0", '{"turn":7}'),
        ("ask_0", '{"turn":"x","words":"hello"}'),
        ("ask_0", f'{{"turn":"{TURN}","words":"hello","more":1}}'),
        ("ask_0", f'{{"turn":"{TURN}","words":"\\ud83d"}}'),
        ("ask_0", pack(ActionValue(TURN))),
        ("ask_0", pack(ActionValue(TURN, words=" \n"))),
        ("regenerate", pack(ActionValue("../../x", words="hello"))),
        ("stop", pack(ActionValue(""))),
        ("rate", pack(replace(RATED, verdict=""))),
        ("rate", pack(replace(RATED, answer_id=""))),
        ("rate", pack(replace(RATED, session=""))),
        ("rate", f'{{"turn":"{TURN}","session":"s","answer_id":"m","verdict":"superb"}}'),
    ],
)
def test_a_tampered_value_has_no_effect(action_id: str, value: str) -> None:
    assert read(press(action_id, value)) == Ignore(DropReason.MALFORMED)


@pytest.mark.parametrize(
    "changes",
    [
        {"channel_id": "C0:HALL"},
        {"channel_id": None},
        {"message_ts": "yesterday"},
        {"message_ts": 1763800000.0001},
    ],
)
def test_a_press_from_nowhere_is_dropped(changes: Json) -> None:
    assert read(press("ask_0", QUESTION, **changes)) == Ignore(DropReason.MALFORMED)


def test_a_press_that_can_open_nothing_is_dropped() -> None:
    assert read(press("rate", RATED) | {"trigger_id": None}) == Ignore(DropReason.MALFORMED)


def test_a_press_in_the_home_tab_is_none_of_these() -> None:
    home = press("ask_0", QUESTION) | {"container": {"type": "view", "view_id": "V1"}}
    assert read(home) == Ignore(DropReason.MALFORMED)


def test_people_of_other_organisations_press_only_if_allowed() -> None:
    body = press("ask_0", QUESTION) | {"user": {"id": "U0EVE", "team_id": "T0PARTNER"}}
    assert read(body) == Ignore(DropReason.EXTERNAL)
    assert isinstance(read(body, Policy(allow_external=True)), Ask)


@pytest.mark.parametrize("address", [None, 7, "ftp://x.example/", "https://x.example/ y", "x"])
def test_an_odd_address_for_answers_is_left_out(address: object) -> None:
    ask = read(press("ask_0", QUESTION) | {"response_url": address})
    assert isinstance(ask, Ask)
    assert ask.respond_to == ""


@given(spoiled(press("rate", RATED)))
def test_no_shape_of_rating_raises(body: Json) -> None:
    assert isinstance(read(body), Rate | OpenModal | Ignore)


@given(spoiled(press("ask_1", QUESTION)))
def test_no_shape_of_question_raises(body: Json) -> None:
    assert isinstance(read(body), Ask | Ignore)


@given(st.text(max_size=300))
def test_a_value_is_ours_or_refused(packed: str) -> None:
    try:
        value = unpack(ActionValue, packed)
    except ValueError:
        return
    assert isinstance(value.words.encode(), bytes)
