"""Reads a text, whole or while it grows: what is finished is never read again."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace

from markdown_it.token import Token

from bridge.markup.builder import Reading, build, find_growing, is_unclosed
from bridge.markup.rules import begins_with_block, tokenize
from bridge.markup.tree import Block, CodeBlock, List, Paragraph, Table

# A last line of nothing but these is a mark whose meaning is open: a divider, a fence, a list item
# without text, the underline that would turn the paragraph above into a heading.
_BARE_MARKS = re.compile(
    r"[ \t>]*+(?:[-=*_+#>\s~`|:]+|[-*+>\s]*(?:\d{1,3}|\d{1,9}[.)]\s*)|\$\$?|\\[\[(]?)?"
    r"|[-*+>\s\d.)]*+(?:```|~~~)[^`\n]*+"
)
_LONG = 20  # lines of code, which are then no more read again


_Long = List | Table | CodeBlock

# NUL, and what `html.py` puts in place of characters.
_NO_TEXT = "\0\ue000\ue001\ue002"


@dataclass(frozen=True, slots=True)
class _Resume:
    """Where reading begins again when a text has grown: at `position`, in a block that begins with
    the source `head` and holds `done` already. None: at the beginning of a block.
    """

    position: int = 0
    head: str = ""
    done: _Long | None = None


def read(source: str) -> tuple[Block, ...]:
    """A whole text: Markdown, HTML, or a mixture of both."""
    return Growing().read(source, is_open=False).blocks


class Growing:
    """Takes a text again and again as it grows. Finished blocks, and finished items and rows of a
    last list or table, stay the same objects.
    """

    def __init__(self) -> None:
        self._targets: dict[str, str] = {}
        self._start_over()

    def _start_over(self) -> None:
        self._source = ""  # up to where reading begins again
        self._finished: tuple[Block, ...] = ()
        self._resume = _Resume()

    def unread(self, source: str) -> int:
        """About how many characters of it are to be read."""
        return len(source) - (len(self._source) if source.startswith(self._source) else 0)

    def read(self, source: str, *, is_open: bool) -> Reading:
        """`is_open`: the text may go on where it ends."""
        text = source.replace("\r\n", "\n").replace("\r", "\n")
        for mark in _NO_TEXT:
            text = text.replace(mark, "")
        # Whether a tag is one, or words, may be known only at the end.
        if not text.startswith(self._source) or ("<" in text and not is_open):
            self._start_over()
        known = len(self._targets)
        reading = self._read_on(text, is_open=is_open)
        if reading is None or (len(self._targets) > known and self._finished):
            # What was finished refers to a link that was not known, or was no list after all.
            self._start_over()
            reading = self._read_on(text, is_open=is_open)
        return reading or Reading()

    def _read_on(self, text: str, *, is_open: bool) -> Reading | None:
        """With what is not finished; None where it does not go on as it began."""
        resume = self._resume
        tail = resume.head + text[resume.position :]
        tokens = tokenize(tail, self._targets, is_open=is_open)
        if is_open and len(held := _hold(tail, find_growing(tokens, tail))) < len(tail):
            tail = held
            tokens = tokenize(tail, self._targets, is_open=True)
        offset = resume.position - len(resume.head)
        parsed = build(tail, tokens, self._targets, offset=offset, is_open=is_open)
        blocks, finished = _join(resume.done, parsed.blocks), self._finished
        if blocks is None:
            return None

        def settle() -> tuple[Block, ...]:
            return finished + (_join(resume.done, parsed.settle()) or ())

        reading = Reading(finished + blocks, settle)
        if blocks:
            self._resume = _find_resume(tail, tokens, parsed.blocks, offset, resume)
            self._source = text[: self._resume.position]
            start = self._resume.done.start if self._resume.done else self._resume.position
            self._finished += tuple(block for block in blocks if block.start < start)
        return reading


def _find_resume(
    tail: str, tokens: Sequence[Token], blocks: Sequence[Block], offset: int, before: _Resume
) -> _Resume:
    """At the last block; of a list, a table or a fence at its last item, row or line."""
    tops = [token for token in tokens if token.level == 0 and token.nesting >= 0]
    block, opening = blocks[-1], tops[-1]
    lines = [f"{line}\n" for line in tail.rstrip("\n").split("\n")]
    first = _first_line(opening)
    last_line = offset + sum(map(len, lines[:-1]))
    resume = _Resume(block.start)
    match block:
        case List(items=(*items, last)) if items and opening.type.endswith("list_open"):
            resume = _Resume(last.start, done=replace(block, items=tuple(items)))
        case Table(rows=(*rows, _)) if rows and opening.type == "table_open":
            head = "".join(lines[first : first + 2])
            resume = _Resume(last_line, head, replace(block, rows=tuple(rows)))
        case CodeBlock(text) if is_unclosed(opening) and text.count("\n") > _LONG:
            done = replace(block, text=text.rpartition("\n")[0])
            resume = _Resume(last_line, lines[first], done)
    at = len(blocks) - 1
    above = tail[max(block.start - offset - 1, 0) : block.start - offset]
    is_parameter = above.isascii() and above.isalnum()  # what `List<Table>` begins is read with it
    is_html = opening.type == "html_block"
    is_unsure = opening.type == "formula" or (is_html and not begins_with_block(opening.content))
    # The line below a table's head may still get more columns than the head has.
    is_unsure |= opening.type == "table_open" and tail == "".join(lines[: first + 2])[:-1]
    if is_parameter or is_unsure:
        # What turns out to be none belongs to the words above it.
        at = len(tops) - 1
        while at and (tops[at - 1].map or [0, 0])[1] == _first_line(tops[at]):
            at -= 1
        resume = _Resume(offset + sum(map(len, lines[: _first_line(tops[at])])))
    if not before.done or at:
        return resume
    joined = _join_block(before.done, resume.done) if resume.done else None
    return replace(resume, done=joined) if joined else before


def _first_line(token: Token) -> int:
    return token.map[0] if token.map else 0


def _hold(text: str, growing: Token | None) -> str:
    """Without a last line, or a table's head, whose meaning the next characters decide."""
    head, newline, last = text.rpartition("\n")
    if growing and growing.content and is_unclosed(growing):
        mark = last.strip(" \t>")
        return head + newline if mark and growing.markup.startswith(mark) else text
    above = head.rpartition("\n")[2]
    if _BARE_MARKS.fullmatch(last):
        columns = _count_columns(above)
        if columns and columns == _count_columns(last) and set(last) <= set("|:- \t>"):
            return text
        text = head + newline
    rows = text.removesuffix("\n").rsplit("\n", 2)
    if _is_row(rows[-1]) and not (len(rows) > 1 and _is_row(rows[-2])):
        return text[: len(text.removesuffix("\n")) - len(rows[-1])]
    return text


def _is_row(line: str) -> bool:
    return line.lstrip(" \t>").startswith("|")


def _count_columns(row: str) -> int:
    """Columns of a row that is written to its end; 0 where it has no pipes or is still open."""
    row = row.strip(" \t>")
    return row.count("|") - row.count("\\|") - 1 if row[:1] == "|" == row[-1:] else 0


def _join(done: _Long | None, blocks: tuple[Block, ...]) -> tuple[Block, ...] | None:
    """With what the first block held before its last item, row or line; None where it goes on as
    another one.
    """
    if done is None or not blocks:
        return (done,) if done else blocks
    first, *others = blocks
    if first == Paragraph((), first.start):
        return done, *others  # nothing more of it is settled
    whole = _join_block(done, first)
    return (whole, *others) if whole else None


def _join_block(done: _Long, more: Block) -> _Long | None:
    match done, more:
        case List(), List() if (done.first is None) == (more.first is None):
            return replace(done, items=done.items + more.items)
        case Table(), Table() if len(done.aligns) == len(more.aligns):
            return replace(done, rows=done.rows + more.rows)
        case CodeBlock(), CodeBlock():
            return replace(done, text=f"{done.text}\n{more.text}" if done.text else more.text)
    return None
