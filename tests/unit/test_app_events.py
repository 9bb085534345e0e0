"""Who comes to see the bot, and what Slack tells of it."""

from typing import Any

import pytest
from hypothesis import given

from bridge.slack.inbound.app_events import (
    AppEvent,
    HomeOpened,
    Joined,
    MessagesOpened,
    read_app_event,
)
from bridge.slack.inbound.intents import Ignore
from tests.unit.interaction_payloads import BOT, spoiled

HOME = {"type": "app_home_opened", "user": "U0ALICE", "channel": "D0ALICE", "tab": "home"}
JOINED = {"type": "member_joined_channel", "user": "U0BOT", "channel": "C0HALL", "team": "T0HOME"}


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
    assert read(JOINED | {"user": "U0ALICE"}) == Ignore("others")


@pytest.mark.parametrize(
    "event",
    [
        None,
        HOME | {"user": None},
        HOME | {"tab": "about"},
        HOME | {"tab": "messages", "channel": ""},
        JOINED | {"channel": "C:"},
        JOINED | {"user": ["U0BOT"]},
    ],
)
def test_a_visit_of_no_shape_is_dropped(event: object) -> None:
    assert read(event) == Ignore("malformed")


@pytest.mark.parametrize("event", [HOME, JOINED])
def test_no_shape_of_visit_raises(event: dict[str, Any]) -> None:
    @given(spoiled({"event": event}))
    def check(body: dict[str, Any]) -> None:
        assert isinstance(read_app_event(body, BOT), HomeOpened | MessagesOpened | Joined | Ignore)

    check()
