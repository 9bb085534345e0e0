"""Writes `docs/configuration.md` from the settings: `make docs`."""

from collections.abc import Iterable, Iterator
from typing import Literal, get_args, get_origin

from pydantic.fields import FieldInfo

from bridge.settings import GROUPS
from bridge.settings.values import Group

_BEGIN = """\
# Configuration

Every environment variable of the bridge, made from `bridge/settings` by `make docs`. Values come
from the environment and, behind it, from the file `.env`. A variable that is set to nothing is
unset. A wrong or missing value ends the start with exit code 2 and a sentence for each.
"""
_ADVANCED = """\
## Advanced

Nobody needs these at first: they are for tests, for unusual networks, and for very large or very
slow installations.
"""


def is_advanced(field: FieldInfo) -> bool:
    return isinstance(field.json_schema_extra, dict) and "advanced" in field.json_schema_extra


def render() -> str:
    lines = [_BEGIN]
    for group in GROUPS:
        if usual := _of(group, advanced=False):
            lines += [f"## {_heading(group)}", "", *_table(usual), ""]
    advanced = [one for group in GROUPS for one in _of(group, advanced=True)]
    return "\n".join([*lines, _ADVANCED, *_table(advanced), ""])


def _of(group: type[Group], *, advanced: bool) -> list[tuple[str, FieldInfo]]:
    fields = group.model_fields.items()
    return [(name, field) for name, field in fields if is_advanced(field) is advanced]


def _heading(group: type[Group]) -> str:
    return str(group.__doc__).partition(".")[0]


def _table(fields: Iterable[tuple[str, FieldInfo]]) -> Iterator[str]:
    yield "| variable | default | values | set it to |"
    yield "|---|---|---|---|"
    for name, field in fields:
        advice = " ".join(str(field.description).split()).replace("|", r"\|")
        yield f"| `{name.upper()}` | {_default(field)} | {_values(field)} | {advice} |"


def _values(field: FieldInfo) -> str:
    """Words to choose from, or the range of a number; empty for any text."""
    if get_origin(field.annotation) is Literal:
        return ", ".join(f"`{word}`" for word in get_args(field.annotation))
    if field.annotation is bool:
        return "`true`, `false`"
    if field.annotation not in (int, float):
        return ""
    bounds = [
        f"{sign} {getattr(bound, name):,g}"
        for bound in field.metadata
        for name, sign in (("ge", "at least"), ("gt", "over"), ("le", "at most"))
        if getattr(bound, name, None) is not None
    ]
    return ", ".join(bounds)


def _default(field: FieldInfo) -> str:
    """As it is written in a variable."""
    if field.is_required():
        return "**required**"
    if field.default in (None, "", (), {}, frozenset()):
        return "unset"
    written = str(field.default).lower() if isinstance(field.default, bool) else field.default
    return f"`{written:g}`" if isinstance(written, float) else f"`{written}`"


if __name__ == "__main__":
    print(render(), end="")  # noqa: T201 - this is what it is for
