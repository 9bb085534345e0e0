"""The parser of blocks: markdown-it, with rules of ours for formulas, definitions, headings, HTML,
and for what lies too deep.
"""

import re
from bisect import bisect_left
from collections.abc import Iterator
from functools import cache

from markdown_it import MarkdownIt
from markdown_it.ruler import RuleOptionsType
from markdown_it.rules_block import StateBlock
from markdown_it.token import Token

from bridge.markup import elements
from bridge.markup.constructs import fold, looks_like_tex

_DEEPEST = 16  # levels of lists (two each) and quotes
_DEFINITION = re.compile(
    r"\[(?P<label>[^\[\]^\n][^\[\]\n]{0,99})\]:[ \t]*+<?(?P<target>[a-z]+:[^\s<>]++)>?"
    r"(?:[ \t]++(?:\"[^\"\n]*+\"|'[^'\n]*+'|\([^()\n]*+\)))?+[ \t]*+",
    re.IGNORECASE,
)
_ENDS = {"$$": "$$", "\\[": "\\]"}
_MARKDOWN = re.compile(r"(?:[-*+]|\d{1,9}[.)]|#{1,6})[ \t]|>|\||```|~~~")


def tokenize(source: str, targets: dict[str, str], *, is_open: bool) -> list[Token]:
    """Tokens of the blocks; definitions of links are added to `targets`. `is_open`: the text may go
    on where it ends.
    """
    return _parser().parse(source, {"is_open": is_open, "targets": targets})


@cache
def _parser() -> MarkdownIt:
    """Blocks alone; their insides are read by `bridge.markup.inline`."""
    parser = MarkdownIt("commonmark", {"maxNesting": 100}).enable("table")
    parser.disable(["inline", "reference", "html_block"])
    ruler = parser.block.ruler
    ruler.before("table", "too_deep", _take_too_deep)
    interrupting: RuleOptionsType = {"alt": ["paragraph", "blockquote", "list"]}
    ruler.before("blockquote", "empty_quote", _take_empty_quote, interrupting)
    ruler.before("fence", "definition", _take_definition, {"alt": ["paragraph"]})
    ruler.before("fence", "formula", _take_formula, interrupting)
    ruler.before("heading", "tight_heading", _take_tight_heading, interrupting)
    ruler.before("heading", "html", _take_html, interrupting)
    return parser


def _text(state: StateBlock, line: int) -> str:
    return state.src[state.bMarks[line] + state.tShift[line] : state.eMarks[line]]


def _push(state: StateBlock, kind: str, start: int, end: int, content: str) -> None:
    token = state.push(kind, "", 0)
    token.content, token.map, token.children = content, [start, end], []
    state.line = end


def _push_words(state: StateBlock, kind: str, tag: str, start: int, end: int, words: str) -> None:
    state.push(f"{kind}_open", tag, 1).map = [start, end]
    _push(state, "inline", start, end, words)
    state.push(f"{kind}_close", tag, -1)


def _take_too_deep(state: StateBlock, start: int, end: int, silent: bool) -> bool:
    """Plain words from there on: markdown-it itself would drop them."""
    if silent or state.level < _DEEPEST:
        return False
    words = state.getLines(start, end, state.blkIndent, keepLastLF=False).strip()
    _push_words(state, "paragraph", "p", start, end, words)
    return True


def _take_definition(state: StateBlock, start: int, _end: int, silent: bool) -> bool:
    found = _DEFINITION.fullmatch(_text(state, start)) if not state.is_code_block(start) else None
    is_half = state.env["is_open"] and state.eMarks[start] >= len(state.src)
    if not found or is_half:
        return False
    if not silent:
        state.env["targets"].setdefault(fold(found["label"]), found["target"])
        state.line = start + 1
    return True


def _take_tight_heading(state: StateBlock, start: int, _end: int, silent: bool) -> bool:
    """`###标题` is one as well."""
    text = _text(state, start)
    words = text.lstrip("#")
    level = len(text) - len(words)
    if not 2 <= level <= 6 or not words.strip() or words[0].isspace() or state.is_code_block(start):
        return False
    if not silent:
        _push_words(state, "heading", f"h{level}", start, start + 1, words.strip())
    return True


def _take_formula(state: StateBlock, start: int, end: int, silent: bool) -> bool:
    r"""`$$…$$` and `\[…\]` that begin and end a line, without a blank line within."""
    text = _text(state, start)
    closing = _ENDS.get(text[:2])
    if closing is None or state.is_code_block(start):
        return False
    lines, line = [text[2:].strip()], start + 1
    while closing not in lines[-1] and line < end and not state.isEmpty(line):
        lines.append(_text(state, line).strip())
        line += 1
    tex = "\n".join(lines).strip()
    is_whole = tex.endswith(closing)
    tex = tex.removesuffix(closing).rstrip("" if is_whole else "\\").strip()
    if closing in tex or not tex or not (is_whole or line >= state.lineMax):
        return False
    if closing == "\\]" and not looks_like_tex(tex):
        return False
    if not silent:
        _push(state, "formula", start, line, tex)
    return True


