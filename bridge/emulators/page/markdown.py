"""Draws standard Markdown as Slack's `markdown` block shows it (docs/slack.md)."""

import re
from collections.abc import MutableMapping, Sequence
from html import escape
from typing import Any

from markdown_it import MarkdownIt
from markdown_it.renderer import RendererProtocol
from markdown_it.rules_inline import StateInline
from markdown_it.token import Token
from markdown_it.utils import OptionsDict

from bridge.emulators.page.tokens import Names, draw_link, draw_token, is_web

Env = MutableMapping[str, Any]

_TOKEN = re.compile(r"<((?:[@#!]\w|https?://[^<>\s|]+\|)[^<>\n]*)>")


def draw_markdown(text: str, names: Names) -> str:
    """HTML; HTML in the text is shown, not obeyed."""
    return str(_PARSER.render(text, {"names": names}))


def _parser() -> MarkdownIt:
    parser = MarkdownIt("commonmark", {"html": False, "breaks": True})
    parser.enable(["table", "strikethrough"])
    parser.inline.ruler.before("autolink", "slack_token", _read_token)
    parser.add_render_rule("slack_token", _draw_token)
    parser.add_render_rule("heading_open", _draw_heading)
    parser.add_render_rule("heading_close", _draw_heading)
    parser.add_render_rule("link_open", _draw_link)
    parser.add_render_rule("image", _draw_image)
    parser.add_render_rule("th_open", _open_cell)
    parser.add_render_rule("td_open", _open_cell)
    parser.add_render_rule("table_open", _open_table)
    parser.add_render_rule("table_close", _close_table)
    # The library asks this of the instance; anything else than the web is shown as text.
    parser.validateLink = is_web  # type: ignore[method-assign]
    return parser


def _read_token(state: StateInline, silent: bool) -> bool:
    """Slack reads its own tokens in Markdown, too; entities that spell one are none."""
    match = _TOKEN.match(state.src, state.pos)
    if match is None:
        return False
    if not silent:
        state.push("slack_token", "", 0).content = match[1]
    state.pos = match.end()
    return True


def _draw_token(
    _renderer: RendererProtocol,
    tokens: Sequence[Token],
    index: int,
    _options: OptionsDict,
    env: Env,
) -> str:
    return draw_token(tokens[index].content, env["names"])


def _draw_heading(
    _renderer: RendererProtocol, tokens: Sequence[Token], index: int, *_: object
) -> str:
    """All headings have one size."""
    return "<h4>" if tokens[index].nesting > 0 else "</h4>\n"


def _draw_link(_renderer: RendererProtocol, tokens: Sequence[Token], index: int, *_: object) -> str:
    return draw_link(str(tokens[index].attrGet("href")), "").removesuffix("</a>")


def _draw_image(
    _renderer: RendererProtocol, tokens: Sequence[Token], index: int, *_: object
) -> str:
    """Images become links."""
    url = str(tokens[index].attrGet("src"))
    return draw_link(url, escape(tokens[index].content or url))


def _open_cell(_renderer: RendererProtocol, tokens: Sequence[Token], index: int, *_: object) -> str:
    """Alignment as a class: the page's policy lets no style stand in the text."""
    style = str(tokens[index].attrGet("style") or "")
    side = style.removeprefix("text-align:")
    return f'<{tokens[index].tag} class="{side}">' if side else f"<{tokens[index].tag}>"


def _open_table(*_: object) -> str:
    return '<div class="table"><table>\n'


def _close_table(*_: object) -> str:
    return "</table></div>\n"


_PARSER = _parser()
