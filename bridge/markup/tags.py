"""HTML's tags: which are known, and what an inline element becomes in the tree."""

import html
import re
from collections.abc import Callable, Iterable, Iterator, Mapping

from bridge.markup.tree import Break, Code, Formula, Inline, Link, Span, Style, Text

# A value may hold some `<`, but not so many that a text of nothing but `<a b="` costs its square.
_QUOTED = r""""[^"<]*+(?:<[^"<]*+){0,3}+"|'[^'<]*+(?:<[^'<]*+){0,3}+'"""
_ATTRIBUTE = rf"""(?:\s++|(?<=["']))[^\s"'<>/=]++(?:\s*+=\s*+(?:{_QUOTED}|[^\s"'<>]++))?+"""
TAG = re.compile(
    rf"<(?P<slash>/?)(?P<name>[a-z][a-z0-9]*+(?::[a-z]\w*+)?+)(?P<attributes>(?:{_ATTRIBUTE})*+)"
    r"\s*+/?+>",
    re.IGNORECASE,
)
_NAME_AND_VALUE = re.compile(r"""([^\s"'<>/=]++)(?:\s*+=\s*+("[^"]*+"|'[^']*+'|[^\s"'<>]++))?+""")


def _names(text: str) -> frozenset[str]:
    return frozenset(text.split())


# Of no meaning themselves; they only part what stands before them from what stands in them.
CONTAINERS = _names(
    "address article aside body center details div dl fieldset figure footer header hgroup html"
    " main nav noscript section"
)
# Elements that go on over blank lines, as people write them.
LASTING = _names("blockquote ol pre table ul")
_TEXT_BLOCKS = _names("caption dd dt figcaption h1 h2 h3 h4 h5 h6 p summary")
_PARTS = _names("colgroup li tbody td tfoot th thead tr")
BLOCK_NAMES = CONTAINERS | LASTING | _TEXT_BLOCKS | _PARTS | {"hr"}
# Nobody sees what stands in these, or Slack can show nothing of it.
DROPPED = _names("form head iframe object rp script select style svg template title xml")
VOID = _names("area base br col embed hr img input link meta param source track wbr")
_INLINES = _names(
    "a abbr acronym audio b bdi bdo big button cite code data del dfn em font i ins kbd label mark"
    " nobr output picture q rb rt ruby s samp small span strike strong sub sup time tt u var"
    " video"
)
_KNOWN = BLOCK_NAMES | DROPPED | VOID | _INLINES
_WORD_NAMES = ("o:", "st1:", "v:", "w:", "m:")  # what Word leaves behind when pasted

_STYLES = {
    **dict.fromkeys(("b", "strong"), Style.STRONG),
    **dict.fromkeys(("dfn", "em", "i", "var"), Style.EMPHASIS),
    **dict.fromkeys(("del", "s", "strike"), Style.STRIKE),
}
_DECLARED = {
    Style.STRONG: re.compile(r"font-weight\s*+:\s*+(?:bold|[6-9]00)", re.IGNORECASE),
    Style.EMPHASIS: re.compile(r"font-style\s*+:\s*+italic", re.IGNORECASE),
    Style.STRIKE: re.compile(r"text-decoration[a-z-]*+\s*+:[^;]*?line-through", re.IGNORECASE),
}
_HIDDEN = re.compile(r"display\s*+:\s*+none", re.IGNORECASE)
_PLAIN = "0123456789+-=()n"
_RAISED = re.compile(r"\s*([-+=()\dn]{1,20})\s*")
_RAISED_SIGNS = {
    "sup": str.maketrans(_PLAIN, "⁰¹²³⁴⁵⁶⁷⁸⁹⁺⁻⁼⁽⁾ⁿ"),
    "sub": str.maketrans(_PLAIN, "₀₁₂₃₄₅₆₇₈₉₊₋₌₍₎ₙ"),
}

Attributes = Mapping[str, str | None]


def is_known(name: str) -> bool:
    """`name` as it is written, in any case."""
    return (name := name.lower()) in _KNOWN or name.startswith(_WORD_NAMES)


def read_attributes(text: str) -> dict[str, str | None]:
    """Of the text between a tag's name and its end; None where an attribute has no value."""
    return {
        name.lower(): html.unescape(value.strip("\"'")) if value else None
        for name, value in reversed(_NAME_AND_VALUE.findall(text))
    }


def make_inline(
    name: str, attributes: Attributes, children: tuple[Inline, ...]
) -> tuple[Inline, ...]:
    """What an element becomes; its children alone where the tree knows nothing like it."""
    if name in DROPPED or name == "input" or _is_hidden(attributes):
        return ()
    made = _MAKERS.get(name, _keep)(name, attributes, children)
    for style in find_styles(name, attributes):
        made = _make_span(style, made)
    return made


def is_transparent(name: str, attributes: Attributes) -> bool:
    """Whether nothing becomes of an element but its content."""
    return (
        name in _INLINES - _MAKERS.keys()
        and (not attributes or not (find_styles(name, attributes) or _is_hidden(attributes)))
        and name not in _STYLES
    )


