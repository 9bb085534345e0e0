"""Renders Markdown as Slack's mrkdwn, for the text of notifications and for small blocks."""

import re
import unicodedata
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache, lru_cache

from markdown_it import MarkdownIt
from markdown_it.tree import SyntaxTreeNode

from bridge.core.emphasis import mend_emphasis
from bridge.core.markdown import close_open
from bridge.slack.text.links import is_allowed, name_host

_ZERO_WIDTH_SPACE = "\u200b"
_BULLET, _RULE = "•", "──────────"
_TASKS = {"[ ] ": "☐ ", "[x] ": "☑ ", "[X] ": "☑ "}
_HALF_TOKEN = re.compile(r"(?:<[^>]*|&\w{0,8})\Z")


def escape(text: str) -> str:
    """Replace the three characters that Slack reads as control, and no others."""
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def to_mrkdwn(markdown: str) -> str:
    """Render all of it; every `<` in the answer begins a link of ours."""
    root = SyntaxTreeNode(_parser().parse(mend_emphasis(markdown)))
    return _render_blocks(root.children)


def fallback_text(markdown: str, limit: int = 3000) -> str:
    """The beginning of it as mrkdwn of at most `limit` characters, for notifications."""
    is_cut = len(markdown) > limit
    beginning = close_open(markdown[:limit]) if is_cut else markdown
    return _render_beginning(beginning, limit, is_cut)


@lru_cache(maxsize=256)  # the beginning of a growing answer soon stays the same
def _render_beginning(markdown: str, limit: int, is_cut: bool) -> str:
    text = to_mrkdwn(markdown)
    if len(text) <= limit - is_cut:
        return text + "…" * is_cut
    return _cut(text, limit)


def _cut(mrkdwn: str, limit: int) -> str:
    """Cut outside tokens and entities, and close a fence."""
    room = limit - len("…\n```")
    kept = _HALF_TOKEN.sub("", mrkdwn[:room]).rstrip()
    return kept + ("…\n```" if kept.count("```") % 2 else "…")


@cache
def _parser() -> MarkdownIt:
    parser = MarkdownIt("commonmark", {"html": False}).enable(["table", "strikethrough"])
    parser.validateLink = _accept  # type: ignore[method-assign]
    return parser


def _accept(url: str) -> bool:  # noqa: ARG001 - the parser's signature
    """Let every target through the parser: `is_allowed` decides, and drops the marks too."""
    return True


# Blocks


def _render_blocks(nodes: Sequence[SyntaxTreeNode], separator: str = "\n\n") -> str:
    rendered = (_render_block(node) for node in nodes)
    return separator.join(text for text in rendered if text)


def _render_block(node: SyntaxTreeNode) -> str:
    render = _BLOCKS.get(node.type)
    return render(node) if render else _render_blocks(node.children)


def _render_heading(node: SyntaxTreeNode) -> str:
    return _wrap("*", _render_inline(node.children[0].children, _Style(bold=True)))


def _render_paragraph(node: SyntaxTreeNode) -> str:
    return _render_inline(node.children[0].children, _Style())


def _render_code(node: SyntaxTreeNode) -> str:
    return _fence(node.content.rstrip("\n"))


def _fence(code: str) -> str:
    parted = code.replace("```", f"``{_ZERO_WIDTH_SPACE}`")
    return f"```\n{escape(parted)}\n```"


def _render_quote(node: SyntaxTreeNode) -> str:
    lines = _render_blocks(node.children).split("\n")
    return "\n".join(f"> {line}".rstrip() for line in lines)


def _render_list(node: SyntaxTreeNode) -> str:
    number = int(node.attrs.get("start", 1))
    is_ordered = node.type == "ordered_list"
    return "\n".join(
        _render_item(item, f"{number + index}." if is_ordered else _BULLET)
        for index, item in enumerate(node.children)
    )


def _render_item(node: SyntaxTreeNode, sign: str) -> str:
    text = _render_blocks(node.children, "\n").replace("\n", "\n    ")
    task = _TASKS.get(text[:4])
    return f"{task}{text[4:]}" if task else f"{sign} {text}"


