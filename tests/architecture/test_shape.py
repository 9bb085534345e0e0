"""The shape that keeps the project readable: small functions and modules, arrows that point
inwards, and nothing of one developer's machine in the files.
"""

import ast
import re
import subprocess
import sys
from itertools import chain
from pathlib import Path

from tests.architecture.sources import ROOT, Function, committed_files, modules

P95_LINES = 30
FUNCTION_CAP = 50
MODULE_CAP = 300
EMULATOR_CAP = 400

# In pieces, or this file would not pass itself.
REGISTRIES = [
    "py" + "pi.", "python" + "hosted.", "npm" + "js.", "crates" + ".io", "golang" + ".org",
    "mirrors" + ".", "index" + "-url",
]  # fmt: skip
MACHINES = re.compile(r"(?<![\w.~-])/(?:work|root|Users|home|tmp)/\w")
LOCKS = re.compile(r"(\.lock|[-.]lock\.(json|yaml|yml|toml)|\.lockb|go\.sum)$")


def lengths() -> dict[str, int]:
    return {
        f"{module.name}:{function.lineno} {function.name}": module.code_lines(function)
        for module in modules("bridge")
        for function in module.functions()
    }


def test_no_function_is_longer_than_a_screen() -> None:
    assert {name: lines for name, lines in lengths().items() if lines > FUNCTION_CAP} == {}


def test_almost_every_function_is_short() -> None:
    found = sorted(lengths().values())
    assert len(found) > 500
    assert found[int(len(found) * 0.95)] <= P95_LINES


def test_every_module_has_one_purpose_and_a_size_to_match() -> None:
    caps = {
        module.name: EMULATOR_CAP if "emulators" in module.name else MODULE_CAP
        for module in modules("bridge")
    }
    found = {module.name: len(module.text.splitlines()) for module in modules("bridge")}
    assert {name: lines for name, lines in found.items() if lines > caps[name]} == {}


def test_every_module_says_what_it_is_responsible_for() -> None:
    assert [
        m.name for m in modules("bridge") if m.text.strip() and not ast.get_docstring(m.tree)
    ] == []


def test_everything_is_annotated() -> None:
    bare = [
        f"{module.name}:{function.lineno} {function.name}"
        for module in modules("bridge")
        for function in module.functions()
        if not is_annotated(function)
    ]
    assert bare == []


def is_annotated(function: Function) -> bool:
    arguments = function.args
    named = [*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs]
    starred = [one for one in (arguments.vararg, arguments.kwarg) if one]
    wanted = [one for one in chain(named, starred) if one.arg not in {"self", "cls"}]
    return function.returns is not None and all(one.annotation for one in wanted)


def test_the_arrows_point_inwards() -> None:
    """By a process of its own: import-linter disables every logger of the one it runs in."""
    program = Path(sys.executable).with_name("lint-imports")
    ran = subprocess.run(
        [program, "--no-cache"], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert ran.returncode == 0, ran.stdout + ran.stderr


def texts() -> dict[str, str]:
    found = {}
    for path in committed_files():
        if path.suffix not in {".png", ".gif", ".ico"}:
            found[str(path.relative_to(ROOT))] = path.read_text(encoding="utf-8", errors="replace")
    assert "pyproject.toml" in found
    return found


def test_no_file_names_the_host_of_a_registry() -> None:
    told = {name for name, text in texts().items() for host in REGISTRIES if host in text}
    assert told == set()


def test_no_file_names_a_place_on_somebodys_machine() -> None:
    told = {
        f"{name}: {match[0]}" for name, text in texts().items() for match in MACHINES.finditer(text)
    }
    assert told == set()


def test_no_lock_file_records_where_something_was_downloaded() -> None:
    assert [path for path in committed_files() if LOCKS.search(Path(path).name)] == []


def test_the_pinned_requirements_name_no_address() -> None:
    for name in ("requirements.txt", "requirements-dev.txt", "requirements-build.txt"):
        text = (ROOT / name).read_text()
        assert "--hash=sha256:" in text
        assert "://" not in text
