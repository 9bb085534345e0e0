"""Reads Markdown line by line: the block a line belongs to, and where a cut hurts least."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from bridge.core.markdown import Fence, follow_fences

_KINDS = (
    ("blank", re.compile(r"\s*$")),
    ("heading", re.compile(r" {0,3}#{1,6}(?:\s|$)")),
    ("divider", re.compile(r" {0,3}([-*_])[ \t]*(?:\1[ \t]*){2,}$")),
    ("quote", re.compile(r" {0,3}>")),
    ("bullets", re.compile(r"\s*[-*+](?:\s|$)")),
    ("numbers", re.compile(r"\s*\d{1,9}[.)](?:\s|$)")),
    ("table", re.compile(r" {0,3}\|")),
)
_LISTS = {"bullets", "numbers"}


@dataclass(frozen=True, slots=True)
class Line:
    """A line, where it begins in the text, and what a cut before it would meet."""

    start: int
    kind: str
    opens_block: bool = False
    is_border: bool = False  # a paragraph ends above, and no heading is left behind alone
    is_glued: bool = False  # belongs to the line above: closes a fence, or is a delimiter row
    fence: Fence | None = None  # the fence that is open before this line
    table_head: str = ""  # head and delimiter row of the table whose body this row belongs to


def read_lines(text: str) -> Iterator[Line]:
    """Yield each line, then one of kind `end` at the end of the text."""
    fences = {start: fence for start, _, fence in follow_fences(text)}
    prose = _Prose()
    fence: Fence | None = None
    start = 0
    for raw in text.split("\n"):
        if fence or start in fences:
            yield prose.pass_code(start, fence, closes=fence is not None and start in fences)
            fence = fences.get(start, fence)
        else:
            yield prose.read(start, raw)
        start += len(raw) + 1
    if text and not text.endswith("\n"):
        yield Line(len(text), "end", fence=fence)


def _kind_of(line: str) -> str:
    return next((kind for kind, pattern in _KINDS if pattern.match(line)), "text")


@dataclass(slots=True)
class _Prose:
    """What the lines so far say about the next one."""

    block: str = ""
    above: str = "blank"
    content_above: str = ""  # kind of the last line that was not blank
    rows: tuple[str, ...] = ()

    def pass_code(self, start: int, fence: Fence | None, *, closes: bool) -> Line:
        line = Line(
            start,
            "code",
            opens_block=fence is None,
            is_border=fence is None and self._is_border("code"),
            is_glued=closes,
            fence=fence,
        )
        self.block = self.above = self.content_above = "code"
        self.rows = ()
        return line

    def read(self, start: int, raw: str) -> Line:
        kind = _kind_of(raw)
        opens = self._opens(kind, is_indented=raw.startswith(("  ", "\t")))
        head = "".join(self.rows[:2]) if kind == "table" and len(self.rows) >= 2 else ""
        line = Line(
            start,
            kind,
            opens_block=opens,
            is_border=self._is_border(kind),
            is_glued=kind == "table" and len(self.rows) == 1,
            table_head=head,
        )
        self._remember(kind, raw, opens=opens)
        return line

    def _opens(self, kind: str, *, is_indented: bool) -> bool:
        if kind in {"heading", "divider"}:
            return True
        if kind == "blank" or (is_indented and self.block in _LISTS):
            return False
        after_blank = self.above == "blank"
        if kind == "text":
            return after_blank or self.block not in {"text", "quote", *_LISTS}
        return kind != self.block or (after_blank and kind not in _LISTS)

    def _is_border(self, kind: str) -> bool:
        after_paragraph = self.above == "blank" or kind == "heading"
        return kind != "blank" and after_paragraph and self.content_above != "heading"

    def _remember(self, kind: str, raw: str, *, opens: bool) -> None:
        if opens:
            self.block = kind
        self.above = kind
        if kind != "blank":
            self.content_above = kind
        self.rows = (*self.rows, raw + "\n")[:2] if kind == "table" else ()
