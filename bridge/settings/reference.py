"""Writes `docs/configuration.md` from the settings: `make docs`."""

import textwrap
from collections.abc import Iterable, Iterator
from typing import Literal, get_args, get_origin

from pydantic.fields import FieldInfo

from bridge.settings import Settings
from bridge.settings.advice import find_advice
from bridge.settings.values import Group, is_marked

GROUPS = [base for base in reversed(Settings.__bases__) if issubclass(base, Group)]

_BEGIN = """\
# Configuration

Every environment variable of the bridge, made from `bridge/settings` by `make docs`. What the
settings do, by subject, is in [settings](settings.md).

Values come from the environment and, behind it, from the file `.env` in the folder where the
program starts ([where they are read](settings.md#where-they-are-read)). A variable that is set to
nothing is unset. A wrong or missing value ends the start with exit code 2 and a sentence for each.

A name that is misspelt, and a line of `.env` that sets nothing, are told at the start as warnings.
Where one of the following seems to be meant, they end it with exit code 2, for without that one
more questions would be answered, or more be told. Other letters, another order of the words, and
words that are joined or cut otherwise (`BRIDGE_SENDNAMES`) are recognised:

{restricting}

What stands under *values* is the words to choose from, the range of a number, or an example.
Others that the process heeds, as `SSL_CERT_FILE`, are
[those of hosts and libraries](settings.md#variables-of-hosts-and-libraries).

{contents}

## At first

What an installation sets. Either `SLACK_SIGNING_SECRET` (events by HTTP) or `SLACK_APP_TOKEN`
(Socket Mode) is required; both parts of the access key, or neither where Alibaba's
[credential chain](settings.md#alibabas-credential-chain) finds one; `REDIS_URL` wherever a restart
must lose nothing. What most people set next: `BRIDGE_HANDOVER`, `BRIDGE_PSEUDONYM_KEY`,
`BRIDGE_METRICS_TOKEN`, `BEEBOT_MAX_CONCURRENCY`.
"""
_ADVANCED = """\
## Advanced

Nobody needs these at first: they are for tests, for unusual networks, and for very large or very
slow installations.
"""
_UNBROKEN = "\N{NO-BREAK SPACE}"


def render() -> str:
    begin = _BEGIN.format(restricting="\n".join(_restricting()), contents=_contents())
    lines = [begin, *_table(_of(*GROUPS, place="first")), ""]
    for group in GROUPS:
        if usual := _of(group, place=""):
            lines += [f"## {_heading(group)}", "", *_table(usual), ""]
    lines += [_ADVANCED, *_table(_of(*GROUPS, place="advanced")), ""]
    return "\n".join(lines)


def _contents() -> str:
    usual = (_heading(group) for group in GROUPS if _of(group, place=""))
    names = ("At first", *usual, "Advanced")
    links = (
        f"[{name.replace(' ', _UNBROKEN)}](#{name.lower().replace(' ', '-')})" for name in names
    )
    return textwrap.fill(" · ".join(links), 100, break_on_hyphens=False).replace(_UNBROKEN, " ")


def _restricting() -> Iterator[str]:
    """A list with an entry for each group that has any."""
    for group in GROUPS:
        fields = group.model_fields.items()
        names = [f"`{name.upper()}`" for name, field in fields if is_marked(field, "restricting")]
        if names:
            entry = f"- {_heading(group)}: {', '.join(names)}"
            yield textwrap.fill(entry, 100, subsequent_indent="  ", break_on_hyphens=False)


def _of(*groups: type[Group], place: str) -> list[tuple[str, FieldInfo]]:
    """`place`: `first`, `advanced`, or empty for what stands with its group."""
    fields = [one for group in groups for one in group.model_fields.items()]
    marks = {place} if place else {"first", "advanced"}
    is_wanted = bool(place)
    return [one for one in fields if any(is_marked(one[1], mark) for mark in marks) is is_wanted]


def _heading(group: type[Group]) -> str:
    return str(group.__doc__).partition(".")[0]


def _table(fields: Iterable[tuple[str, FieldInfo]]) -> Iterator[str]:
    yield "| variable | default | values | set it to |"
    yield "|---|---|---|---|"
    for name, field in fields:
        advice = find_advice()[name].replace("|", r"\|")
        yield f"| `{name.upper()}` | {_default(field)} | {_values(field) or '–'} | {advice} |"


def _values(field: FieldInfo) -> str:
    """Words to choose from, the range of a number, or examples of a text."""
    if get_origin(field.annotation) is Literal:
        return ", ".join(f"`{word}`" for word in get_args(field.annotation))
    if field.annotation is bool:
        return "`true`, `false`"
    if field.annotation not in (int, float):
        return ", ".join(_code(one) for one in examples(field))
    bounds = [
        f"{sign} {getattr(bound, name):,g}"
        for bound in field.metadata
        for name, sign in (("ge", "at least"), ("gt", "over"), ("le", "at most"))
        if getattr(bound, name, None) is not None
    ]
    return ", ".join(bounds)


def examples(field: FieldInfo) -> list[str]:
    """Of the field, or of the type that it may have besides None."""
    inner = [
        mark for part in get_args(field.annotation) for mark in getattr(part, "__metadata__", ())
    ]
    marks = [field, *(mark for mark in inner if isinstance(mark, FieldInfo))]
    return next((mark.examples for mark in marks if mark.examples), [])


def _code(text: str) -> str:
    return f"`{text}`".replace("|", r"\|")


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
