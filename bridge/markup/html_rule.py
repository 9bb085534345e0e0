"""Where a block of HTML begins and ends within Markdown: a rule for markdown-it."""

import re
from dataclasses import dataclass

from markdown_it.rules_block import StateBlock

from bridge.markup.dom import Unseen
from bridge.markup.tags import BLOCK_NAMES, CONTAINERS, DROPPED, LASTING, TAG, is_known

_MARKDOWN = re.compile(r"(?:[-*+]|\d{1,9}[.)]|#{1,6})[ \t]|>|\||```|~~~")
_CLOSING = re.compile(r"</([a-z][a-z0-9]*)", re.IGNORECASE)


def html_rule(state: StateBlock, line: int, end_line: int, silent: bool) -> bool:
    """In place of markdown-it's `html_block`: people's HTML does not end where CommonMark's does.

    A table, a list, code or a quote goes on over blank lines to its end; all else ends there, and
    before a line of Markdown. `env["is_open"]`: the text may go on where it ends.
    """
    if state.is_code_block(line) or not _begins(state, line, is_silent=silent):
        return False
    if not silent:
        state.line = _find_end(state, line, end_line)
        token = state.push("html_block", "", 0)
        token.map = [line, state.line]
        token.content = state.getLines(line, state.line, state.blkIndent, keepLastLF=True)
    return True


def begins_with_block(source: str) -> bool:
    """With a tag that is one whatever follows."""
    tag = TAG.match(source.lstrip())
    return tag is not None and tag["name"].lower() in BLOCK_NAMES


def _begins(state: StateBlock, line: int, *, is_silent: bool) -> bool:
    source, start, end = state.src, state.bMarks[line] + state.tShift[line], state.eMarks[line]
    if source.startswith("<", start, end) and _begins_with_tag(state, start, end):
        return True
    if is_silent and state.parentType in ("table", "blockquote"):
        return False
    border = source.find("`", start, end)
    return not _MARKDOWN.match(source, start) and any(
        _closes(state, tag["name"], tag.start())
        for tag in TAG.finditer(source, start, end if border < 0 else border)
        if not tag["slash"] and tag["name"].lower() in BLOCK_NAMES
    )


def _begins_with_tag(state: StateBlock, start: int, end: int) -> bool:
    """With a tag of a block, or with inline ones and nothing else."""
    if _unseen(state).find_end(start) is not None:
        return True
    position = start
    while (tag := TAG.match(state.src, position)) and is_known(tag["name"]):
        if tag["name"].lower() in BLOCK_NAMES:
            return True
        position = tag.end()
    return position > start and not state.src[position:end].strip()


def _find_end(state: StateBlock, line: int, end_line: int) -> int:
    """The first line behind the block."""
    walk = _Walk(state, state.bMarks[line])
    while line < end_line:
        walk.read(state.eMarks[line])
        line += 1
        while line < end_line and state.eMarks[line] < walk.position:
            line += 1  # a tag or a script may go on over lines
        if line < end_line and walk.position < state.bMarks[line] and not walk.depth:
            following = _skip_blank_lines(state, line, end_line)
            if not _goes_on(state, following, is_text=walk.is_text, is_next=following == line):
                break
            line = following
    return line


@dataclass(slots=True)
class _Walk:
    """Over the tags of a block."""

    state: StateBlock
    position: int
    depth: int = 0  # elements that go on over blank lines
    is_text: bool = False  # whether words may follow in the element that began last

    def read(self, end: int) -> None:
        source, unseen = self.state.src, _unseen(self.state)
        while (at := source.find("<", self.position, end)) >= 0:
            tag = TAG.match(source, at)
            name = tag["name"].lower() if tag else ""
            if not tag or name in DROPPED:
                self.position = unseen.find_end(at) or at + 1
                continue
            self.position = tag.end()
            if name in BLOCK_NAMES:
                self.is_text = not tag["slash"] and name not in CONTAINERS
            if name in LASTING and (tag["slash"] or _closes(self.state, name, at)):
                self.depth = max(self.depth + (-1 if tag["slash"] else 1), 0)


def _skip_blank_lines(state: StateBlock, line: int, end_line: int) -> int:
    while line < end_line - 1 and state.isEmpty(line):
        line += 1
    return line


def _goes_on(state: StateBlock, line: int, *, is_text: bool, is_next: bool) -> bool:
    """People indent their HTML: what stands so deep there is no code."""
    start = state.bMarks[line] + state.tShift[line]
    if state.is_code_block(line):
        return is_next or state.src.startswith("<", start)
    return is_next and is_text and not _MARKDOWN.match(state.src, start)


def _closes(state: StateBlock, name: str, at: int) -> bool:
    """Whether something may close the tag that stands there, or nothing need."""
    if "closing" not in state.env:
        found = _CLOSING.finditer(state.src)
        state.env["closing"] = {closing[1].lower(): closing.start() for closing in found}
    is_parameter = at > 0 and state.src[at - 1].isalnum() and state.src[at - 1].isascii()
    may_follow = state.env.get("is_open", False) and not is_parameter  # `List<Table>`
    return name.lower() == "hr" or may_follow or state.env["closing"].get(name.lower(), -1) > at


def _unseen(state: StateBlock) -> Unseen:
    is_open: bool = state.env.get("is_open", False)
    unseen: Unseen = state.env.setdefault("unseen", Unseen(state.src, is_open))
    return unseen
