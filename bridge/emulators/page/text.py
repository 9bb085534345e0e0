"""Draws Slack's formats of text: `<…>` tokens, mrkdwn, and the Markdown of a `markdown` block."""

import re
from collections.abc import Iterator, Mapping, MutableMapping, Sequence
from dataclasses import dataclass
from html import escape
from itertools import groupby
from typing import Any

from markdown_it import MarkdownIt
from markdown_it.renderer import RendererProtocol
from markdown_it.rules_inline import StateInline
from markdown_it.token import Token
from markdown_it.utils import OptionsDict

Env = MutableMapping[str, Any]

_WEB = re.compile(r"(?:https?://|mailto:)", re.IGNORECASE)
_FENCE = re.compile(r"```\n?(.+?)\n?```", re.DOTALL)
_QUOTE = re.compile(r"(?:&gt;|>) ?")
_INLINE = re.compile(
    r"`(?P<code>[^`\n]+)`"
    r"|<(?P<token>[^<>\n]+)>"
    r"|(?<![\w*])\*(?P<strong>\S(?:[^*\n]*[^\s*])?)\*(?![\w*])"
    r"|(?<![\w_])_(?P<em>\S(?:[^_\n]*[^\s_])?)_(?![\w_])"
    r"|(?<![\w~])~(?P<s>\S(?:[^~\n]*[^\s~])?)~(?![\w~])"
)
_TOKEN = re.compile(r"<((?:[@#!]\w|https?://[^<>\s|]+\|)[^<>\n]*)>")


@dataclass(frozen=True, slots=True)
class Names:
    """What people and channels are called, by id."""

    users: Mapping[str, str]
    channels: Mapping[str, str]


def decode(text: str) -> str:
    """Slack escapes three signs and no others (docs/slack.md)."""
    return text.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&")


def draw_token(token: str, names: Names) -> str:
    """HTML for what stood between `<` and `>`, entities decoded, e.g. `@U0ALICE000` or `url|label`.

    What is no token of Slack's is shown as it stands.
    """
    target, _, label = token.partition("|")
    if is_web(target):
        return draw_link(target, escape(label or target.removeprefix("mailto:")))
    name = _name(target, label, names)
    return f'<span class="mention">{escape(name)}</span>' if name else escape(f"<{token}>")


def draw_link(url: str, label_html: str) -> str:
    """A link that leaves the page; `url` must be `is_web`."""
    safe = 'target="_blank" rel="noopener noreferrer"'
    return f'<a href="{escape(url)}" {safe}>{label_html}</a>'


def is_web(url: str) -> bool:
    """The URL can be followed without harm: no script, no data, nothing of this page."""
    return bool(_WEB.match(url))


def _name(target: str, label: str, names: Names) -> str:
    """What a mention shows; "" when it mentions nothing."""
    kind, rest = target[:1], target[1:]
    if kind == "@":
        return "@" + names.users.get(rest, label or rest)
    if kind == "#":
        return "#" + names.channels.get(rest, label or rest)
    if rest.startswith("date^"):
        return label
    return "@" + (label or rest.partition("^")[0]) if kind == "!" else ""


# mrkdwn: Slack's older format, with `&lt;` for `<`


def draw_mrkdwn(text: str, names: Names) -> str:
    """HTML; line ends stay line ends, so the page shows it with `white-space: pre-wrap`."""
    return "".join(_parts(text, names))


def _parts(text: str, names: Names) -> Iterator[str]:
    end = 0
    for fence in _FENCE.finditer(text):
        yield from _lines(text[end : fence.start()].removesuffix("\n"), names)
        yield f"<pre><code>{_plain(fence[1])}</code></pre>"
        end = fence.end()
    yield from _lines(text[end:].removeprefix("\n" if end else ""), names)


def _lines(text: str, names: Names) -> Iterator[str]:
    """Quoted lines together, the others as they come."""
    lines = text.split("\n") if text else []
    for is_quoted, group in groupby(lines, lambda line: bool(_QUOTE.match(line))):
        body = "\n".join(_QUOTE.sub("", line, count=1) if is_quoted else line for line in group)
        drawn = _inline(body, names)
        yield f"<blockquote>{drawn}</blockquote>" if is_quoted else f"<div>{drawn}</div>"


def _inline(text: str, names: Names) -> str:
    drawn, end = "", 0
    for match in _INLINE.finditer(text):
        drawn += _plain(text[end : match.start()]) + _mark(match, names)
        end = match.end()
    return drawn + _plain(text[end:])


def _mark(match: re.Match[str], names: Names) -> str:
    kind = match.lastgroup or ""
    inner = match[kind]
    if kind == "token":
        return draw_token(decode(inner), names)
    return f"<{kind}>{_plain(inner) if kind == 'code' else _inline(inner, names)}</{kind}>"


def _plain(text: str) -> str:
    return escape(decode(text))


# Standard Markdown, as Slack's `markdown` block shows it (docs/slack.md)


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
