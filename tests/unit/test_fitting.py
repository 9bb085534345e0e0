"""The manifest that people paste needs no search and replace."""

import yaml

from bridge.cli.manifest import find_manifest, fit_manifest

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
    fitted = yaml.safe_load(fit_manifest(TEXT, socket_mode=True))
    whole = yaml.safe_load(TEXT)
    del whole["settings"]["event_subscriptions"]["request_url"]
    del whole["settings"]["interactivity"]["request_url"]
    del whole["features"]["slash_commands"][0]["url"]
    whole["settings"]["socket_mode_enabled"] = True
    assert fitted == whole


def test_without_an_address_it_is_the_file() -> None:
    assert fit_manifest(TEXT) == TEXT
