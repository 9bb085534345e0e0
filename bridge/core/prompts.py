"""The questions that people are offered before they have asked any."""

import re
from dataclasses import dataclass

MOST = 4  # what Slack shows

_BORDER = re.compile(r"[;\n]")


@dataclass(frozen=True, slots=True)
class Prompt:
    """What stands on the button, and what a press asks."""

    title: str
    message: str


def read_prompts(text: str) -> tuple[Prompt, ...]:
    """Read `title|message`, several parted by `;` or line ends; a message alone is its own title.

    Raises ValueError above Slack's number, and for a half that is empty.
    """
    parts = [part.strip() for part in _BORDER.split(text)]
    prompts = tuple(_read(part) for part in parts if part)
    if len(prompts) > MOST:
        raise ValueError(f"must hold at most {MOST} prompts")
    return prompts


def _read(part: str) -> Prompt:
    title, bar, message = (half.strip() for half in part.partition("|"))
    if not title or (bar and not message):
        raise ValueError("must have a title before each | and a message behind it")
    return Prompt(title, message or title)
