"""What can be pressed, and what a press brings back: written by the footer, read by the ingress."""

import json
from dataclasses import asdict, dataclass
from typing import Literal

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

VALUE_LIMIT = 2000  # Slack's, in characters


@dataclass(frozen=True, slots=True)
class ActionValue:
    """`turn` is the answer that the button stands under, `words` and `attached` what a press asks;
    the rest is what Beebot wants to know of a rated answer.
    """

    turn: str
    words: str = ""
    attached: str = ""
    session: str = ""
    answer_id: str = ""
    verdict: Literal["", "good", "bad"] = ""


def pack(value: ActionValue) -> str:
    """Raises ValueError above Slack's 2,000 characters."""
    given = {name: part for name, part in asdict(value).items() if part or name == "turn"}
    packed = json.dumps(given, ensure_ascii=False, separators=(",", ":"))
    if len(packed) > VALUE_LIMIT:
        raise ValueError(f"a button's value holds at most {VALUE_LIMIT} characters")
    return packed


def unpack(packed: str) -> ActionValue:
    """Read what `pack` wrote; raises ValueError for anything else."""
    try:
        value = ActionValue(**json.loads(packed))
    except (TypeError, RecursionError) as error:
        raise ValueError("not a value of one of our buttons") from error
    is_sound = all(_is_text(part) for part in asdict(value).values())
    if not is_sound or value.verdict not in {"", "good", "bad"}:
        raise ValueError("not a value of one of our buttons")
    return value


def _is_text(part: object) -> bool:
    """Half an emoji, which JSON can name and UTF-8 cannot, is none."""
    return isinstance(part, str) and not any("\ud800" <= sign <= "\udfff" for sign in part)
