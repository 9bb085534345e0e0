"""What an answer begins with where no message of its thread shows the question."""

import re

from bridge.core.model import Ask
from bridge.core.words import Speech
from bridge.slack.text.message import pages

MOST = 600  # characters of the question; Beebot takes 512

_MARK = re.compile(r"[\\`*_~\[\]<>|&!]")
_LINE_MARK = re.compile(r"^(\d{0,9})([-+=#.)])")


async def lead(ask: Ask, speech: Speech) -> str:
    """The quoted question and who asked it, as safe Markdown to put before the answer; empty where
    the thread shows the question.
    """
    if not ask.is_quoted:
        return ""
    name = await speech.name(ask.thread.team, ask.user)
    return quote(ask.text or ask.attached, name)


def quote(question: str, name: str) -> str:
    asked = question if len(question) <= MOST else question[: MOST - 1] + "…"
    # Lines of a quote flow together unless two spaces end them.
    said = "  \n".join(f"> {literal(line)}" for line in asked.splitlines() if line.strip())
    signed = f"{said}\n>\n> — {literal(name)}" if name.strip() else said
    return "".join(pages(f"{signed}\n\n"))


def literal(line: str) -> str:
    """A line as Markdown that shows exactly these words."""
    text = _MARK.sub(r"\\\g<0>", " ".join(line.split()))
    return _LINE_MARK.sub(r"\1\\\2", text)
