"""Who comes to see the bot, and what Slack tells of it."""

from typing import Any

import pytest
from hypothesis import given

from bridge.core.commands import DropReason
from bridge.core.model import ThreadKey
from bridge.slack.inbound.app_events import read_app_event
from bridge.slack.inbound.intents import Ignore
from bridge.slack.outbound.welcome import (
    AppEvent,
    HomeOpened,
    Joined,
    MessagesOpened,
    TitleChanged,
)
from tests.unit.interaction_payloads import BOT, spoiled

HOME = {"type": "app_home_opened", "user": "U0ALICE", "channel": "D0ALICE", "tab": "home"}
JOINED = {"type": "member_joined_channel", "user": "U0BOT", "channel": "C0HALL", "team": "T0HOME"}
TITLED = {
    "type": "agent_session_title_changed",
    "user": "U0ALICE",
    "channel": "C0HALL",
    "thread_ts": "1763790000.000200",
    "title": "Opening hours",
    "previous_title": "hi",
    "event_ts": "1763800070.000000",
}


def read(event: object) -> AppEvent | Ignore:
    return read_app_event({"type": "event_callback", "event": event}, BOT)


def test_somebody_looks_at_the_home_tab() -> None:
    assert read(HOME) == HomeOpened("T0HOME", "U0ALICE")


def test_somebody_looks_at_the_messages_tab() -> None:
    assert read(HOME | {"tab": "messages"}) == MessagesOpened("T0HOME", "U0ALICE", "D0ALICE")


@pytest.mark.parametrize(("inviter", "told"), [("U0ALICE", "U0ALICE"), (None, ""), ("x", "")])
def test_the_bot_was_added_to_a_channel(inviter: object, told: str) -> None:
    assert read(JOINED | {"inviter": inviter}) == Joined("T0HOME", "C0HALL", told)


def test_others_who_join_are_no_visitors_of_ours() -> None:
    assert read(JOINED | {"user": "U0ALICE"}) == Ignore(DropReason.OTHERS)


def test_somebody_renames_a_session() -> None:
    assert read(TITLED) == TitleChanged(ThreadKey("T0HOME", "C0HALL", "1763790000.000200"))


@pytest.mark.parametrize(
    "event",
    [
        None,
        HOME | {"user": None},
        HOME | {"tab": "about"},
        HOME | {"tab": "messages", "channel": ""},
        JOINED | {"channel": "C:"},
        JOINED | {"user": ["U0BOT"]},
        TITLED | {"thread_ts": "soon"},
        TITLED | {"channel": None},
    ],
)
def test_a_visit_of_no_shape_is_dropped(event: object) -> None:
    assert read(event) == Ignore(DropReason.MALFORMED)


@pytest.mark.parametrize("event", [HOME, JOINED, TITLED])
def test_no_shape_of_visit_raises(event: dict[str, Any]) -> None:
    @given(spoiled({"event": event}))
    def check(body: dict[str, Any]) -> None:
        kinds = HomeOpened | MessagesOpened | Joined | TitleChanged | Ignore
        assert isinstance(read_app_event(body, BOT), kinds)

    check()
