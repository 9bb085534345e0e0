"""Counts the blocks into which Slack expands a `markdown` block.

Every heading, divider, table, list, code block, quote and paragraph becomes one (docs/slack.md, a
report from the live service); a message may hold 50.
"""

import itertools
import re

_FENCE = re.compile(r" {0,3}(`{3,}|~{3,})")
_DIVIDER = re.compile(r" {0,3}([-*_])(?:\s*\1){2,}\s*$")
_DELIMITER_ROW = re.compile(r"\s*\|?\s*:?-+:?\s*(\|\s*:?-+:?\s*)*\|?\s*$")
_STARTS = (
    ("code", _FENCE),
    ("heading", re.compile(r" {0,3}#{1,6}(\s|$)")),
    ("divider", _DIVIDER),
    ("quote", re.compile(r" {0,3}>")),
    ("list", re.compile(r"\s*([-*+]|\d{1,9}[.)])(\s|$)")),
)


def expand_markdown(markdown: str) -> list[str]:
    """The kinds of the inner blocks in order, e.g. `["heading", "paragraph", "list"]`."""
    lines = [*markdown.splitlines(), ""]
    kinds: list[str] = []
    opened, fence = "", ""
    for line, following in itertools.pairwise(lines):
        if fence:
            fence = "" if _closes(fence, line) else fence
            continue
        kind = _classify(line, following, opened)
        if kind == "code":
            fence = _fence_of(line)
        if kind and kind != opened.removesuffix("-gap"):
            kinds.append(kind)
        opened = _still_open(kind, opened)
    return kinds


def _classify(line: str, following: str, opened: str) -> str:
    """The kind of block this line belongs to; "" for an empty line."""
    if not line.strip():
        return ""
    for kind, start in _STARTS:
        if start.match(line):
            return kind
    if "|" in line and (opened == "table" or _is_table_head(following)):
        return "table"
    return opened.removesuffix("-gap") if _continues(line, opened) else "paragraph"


def _is_table_head(following: str) -> bool:
    return "|" in following and bool(_DELIMITER_ROW.match(following))


def _continues(line: str, opened: str) -> bool:
    """Whether a plain line goes on with the open list or quote instead of starting a paragraph."""
    return opened in {"list", "quote"} or (opened == "list-gap" and line.startswith("  "))


def _still_open(kind: str, opened: str) -> str:
    """What the next line may continue: a list survives one empty line, headings nothing."""
    if kind in {"heading", "divider", "code"}:
        return ""
    if kind == "":
        return "list-gap" if opened in {"list", "list-gap"} else ""
    return kind


def _fence_of(line: str) -> str:
    match = _FENCE.match(line)
    return match.group(1) if match else ""


def _closes(fence: str, line: str) -> bool:
    text = line.strip()
    return len(text) >= len(fence) and set(text) == {fence[0]}
