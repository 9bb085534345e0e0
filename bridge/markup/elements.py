"""HTML's tags: which are known, and what an inline element becomes in the tree."""

import html
import re
from bisect import bisect_left
from collections.abc import Iterator, Mapping, Sequence
from functools import lru_cache
from typing import NamedTuple

from bridge.markup.tree import Break, Code, Inline, Inlines, Link, Span, Style, Text, words_of

# Not every `<…>` is a tag: `a < b > c`, `List<Map<a, b>>` are none.
ATTRIBUTE = r"""[^\s"'<>/=]++(?:\s*+=\s*+(?:"[^"<]*+"|'[^'<]*+'|[^\s"'<>]++))?+"""
TAG = (
    r"<(?P<slash>/?)(?P<name>[a-z][a-z0-9]*+(?::[a-z]\w*+)?+)"
    rf"(?P<attributes>(?:(?:\s++|(?<=[\"'])){ATTRIBUTE})*+)\s*+/?+>"
)
MARKUP = re.compile(rf"<!--|<(?:!doctype\b|!\[|\?xml\b)[^<>]*+>|{TAG}", re.IGNORECASE)
_CLOSING = re.compile(r"-->|(</[a-z][a-z0-9]*+)\s*+>?", re.IGNORECASE)
_NAME_AND_VALUE = re.compile(r"""([^\s"'<>/=]++)(?:\s*+=\s*+("[^"]*+"|'[^']*+'|[^\s"'<>]++))?+""")


def _names(text: str) -> frozenset[str]:
    return frozenset(text.split())


# They mean nothing by themselves. They only separate their content from the text before it.
CONTAINERS = _names(
    "address article aside body center details div dl fieldset figure footer header hgroup html"
    " main nav noscript section"
)
# Elements that go on over blank lines, as people write them.
LASTING = _names("blockquote ol pre table ul")
BLOCK_NAMES = (
    CONTAINERS
    | LASTING
    | _names("caption dd dt figcaption h1 h2 h3 h4 h5 h6 hr p summary")
    | _names("colgroup li tbody td tfoot th thead tr")
)
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
CODES = _names("code kbd samp tt")

_STYLES = {
    **dict.fromkeys(("b", "strong"), Style.STRONG),
    **dict.fromkeys(("dfn", "em", "i", "var"), Style.EMPHASIS),
    **dict.fromkeys(("del", "s", "strike"), Style.STRIKE),
}
_PLAIN = "0123456789+-=()n"
_RAISED = {
    "sup": str.maketrans(_PLAIN, "⁰¹²³⁴⁵⁶⁷⁸⁹⁺⁻⁼⁽⁾ⁿ"),
    "sub": str.maketrans(_PLAIN, "₀₁₂₃₄₅₆₇₈₉₊₋₌₍₎ₙ"),
}
_QUOTES = {"q": ('"', '"'), "rt": ("(", ")")}


def is_known(name: str) -> bool:
    """`name` as it is written, in any case."""
    return (name := name.lower()) in _KNOWN or name.startswith(_WORD_NAMES)


def make_element(name: str, attributes: str, children: Sequence[Inline]) -> Inlines:
    """What an inline element becomes; its children alone where the tree knows nothing like it.

    `attributes` as they are written.
    """
    found = {
        key.lower(): html.unescape(value.strip("\"'")).strip()
        for key, value in reversed(_NAME_AND_VALUE.findall(attributes))
    }
    css = found.get("style", "").lower().replace(" ", "")
    if name in DROPPED or "hidden" in found or "display:none" in css:
        return ()
    made = _make(name, found, tuple(children))
    for style in _find_styles(name, css):
        made = (Span(style, made),)
    return made


def _make(name: str, attributes: dict[str, str], children: Inlines) -> Inlines:
    match name:
        case "a":
            return _make_link(attributes, children)
        case "audio" | "img" | "source" | "video":
            return _make_medium(name, attributes, children)
        case "input" if attributes.get("type") == "checkbox":
            return (Text("[x] " if "checked" in attributes else "[ ] "),)
        case "sub" | "sup" if (words := words_of(children).strip()) and not words.strip(_PLAIN):
            return (Text(words.translate(_RAISED[name])),)
        case "q" | "rt":
            before, after = _QUOTES[name]
            return (Text(before), *children, Text(after))
    return _make_code(children) if name in CODES else children


