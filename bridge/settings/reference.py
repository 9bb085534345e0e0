"""Writes `docs/configuration.md` from the settings: `make docs`."""

from collections.abc import Iterable, Iterator

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
    yield "| variable | default | set it to |"
    yield "|---|---|---|"
    for name, field in fields:
        advice = " ".join(str(field.description).split()).replace("|", r"\|")
        yield f"| `{name.upper()}` | {_default(field)} | {advice} |"


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
