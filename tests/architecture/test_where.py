"""The tables of docs/architecture.md name every module and test, and none that is not there."""

import ast
import re
from collections.abc import Iterator

import pytest

from tests.architecture.sources import ROOT, modules

PAGE = (ROOT / "docs/architecture.md").read_text()
_FILE = re.compile(r"`([\w./]+\.(?:py|lua|yml|js|json|md|yaml))`")
# Folders whose tests are told by the row of the folder.
_WHOLE = {"architecture", "browser", "contract", "emulators", "live"}


def section(title: str) -> str:
    return re.split(r"^## ", PAGE.split(f"\n## {title}\n")[1], flags=re.MULTILINE)[0]


def named(text: str, *roots: str) -> Iterator[str]:
    """The files that a section names. One without a folder is beside the one before it in its line,
    in the first root, or was named with its folder before.
    """
    before: dict[str, str] = {}
    for line in text.splitlines():
        folder = ""
        for name in _FILE.findall(line):
            beside = f"{folder}/{name}" if folder and "/" not in name else name
            known = before.get(name, name)
            found = next((one for one in (beside, name, known) if is_there(one, *roots)), None)
            assert found, f"{name}, in {line[:80]}"
            folder, _, last = found.rpartition("/")
            before.setdefault(last, found)
            yield found


def is_there(name: str, *roots: str) -> bool:
    return any((ROOT / root / name).is_file() for root in roots)


def test_each_module_has_a_row() -> None:
    told = set(named(section("Where does a line go?"), "bridge", "."))
    paths = [path.relative_to(ROOT / "bridge") for path in (ROOT / "bridge").rglob("*.py")]
    wanted = {
        str(one) for one in paths if one.name != "__init__.py" and one.parts[0] != "emulators"
    }
    assert wanted - told == set()


def test_each_test_has_a_row() -> None:
    told = set(named(section("Where is the test of it?"), "tests", "."))
    paths = [path.relative_to(ROOT / "tests") for path in (ROOT / "tests").rglob("test_*.py")]
    assert {str(one) for one in paths if one.parts[0] not in _WHOLE} - told == set()


def test_the_glossary_points_at_files_that_exist() -> None:
    assert len(list(named((ROOT / "docs/glossary.md").read_text(), "bridge"))) > 20


def test_the_example_for_contributors_is_in_each_file_that_it_names() -> None:
    page = (ROOT / "CONTRIBUTING.md").read_text()
    example = page.split("\n## An example\n")[1].split("\n## ")[0]
    files = list(named(example, "."))
    assert len(files) > 5
    assert [name for name in files if "late_" not in (ROOT / name).read_text().lower()] == []


def test_each_test_says_its_promise() -> None:
    found = [each for each in modules("tests") if each.path.name.startswith("test_")]
    assert len(found) > 100
    assert [each.name for each in found if not ast.get_docstring(each.tree)] == []


@pytest.mark.parametrize("title", ["The way of a question", "When is an answer edited?"])
def test_each_file_on_the_way_exists(title: str) -> None:
    assert list(named(section(title), "bridge", "."))
