"""Where answers stream natively, and how long a refusal of Slack's is remembered."""

from typing import get_args

import pytest

from bridge.core.errors import ContentRefused, Permanent, Refused, ThreadGone
from bridge.core.model import Ask, ThreadKey, TurnId
from bridge.slack.outbound.native_stream import StreamingMode, StreamingPolicy


def asked_in(channel: str, *, team: str = "T1") -> Ask:
    return Ask(
        TurnId("t"), ThreadKey(team, channel, "1.0"), "U1", "1.0", "why?", is_dm=channel[0] == "D"
    )


def test_where_answers_stream_is_the_operators_choice() -> None:
    wanted = {name: StreamingPolicy(name) for name in get_args(StreamingMode)}
    streams = {
        name: [channel for channel in ("D1", "C1") if policy.prefers_stream(asked_in(channel))]
        for name, policy in wanted.items()
    }
    assert streams == {"auto": ["D1"], "native": ["D1", "C1"], "edit": []}
    may = {name for name, policy in wanted.items() if policy.may_stream(asked_in("C1"))}
    assert may == {"auto", "native"}, "in a channel auto streams where edits have run out"


@pytest.mark.parametrize(
    ("error", "still"),
    [
        (Refused("unknown_method"), {("T2", "D1")}),
        (Refused("channel_type_not_supported"), {("T1", "D2"), ("T2", "D1")}),
        (ThreadGone("user_not_found"), {("T1", "D2"), ("T2", "D1")}),
        (ContentRefused("msg_too_long"), {("T1", "D1"), ("T1", "D2"), ("T2", "D1")}),
        (ThreadGone("channel_not_found"), {("T1", "D1"), ("T1", "D2"), ("T2", "D1")}),
    ],
)
def test_a_refusal_is_remembered_for_as_much_as_it_concerns(
    error: Permanent, still: set[tuple[str, str]]
) -> None:
    policy = StreamingPolicy("auto")
    policy.remember_refusal(asked_in("D1"), error)
    places = [("T1", "D1"), ("T1", "D2"), ("T2", "D1")]
    assert {
        place for place in places if policy.prefers_stream(asked_in(place[1], team=place[0]))
    } == still


def test_a_refusal_is_forgotten_after_a_while() -> None:
    now = 0.0
    policy = StreamingPolicy("auto", forget_s=60, clock=lambda: now)
    policy.remember_refusal(asked_in("D1"), Refused("unknown_method"))
    assert not policy.prefers_stream(asked_in("D1"))
    now = 60.0
    assert policy.prefers_stream(asked_in("D1"))
