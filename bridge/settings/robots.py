"""What the variables about robots, and about what they are told with a question, must look like."""

import json
import re
from dataclasses import dataclass, field
from typing import Annotated, Any

from pydantic import AfterValidator, BeforeValidator, SecretStr

MOST_PERSPECTIVES = 20  # docs/beebot.md, Asking
_RESERVED = {
    "docLabels": "set BEEBOT_LABELS instead",
    "SYS_IMAGE_ATTACHMENTS": "it is made of the pictures of each question",
}
_SCALAR = str | int | float | bool
_SHORTEST_KEY = 16
_PLACE = re.compile(r"[CG][A-Z0-9]{2,}|dm")
_WORD = re.compile(r"[!-~]+")


@dataclass(frozen=True, slots=True)
class MappedRobot:
    """An entry of the map; what is empty is as the default robot has it."""

    id: str
    space: str = field(default="", repr=False)
    labels: tuple[str, ...] = ()


def split_list(value: str) -> tuple[str, ...]:
    """`a, b`; a Chinese comma parts, too."""
    return tuple(part for part in map(str.strip, re.split(r"[,，]", value)) if part)


def _read_list(value: object) -> object:
    return split_list(value) if isinstance(value, str) else value


def _read_places(value: object) -> object:
    """`places|instance id|agent key|labels`, several parted by `;` or line ends; the last two may
    be missing. By place; a `space` of None is the default robot's.
    """
    if not isinstance(value, str):
        return value
    places: dict[str, MappedRobot] = {}
    for entry in filter(None, map(str.strip, re.split(r"[;\n]", value))):
        named, robot = _read_entry(entry)
        for place in named:
            if place in places:
                raise ValueError(f"must name each channel once, and names {place} again")
            places[place] = robot
    spaces = {(robot.id, robot.space) for robot in places.values()}
    if len(spaces) > len({robot.id for robot in places.values()}):
        raise ValueError("must give one robot one agent key")
    return places


def _read_entry(entry: str) -> tuple[list[str], MappedRobot]:
    places, robot, space, labels, *more = [*map(str.strip, entry.split("|")), "", "", ""]
    named = [place.strip() for place in places.split(",")]
    if wrong := [place for place in named if not _PLACE.fullmatch(place)]:
        raise ValueError(f"must begin with ids of channels (C0123ABCD) or dm, not {wrong[0]!r}")
    if any(more):
        raise ValueError("must have at most three | in an entry")
    if not _WORD.fullmatch(robot):
        raise ValueError(f"must have the instance id of a robot (chatbot-cn-…) behind {named[0]}|")
    if space and not _WORD.fullmatch(space):
        raise ValueError(f"must have an agent key, or nothing, as the third part behind {named[0]}")
    return named, MappedRobot(robot, space, split_list(labels))


def _check_perspectives(codes: tuple[str, ...]) -> tuple[str, ...]:
    if len(codes) > MOST_PERSPECTIVES:
        raise ValueError(f"must hold at most {MOST_PERSPECTIVES} codes")
    return codes


def _read_vendor_param(value: object) -> object:
    if not isinstance(value, str):
        return value
    try:
        read = json.loads(value)
    except (ValueError, RecursionError):
        read = None
    if not isinstance(read, dict):
        raise ValueError('must be a JSON object, as {"phone": "123"}')  # noqa: TRY004
    for name, content in read.items():
        if name in _RESERVED:
            raise ValueError(f"must not hold {name}: {_RESERVED[name]}")
        parts = content if isinstance(content, list) else [content]
        if not all(isinstance(part, _SCALAR) for part in parts):
            raise ValueError(f"must hold a text, a number, true, false or a list at {name}")
    return read


def _check_pseudonym_key(key: SecretStr | None) -> SecretStr | None:
    if key and len(key.get_secret_value()) < _SHORTEST_KEY:
        raise ValueError(f"must have at least {_SHORTEST_KEY} characters")
    return key


List = Annotated[tuple[str, ...], BeforeValidator(_read_list)]
Places = Annotated[dict[str, MappedRobot], BeforeValidator(_read_places)]
Perspectives = Annotated[List, AfterValidator(_check_perspectives)]
VendorParam = Annotated[dict[str, Any], BeforeValidator(_read_vendor_param)]
PseudonymKey = Annotated[SecretStr | None, AfterValidator(_check_pseudonym_key)]
