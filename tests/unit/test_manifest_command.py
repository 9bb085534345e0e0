"""`bridge manifest`: the app for where the bridge runs, and the address as people write it."""

import pytest
import yaml

from bridge.cli.manifest import find_manifest, fit_manifest, read_public_url

TEXT = find_manifest().read_text(encoding="utf-8")


def test_the_bridges_own_address_stands_in_every_place() -> None:
    fitted = fit_manifest(TEXT, url="https://ask.example.org/")
    assert "bridge.example.com" not in fitted
    app = yaml.safe_load(fitted)
    addresses = [
        app["settings"]["event_subscriptions"]["request_url"],
        app["settings"]["interactivity"]["request_url"],
        *(command["url"] for command in app["features"]["slash_commands"]),
    ]
    assert addresses == ["https://ask.example.org/slack/events"] * 3


def test_for_socket_mode_there_is_no_address_and_nothing_else_is_gone() -> None:
    fitted = yaml.safe_load(fit_manifest(TEXT, url=""))
    whole = yaml.safe_load(TEXT)
    del whole["settings"]["event_subscriptions"]["request_url"]
    del whole["settings"]["interactivity"]["request_url"]
    del whole["features"]["slash_commands"][0]["url"]
    whole["settings"]["socket_mode_enabled"] = True
    assert fitted == whole


def test_without_images_it_asks_for_no_files() -> None:
    fitted = yaml.safe_load(fit_manifest(TEXT, url="https://ask.example.org", with_images=False))
    whole = yaml.safe_load(fit_manifest(TEXT, url="https://ask.example.org"))
    whole["oauth_config"]["scopes"]["bot"].remove("files:read")
    assert fitted == whole


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
    assert read_public_url(written) == origin


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
        read_public_url(written)


def test_a_bridge_on_this_machine_may_be_looked_at() -> None:
    assert (
        read_public_url("http://127.0.0.1:3000/", allows_loopback=True) == "http://127.0.0.1:3000"
    )
    assert read_public_url("http://localhost:3000", allows_loopback=True) == "http://localhost:3000"
    with pytest.raises(ValueError, match="https://"):
        read_public_url("http://ask.example.org", allows_loopback=True)
