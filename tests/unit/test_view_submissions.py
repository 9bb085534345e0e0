"""What people write into a modal, and what its submission means."""

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given

from bridge.core.commands import Rate
from bridge.core.model import Ask, SessionId, ThreadKey, turn_id
from bridge.slack.actions import ActionValue, pack
from bridge.slack.inbound.intents import Ignore, Intent, Policy, Respond
from bridge.slack.inbound.view_submissions import read_view_submission
from bridge.slack.views.modals import Origin
from tests.unit.pressed import BOT, NOW, RATED, REPLY_TO, ROOT, TURN, Json, spoiled, submission

THREAD = ThreadKey("T0HOME", "C0HALL", ROOT)
ORIGIN = Origin("C0HALL", ROOT, REPLY_TO)
OF_RATING = replace(ORIGIN, value=pack(RATED))


def read(body: Json, policy: Policy | None = None) -> Intent:
    return read_view_submission(body, BOT, policy or Policy(), now=NOW)


def test_a_question_about_a_message_is_asked_in_its_thread() -> None:
    assert read(submission("question", ORIGIN.encode(), " Is it late? ")) == Ask(
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
    ask = read(submission("question", replace(ORIGIN, channel="D0ALICE").encode(), "Late?"))
    assert isinstance(ask, Ask)
    assert ask.is_dm


def test_a_question_that_is_too_long_is_declined_before_it_is_asked() -> None:
    told = read(submission("question", ORIGIN.encode(), "x" * 11), Policy(max_utterance=10))
    assert told == Respond("too_long", {"length": 11, "limit": 10})


def test_no_question_is_nothing() -> None:
    assert read(submission("question", ORIGIN.encode(), " \n")) == Ignore("empty")
    assert read(submission("question", ORIGIN.encode(), None)) == Ignore("empty")


def test_half_an_emoji_in_a_question_can_be_stored() -> None:
    ask = read(submission("question", ORIGIN.encode(), "late \ud83d?"))
    assert isinstance(ask, Ask)
    assert ask.text == "late \ufffd?"


def test_a_reason_makes_the_rating_complete() -> None:
    rate = read(submission("reason", OF_RATING.encode(), "Too old."))
    session = SessionId("s1")
    assert rate == Rate(TURN, THREAD, "U0ALICE", session, "m1", is_good=False, comment="Too old.")


def test_a_reason_is_cut_to_what_beebot_takes() -> None:
    rate = read(submission("reason", OF_RATING.encode(), "x" * 3000))
    assert isinstance(rate, Rate)
    assert len(rate.comment) == 500


@pytest.mark.parametrize(
    ("callback_id", "metadata"),
    [
        ("question", ""),
        ("question", "[]"),
        ("question", '{"channel":"C0HALL"}'),
        ("question", '{"channel":"C0HALL","root":7}'),
        ("question", replace(ORIGIN, channel="C0:HALL").encode()),
        ("question", replace(ORIGIN, root="x").encode()),
        ("reason", ORIGIN.encode()),
        ("reason", replace(ORIGIN, value=pack(ActionValue(TURN))).encode()),
    ],
)
def test_tampered_metadata_has_no_effect(callback_id: str, metadata: str) -> None:
    assert read(submission(callback_id, metadata, "words")) == Ignore("malformed")


def test_a_modal_of_nobody_is_unknown() -> None:
    assert read(submission("other", ORIGIN.encode(), "words")) == Ignore("unknown")


def test_people_of_other_organisations_submit_only_if_allowed() -> None:
    stranger = {"user": {"id": "U0EVE", "team_id": "T0PARTNER"}}
    body = submission("question", ORIGIN.encode(), "Late?") | stranger
    assert read(body) == Ignore("external")
    assert isinstance(read(body, Policy(allow_external=True)), Ask)


@pytest.mark.parametrize("callback_id", ["question", "reason"])
def test_no_shape_of_submission_raises(callback_id: str) -> None:
    @given(spoiled(submission(callback_id, OF_RATING.encode(), "words")))
    def check(body: dict[str, Any]) -> None:
        assert isinstance(read(body), Ask | Rate | Respond | Ignore)

    check()
