"""Names of what can be pressed, opened and typed, and the values that travel through Slack with
them: the footer and the modals write them, `inbound` reads them.
"""

from dataclasses import dataclass
from typing import Any, ClassVar, Literal, TypeVar

from pydantic import ConfigDict, TypeAdapter

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
_STRICT = ConfigDict(extra="forbid", strict=True)


@dataclass(frozen=True, slots=True)
class ActionValue:
    """The `value` of a button."""

    __pydantic_config__: ClassVar = _STRICT

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

    __pydantic_config__: ClassVar = _STRICT

    channel: str
    root: str
    respond_to: str = ""
    value: str = ""
    files: int = 0
    images: str = ""
    has_unknown: bool = False
    is_cut: bool = False


Value = TypeVar("Value", ActionValue, ModalMetadata)
_ADAPTERS: dict[type, TypeAdapter[Any]] = {
    kind: TypeAdapter(kind) for kind in (ActionValue, ModalMetadata)
}


def pack(value: ActionValue | ModalMetadata) -> str:
    """JSON without the fields that have their default. Raises ValueError for a button's value above
    Slack's 2,000 characters.
    """
    packed = _ADAPTERS[type(value)].dump_json(value, exclude_defaults=True).decode()
    if isinstance(value, ActionValue) and len(packed) > VALUE_LIMIT:
        raise ValueError(f"a button's value holds at most {VALUE_LIMIT} characters")
    return packed


def unpack(kind: type[Value], packed: str) -> Value:
    """Read what `pack` wrote; raises ValueError for anything else."""
    try:
        value: Value = _ADAPTERS[kind].validate_json(packed)
    except ValueError:
        raise ValueError(f"not a {kind.__name__} of ours") from None
    return value


def split_ids(text: str) -> tuple[str, ...]:
    """The ids among what is separated by commas."""
    return tuple(one for one in text.split(",") if ID.fullmatch(one))