def _render_table(node: SyntaxTreeNode) -> str:
    rows = [
        [_plain(cell.children[0].children) for cell in row.children]
        for part in node.children
        for row in part.children
    ]
    widths = [max(map(_width, column)) for column in zip(*rows, strict=True)]
    head, *body = (" | ".join(map(_pad, row, widths)).rstrip() for row in rows)
    return _fence("\n".join([head, "-|-".join("-" * width for width in widths), *body]))


def _pad(cell: str, width: int) -> str:
    return cell + " " * (width - _width(cell))


def _width(text: str) -> int:
    """Columns in a fixed-width font: Chinese counts two, accents none."""
    return sum(
        0 if unicodedata.combining(char) else 1 + (unicodedata.east_asian_width(char) in "WF")
        for char in text
    )


_BLOCKS: dict[str, Callable[[SyntaxTreeNode], str]] = {
    "heading": _render_heading,
    "paragraph": _render_paragraph,
    "fence": _render_code,
    "code_block": _render_code,
    "blockquote": _render_quote,
    "bullet_list": _render_list,
    "ordered_list": _render_list,
    "table": _render_table,
    "hr": lambda _: _RULE,
}


# Inline


@dataclass(frozen=True, slots=True)
class _Style:
    bold: bool = False
    italic: bool = False
    struck: bool = False


def _render_inline(nodes: Sequence[SyntaxTreeNode], style: _Style) -> str:
    """Join the parts; Slack sees a mark only where no word character touches it from outside."""
    text, after_mark = "", False
    for node in nodes:
        part = _render_span(node, style)
        is_mark = node.type in {"strong", "em", "s", "code_inline"}
        if text and part and (after_mark or is_mark) and _touch(text[-1], part[0]):
            text += _ZERO_WIDTH_SPACE
        text, after_mark = text + part, is_mark if part else after_mark
    return text


def _touch(before: str, after: str) -> bool:
    return not (_is_gap(before) or _is_gap(after))


def _is_gap(character: str) -> bool:
    """Whitespace or punctuation, but no mark."""
    return not (character.isalnum() or character in "_*~`&<>" or unicodedata.combining(character))


def _render_span(node: SyntaxTreeNode, style: _Style) -> str:
    match node.type:
        case "text":
            return escape(node.content)
        case "softbreak" | "hardbreak":
            return "\n"
        case "code_inline":
            return f"`{escape(node.content.replace('`', 'ˋ'))}`"
        case "link":
            return _link(_plain(node.children), str(node.attrs.get("href", "")))
        case "image":
            return _link(_plain([node]), str(node.attrs.get("src", "")))
    return _render_marked(node, style)


def _render_marked(node: SyntaxTreeNode, style: _Style) -> str:
    """Slack knows no mark within the same mark."""
    inner = _Style(
        bold=style.bold or node.type == "strong",
        italic=style.italic or node.type == "em",
        struck=style.struck or node.type == "s",
    )
    text = _render_inline(node.children, inner)
    sign = {"strong": "*", "em": "_", "s": "~"}.get(node.type, "")
    return text if inner == style else _wrap(sign, text)


def _wrap(sign: str, text: str) -> str:
    """A mark ends with its line, so each line gets its own."""
    lines = (line.strip(_ZERO_WIDTH_SPACE) for line in text.split("\n"))
    return "\n".join(f"{sign}{line}{sign}" if line.strip() else line for line in lines)


def _link(label: str, target: str) -> str:
    if not is_allowed(target):
        return escape(label)
    url = escape(target.replace("|", "%7C").replace("<", "%3C").replace(">", "%3E"))
    honest = name_host(label, target)
    return f"<{url}>" if honest in {"", target} else f"<{url}|{escape(honest)}>"


def _plain(nodes: Sequence[SyntaxTreeNode]) -> str:
    """The words alone, on one line."""
    return "".join(
        _plain(node.children) if node.children else _plain_leaf(node) for node in nodes
    ).replace("\n", " ")


def _plain_leaf(node: SyntaxTreeNode) -> str:
    return " " if node.type in {"softbreak", "hardbreak"} else node.content
