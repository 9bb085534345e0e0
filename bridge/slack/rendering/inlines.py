"""Writes what stands within a block as Slack's Markdown.

U+200B separates each mark from another one, and from a character that would cancel it.
"""

import re
from collections.abc import Iterable, Iterator, Sequence

from bridge.markup.constructs import TICKS
from bridge.markup.delimiters import is_punctuation
from bridge.markup.tree import (
    Break,
    Code,
    Inline,
    Link,
    Paragraph,
    Span,
    Style,
    Text,
    join,
    words_of,
)  # fmt: skip
from bridge.slack.rendering.escaping import ENTITY, GUARD, defuse, defuse_prose, flank
from bridge.slack.rendering.pages import Piece, Rank
from bridge.slack.rendering.simplify import is_break, simplify

_MARKS = {Style.STRONG: "**", Style.EMPHASIS: "*", Style.STRIKE: "~~"}
_BOTH = {Style.STRONG, Style.EMPHASIS}
_FIRST = {Break: "\n", Code: "`", Link: "["}
_LONG = 40  # characters, before which a message need not end
# Where a piece of words ends. That depends on nothing behind it, so it stays while the text grows:
# after the first sentence, else after a word, else after a character, once it is long enough.
_PART = re.compile(
    r"(?P<SENTENCE>.{20,59}?(?:[。！？!?…]|\.(?=\s))[\"'”’」』）)】]*\s*)"
    r"|(?P<WORD>.{60,99}?(?:\s+|(?<=[，、；。！？!?…])))"
    r"|(?P<CHARACTER>.{100,}?(?<!\u200d)(?![(:\u0300-\u036f\u200b\u200d\u20d0-\u20ff"
    r"\ufe00-\ufe0f\U0001f3fb-\U0001f3ff]|[\U0001f1e6-\U0001f1ff])\s*)"
    r"|.+",
    re.DOTALL,
)
_SPECIAL = re.compile(  # the first look keeps the search fast
    rf"(?=[\\`<*_~(:&])(?:\\(?=[!-/:-@\[-`{{-~]|\Z)|[`<]|\*+|_+|~+|(?<=\])[(:]|{ENTITY})"
)
_ESCAPES = {"<": "&lt;", "&": "&amp;"}
# What would begin a block where a line begins.
_LINE_START = re.compile(
    r"(?P<kept>\d{1,9}(?=[.)](?:\s|\Z)))?"
    r"(?P<mark>(?<=\d)[.)]|#(?=#{0,5}(?:\s|\Z))|~(?=~~)|>|[-+*](?=\s|\Z)|\[(?=[ xX]\]\s)"
    r"|[-=_*:|](?=[-=_*:|\s]*\Z))"
)
# At the end of a text that goes on: what its next character may join or give another meaning.
_UNSURE = re.compile(r"(?:[\s\\*_~#]|:/?|<[\w/:+.-]{0,64}|&[#\w]{0,32})+\Z")
_MOST_UNSURE = 200  # characters
_BEHIND_ADDRESS = ",.;:!?)"
_MARK_SIGNS = " \t0123456789.)[]xX#>*+=|:_~-"


def write_line(inlines: Sequence[Inline], line_break: str, *, is_open: bool = False) -> str:
    """Write all on one line; `line_break` takes the place of a line's end."""
    simple = _hold_back(simplify(inlines)) if is_open else simplify(inlines)
    words = join(Text(line_break) if is_break(one) else one for one in simple)
    return "".join(piece.text for piece in _Writer(words, " ", " ").pieces)


def write_inlines(inlines: Sequence[Inline], *, is_open: bool = False) -> list[Piece]:
    """With `is_open` the text will go on. What its next character may change is left out then."""
    simple = _hold_back(simplify(inlines)) if is_open else simplify(inlines)
    return _Writer(simple, "\n", " ").pieces


def _words_outside_code(inlines: Iterable[Inline]) -> str:
    """Brackets in code do not count: no bracket outside is their partner."""
    kept = (inline for inline in _leaves(inlines) if not isinstance(inline, Code))
    return words_of(kept, " ")


