"""What the variables about robots, and about what they are told with a question, must look like."""

import json
import re
from typing import Annotated, Any

from pydantic import AfterValidator, BeforeValidator, SecretStr

MOST_PERSPECTIVES = 20  # docs/beebot.md, Asking
_RESERVED = {
    "docLabels": "set BEEBOT_LABELS instead",
    "SYS_IMAGE_ATTACHMENTS": "it is made of the pictures of each question",
}
_SCALAR = str | int | float | bool
_SHORTEST_KEY = 16


def split_list(value: object) -> object:
    """`a, b`; a Chinese comma parts, too."""
    if not isinstance(value, str):
        return value
    return tuple(part for part in map(str.strip, re.split(r"[,，]", value)) if part)


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


List = Annotated[tuple[str, ...], BeforeValidator(split_list)]
Perspectives = Annotated[List, AfterValidator(_check_perspectives)]
VendorParam = Annotated[dict[str, Any], BeforeValidator(_read_vendor_param)]
PseudonymKey = Annotated[SecretStr | None, AfterValidator(_check_pseudonym_key)]
