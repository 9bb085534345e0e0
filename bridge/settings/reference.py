"""Writes `docs/configuration.md` from the settings: `make docs`."""

from collections.abc import Iterator

from pydantic.fields import FieldInfo

from bridge.settings import Settings

_BEGIN = """\
# Configuration

Every environment variable of the bridge, made from `bridge/settings/__init__.py` by `make docs`.
Values come from the environment and, behind it, from the file `.env`. A variable that is set to
nothing is unset. A wrong or missing value ends the start with exit code 2 and a sentence for each.
"""
_ADVANCED = """\
## Advanced

Nobody needs these at first: they are for tests, for unusual networks, and for very large or very
slow installations.
"""


def is_advanced(field: FieldInfo) -> bool:
    return isinstance(field.json_schema_extra, dict) and "advanced" in field.json_schema_extra


def render() -> str:
    fields = Settings.model_fields
    usual = [name for name, field in fields.items() if not is_advanced(field)]
    advanced = [name for name, field in fields.items() if is_advanced(field)]
    return "\n".join([_BEGIN, *_table(usual), "", _ADVANCED, *_table(advanced), ""])


def _table(names: list[str]) -> Iterator[str]:
    yield "| variable | default | set it to |"
    yield "|---|---|---|"
    for name in names:
        field = Settings.model_fields[name]
        advice = " ".join(str(field.description).split()).replace("|", r"\|")
        yield f"| `{name.upper()}` | {_default(field)} | {advice} |"


def _default(field: FieldInfo) -> str:
    """As it is written in a variable."""
    if field.is_required():
        return "**required**"
    if field.default in (None, "", ()):
        return "unset"
    written = str(field.default).lower() if isinstance(field.default, bool) else field.default
    return f"`{written:g}`" if isinstance(written, float) else f"`{written}`"


if __name__ == "__main__":
    print(render(), end="")  # noqa: T201 - this is what it is for
