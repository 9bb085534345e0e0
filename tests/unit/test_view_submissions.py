"""What people write into a modal, and what its submission means."""

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given

from bridge.core.commands import DropReason, Rate
from bridge.core.model import Ask, SessionId, ThreadKey, turn_id
from bridge.core.policy import Policy
from bridge.slack.block_kit.actions import ActionValue, ModalMetadata, pack
from bridge.slack.inbound.intents import Ignore, Intent, Respond
from bridge.slack.inbound.view_submissions import read_view_submission
from tests.unit.interaction_payloads import (
    BOT,
    NOW,
    RATED,
    REPLY_TO,
    ROOT,
    TURN,
    Json,
    spoiled,
    submission,
)

THREAD = ThreadKey("T0HOME", "C0HALL", ROOT)
METADATA = ModalMetadata("C0HALL", ROOT, REPLY_TO)
OF_RATING = replace(METADATA, value=pack(RATED))


def read(body: Json, policy: Policy | None = None) -> Intent:
    return read_view_submission(body, BOT, policy or Policy(), now=NOW)


def test_a_question_about_a_message_is_asked_in_its_thread() -> None:
    assert read(submission("question", pack(METADATA), " Is it late? ")) == Ask(
        turn=turn_id("T0HOME", "C0HALL", "view:V0123"),
        thread=THREAD,
        user="U0ALICE",
        user_team="T0HOME",
        ts="1763800099.250000",
        text="Is it late?",
        is_quoted=True,
        respond_to=REPLY_TO,
    )


def test_in_a_direct_message_it_is_a_direct_message() -> None:
    ask = read(submission("question", pack(replace(METADATA, channel="D0ALICE")), "Late?"))
    assert isinstance(ask, Ask)
    assert ask.is_dm


def test_a_question_that_is_too_long_is_declined_before_it_is_asked() -> None:
    told = read(submission("question", pack(METADATA), "x" * 11), Policy(max_utterance=10))
    assert told == Respond("too_long", {"length": 11, "limit": 10})


def test_no_question_is_nothing() -> None:
    assert read(submission("question", pack(METADATA), " \n")) == Ignore(DropReason.EMPTY)
    assert read(submission("question", pack(METADATA), None)) == Ignore(DropReason.EMPTY)


def test_half_an_emoji_in_a_question_can_be_stored() -> None:
    ask = read(submission("question", pack(METADATA), "late \ud83d?"))
    assert isinstance(ask, Ask)
    assert ask.text == "late \ufffd?"


def test_a_reason_makes_the_rating_complete() -> None:
    rate = read(submission("reason", pack(OF_RATING), "Too old."))
    session = SessionId("s1")
    assert rate == Rate(TURN, THREAD, "U0ALICE", session, "m1", is_good=False, comment="Too old.")


def test_a_reason_is_cut_to_what_beebot_takes() -> None:
    rate = read(submission("reason", pack(OF_RATING), "x" * 3000))
    assert isinstance(rate, Rate)
    assert len(rate.comment) == 500


@pytest.mark.parametrize(
    ("callback_id", "metadata"),
    [
        ("question", ""),
        ("question", "[]"),
        ("question", '{"channel":"C0HALL"}'),
        ("question", '{"channel":"C0HALL","root":7}'),
        ("question", pack(replace(METADATA, channel="C0:HALL"))),
        ("question", pack(replace(METADATA, root="x"))),
        ("reason", pack(METADATA)),
        ("reason", pack(replace(METADATA, value=pack(ActionValue(TURN))))),
    ],
)
def test_tampered_metadata_has_no_effect(callback_id: str, metadata: str) -> None:
    assert read(submission(callback_id, metadata, "words")) == Ignore(DropReason.MALFORMED)


def test_a_modal_of_nobody_is_unknown() -> None:
    assert read(submission("other", pack(METADATA), "words")) == Ignore(DropReason.UNKNOWN)


def test_people_of_other_organisations_submit_only_if_allowed() -> None:
    stranger = {"user": {"id": "U0EVE", "team_id": "T0PARTNER"}}
    body = submission("question", pack(METADATA), "Late?") | stranger
    assert read(body) == Ignore(DropReason.EXTERNAL)
    assert isinstance(read(body, Policy(allow_external=True)), Ask)


@pytest.mark.parametrize("callback_id", ["question", "reason"])
def test_no_shape_of_submission_raises(callback_id: str) -> None:
    @given(spoiled(submission(callback_id, pack(OF_RATING), "words")))
    def check(body: dict[str, Any]) -> None:
        assert isinstance(read(body), Ask | Rate | Respond | Ignore)

    check()
