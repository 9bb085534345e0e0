"""Brings inlines into the form that the tree promises."""

from collections.abc import Iterable, Iterator
from itertools import chain, groupby

from bridge.markup.tree import Break, Inline, Link, Span, Style, Text


def tidy(inlines: Iterable[Inline]) -> tuple[Inline, ...]:
    """Words that touch are one text, no span stands within one of its style, no link within a
    link, and no break or space at the edges.
    """
    made = list(join(inlines))
    while made and _is_blank(made[-1]):
        made.pop()
    made = made[next((at for at, inline in enumerate(made) if not _is_blank(inline)), 0) :]
    if made and isinstance(last := made[-1], Text):
        made[-1] = Text(last.text.rstrip())
    if made and isinstance(first := made[0], Text):
        made[0] = Text(first.text.lstrip())
    return tuple(made)


def join(inlines: Iterable[Inline]) -> tuple[Inline, ...]:
    """The same, edges apart."""
    return tuple(_join(_flatten(inlines, frozenset(), in_link=False)))


def split(inlines: Iterable[Inline]) -> Iterator[tuple[Inline, ...]]:
    """The paragraphs of a run: two breaks part them."""
    lines: list[Inline] = []
    for inline in inlines:
        if isinstance(inline, Break) and lines and isinstance(lines[-1], Break):
            yield tidy(lines)
            lines = []
        lines.append(inline)
    yield tidy(lines)


def _is_blank(inline: Inline) -> bool:
    return isinstance(inline, Break) or (isinstance(inline, Text) and not inline.text.strip())


def _flatten(
    inlines: Iterable[Inline], styles: frozenset[Style], *, in_link: bool
) -> Iterator[Inline]:
    for inline in inlines:
        match inline:
            case Span(style, children):
                inner = _flatten(children, styles | {style}, in_link=in_link)
                if style in styles:
                    yield from inner
                elif joined := tuple(_join(inner)):
                    yield Span(style, joined)
            case Link(address, children, is_image):
                inner = _flatten(children, styles, in_link=True)
                if in_link:
                    yield from inner
                else:
                    yield Link(address, tuple(_join(inner)), is_image)
            case _:
                yield inline


def _join(inlines: Iterable[Inline]) -> Iterator[Inline]:
    """Words that touch as one text, spans of one style that touch as one span."""
    for kind, group in groupby(inlines, key=_kind):
        if kind is None:
            yield from group
        elif isinstance(kind, Style):
            spans = [inline for inline in group if isinstance(inline, Span)]
            if len(spans) == 1:
                yield spans[0]
            else:
                yield Span(kind, tuple(_join(chain(*(span.children for span in spans)))))
        elif text := "".join(inline.text for inline in group if isinstance(inline, Text)):
            yield Text(text)


def _kind(inline: Inline) -> Style | str | None:
    match inline:
        case Text():
            return "text"
        case Span():
            return inline.style
    return None