def find_styles(name: str, attributes: Attributes) -> list[Style]:
    """Word and Google write `<span style="font-weight:700">`, and `<b>` that is not bold."""
    declared = attributes.get("style") or ""
    styles = [style for style, pattern in _DECLARED.items() if pattern.search(declared)]
    own = _STYLES.get(name)
    is_undone = own is Style.STRONG and "font-weight" in declared
    return styles if own is None or own in styles or is_undone else [own, *styles]


def words_of(inlines: Iterable[Inline]) -> str:
    """What a person reads of them, breaks as line ends."""
    return "".join(_words(inlines))


def _words(inlines: Iterable[Inline]) -> Iterator[str]:
    for inline in inlines:
        match inline:
            case Text(text) | Code(text) | Formula(text):
                yield text
            case Break():
                yield "\n"
            case Span() | Link():
                yield from _words(inline.children)


def _is_hidden(attributes: Attributes) -> bool:
    return "hidden" in attributes or bool(_HIDDEN.search(attributes.get("style") or ""))


def _make_medium(
    name: str, attributes: Attributes, children: tuple[Inline, ...]
) -> tuple[Inline, ...]:
    address = (attributes.get("src") or attributes.get("data-src") or "").strip()
    if name == "source":  # of a video; that of a picture has no `src`
        return (Link(address, (Text("video"),)),) if address else ()
    if name != "img" and not address:
        return tuple(child for child in children if isinstance(child, Link))[:1]
    words = (attributes.get("alt") or "").strip() if name == "img" else name
    label = (Text(" ".join(words.split())),) if words else ()
    is_shown = address.lower().startswith(("http://", "https://")) or (address and words)
    return (Link(address, label, is_image=name == "img"),) if is_shown else label


def _keep(_name: str, _attributes: Attributes, children: tuple[Inline, ...]) -> tuple[Inline, ...]:
    return children


def _make_link(
    _name: str, attributes: Attributes, children: tuple[Inline, ...]
) -> tuple[Inline, ...]:
    address = (attributes.get("href") or "").strip()
    if not address:
        return children
    label = tuple(_unlink(children))
    if not words_of(label).strip():
        holds_image = any(isinstance(child, Link) for child in children)
        title = " ".join((attributes.get("title") or "").split())
        return (Link(address, (Text(title),) if title else ()),) if title or holds_image else label
    return _wrap(label, lambda inner: Link(address, inner))


def _unlink(inlines: Iterable[Inline]) -> Iterator[Inline]:
    """A link knows no link within."""
    for inline in inlines:
        match inline:
            case Link():
                yield from _unlink(inline.children)
            case Span():
                yield Span(inline.style, tuple(_unlink(inline.children)))
            case _:
                yield inline


def _make_span(style: Style, children: tuple[Inline, ...]) -> tuple[Inline, ...]:
    if len(children) == 1 and isinstance(child := children[0], Span) and child.style is style:
        return children
    return _wrap(children, lambda inner: Span(style, inner))


def _make_code(
    _name: str, _attributes: Attributes, children: tuple[Inline, ...]
) -> tuple[Inline, ...]:
    """One for each line, for code knows no line break."""
    made: list[Inline] = []
    for line in words_of(children).split("\n"):
        made += [Code(line), Break(is_hard=True)] if line.strip() else [Text(line)]
    return tuple(made[:-1] if made and isinstance(made[-1], Break) else made)


def _wrap(
    children: tuple[Inline, ...], make: Callable[[tuple[Inline, ...]], Inline]
) -> tuple[Inline, ...]:
    """Space at the edges stands outside, and around nothing but space stands nothing."""
    first, last = 0, len(children)
    while first < last and is_space(children[first]):
        first += 1
    while first < last and is_space(children[last - 1]):
        last -= 1
    if first == last:
        return children
    before, inner, after = children[:first], list(children[first:last]), children[last:]
    if isinstance(edge := inner[0], Text) and (words := edge.text.lstrip()) != edge.text:
        before, inner[0] = (*before, Text(edge.text[: -len(words)])), Text(words)
    if isinstance(edge := inner[-1], Text) and (words := edge.text.rstrip()) != edge.text:
        after, inner[-1] = (Text(edge.text[len(words) :]), *after), Text(words)
    return (*before, make(tuple(inner)), *after)


def is_space(inline: Inline) -> bool:
    return isinstance(inline, Break) or (isinstance(inline, Text) and not inline.text.strip())


def _make_raised(
    name: str, _attributes: Attributes, children: tuple[Inline, ...]
) -> tuple[Inline, ...]:
    raised = _RAISED.fullmatch(words_of(children))
    return (Text(raised[1].translate(_RAISED_SIGNS[name])),) if raised else children


def _make_quoted(
    name: str, _attributes: Attributes, children: tuple[Inline, ...]
) -> tuple[Inline, ...]:
    before, after = '""' if name == "q" else "()"
    return (Text(before), *children, Text(after))


_MAKERS = {
    "br": lambda *_: (Break(is_hard=True),),
    "a": _make_link,
    **dict.fromkeys(("audio", "img", "source", "video"), _make_medium),
    **dict.fromkeys(("code", "kbd", "samp", "tt"), _make_code),
    **dict.fromkeys(("sub", "sup"), _make_raised),
    **dict.fromkeys(("q", "rt"), _make_quoted),
}
