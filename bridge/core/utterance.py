"""What the bot is asked: the asker's own text, whole, and as much of what they attach as fits."""

from collections.abc import Iterator
from dataclasses import dataclass, replace

from bridge.core.model import Ask

_GAP = "\n\n"
_ROW = "|"  # of a Markdown table; a row is not cut in two
_ELLIPSIS = "…"
_LEAST = 20  # characters of what was said before; fewer say nothing


@dataclass(frozen=True, slots=True)
class Utterance:
    text: str
    read: int = 0  # so many characters of what was attached are in `text`
    is_cut: bool = False  # there was more
    has_before: bool = False  # `text` ends with what was said in the thread before


def compose(ask: Ask, limit: int) -> Utterance:
    """`limit` in characters. A text that alone exceeds it stays whole, with nothing attached."""
    room = limit - len(ask.text) - (len(_GAP) if ask.text else 0)
    kept = cut(ask.attached, room)
    text = _GAP.join(part for part in (ask.text, kept) if part)
    return Utterance(text, len(kept), ask.is_cut or kept != ask.attached)


def with_before(utterance: Utterance, heading: str, before: str, limit: int) -> Utterance:
    """As much of `before` as fits beside the whole question, from its first line on."""
    room = limit - len(utterance.text) - len(_GAP) - len(heading) - 1
    kept = cut(before, room) if room >= _LEAST else ""
    if not kept:
        return utterance
    return replace(utterance, text=f"{utterance.text}{_GAP}{heading}\n{kept}", has_before=True)


def cut(text: str, room: int) -> str:
    """Cut at the end of a line. If that would leave most of the room empty, cut within a line.
    `room` is in characters.
    """
    if len(text) <= room:
        return text
    kept = "".join(_whole_lines(text, room))
    rest = text[len(kept) :]
    line, left = rest.split("\n", 1)[0], room - len(kept) - len(_ELLIPSIS)
    if len(kept) < room / 2 and left > 0 and not line.startswith(_ROW):
        return kept + _cut_line(line, left) + _ELLIPSIS
    return _without_bare_head(kept.rstrip())


def _whole_lines(text: str, room: int) -> Iterator[str]:
    for line in text.splitlines(keepends=True):
        room -= len(line)
        if room + line.count("\n") < 0:
            return
        yield line


def _cut_line(line: str, room: int) -> str:
    """Between two words, where there are any."""
    kept = line[:room]
    word_end = kept.rfind(" ")
    return kept[:word_end] if word_end > room / 2 else kept


def _without_bare_head(text: str) -> str:
    """Drop a table of which only the head is left."""
    lines = text.split("\n")
    if lines[-1].startswith("| ---"):
        lines = lines[:-2]
    return "\n".join(lines).rstrip()
