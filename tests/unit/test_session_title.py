"""The title of a thread: a question's first line, safe to be seen in a list."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bridge.slack.outbound.session import TITLE_LIMIT, title_of
from bridge.telemetry.masking import masking
from tests.unit.turns import ask_of

MASK = masking(["8f742231b10e"])


def title(text: str) -> str:
    return title_of(ask_of(text), MASK)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("When do you open?", "When do you open?"),
        ("  When \t do\u3000you open?  ", "When do you open?"),
        ("你们几点开门？\n周末呢？", "你们几点开门？"),
        ("\n---\n\nThe second line", "The second line"),
        ("", ""),
        ("?!", ""),
    ],
)
def test_the_first_line_that_says_something(text: str, expected: str) -> None:
    assert title(text) == expected


@pytest.mark.parametrize(
    "text",
    [
        "ask <!channel> now", "ask <!here|here> now", "ask <@U0ALICE000> now",
        "ask <!subteam^S0SUPPORT0|@support> now", "ask @here now", "ask @Channel now",
        "ask ＠everyone now", "ask <\u200b!channel> now", "ask <<!channel>!channel> now",
        "ask @<here> now", "ask @@here now", "ask ＠@everyone now", "ask <@>channel now",
    ],
)  # fmt: skip
def test_nothing_in_it_pings(text: str) -> None:
    said = title(text)
    assert said.startswith("ask")
    assert said.endswith("now")
    assert not {"<", ">", "@here", "@Channel", "＠everyone"} & set(said.split())
    assert "<" not in said
    assert "@" not in said.replace("@support", "")


@pytest.mark.parametrize(
    ("text", "secret"),
    [
        ("is xoxb-1234-5678-abcdefgh mine?", "abcdefgh"),
        ("password: hunter2 does not work", "hunter2"),
        ("LTAI5tAbCdEfGhIjKlMn is refused", "AbCdEf"),
        ("what is 8f742231b10e ?", "8f742231b10e"),
        ("why does ghp_16C7e42F292c6912E7710c838347Ae178B4a fail", "16C7e42F"),
        ("open https://example.com/reset?token=abc123def456ghi789 please", "abc123"),
        ("AKIAIOSFODNN7EXAMPLE/wJalrXUtnFEMI7K rejected", "AKIA"),
        ("is xoxb-<1234>-5678-abcdefgh mine?", "abcdefgh"),
        ("redis://user:pa55word@host/0 is away", "pa55word"),
    ],
)
def test_no_secret_gets_into_it(text: str, secret: str) -> None:
    assert secret not in title(text)
    assert title(text), "the rest of it is said"


def test_a_long_word_is_no_secret() -> None:
    assert title("Donaudampfschifffahrtsgesellschaft?") == "Donaudampfschifffahrtsgesellschaft?"


def test_it_is_cut_with_an_ellipsis() -> None:
    said = title("word " * 50)
    assert len(said) <= TITLE_LIMIT
    assert said.endswith("word…")


def test_what_was_attached_serves_where_nothing_was_written() -> None:
    ask = replace(ask_of(""), attached="Disk full on web-1\nsince 09:00")
    assert title_of(ask, MASK) == "Disk full on web-1"


@given(st.text(max_size=300))
def test_whatever_is_asked_it_is_one_short_line_without_tokens(text: str) -> None:
    said = title(text)
    assert len(said) <= TITLE_LIMIT
    assert not set("<>\n\r\x00") & set(said)
    assert "@here" not in said.lower()
    said.encode()
