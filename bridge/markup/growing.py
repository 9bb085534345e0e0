"""Reads a text, whole or while it grows: what is finished is never read again."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace

from bridge.markup.blocks import build
from bridge.markup.parsed import Parsed, Resume
from bridge.markup.rules import is_in_fence, tokenize
from bridge.markup.tree import Block, CodeBlock, List, Table

# A last line of nothing but these is a mark whose meaning is open: a divider, a list item without
# text, the underline that would turn the paragraph above into a heading.
_BARE_MARKS = re.compile(
    r"[ \t>]*+(?:[-=*_+#>\s~`|:]+|[-*+>\s]*(?:\d{1,3}|\d{1,9}[.)]\s*)|\$\$?|\\[\[(]?)?"
)
_DELIMITER_ROW = re.compile(r"[\s>]*+\|?\s*+:?-+:?\s*+(?:\|\s*+:?-+:?\s*+)*+\|?\s*+")


@dataclass(frozen=True, slots=True)
class Reading:
    """`blocks` is what is shown, closed where it ends; `settled` what reads so whatever follows:
    its last block may be the beginning of one.
    """

    blocks: tuple[Block, ...] = ()
    settled: tuple[Block, ...] = ()


def read(source: str) -> tuple[Block, ...]:
    """A whole text: Markdown, HTML, or a mixture of both."""
    return Growing().read(source, is_open=False).blocks


class Growing:
    """Takes a text again and again as it grows. Finished blocks, and finished items and rows of a
    last list or table, stay the same objects.
    """

    def __init__(self) -> None:
        self._targets: dict[str, str] = {}
        self._begin_anew()

    def _begin_anew(self) -> None:
        self._source = ""  # up to where reading begins again
        self._finished: tuple[Block, ...] = ()
        self._resume = Resume(0)

    def unread(self, source: str) -> int:
        """About how many characters of it are to be read."""
        return len(source) - (len(self._source) if source.startswith(self._source) else 0)

    def read(self, source: str, *, is_open: bool) -> Reading:
        """`is_open`: the text may go on where it ends."""
        text = source.replace("\r\n", "\n").replace("\r", "\n").replace("\0", "")
        # Whether a tag is one, or words, may be known only at the end.
        if not text.startswith(self._source) or ("<" in text and not is_open):
            self._begin_anew()
        known = len(self._targets)
        parsed = self._parse(text, is_open=is_open)
        if parsed is None or (len(self._targets) > known and self._finished):
            # What was finished refers to a link that was not known, or was no list after all.
            self._begin_anew()
            parsed = self._parse(text, is_open=is_open) or Parsed()
        reading = Reading(self._finished + parsed.blocks, self._finished + parsed.settled)
        self._go_on(text, parsed)
        return reading

    def _parse(self, text: str, *, is_open: bool) -> Parsed | None:
        """What is not finished; None where it does not go on as it began."""
        resume = self._resume
        tail = resume.head + text[resume.position :]
        tokens = tokenize(tail, self._targets, is_open=is_open)
        if is_open and not is_in_fence(tokens) and len(held := _hold(tail)) < len(tail):
            tail = held
            tokens = tokenize(tail, self._targets, is_open=True)
        offset = resume.position - len(resume.head)
        parsed = build(tail, tokens, self._targets, offset=offset, is_open=is_open)
        return _join(resume, parsed)

    def _go_on(self, text: str, parsed: Parsed) -> None:
        if not parsed.blocks:
            return
        self._resume = parsed.resume
        start = self._resume.done.start if self._resume.done else self._resume.position
        self._finished += tuple(block for block in parsed.blocks if block.start < start)
        self._source = text[: self._resume.position]


def _hold(text: str) -> str:
    """Without a last line, or a table's head, whose meaning the next characters decide."""
    text = _hold_table_head(text)
    head, newline, last = text.rpartition("\n")
    if _BARE_MARKS.fullmatch(last) and not _completes_table_head(head, last):
        return head + newline
    return text


def _hold_table_head(text: str) -> str:
    """Cut a table that ends before its delimiter row does: until then it shows bare pipes."""
    rows: list[str] = []
    rest = text.removesuffix("\n")
    while (
        rest and len(rows) < 3 and (row := rest[rest.rfind("\n") + 1 :]).lstrip(" \t>")[:1] == "|"
    ):
        rows.insert(0, row)
        rest = rest[: max(rest.rfind("\n"), 0)]
    is_head = len(rows) == 1 or (
        len(rows) == 2
        and _BARE_MARKS.fullmatch(rows[1])
        and not _completes_table_head(rows[0], rows[1])
    )
    if not is_head:
        return text
    return rest + "\n" if rest else ""


def _completes_table_head(above: str, line: str) -> bool:
    head = above.rpartition("\n")[2]
    columns = _count_columns(head) if _DELIMITER_ROW.fullmatch(line) else 0
    return columns > 0 and columns == _count_columns(line)


def _count_columns(row: str) -> int:
    """Columns of a row that is written to its end; 0 where it has no pipes or is still open."""
    row = row.strip(" \t>")
    return row.count("|") - row.count("\\|") - 1 if row[:1] == "|" == row[-1:] else 0


def _join(resume: Resume, parsed: Parsed) -> Parsed | None:
    """With what the first block held before its last item, row or line; None where it goes on as
    another one.
    """
    done = resume.done
    if done is None:
        return parsed
    if not parsed.blocks:
        return Parsed((done,), (done,), resume)
    whole = _join_block(done, parsed.blocks[0])
    if whole is None:
        return None
    steady: Sequence[Block] = parsed.settled
    first = _join_block(done, steady[0]) if steady else None
    settled = (first or done, *steady[1:])
    going_on = parsed.resume
    if len(parsed.blocks) == 1:
        more = going_on.done and _join_block(done, going_on.done)
        going_on = replace(going_on, done=more) if more else replace(resume)
    return Parsed((whole, *parsed.blocks[1:]), settled, going_on)


def _join_block(done: Block, more: Block) -> List | Table | CodeBlock | None:
    match done, more:
        case List(), List() if (done.first is None) == (more.first is None):
            is_tight = done.is_tight and more.is_tight
            return replace(done, items=done.items + more.items, is_tight=is_tight)
        case Table(), Table() if len(done.aligns) == len(more.aligns):
            return replace(done, rows=done.rows + more.rows)
        case CodeBlock(), CodeBlock():
            return replace(done, text=f"{done.text}\n{more.text}" if done.text else more.text)
    return None
