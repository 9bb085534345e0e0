"""The pins are complete: what is published after them changes nothing that is installed.

A closure that lacks one package, or one extra of a package, is completed by pip with whatever is
newest on that day, or refused. So each requirement of each pinned package must be pinned, with the
extras that it names, on each platform that a marker can tell apart.
"""

import re
import tomllib
from collections.abc import Iterator
from functools import cache
from importlib.metadata import PackageNotFoundError, distribution

import pytest
from packaging.markers import default_environment
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from tests.architecture.sources import ROOT

Pins = dict[str, Requirement]
Environment = dict[str, str]

PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
RUNTIME = PROJECT["project"]["dependencies"]
BUILD = PROJECT["dependency-groups"]["build"]
ASKED = {
    "requirements.txt": RUNTIME,
    "requirements-build.txt": [*BUILD, *PROJECT["build-system"]["requires"]],
    "requirements-dev.txt": [*RUNTIME, *BUILD, *PROJECT["project"]["optional-dependencies"]["dev"]],
}
PYTHONS = ["3.11.0", "3.11.7", "3.12.1", "3.13.0", "3.14.0"]
SYSTEMS = [("linux", "Linux", "posix"), ("darwin", "Darwin", "posix"), ("win32", "Windows", "nt")]
HERE: Environment = {name: str(value) for name, value in default_environment().items()}


def pinned(name: str) -> Pins:
    text = (ROOT / name).read_text(encoding="utf-8").replace("\\\n", "")
    lines = [line.split("--hash=") for line in text.splitlines()]
    assert all(len(parts) > 1 for parts in lines), "each pin has its hashes"
    found = [Requirement(parts[0]) for parts in lines]
    return {canonicalize_name(pin.name): pin for pin in found}


def environments() -> Iterator[Environment]:
    for full in PYTHONS:
        for platform, system, os_name in SYSTEMS:
            yield HERE | {
                "python_full_version": full,
                "python_version": full.rpartition(".")[0],
                "implementation_version": full,
                "sys_platform": platform,
                "platform_system": system,
                "os_name": os_name,
            }


def applies(asked: Requirement, where: Environment, extras: set[str]) -> bool:
    marker = asked.marker
    return marker is None or any(marker.evaluate(where | {"extra": one}) for one in {"", *extras})


def requirements(pin: Requirement) -> list[Requirement]:
    """Of exactly the pinned version, as the package itself says."""
    version, asked = installed(pin.name)
    assert pin.specifier.contains(version, prereleases=True), (
        f"{pin.name} {version} is installed but {pin} is pinned: make .venv/.ready"
    )
    return asked


@cache
def installed(name: str) -> tuple[str, list[Requirement]]:
    """Its version and what it asks for. Raises `PackageNotFoundError`."""
    found = distribution(name)
    return found.version, [Requirement(line) for line in found.requires or []]


def gaps(pins: Pins, asked: list[str], where: Environment) -> Iterator[str]:
    """What is asked for in `where`, by the project or by a pinned package, and not pinned."""
    here = {name: pin for name, pin in pins.items() if applies(pin, where, set())}
    needed = [one for one in map(Requirement, asked) if applies(one, where, set())]
    wanted = [("the project", one) for one in needed]
    for pin in here.values():
        try:
            wanted += [
                (pin.name, one) for one in requirements(pin) if applies(one, where, pin.extras)
            ]
        except PackageNotFoundError:  # one for another platform than this one
            assert not applies(pin, HERE, set()), f"{pin} is not installed: make .venv/.ready"
    for asker, one in wanted:
        found = here.get(canonicalize_name(one.name))
        if found is None or not (one.extras <= found.extras and _allows(one, found)):
            yield f"{asker} asks for {one}, pinned is {found}"


def _allows(asked: Requirement, pin: Requirement) -> bool:
    version = re.sub("^==", "", str(pin.specifier))
    return asked.specifier.contains(version, prereleases=True)


def found_in(pins: Pins, asked: list[str]) -> set[str]:
    return {gap for where in environments() for gap in gaps(pins, asked, where)}


@pytest.mark.parametrize("name", list(ASKED))
def test_every_requirement_of_every_pin_is_pinned_with_its_extras(name: str) -> None:
    assert found_in(pinned(name), ASKED[name]) == set()


@pytest.mark.parametrize(
    ("name", "gap"),
    [
        ("coverage", "pytest-cov asks for coverage[toml]>=7.10.6, pinned is coverage=="),
        ("redis", "the project asks for redis[hiredis]<9,>=8, pinned is redis=="),
        ("fakeredis", "the project asks for fakeredis[lua]<3,>=2.35, pinned is fakeredis=="),
    ],
)
def test_a_pin_without_an_extra_that_is_asked_for_is_found(name: str, gap: str) -> None:
    pins = pinned("requirements-dev.txt")
    pins[name].extras = set()
    found = found_in(pins, ASKED["requirements-dev.txt"])
    assert [one for one in found if not one.startswith(gap)] == []
    assert found != set()


@pytest.mark.parametrize(
    ("name", "gap"),
    [
        ("idna", "yarl asks for idna>=2.0, pinned is None"),
        ("hiredis", 'redis asks for hiredis>=3.2.0; extra == "hiredis", pinned is None'),
        ("colorama", 'pytest asks for colorama>=0.4; sys_platform == "win32", pinned is None'),
    ],
)
def test_a_missing_pin_is_found(name: str, gap: str) -> None:
    pins = pinned("requirements-dev.txt")
    del pins[name]
    assert gap in found_in(pins, ASKED["requirements-dev.txt"])


def test_a_pin_below_what_is_asked_for_is_found() -> None:
    (gap,) = found_in(pinned("requirements-build.txt"), ["hatchling>=1000"])
    assert gap.startswith("the project asks for hatchling>=1000, pinned is hatchling==")


def test_the_pins_of_all_files_agree() -> None:
    everything = pinned("requirements-dev.txt")
    for name in ("requirements.txt", "requirements-build.txt"):
        assert {pin: str(one) for pin, one in pinned(name).items()}.items() <= {
            pin: str(one) for pin, one in everything.items()
        }.items()
