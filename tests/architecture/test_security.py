"""The paper on security tells every kind of key in Redis, and whether `bridge forget` erases it."""

import re
from pathlib import Path

from bridge.store import keys

PAPER = Path(__file__).parents[2] / "docs/security.md"


def told() -> dict[str, bool]:
    """By kind of key: whether it is erased. A row without keys goes on with those above it."""
    rows = re.findall(
        r"^\| (`[^|]+`) \| [^|]+ \| [^|]+ \| (yes|no)\b[^|]*\|$", PAPER.read_text(), re.MULTILINE
    )
    return {
        kind: erased == "yes" for kinds, erased in rows for kind in re.findall(r"`(\w+)`", kinds)
    }


def kinds(prefixes: frozenset[str]) -> set[str]:
    return {prefix.removeprefix(keys.PREFIX).rstrip(":") for prefix in prefixes}


def test_each_kind_of_key_is_told_and_whether_it_is_erased() -> None:
    assert {kind for kind, erased in told().items() if erased} == kinds(keys.ERASED)
    assert {kind for kind, erased in told().items() if not erased} == kinds(keys.IMPERSONAL)