def _leaves(inlines: Iterable[Inline]) -> Iterator[Inline]:
    for inline in inlines:
        yield from _leaves(inline.children) if isinstance(inline, Span) else (inline,)


class _Writer:
    """Writes inlines in `pieces`. `before` and `after` are the characters around them; a line's end
    before them says that they begin a line.
    """

    def __init__(
        self, inlines: Sequence[Inline], before: str, after: str, *, is_label: bool = False
    ) -> None:
        self.pieces: list[Piece] = []
        self._begin: tuple[Rank, str | None, str] = (Rank.BLOCK, "\n\n", "")  # of the piece in work
        self._text, self._last = "", before  # what stands of it; its last character
        self._shown: list[Inline] = []
        self._open: list[tuple[str, str, Sequence[Style]]] = []  # marks, and what closes them
        # What a mark before it could pair with needs a backslash, and a star before emphasis.
        self._pending: set[str] = set()
        self._used = {"*"} if Style.EMPHASIS in _styles_of(inlines) else set()
        brackets = filter("[]".__contains__, _words_outside_code(inlines) if is_label else "")
        self._escapes_brackets = "".join(brackets).replace("[]", "") != ""
        self._write(inlines, after)
        self._text = self._text.rstrip()
        if self._text:
            self._end_part(Rank.NEVER)

    def _write(self, inlines: Sequence[Inline], after: str) -> None:
        """`after` is the character that follows them, U+200B if that is a mark."""
        for index, inline in enumerate(inlines):
            if index and not isinstance(inline, Text | Break) and len(self._text) > _LONG:
                self._end_part(Rank.WORD if self._last.isspace() else Rank.CHARACTER)
            behind = _first_of(inlines[index + 1]) if index + 1 < len(inlines) else after
            match inline:
                case Text(text):
                    words = defuse_prose(text)
                    words = words.lstrip(" \t") if self._last.isspace() else words
                    self._write_parts(words, behind, inline)
                case Code():
                    self._write_code(inline)
                case Break() if self._last != "\n":
                    self._write_break(inline)
                case Span():
                    self._write_span(inline, behind)
                case Link():
                    self._write_link(inline)

    def _put(self, text: str) -> None:
        self._text += text
        self._last = text[-1]

    def _part(self, signs: str) -> None:
        """Put U+200B behind the last character, if it is one of `signs`: what follows would be read
        together with it.
        """
        if self._last in signs:
            self._put(GUARD)

    def _show(self, inline: Inline) -> None:
        for _, _, styles in reversed(self._open):
            for style in styles:
                inline = Span(style, (inline,))
        self._shown.append(inline)

    def _end_part(self, next_rank: Rank, next_lead: str | None = None) -> None:
        block, tail = Paragraph(tuple(self._shown)), "".join(one[1] for one in self._open[::-1])
        self.pieces.append(Piece(self._text, block, *self._begin, tail))
        self._begin = next_rank, next_lead, "".join(one[0] for one in self._open)
        self._text, self._shown = "", []

    def _write_parts(self, text: str, after: str, leaf: Text | Code) -> None:
        for found in _PART.finditer(text):
            part, end = found[0], found.end()
            is_code = isinstance(leaf, Code)
            self._put(part if is_code else self._escape(part, text[end : end + 1] or after))
            self._show(leaf if len(part) == len(text) else type(leaf)(part))
            if end < len(text):
                self._end_part(Rank[found.lastgroup or ""])

    def _write_code(self, leaf: Code) -> None:
        code = defuse(leaf.text)
        ticks = fence_of(code)
        room = " " if "`" in code or code[0] == code[-1] == " " else ""
        self._part("`")
        self._put(ticks + room)
        self._open.append((ticks + room, room + ticks, ()))
        self._write_parts(code, "`", leaf)
        self._open.pop()
        self._put(room + ticks)

    def _write_break(self, line_break: Break) -> None:
        self._text = self._text.rstrip(" \t") + "  " * line_break.is_hard
        self._show(line_break)
        if len(self._text) > _LONG:
            self._end_part(Rank.LINE, "\n")
        else:
            self._text += "\n"
        self._last = "\n"

    def _write_span(self, span: Span, after: str) -> None:
        mark, styles, children = _MARKS[span.style], [span.style], span.children
        child = children[0]
        if len(children) == 1 and isinstance(child, Span) and {span.style, child.style} == _BOTH:
            mark, styles, children = "***", [child.style, span.style], child.children
        self._part("*~")
        can_open, _ = flank(self._last, _first_of(children[0]))
        self._put(mark if can_open else mark + GUARD)
        self._open.append((mark, mark, styles))
        self._write(children, GUARD)
        self._open.pop()
        self._part("*~")
        _, can_close = flank(self._last, after)
        self._put(mark if can_close else GUARD + mark)

    def _write_link(self, link: Link) -> None:
        label = "".join(
            part.text for part in _Writer(link.children, "[", "]", is_label=True).pieces
        )
        self._part("!")
        self._put(f"[{label}]({link.address})")
        self._show(link)

    def _escape(self, text: str, after: str) -> str:
        head, before = "", self._last
        if before == "\n" and (found := _LINE_START.match(text)):
            head = f"{found['kept'] or ''}\\{found['mark']}"
            text, before = text[found.end() :], found["mark"]
        text = _SPECIAL.sub(lambda found: self._escape_sign(found, before, after), text)
        if self._escapes_brackets:
            text = text.replace("[", "\\[").replace("]", "\\]")
        return head + text

    def _escape_sign(self, found: re.Match[str], before: str, after: str) -> str:
        text, (start, end) = found.string, found.span()
        if (mark := text[start]) not in "*_~":
            return _ESCAPES.get(mark, f"\\{mark}")
        before, after = text[start - 1 : start] or before, text[end : end + 1] or after
        opens, closes = flank(before, after, mark)
        is_used = mark in self._used or any(mark in one[0] for one in self._open)
        if (
            f"{before}{after}".strip("*_~" + GUARD) != before + after
            or (mark == "*" and before.isdigit() and after.isdigit())
            or (closes and mark in self._pending)
            or ((opens or closes) and (is_used or (mark != "_" and end - start > 1)))
        ):
            return "".join(f"\\{sign}" for sign in found[0])
        self._pending.update(mark * opens)
        return found[0]