def _find_styles(name: str, css: str) -> list[Style]:
    """Word and Google write `<span style="font-weight:700">`, and `<b>` that is not bold."""
    weight = css.partition("font-weight:")[2]
    declared = {
        Style.STRONG: weight.startswith(("bold", "600", "700", "800", "900")),
        Style.EMPHASIS: "font-style:italic" in css,
        Style.STRIKE: "line-through" in css,
    }
    if (own := _STYLES.get(name)) and not (own is Style.STRONG and weight):
        declared[own] = True
    return [style for style, is_so in declared.items() if is_so]


def _make_medium(name: str, attributes: dict[str, str], children: Inlines) -> Inlines:
    address = attributes.get("src") or attributes.get("data-src") or ""
    if name in {"audio", "video"} and not address:
        return tuple(child for child in children if isinstance(child, Link))[:1]
    if name == "source":  # of a video; that of a picture has no `src`
        return (Link(address, (Text("video"),)),) if address else ()
    words = " ".join(attributes.get("alt", "").split()) if name == "img" else name
    label = (Text(words),) if words else ()
    is_shown = address.lower().startswith(("http://", "https://")) or (address and words)
    return (Link(address, label, is_image=name == "img"),) if is_shown else label


def _make_link(attributes: dict[str, str], children: Inlines) -> Inlines:
    address = attributes.get("href", "")
    title = " ".join(attributes.get("title", "").split())
    is_empty = not words_of(children).strip()
    if not address or (is_empty and not title and not any(isinstance(c, Link) for c in children)):
        return children
    return (Link(address, (Text(title),) if is_empty and title else children),)


def _make_code(children: Inlines) -> Inlines:
    """One for each line, for code knows no line break."""
    made: list[Inline] = []
    for line in words_of(children).split("\n"):
        made += [Code(line), Break(is_hard=True)] if line.strip() else [Text(line)]
    return tuple(made[:-1] if made and isinstance(made[-1], Break) else made)


def read_code(source: str) -> str:
    """What stands within an element of code: nothing of it is a mark, some of it may be tags."""
    return html.unescape(MARKUP.sub(_drop_tag, source))


def _drop_tag(tag: re.Match[str]) -> str:
    name = (tag["name"] or "").lower()
    return "\n" if name == "br" else "" if is_known(name) else tag[0]


@lru_cache(maxsize=1024)
def is_transparent(name: str, attributes: str) -> bool:
    """Whether nothing becomes of an element but its content."""
    probe = (Text("1"),)
    return name not in BLOCK_NAMES and make_element(name, attributes, probe) == probe


class Mark(NamedTuple):
    """A known tag, or with an empty name what nobody sees: a comment, a script and its like."""

    name: str
    is_end: bool
    start: int
    end: int
    source: str


Closings = Mapping[str, Sequence[tuple[int, int]]]


def find_closings(source: str) -> Closings:
    """Where each `</name>` and `-->` begins and ends, names in lower case."""
    closings: dict[str, list[tuple[int, int]]] = {}
    for found in _CLOSING.finditer(source):
        closings.setdefault((found[1] or "-->").lower(), []).append(found.span())
    return closings


def find_marks(
    source: str, start: int, end: int, closings: Closings, *, is_open: bool
) -> Iterator[Mark]:
    """Those that begin between `start` and `end`, and none within another. A comment or script that
    nothing closes is words, unless the text `is_open`.
    """
    position = start
    for found in MARKUP.finditer(source, start, end):
        if found.start() >= position:
            name = (found["name"] or "").lower()
            unseen = _find_unseen_end(found, name, closings, is_open=is_open)
            if unseen is not None or (name and is_known(name)):
                position = unseen or found.end()
                name = "" if unseen else name
                yield Mark(name, bool(found["slash"]), found.start(), position, found[0])


def _find_unseen_end(
    found: re.Match[str], name: str, closings: Closings, *, is_open: bool
) -> int | None:
    """Where that ends which nobody sees; None where it is words, or no such thing."""
    if not name and found[0] != "<!--":
        return found.end()
    if found["slash"] or (name and name not in DROPPED):
        return None
    spans = closings.get(f"</{name}" if name else "-->", ())
    at = bisect_left(spans, (found.end(), 0))
    if at < len(spans):
        return spans[at][1]
    return len(found.string) if is_open else None
