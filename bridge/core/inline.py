"""Closes the marks that are still open at the end of one growing paragraph."""

import re
import string
from dataclasses import dataclass, field

_INLINE = re.compile(
    r"(?P<escape>\\.)"
    r"|(?P<code>`+)"
    r"|(?P<target>\]\((?:<[^<>\n]*>|(?:[^\s()\\]|\\.|\([^\s()]*\))*)(?:\s+\"[^\"\n]*\")?\s*\))"
    r"|(?P<half>\]\((?:<[^<>\n]*>?|(?:(?!\]\()\S)*(?:\s+\"[^\"\n]*\"?)?\s*)\Z)"
    r"|(?P<open>!?\[)"
    r"|(?P<close>\])"
    r"|(?P<run>\*+|_+|~~+)",
    re.DOTALL,
)
# A tag, a Slack token, an entity or a lone mark that the next characters will explain.
_DANGLING = re.compile(
    r"<[^\s<>]{0,255}\Z"
    r"|&(?:amp;)*(?:[a-z]{1,8}|\#[xX]?[0-9a-fA-F]{0,6})?\Z"
    r"|(?<!\\)(?:\\\\)*\\\Z"
    r"|(?<!~)~\Z|(?<!\S)!\Z"
)
_VALUE = r"\s*=\s*(?:\"[^\"]*\"|'[^']*'|[^\s\"'<>]+)"
_HALF_TAG = re.compile(
    rf"<[a-z][\w:]*(?:\s+(?:[a-z][\w:-]*{_VALUE}|open|controls))*"
    r"\s*(?:[a-z][\w:-]*\s*(?:=\s*(?:\"[^\"]*|'[^']*|[^\s\"'<>]*))?)?/?\Z",
    re.IGNORECASE,
)
# `[1]` and `[ ]` at the very end are a citation or a task mark rather than the label of a link.
_PLAIN_LABEL = re.compile(r"\^?\d{0,4}|[ xX]")
_LONGEST_LABEL = 200
_DEEPEST_STACK = 32


def close_inline(paragraph: str) -> str:
    """Close emphasis, code and links; hold back a mark, tag or entity that is only half there."""
    return _Paragraph(paragraph).close()


@dataclass(slots=True)
class _Mark:
    start: int
    end: int
    sign: str

    @property
    def is_label(self) -> bool:
        return self.sign.endswith("[")