def fence_of(code: str, least: int = 1) -> str:
    """A row of backticks that is longer than any in the code."""
    return "`" * max([least, *(len(ticks) + 1 for ticks in TICKS.findall(code))])


def _first_of(inline: Inline) -> str:
    """The first character of what is written for it, U+200B if that is a mark."""
    return inline.text[0] if isinstance(inline, Text) else _FIRST.get(type(inline), GUARD)


def _styles_of(inlines: Iterable[Inline]) -> Iterator[Style]:
    for inline in inlines:
        if isinstance(inline, Span):
            yield inline.style
            yield from _styles_of(inline.children)


def _hold_back(inlines: list[Inline]) -> list[Inline]:
    """Cut off what may be read differently when the text goes on."""
    while inlines:
        before, last = inlines[-2] if len(inlines) > 1 else Break(), inlines.pop()
        if isinstance(last, Text):
            unsure = _UNSURE.search(last.text, max(len(last.text) - _MOST_UNSURE, 0))
            sure = last.text[: unsure.start()] if unsure else last.text
            is_mark = isinstance(before, Break) and not sure.strip(_MARK_SIGNS)
            if sure and not is_mark and (last.text.strip(_BEHIND_ADDRESS) or not _goes_on(before)):
                return [*inlines, Text(sure)]
        elif not _goes_on(last):
            return [*inlines, last]
    return inlines


def _goes_on(inline: Inline) -> bool:
    """Whether it may be written differently when something follows it."""
    match inline:
        case Link(address, children):
            return address.endswith(words_of(children, " "))  # an address alone
        case Span(_, (*_, Text(text))):  # which decides whether U+200B stands before the mark
            return text[-1].isspace() or is_punctuation(text[-1])
        case Span(_, (*_, Code() | Link())):
            return True
    return isinstance(inline, Break)
