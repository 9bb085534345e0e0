"""Names are the field's: a word that was given up for a standard term does not come back."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

from tests.architecture.sources import Module, modules

# docs/glossary.md has the words that took their place.
GIVEN_UP = {
    "acquit", "attendant", "catalogue", "checkup", "composition", "desk", "errand", "expense",
    "halt", "intake", "lifetimes", "lobby", "receipt", "remedies", "remedy", "reveal", "revise",
    "seam", "seldom", "shelf", "speech", "surroundings", "tariff", "trouble", "twin", "visit",
    "whisper", "wish", "withdraw",
}  # fmt: skip
_PART = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+")


def names(module: Module) -> Iterator[str]:
    yield from Path(module.name).with_suffix("").parts
    for node in ast.walk(module.tree):
        match node:
            case ast.Name(id=name) | ast.Attribute(attr=name) | ast.arg(arg=name):
                yield name
            case ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name):
                yield name
            case ast.ClassDef(name=name):
                yield name


def words(name: str) -> set[str]:
    parts = {part.lower() for part in _PART.findall(name)}
    return parts | {part.removesuffix("s") for part in parts}


def test_a_name_is_taken_apart_into_its_words() -> None:
    assert words("_BackgroundTasks") >= {"background", "task"}
    assert words("put_all_errands") >= {"put", "errand"}


def test_no_word_of_our_own_comes_back_for_a_standard_term() -> None:
    found = {
        f"{module.name}: {name}"
        for module in modules("bridge")
        for name in set(names(module))
        if "emulators" not in module.name and words(name) & GIVEN_UP
    }
    assert found == set()