@dataclass(slots=True)
class _Paragraph:
    """One pass over a paragraph: which marks are open where it ends."""

    text: str
    end: int = 0
    marks: list[_Mark] = field(default_factory=list)
    dropped: list[tuple[int, int]] = field(default_factory=list)

    def close(self) -> str:
        self.end = len(self.text)
        dangling = _DANGLING.search(self.text, max(0, self.end - 256))
        if half := dangling or _HALF_TAG.match(self.text, max(0, self.text.rfind("<"))):
            return self.text[: half.start()]
        code = self._read()
        self._cut_empty_marks()
        open_labels = [mark for mark in self.marks if mark.is_label and self._may_be_link(mark)]
        self.dropped += [(mark.start, mark.end) for mark in open_labels]
        tail = code + "".join(mark.sign for mark in reversed(self.marks) if not mark.is_label)
        body = self._without_dropped()
        return body.rstrip() + tail if tail else body

    def _read(self) -> str:
        """Fill `marks`; the answer is what closes an open code span, or nothing."""
        position = 0
        while token := _INLINE.search(self.text, position):
            if token.lastgroup != "code":
                position = self._take(token)
            elif (position := self._find_closing_ticks(token)) < 0:
                return self._open_code(token)
        return ""

    def _find_closing_ticks(self, ticks: re.Match[str]) -> int:
        same = re.compile(rf"(?<!`){ticks[0]}(?!`)")
        found = same.search(self.text, ticks.end())
        return found.end() if found else -1

    def _open_code(self, ticks: re.Match[str]) -> str:
        """Close a code span, unless nothing but its mark is there."""
        content = self.text[ticks.end() :]
        kept = content.rstrip().rstrip("`")
        if not kept.strip():
            self.end = ticks.start()
            return ""
        self.end = ticks.end() + len(kept)
        return ticks[0]

    def _take(self, token: re.Match[str]) -> int:
        """Note what a mark does to the open ones; where reading goes on."""
        match token.lastgroup:
            case "run":
                self._take_run(token)
            case "open":
                self._push(_Mark(token.start(), token.end(), token[0]))
            case "target" | "half" if not self._label():
                return token.start() + 1
            case "target":
                self._close_label()
            case "half":
                self._hold_target(token)
            case "close" if token.end() == len(self.text):
                self._hold_label(token)
            case "close":
                self._close_label()
        return token.end()

    def _push(self, mark: _Mark) -> None:
        if len(self.marks) < _DEEPEST_STACK:
            self.marks.append(mark)

    def _label(self) -> _Mark | None:
        return next((mark for mark in reversed(self.marks) if mark.is_label), None)

    def _close_label(self) -> None:
        if label := self._label():
            self.marks.remove(label)

    def _hold_target(self, token: re.Match[str]) -> None:
        """`[label](htt`: show the label alone."""
        if label := self._label():
            self.dropped.append((label.start, label.end))
            self.marks.remove(label)
            self.end = token.start()

    def _hold_label(self, token: re.Match[str]) -> None:
        """`[label]` at the very end: a target may follow."""
        label = self._label()
        words = self.text[label.end : token.start()] if label else ""
        if label and label.sign == "[" and _PLAIN_LABEL.fullmatch(words):
            self.marks.remove(label)
        elif label:
            self._hold_target(token)

    def _may_be_link(self, label: _Mark) -> bool:
        return self.end - label.end <= _LONGEST_LABEL

    def _take_run(self, token: re.Match[str]) -> None:
        opens, closes = self._flanks(token)
        left = len(token[0])
        is_last = token.end() == len(self.text)
        if closes:
            left = self._close_runs(token[0], is_last=is_last, opens=opens)
        if is_last and left:
            self.end = token.end() - left
        elif opens and left:
            self._push(_Mark(token.end() - left, token.end(), token[0][:left]))

    def _close_runs(self, run: str, *, is_last: bool, opens: bool) -> int:
        """Match a closing run with the open ones; how many of its characters are left over."""
        left = len(run)
        for index in range(len(self.marks) - 1, -1, -1):
            mark = self.marks[index]
            if mark.sign[0] != run[0] or (opens and _is_of_another(run, mark.sign)):
                continue
            if is_last and left < len(mark.sign):
                break  # `**bold*` is a closing mark that is half there
            used = min(left, len(mark.sign))
            mark.sign, left = mark.sign[used:], left - used
            del self.marks[index + bool(mark.sign) :]
            if not left:
                break
        return left

    def _flanks(self, token: re.Match[str]) -> tuple[bool, bool]:
        """Whether a run can open and close emphasis (CommonMark 6.2)."""
        before = self.text[token.start() - 1] if token.start() else " "
        after = self.text[token.end()] if token.end() < len(self.text) else " "
        left = not after.isspace() and (not _is_punctuation(after) or _is_border(before))
        right = not before.isspace() and (not _is_punctuation(before) or _is_border(after))
        if token[0] == "*" and before.isdigit() and after.isdigit():
            return False, False  # `2*3*4` is a product
        if token[0][0] != "_" or (token[0] == "__" and not (before + after).isascii()):
            return left, right or (not before.isspace() and self._is_open(token[0]))
        return left and (not right or _is_punctuation(before)), right and (
            not left or _is_punctuation(after)
        )

    def _is_open(self, sign: str) -> bool:
        return any(mark.sign == sign for mark in self.marks)

    def _cut_empty_marks(self) -> None:
        """Hold back marks with nothing behind them yet."""
        while self.marks and self.marks[-1].end >= len(self.text[: self.end].rstrip()):
            self.end = min(self.end, self.marks.pop().start)

    def _without_dropped(self) -> str:
        parts, position = [], 0
        for start, end in sorted(self.dropped):
            parts.append(self.text[position:start])
            position = end
        return "".join(parts) + self.text[position : max(self.end, position)]


def _is_of_another(run: str, sign: str) -> bool:
    """`*a**b`: the two marks that could open as well do not close the one (CommonMark, rule 9)."""
    return (len(run) + len(sign)) % 3 == 0 and len(run) % 3 != 0


def _is_punctuation(character: str) -> bool:
    # Only ASCII: `**重点：**文字` is meant as emphasis, though CommonMark's letter denies it.
    return character in string.punctuation


def _is_border(character: str) -> bool:
    return character.isspace() or _is_punctuation(character)
