"""Makes trees that want to ping, to forge, or to be read as something else than they are."""

import random

from hypothesis import strategies as st

from bridge.markup import tree
from bridge.markup.tree import words_of

WORDS = (
    "<!channel>", "<@U1>", "<", ">", "&lt;", "&amp;lt;!here>", "&#60;", "&#33;channel", "&", "@U1",
    "!here", "!", "*", "**", "_", "__", "~", "~~", "`", "``", "\\", "[", "]", "](http://evil.example)",
    "(", ")", "|",
    "# ", "- ", "+ ", "1. ", "2) ", "> ", "---", "===", "```", "~~~", "[ ] ", ":", "![",
    "word", "字", "。", "“", "1", " ", "  ", "a_b", "3~5", "2*3*4", "C:\\temp\\*.log",
    "google.com",
    "http://evil.example", "javascript:x", "\u200b", "\u00a0", "👩‍👩‍👧", "e\u0301", "<b>", "x",
)  # fmt: skip
ADDRESSES = (
    "https://www.google.com/x", "http://evil.example", "https://x.example/a_b_(c)?d=1&lt;=2#e",
    "javascript:alert(1)", "mailto:me@x.example", "http://x.example/产品 手册.pdf", "http://a|b<c>",
    "/relative", "http://google.com@evil.example/", "http://x.example/&amp;lt;!here&gt;", "http://[",
)  # fmt: skip
_SOURCE = random.Random(1)  # noqa: S311 - no secret
# Drawn whole: word by word, a test would draw for most of its time. A failure shrinks to one word.
TEXTS = [*WORDS, *("".join(_SOURCE.choices(WORDS, k=2 + number % 4)) for number in range(4_000))]
texts = st.sampled_from(TEXTS)
leaves = st.one_of(
    texts.map(tree.Text),
    texts.map(tree.Code),
    texts.map(tree.Formula),
    st.just(tree.Break()),
    st.just(tree.Break(is_hard=True)),
)


def spans(children: st.SearchStrategy[tree.Inline]) -> st.SearchStrategy[tree.Inline]:
    inner = st.lists(children, min_size=1, max_size=3).map(tuple)
    return st.one_of(
        st.builds(tree.Span, st.sampled_from(tree.Style), inner),
        st.builds(tree.Link, st.sampled_from(ADDRESSES), inner),
    )


def _as_read(
    inlines: tuple[tree.Inline, ...],
    styles: frozenset[tree.Style] = frozenset(),
    *,
    in_link: bool = False,
) -> tuple[tree.Inline, ...]:
    """As readers make them: no style within the same, no link within a link, and nothing empty."""
    made: list[tree.Inline] = []
    for inline in inlines:
        match inline:
            case tree.Span(style, children):
                inner = _as_read(children, styles | {style}, in_link=in_link)
                made += inner if style in styles else [tree.Span(style, inner)]
            case tree.Link(address, children):
                inner = _as_read(children, styles, in_link=True)
                made += inner if in_link else [tree.Link(address, inner)]
            case _:
                made.append(inline)
    while made and isinstance(made[0], tree.Break):
        del made[0]
    while made and isinstance(made[-1], tree.Break):
        del made[-1]
    return tuple(made) if words_of(made).strip() else (*made, tree.Text("x"))


nested = st.recursive(leaves, spans, max_leaves=6)
inlines = st.lists(nested, min_size=1, max_size=5).map(tuple).map(_as_read)
paragraphs = inlines.map(tree.Paragraph)
codes = st.builds(
    tree.CodeBlock,
    st.lists(st.sampled_from((*TEXTS, *["\n", "````\n"] * 400)), max_size=4).map("".join),
    st.sampled_from(("", "py", "a b", "`")),
)
cells = st.lists(nested, min_size=1, max_size=2).map(tuple).map(_as_read) | st.just(())


@st.composite
def tables(draw: st.DrawFn) -> tree.Table:
    columns = draw(st.integers(1, 3))
    row = st.tuples(*[cells] * columns)
    aligns = draw(st.tuples(*[st.sampled_from(tree.Align)] * columns))
    return tree.Table(aligns, draw(row), tuple(draw(st.lists(row, max_size=3))))


def containers(children: st.SearchStrategy[tree.Block]) -> st.SearchStrategy[tree.Block]:
    some = st.lists(children, max_size=3).map(tuple)
    items = st.lists(
        st.builds(tree.Item, some, st.sampled_from((None, None, True, False))),
        min_size=1,
        max_size=3,
    )
    return st.one_of(
        st.builds(tree.List, items.map(tuple), st.sampled_from((None, 1, 7)), st.booleans()),
        st.builds(tree.Quote, st.lists(children, min_size=1, max_size=3).map(tuple)),
    )


simple = st.one_of(
    paragraphs,
    st.builds(tree.Heading, st.integers(1, 6), inlines),
    codes,
    tables(),
    st.just(tree.Rule()),
)
blocks = st.recursive(simple, containers, max_leaves=8)
documents = st.lists(blocks, min_size=1, max_size=4).map(tuple)
