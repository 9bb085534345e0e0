"""Draws mrkdwn, Slack's older text format (docs/slack.md); text comes with `&lt;` for `<`."""

import re
from collections.abc import Iterator
from html import escape
from itertools import groupby

from bridge.emulators.page.tokens import Names, decode, draw_token

_FENCE = re.compile(r"```\n?(.+?)\n?```", re.DOTALL)
_QUOTE = re.compile(r"(?:&gt;|>) ?")
_INLINE = re.compile(
    r"`(?P<code>[^`\n]+)`"
    r"|<(?P<token>[^<>\n]+)>"
    r"|(?<![\w*])\*(?P<strong>\S(?:[^*\n]*[^\s*])?)\*(?![\w*])"
    r"|(?<![\w_])_(?P<em>\S(?:[^_\n]*[^\s_])?)_(?![\w_])"
    r"|(?<![\w~])~(?P<s>\S(?:[^~\n]*[^\s~])?)~(?![\w~])"
)


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
