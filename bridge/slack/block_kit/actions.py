"""Names of what can be pressed, opened and typed, and the values that travel through Slack with
them: the footer and the modals write them, `inbound` reads them.
"""

import json
from dataclasses import MISSING, dataclass, fields
from typing import Literal, TypeVar

from bridge.slack.reading.payload_fields import ID

# action_id of each button. One that asks is `ask_` and a number: ids are unique in a message.
ASK = "ask_"
REGENERATE = "regenerate"
STOP = "stop"
NEW = "new"
SOURCES = "sources"
RATE = "rate"

# callback_id of each modal and shortcut, and our slash command.
REASON = "reason"
QUESTION = "question"
ASK_ABOUT_MESSAGE = "ask_about_message"
COMMAND = "/beebot"

VALUE_LIMIT = 2000  # characters of a button's value (docs/slack.md, Blocks)


@dataclass(frozen=True, slots=True)
class ActionValue:
    """The `value` of a button."""

    turn: str  # whose answer it stands under
    words: str = ""  # what a press asks
    attached: str = ""
    images: str = ""  # ids, separated by commas
    session: str = ""  # from here on: what Beebot wants to know of a rated answer
    answer_id: str = ""
    robot: str = ""
    verdict: Literal["", "good", "bad"] = ""


@dataclass(frozen=True, slots=True)
class ModalMetadata:
    """The `private_metadata` of a modal: where it was opened.

    `respond_to` is the `response_url` for an ephemeral answer, `value` that of the button. `files`,
    `images` (ids, separated by commas), `has_unknown` and `is_cut` describe the message that is
    asked about, as in `Ask`.
    """

    channel: str
    root: str
    respond_to: str = ""
    value: str = ""
    files: int = 0
    images: str = ""
    has_unknown: bool = False
    is_cut: bool = False


Value = TypeVar("Value", ActionValue, ModalMetadata)


def pack(value: ActionValue | ModalMetadata) -> str:
    """JSON without the fields that have their default. Raises ValueError for a button's value above
    Slack's 2,000 characters.
    """
    given = {name: part for name, part, default in _parts(value) if part != default}
    packed = json.dumps(given, ensure_ascii=False, separators=(",", ":"))
    if isinstance(value, ActionValue) and len(packed) > VALUE_LIMIT:
        raise ValueError(f"a button's value holds at most {VALUE_LIMIT} characters")
    return packed


def unpack(kind: type[Value], packed: str) -> Value:
    """Read what `pack` wrote; raises ValueError for anything else."""
    try:
        value = kind(**json.loads(packed))
    except (TypeError, RecursionError) as error:
        raise ValueError(f"not a {kind.__name__} of ours") from error
    verdict = value.verdict if isinstance(value, ActionValue) else ""
    if not all(map(_is_sound, _parts(value))) or verdict not in {"", "good", "bad"}:
        raise ValueError(f"not a {kind.__name__} of ours")
    return value


def split_ids(text: str) -> tuple[str, ...]:
    """The ids among what is separated by commas."""
    return tuple(one for one in text.split(",") if ID.fullmatch(one))


def _parts(value: ActionValue | ModalMetadata) -> list[tuple[str, object, object]]:
    """Name, value and default of each field."""
    return [(field.name, getattr(value, field.name), field.default) for field in fields(value)]


def _is_sound(part: tuple[str, object, object]) -> bool:
    """Of the type of its default, and text that UTF-8 can hold: JSON may bring half an emoji."""
    _, given, default = part
    if not isinstance(given, str if default is MISSING else type(default)):
        return False
    return not (isinstance(given, str) and any("\ud800" <= sign <= "\udfff" for sign in given))
