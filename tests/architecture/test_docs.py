"""What the documents name exists: files, headings, commands, options, variables."""

import re
from pathlib import Path

import pytest
import typer.main

from bridge.__main__ import app
from bridge.cli.serve import GC_THRESHOLD
from bridge.core.messages import MESSAGES
from bridge.settings import Settings
from bridge.slack.api.rate_limits import APPEND, LIMITS, POST, START, STOP, UPDATE
from bridge.telemetry.metrics import CALL_S, TURN_S, WAIT_S, MetricsObserver

ROOT = Path(__file__).parents[2]
PAGES = sorted([*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md")])
NAMES = [str(page.relative_to(ROOT)) for page in PAGES]
_LINK = re.compile(r"\]\((?!https?:|mailto:)([^)#\s]*)(?:#([^)\s]+))?\)")
_HEADING = re.compile(r"^#+ +(.+?) *$", re.MULTILINE)
_COMMAND = re.compile(r"(?:bin/bridge|(?<!`)`bridge|-m bridge) +([a-z]+)((?: [^`\n#]*)?)")
_OPTION = re.compile(r"--[a-z-]+")
_VARIABLE = re.compile(r"\b(?:BRIDGE|BEEBOT|SLACK)_[A-Z0-9_]+\b")
_BLOCK = re.compile(r"```(\w*)\n(.*?)```", re.DOTALL)
_COMMENT = re.compile(r"(?:^| )#.*$", re.MULTILINE)
_QUOTED = re.compile(r'"[^"]*"')
# Variables, scopes, paths, metrics, options: what is the same in every language.
_TERM = re.compile(
    r"(?<!\w)(?:[A-Z]{2,}_[A-Z0-9_]+|[a-z_]+:[a-z]+|/[a-z]+|bridge_\w+|--[a-z-]+)(?!\w)"
)
_TARGET = re.compile(r"^make (?:-C \S+ )?([a-z]+)")
_OURS = re.compile(
    r"[A-Z_]+=\"|(?:[A-Z_]+=\S+ +)*(?:make |(?:\S+/)?bridge |(?:\S+/)?python -m bridge )"
)
# Where a command was run, or what it needs: in italics, in its section.
_MARK = re.compile(
    r"\*(?:Needs|Not run|Run here|These commands|需要账号|在本机运行过|这些命令)[^*]+\*"
)
_TYPED = re.compile(r"(?:curl|docker|git|heroku|journalctl|kubectl|make|redis-cli|systemctl) ")
# For readers whose first language is not English, too.
_RARE = re.compile(r"\b(?:amiss|anew|parted|shall|thrice|whence|wherein)\b", re.IGNORECASE)
TRANSLATED = [page for page in PAGES if page.name.endswith(".zh-CN.md")]
_OF_KUBERNETES = {"BRIDGE_SERVICE_HOST"}  # what it sets for a service that is called bridge
_MISSPELT = {"BRIDGE_ALLOWED_USERS", "BRIDGE_ALLOWUSERS", "BRIDGE_SENDNAMES"}  # examples of it
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
    assert named <= known | _OF_KUBERNETES | _OF_BOLT | _MISSPELT


@pytest.mark.parametrize("name", ["settings.md", "settings.zh-CN.md"])
def test_the_page_on_settings_names_each_variable(name: str) -> None:
    words = set(re.findall(r"\w+", (ROOT / "docs" / name).read_text()))
    assert {one.upper() for one in Settings.model_fields} - words == set()


def commands(page: Path) -> list[tuple[str, str]]:
    """What is to be typed or copied, with its language; without comments and without words."""
    blocks = [(kind, _COMMENT.sub("", text)) for kind, text in _BLOCK.findall(page.read_text())]
    return [(kind, " ".join(_QUOTED.sub('""', text).split())) for kind, text in blocks]


def typed(page: Path) -> set[str]:
    """The commands of others that stand within sentences and tables."""
    spans = re.findall(r"`([^`]+)`", _BLOCK.sub("", page.read_text()))
    return {" ".join(span.split()) for span in spans if _TYPED.match(span)}


def depths(page: Path) -> list[int]:
    text = _BLOCK.sub("", page.read_text())
    return [len(heading.split()[0]) for heading in re.findall(r"^#+ .*$", text, re.MULTILINE)]


def rows(page: Path) -> int:
    return len(re.findall(r"^ *\|", page.read_text(), re.MULTILINE))


def alerts(page: Path) -> list[str]:
    return re.findall(r"^### (Bridge\w+)$", page.read_text(), re.MULTILINE)


def terms(page: Path) -> set[str]:
    spans = re.findall(r"`([^`]+)`", _BLOCK.sub("", page.read_text()))
    return {term for span in spans for term in _TERM.findall(span)}


@pytest.mark.parametrize("page", TRANSLATED, ids=[page.name for page in TRANSLATED])
def test_a_translation_says_as_much_as_its_original(page: Path) -> None:
    original = page.with_name(page.name.replace(".zh-CN", ""))
    assert depths(page) == depths(original)
    assert rows(page) == rows(original)
    assert alerts(page) == alerts(original)
    assert commands(page) == commands(original)
    assert typed(page) == typed(original)
    assert terms(page) == terms(original)


def test_the_list_of_decisions_is_complete() -> None:
    pages = sorted(ROOT.glob("docs/adr/0*.md"))
    titles = [page.read_text().splitlines()[0].removeprefix("# ").split(" ", 1) for page in pages]
    rows = [
        f"| [{number}]({page.name}) | {title} |"
        for page, (number, title) in zip(pages, titles, strict=True)
    ]
    listed = (ROOT / "docs/adr/README.md").read_text()
    assert [line for line in listed.splitlines() if line.startswith("| [")] == rows


def shell(text: str) -> list[str]:
    """The commands of a text's shell blocks, each in one line."""
    blocks = [block for kind, block in _BLOCK.findall(text) if kind == "sh"]
    lines = "\n".join(_COMMENT.sub("", block).replace("\\\n", "") for block in blocks)
    return [line.strip() for line in lines.splitlines() if line.strip()]


@pytest.mark.parametrize("page", PAGES, ids=NAMES)
def test_each_target_of_make_exists(page: Path) -> None:
    [known] = re.findall(r"^\.PHONY: (.*)$", (ROOT / "Makefile").read_text(), re.MULTILINE)
    text = page.read_text()
    told = [*shell(text), *re.findall(r"`([^`]+)`", _BLOCK.sub("", text))]
    assert {target for one in told for target in _TARGET.findall(one)} <= set(known.split())


@pytest.mark.parametrize("page", PAGES, ids=NAMES)
def test_where_a_command_is_not_ours_the_section_says_where_it_was_run(page: Path) -> None:
    for section in re.split(r"^## ", page.read_text(), flags=re.MULTILINE):
        foreign = [command for command in shell(section) if not _OURS.match(command)]
        assert not foreign or _MARK.search(section), foreign


@pytest.mark.parametrize("page", PAGES, ids=NAMES)
def test_the_words_are_plain(page: Path) -> None:
    assert _RARE.findall(page.read_text()) == []


def test_each_line_of_the_log_that_an_alarm_waits_for_is_written() -> None:
    source = "".join(path.read_text() for path in ROOT.glob("bridge/**/*.py"))
    for name in ("operations.md", "telemetry.md", "deploy.md"):
        events = set(re.findall(r'"event": "([^"]+)"', (ROOT / "docs" / name).read_text()))
        assert {one for one in events if f'"{one}"' not in source} == set(), name


def test_the_paper_on_figures_tells_the_bounds_of_each_histogram() -> None:
    text = (ROOT / "docs/telemetry.md").read_text()
    rows = re.findall(r"^\| (`bridge_\w+_seconds`.*) \| ([\d., ]+) \|$", text, re.MULTILINE)
    told = {name: bounds for names, bounds in rows for name in re.findall(r"`(\w+)`", names)}
    bounds_s = {
        "bridge_slack_call_seconds": CALL_S,
        "bridge_slack_wait_seconds": CALL_S,
        "bridge_first_text_seconds": WAIT_S,
        "bridge_turn_duration_seconds": TURN_S,
    }
    assert told == {name: ", ".join(f"{one:g}" for one in each) for name, each in bounds_s.items()}
    made = MetricsObserver().registry.collect()
    assert {one.name for one in made if one.type == "histogram"} == set(told)


def test_the_page_on_performance_tells_what_the_bridge_guesses_and_how_it_collects() -> None:
    text = " ".join((ROOT / "docs/performance.md").read_text().split())
    edits, appends, starts, stops, posts = (
        LIMITS[method].burst for method in (UPDATE, APPEND, START, STOP, POST)
    )
    guessed = f"{edits} edits, {appends} appends, {starts} starts or stops, and {posts} posts"
    assert starts == stops
    assert f"The bridge guesses {guessed}" in text
    assert f"the thresholds ({', '.join(f'{each:,}' for each in GC_THRESHOLD)})" in text


@pytest.mark.parametrize("name", ["thinking", "waiting", "slow", "very_slow"])
def test_what_people_read_while_they_wait_is_quoted_as_it_is(name: str) -> None:
    assert MESSAGES[name].en in (ROOT / "docs/behaviour.md").read_text()
    assert MESSAGES[name].zh in (ROOT / "docs/behaviour.zh-CN.md").read_text()
