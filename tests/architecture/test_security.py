"""The papers on security tell every kind of key in Redis, and whether `bridge forget` erases it."""

import re
from pathlib import Path

import pytest

from bridge.store import keys

DOCS = Path(__file__).parents[2] / "docs"


def told(name: str) -> dict[str, bool]:
    """By kind of key: whether it is erased. A row without keys goes on with those above it."""
    rows = re.findall(
        r"^\| (`[^|]+`) \| [^|]+ \| [^|]+ \| (yes|no|是|否)\b[^|]*\|$",
        (DOCS / name).read_text(),
        re.MULTILINE,
    )
    return {
        kind: erased in {"yes", "是"}
        for kinds, erased in rows
        for kind in re.findall(r"`(\w+)`", kinds)
    }


def kinds(prefixes: frozenset[str]) -> set[str]:
    return {prefix.removeprefix(keys.PREFIX).rstrip(":") for prefix in prefixes}


@pytest.mark.parametrize("name", ["security.md", "security.zh-CN.md"])
def test_each_kind_of_key_is_told_and_whether_it_is_erased(name: str) -> None:
    assert {kind for kind, erased in told(name).items() if erased} == kinds(keys.ERASED)
    assert {kind for kind, erased in told(name).items() if not erased} == kinds(keys.IMPERSONAL)
