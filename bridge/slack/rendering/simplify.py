"""Simplifies the inlines of a block for the writers, and makes links honest."""

import re
from collections.abc import Iterable, Iterator, Sequence
from functools import lru_cache
from itertools import groupby
from urllib.parse import urlsplit

from bridge.markup.tree import Break, Code, Formula, Inline, Link, Span, Text, join, words_of
from bridge.slack.rendering.escaping import GUARD, as_seen, clean, write_address

_LONGEST_LABEL = 1000  # characters
_MOST_BYTES = 3000  # of an address
# `&` in a host would be an entity that hides another character, e.g. `google.com&#64;evil.com`.
_TARGET = re.compile(r"https?://[^\s\\&/?#]+(?:[/?#][^\s\\]*)?|mailto:[^\s\\]+", re.IGNORECASE)
_HOST = re.compile(
    r"(?<=://)[^\s/?#:()\[\],;，、！？]+|(?:[a-z0-9-]{1,63}\.){1,8}[a-z]{2,63}", re.IGNORECASE
)
# Endings of file names that are no top-level domain.
_FILES = {
    "pdf", "doc", "docx", "xls", "xlsx", "ppt", "pptx", "txt", "csv", "json", "yaml", "yml", "xml",
    "html", "htm", "css", "js", "jpg", "jpeg", "png", "gif", "svg", "exe", "apk",
}  # fmt: skip
_MARKS = dict.fromkeys(map(ord, "*_~`\\"))


def simplify(inlines: Iterable[Inline], *, in_label: bool = False) -> list[Inline]:
    """As writers want them: neighbours of one kind are joined, no span crosses a line's end, and
    links are allowed ones with honest labels.
    """
    return join(one for inline in inlines for one in _simplify(inline, in_label=in_label))


def _simplify(inline: Inline, *, in_label: bool) -> Iterator[Inline]:
    match inline:
        case Text(text) if words := clean(text).replace("\n", " "):
            # Slack would make a link of an address in words, and take in what stands beside it.
            parted = words.replace("://", f":{GUARD}//").replace("mailto:", f"mailto:{GUARD}")
            yield Text(words if in_label else parted)
        case Code(text) | Formula(text) if (code := clean(text).replace("\n", " ")).strip():
            yield Code(code)
        case Break():
            yield Text(" ") if in_label else inline
        case Span(style, children):
            for is_end, group in groupby(simplify(children, in_label=in_label), is_break):
                line = tuple(group)
                is_span = not is_end and words_of(line, " ").strip()
                yield from [Span(style, line)] if is_span else line
        case Link(address, children):
            yield from _simplify_link(write_address(address), children, in_label=in_label)


def _simplify_link(target: str, children: Sequence[Inline], *, in_label: bool) -> list[Inline]:
    words = words_of(children, " ")
    if in_label or not is_allowed(target):
        return simplify(children, in_label=in_label)
    if len(words) > _LONGEST_LABEL:  # no message may end in it
        return [*simplify(children), Text(" "), *_simplify_link(target, (), in_label=False)]
    host = find_host_to_name(words, target)
    label = simplify(children, in_label=True) if words.strip() else [Text(target)]
    return [Link(target, tuple(join([*label, Text(f" ({host})")]) if host else label))]


def is_break(inline: Inline) -> bool:
    return isinstance(inline, Break)


def is_allowed(target: str) -> bool:
    """Whether a target is http, https or mailto; everything else is shown as text."""
    is_one = _TARGET.fullmatch(target) and len(target.encode()) <= _MOST_BYTES
    return bool(is_one and _host_of(target))


def find_host_to_name(label: str, target: str) -> str:
    """The host behind a label that shows another one; empty behind an honest label."""
    host, shown = _host_of(target), _as_shown(label)
    # `port.jpg` in a path is no other host; in front of `@` it would be.
    is_target = "@" not in target and shown == _as_shown(target)
    if not host or is_target or shown.endswith(f"({host})"):
        return ""
    return "" if all(_is_same_site(one, host) for one in _hosts_in(shown)) else host


def _as_shown(text: str) -> str:
    return as_seen(text).translate(_MARKS).strip()


@lru_cache(maxsize=1024)
def _host_of(target: str) -> str:
    try:
        host = urlsplit(target).hostname or ""
    except ValueError:  # e.g. a bracket that opens an IPv6 address and never closes
        return ""
    return host or target.rpartition("@")[2].partition("?")[0].lower()


def _hosts_in(label: str) -> list[str]:
    hosts = [found.lower() for found in _HOST.findall(label)]
    return [host for host in hosts if host.rpartition(".")[2] not in _FILES or "@" in host]


def _is_same_site(shown: str, host: str) -> bool:
    shown = shown.removeprefix("www.")
    return host == shown or host.endswith("." + shown)
