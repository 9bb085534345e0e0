"""Block rules of ours for markdown-it: formulas, definitions, headings, and what lies too deep."""

import re
from collections.abc import Sequence
from functools import cache
from typing import Final

from markdown_it import MarkdownIt
from markdown_it.ruler import RuleOptionsType
from markdown_it.rules_block import StateBlock
from markdown_it.token import Token

from bridge.markup.formulas import looks_like_tex
from bridge.markup.html_rule import html_rule
from bridge.markup.inline import fold

DEEPEST: Final = 16  # levels of lists (two each) and quotes
_HEADING = re.compile(r"(#{2,6})(?=[^\s#])")
_DEFINITION = re.compile(
    r"\[(?P<label>[^\[\]^\n][^\[\]\n]{0,99})\]:[ \t]*+<?(?P<target>[a-z]+:[^\s<>]++)>?"
    r"(?:[ \t]++(?:\"[^\"\n]*+\"|'[^'\n]*+'|\([^()\n]*+\)))?+[ \t]*+",
    re.IGNORECASE,
)
_ENDS = {"$$": "$$", "\\[": "\\]"}


@cache
def _parser() -> MarkdownIt:
    return _make_parser()


def tokenize(source: str, targets: dict[str, str], *, is_open: bool) -> list[Token]:
    """Tokens of the blocks; definitions of links are added to `targets`."""
    return _parser().parse(source, {"is_open": is_open, "targets": targets})


def is_in_fence(tokens: Sequence[Token]) -> bool:
    """Whether the text ends within a fence that nothing has closed."""
    last = next((token for token in reversed(tokens) if token.nesting == 0), None)
    return last is not None and last.type == "fence" and is_unclosed(last)


def is_unclosed(fence: Token) -> bool:
    """Whether the text, or what the fence stands in, ends first."""
    start, end = fence.map or (0, 0)
    lines = fence.content.removesuffix("\n").count("\n") + 1 if fence.content else 0
    return end - start < lines + 2


def _make_parser() -> MarkdownIt:
    """Blocks alone; their insides are read by `bridge.markup.inline`."""
    parser = MarkdownIt("commonmark", {"maxNesting": 100}).enable("table")
    parser.disable(["inline", "reference", "html_block"])
    ruler = parser.block.ruler
    ruler.before("table", "too_deep", _take_too_deep)
    interrupting: RuleOptionsType = {"alt": ["paragraph", "blockquote", "list"]}
    ruler.before("fence", "definition", _take_definition, {"alt": ["paragraph"]})
    ruler.before("fence", "formula", _take_formula, interrupting)
    ruler.before("heading", "tight_heading", _take_tight_heading, interrupting)
    ruler.before("heading", "html", html_rule, interrupting)
    return parser


def _text(state: StateBlock, line: int) -> str:
    return state.src[state.bMarks[line] + state.tShift[line] : state.eMarks[line]]


def _push(state: StateBlock, kind: str, start: int, end: int, content: str) -> None:
    token = state.push(kind, "", 0)
    token.content = content
    token.map = [start, end]
    state.line = end


def _push_inline(state: StateBlock, kind: str, tag: str, start: int, end: int, words: str) -> None:
    token = state.push(f"{kind}_open", tag, 1)
    token.map = [start, end]
    token = state.push("inline", "", 0)
    token.content, token.map, token.children = words, [start, end], []
    state.push(f"{kind}_close", tag, -1)
    state.line = end


def _take_too_deep(state: StateBlock, start: int, end: int, silent: bool) -> bool:
    """Plain words from there on: markdown-it itself would drop them."""
    if silent or state.level < DEEPEST:
        return False
    words = state.getLines(start, end, state.blkIndent, keepLastLF=False).strip()
    _push_inline(state, "paragraph", "p", start, end, words)
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
    found = _HEADING.match(text) if not state.is_code_block(start) else None
    if not found:
        return False
    if not silent:
        words = text[found.end() :].strip()
        _push_inline(state, "heading", f"h{len(found[1])}", start, start + 1, words)
    return True


def _take_formula(state: StateBlock, start: int, end: int, silent: bool) -> bool:
    r"""`$$…$$` and `\[…\]` that begin and end a line, without a blank line within."""
    text = _text(state, start)
    closing = _ENDS.get(text[:2])
    if closing is None or state.is_code_block(start):
        return False
    lines, line = [text[2:].rstrip()], start
    while not lines[-1].endswith(closing) and line + 1 < end and not state.isEmpty(line + 1):
        line += 1
        lines.append(_text(state, line).rstrip())
    tex = "\n".join(one.strip() for one in lines).strip()
    is_whole = tex.endswith(closing)
    tex = tex.removesuffix(closing).rstrip("\\" if not is_whole else None).strip()
    is_last = line + 1 >= state.lineMax
    if closing in tex or not (is_whole or is_last) or not tex:
        return False
    if closing == "\\]" and not looks_like_tex(tex):
        return False
    if not silent:
        _push(state, "formula", start, line + 1, tex)
    return True
