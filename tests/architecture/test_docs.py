"""What the documents name exists: files, headings, commands, options, variables."""

import re
from pathlib import Path

import pytest
import typer.main

from bridge.__main__ import app
from bridge.settings import Settings

ROOT = Path(__file__).parents[2]
PAGES = sorted([*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md")])
NAMES = [str(page.relative_to(ROOT)) for page in PAGES]
_LINK = re.compile(r"\]\((?!https?:|mailto:)([^)#\s]*)(?:#([^)\s]+))?\)")
_HEADING = re.compile(r"^#+ +(.+?) *$", re.MULTILINE)
_COMMAND = re.compile(r"(?:bin/bridge|(?<!`)`bridge|-m bridge) +([a-z]+)((?: [^`\n#]*)?)")
_OPTION = re.compile(r"--[a-z-]+")
_VARIABLE = re.compile(r"\b(?:BRIDGE|BEEBOT|SLACK)_[A-Z0-9_]+\b")
_OF_PROXIES = {"BRIDGE_HOST", "BRIDGE_UPSTREAM"}  # of deploy/Caddyfile
_OF_KUBERNETES = {"BRIDGE_SERVICE_HOST"}  # what it sets for a service that is called bridge
_OF_BOLT = {"SLACK_CLIENT_ID"}  # which its library reads by itself


def anchors(page: Path) -> set[str]:
    """As the usual hosts make them of headings."""
    titles = _HEADING.findall(re.sub(r"```.*?```", "", page.read_text(), flags=re.DOTALL))
    return {re.sub(r"[^\w\- ]", "", title).strip().lower().replace(" ", "-") for title in titles}


@pytest.mark.parametrize("page", PAGES, ids=NAMES)
def test_each_link_leads_somewhere(page: Path) -> None:
    for path, anchor in _LINK.findall(page.read_text()):
        target = (page.parent / path).resolve() if path else page
        assert target.exists(), path
        if anchor and target.suffix == ".md":
            assert anchor in anchors(target), f"{path}#{anchor}"


@pytest.mark.parametrize("page", PAGES, ids=NAMES)
def test_each_command_exists_with_its_options(page: Path) -> None:
    commands = typer.main.get_command(app).commands  # type: ignore[attr-defined]
    for name, rest in _COMMAND.findall(page.read_text()):
        assert name in commands, name
        command = commands[name]
        below = getattr(command, "commands", {}).values()
        parameters = [one for each in (command, *below) for one in each.params]
        known = {option for parameter in parameters for option in parameter.opts}
        assert set(_OPTION.findall(rest)) <= known | {"--help"}, f"bridge {name}{rest}"


@pytest.mark.parametrize(
    "page", [page for page in PAGES if page.name != "CHANGELOG.md"],
    ids=[name for name in NAMES if name != "CHANGELOG.md"],
)  # fmt: skip
def test_each_variable_exists(page: Path) -> None:
    known = {
        str(one.validation_alias or name).upper() for name, one in Settings.model_fields.items()
    }
    named = set(_VARIABLE.findall(page.read_text()))
    assert named <= known | _OF_PROXIES | _OF_KUBERNETES | _OF_BOLT
