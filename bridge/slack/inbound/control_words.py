"""The words that control the bot where they stand alone in a message."""

import re
import unicodedata
from typing import Literal

ControlWord = Literal["stop", "new"]

_WORDS: dict[str, ControlWord] = {"stop": "stop", "停止": "stop", "new": "new", "重新开始": "new"}
_LONGEST = 40  # with all its exclamation marks
_EMOJI = re.compile(r"(?:\s*:[^\s:]+:)+\s*")
_EDGES = re.compile(r"^[\W_]+|[\W_]+$")


def control_word(text: str) -> ControlWord | None:
    """Whatever its case, width and punctuation; None for any other text, such as `:new:`, the name
    of an emoji.
    """
    if len(text) > _LONGEST or _EMOJI.fullmatch(text):
        return None
    plain = unicodedata.normalize("NFKC", text).casefold()
    return _WORDS.get(_EDGES.sub("", plain))