def _take_empty_quote(state: StateBlock, start: int, end: int, silent: bool) -> bool:
    """`> >` alone is nothing; markdown-it would look on to the end of the text at each of them."""
    above_quote = start + 1 < end and _text(state, start + 1).startswith(">")
    text = _text(state, start)
    if above_quote or not text.startswith(">") or text.strip("> \t") or state.is_code_block(start):
        return False
    if not silent:
        state.line = start + 1
    return True


def _take_html(state: StateBlock, line: int, end_line: int, silent: bool) -> bool:
    """In place of markdown-it's `html_block`: people's HTML does not end where CommonMark's does.

    A table, a list, code or a quote goes on over blank lines to its end; all else ends there, and
    before a line of Markdown.
    """
    if state.is_code_block(line) or not _begins_html(state, line, is_silent=silent):
        return False
    if not silent:
        end = _find_html_end(state, line, end_line)
        content = state.getLines(line, end, state.blkIndent, keepLastLF=False)
        _push(state, "html_block", line, end, content)
    return True


def begins_with_block(source: str) -> bool:
    """With a tag that is one whatever follows."""
    tag = elements.MARKUP.match(source.lstrip())
    return tag is not None and (tag["name"] or "").lower() in elements.BLOCK_NAMES


def _begins_html(state: StateBlock, line: int, *, is_silent: bool) -> bool:
    """With a tag of a block, or with inline ones and nothing else, or with a block within it."""
    text, start = _text(state, line), state.bMarks[line] + state.tShift[line]
    if "<" not in text:
        return False
    if tag := elements.MARKUP.match(state.src, start):
        first = next(_marks(state, start, tag.end()), None)
        is_alone = first and not elements.MARKUP.sub("", text).strip()
        if is_alone or (first and (not first.name or first.name in elements.BLOCK_NAMES)):
            return True
    if (is_silent and state.parentType in {"table", "blockquote"}) or _MARKDOWN.match(text):
        return False
    border = text.find("`")
    end = start + border if border >= 0 else state.eMarks[line]
    return any(
        not tag["slash"] and name in elements.BLOCK_NAMES and _closes(state, name, tag.start())
        for tag in elements.MARKUP.finditer(state.src, start, end)
        if (name := (tag["name"] or "").lower())
    )


def _find_html_end(state: StateBlock, line: int, end_line: int) -> int:
    """The first line behind the block that begins with this one."""
    position = state.bMarks[line]
    marks = _marks(state, position, state.eMarks[end_line - 1])
    mark = next(marks, None)
    depth = 0  # elements that go on over blank lines
    is_text = False  # whether words may follow in the element that began last
    while line < end_line:
        while mark and mark.start < state.eMarks[line]:
            position = mark.end
            if mark.name in elements.BLOCK_NAMES:
                is_text = not mark.is_end and mark.name not in elements.CONTAINERS
            if mark.name in elements.LASTING and (
                mark.is_end or _closes(state, mark.name, mark.start)
            ):
                depth = max(depth + (-1 if mark.is_end else 1), 0)
            mark = next(marks, None)
        line += 1
        while line < end_line and state.eMarks[line] < position:
            line += 1  # a tag or a script may go on over lines
        if line < end_line and position < state.bMarks[line] and not depth:
            following = state.skipEmptyLines(line)
            if not _goes_on(state, following, is_text=is_text, is_next=following == line):
                break
            line = following
    return line


def _goes_on(state: StateBlock, line: int, *, is_text: bool, is_next: bool) -> bool:
    """People indent their HTML: what stands so deep there is no code."""
    text = _text(state, line)
    if state.is_code_block(line):
        return is_next or text.startswith("<")
    return is_next and is_text and not _MARKDOWN.match(text)


def _marks(state: StateBlock, start: int, end: int) -> Iterator[elements.Mark]:
    is_open = state.env["is_open"]
    return elements.find_marks(state.src, start, end, _closings(state), is_open=is_open)


def _closes(state: StateBlock, name: str, start: int) -> bool:
    """Whether something may close the tag that begins there, or nothing need. What looks like the
    parameter of a type, `List<Table>`, must be closed; while the text grows, in its own line, or
    what has been read before would be another block.
    """
    before = state.src[max(start - 1, 0) : start]
    is_parameter = before.isascii() and before.isalnum()
    is_open = state.env["is_open"]
    if name == "hr" or (is_open and not is_parameter):
        return True
    spans = _closings(state).get(f"</{name}", ())
    line = bisect_left(state.eMarks, start) if is_open else -1
    at = bisect_left(spans, (start, 0))
    return at < len(spans) and spans[at][0] <= state.eMarks[line]


def _closings(state: StateBlock) -> elements.Closings:
    if "closings" not in state.env:
        state.env["closings"] = elements.find_closings(state.src)
    closings: elements.Closings = state.env["closings"]
    return closings
