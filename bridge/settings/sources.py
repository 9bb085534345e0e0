"""Gathers the variables from the environment and the `.env` file, freed of what clings to them."""

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from bridge.settings.dotenv import UNREADABLE, EnvFile, read_env_file
from bridge.settings.misspelled import misspelled

_QUOTES = (('"', '"'), ("'", "'"), ("“", "”"), ("‘", "’"))
_EDGES = r"[\s\u200b-\u200d\u2060\ufeff]+"  # blanks, and those without a width


@dataclass(slots=True)
class Given:
    """`texts` by name in upper case, none of them empty. `remarks` are about what prevents nothing,
    `problems` about what does; `absent` says where no file was found.
    """

    texts: dict[str, str]
    remarks: list[str] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)
    absent: str = ""


def gather(env: Mapping[str, str], path: Path | None, known: Collection[str]) -> Given:
    """The environment goes before the file; what is set to nothing is unset."""
    given = Given({})
    file = _read(path, given) if path else None
    in_file = _cleaned(file.values) if file else {}
    given.texts = in_file | _cleaned(env)
    if path and file:
        _remark_lines(path, file, given)
        for name in known & in_file.keys():
            if UNREADABLE in in_file[name]:
                given.problems.append(f"{name} cannot be read: save {path} as UTF-8.")
    for name, meant in misspelled(given.texts, known).items():
        given.remarks.append(
            f"{name} is no variable of the bridge" + (f": is {meant} meant?" if meant else ".")
        )
    return given


def clean(text: str) -> str:
    """Without blanks and line ends around it, nor the quotes that `docker --env-file` leaves."""
    text = _strip(text)
    for opening, closing in _QUOTES:
        inner = text[1:-1]
        is_quoted = len(text) > 1 and text[0] == opening and text[-1] == closing
        if is_quoted and opening not in inner and closing not in inner:
            return _strip(inner)
    return text


def _strip(text: str) -> str:
    return re.sub(rf"^{_EDGES}|{_EDGES}$", "", text)


def _cleaned(variables: Mapping[str, str]) -> dict[str, str]:
    """Of two names that differ by case alone, the one in capitals counts."""
    capitals_last = sorted(variables.items(), key=lambda item: item[0].isupper())
    return {name.upper(): text for name, value in capitals_last if (text := clean(value))}


def _read(path: Path, given: Given) -> EnvFile | None:
    folder = path.absolute().parent
    try:
        file = read_env_file(path)
    except OSError as error:
        given.problems.append(f"{path.absolute()} cannot be read: {error.strerror}.")
        return None
    if file is None:
        given.absent = f"No {path.name} was found in {folder}."
        if (folder / f"{path.name}.txt").exists():
            given.absent += f" There is a {path.name}.txt: rename it."
    return file


def _remark_lines(path: Path, file: EnvFile, given: Given) -> None:
    if file.unread:
        lines = ", ".join(map(str, file.unread))
        given.remarks.append(
            f"{path} sets nothing in line {lines}: write NAME=value, and close each quote."
        )
