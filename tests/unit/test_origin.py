"""An address for the bridge is corrected where it is clear what is meant, and refused elsewhere."""

import pytest

from bridge.cli.origin import read_origin


@pytest.mark.parametrize(
    ("written", "origin"),
    [
        ("https://ask.example.org", "https://ask.example.org"),
        ("https://ask.example.org/", "https://ask.example.org"),
        ("HTTPS://Ask.Example.Org//", "https://ask.example.org"),
        ("ask.example.org", "https://ask.example.org"),
        (" 'ask.example.org'\n", "https://ask.example.org"),
        ("https://ask.example.org:8443", "https://ask.example.org:8443"),
        ("https://ask.example.org/slack/events", "https://ask.example.org"),
        ("https://ask.example.org/slack/events/", "https://ask.example.org"),
        ("https://例子.example", "https://xn--fsqu00a.example"),
    ],
)
def test_what_is_meant_as_an_origin_becomes_one(written: str, origin: str) -> None:
    assert read_origin(written) == origin


@pytest.mark.parametrize(
    "written",
    [
        "http://ask.example.org",
        "ftp://ask.example.org",
        "https://",
        "https://localhost",
        "https://HOST",
        "https://ask.example.org/bridge",
        "https://ask.example.org?x=1",
        "https://ask.example.org#x",
        "https://me:word@ask.example.org",
        "https://ask.example.org:port",
        "https://ask.example.org:99999",
        "https://[::1",
        "https://ask .example.org",
        "https://ask.example.org\nurl: https://evil.example",
        "https://ask_me.example.org",
        "https://-ask.example.org",
        "https://ask..example.org",
        "http://127.0.0.1:3000",
    ],
)
def test_what_slack_could_not_call_is_refused_with_a_sentence(written: str) -> None:
    with pytest.raises(ValueError, match=r"^--url (must|is no URL).*\.$"):
        read_origin(written)


def test_a_bridge_on_this_machine_may_be_looked_at() -> None:
    assert read_origin("http://127.0.0.1:3000/", may_be_here=True) == "http://127.0.0.1:3000"
    assert read_origin("http://localhost:3000", may_be_here=True) == "http://localhost:3000"
    with pytest.raises(ValueError, match="https://"):
        read_origin("http://ask.example.org", may_be_here=True)
