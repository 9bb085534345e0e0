"""Makes trees that want to ping, to forge, or to be read as something else than they are."""

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
texts = st.lists(st.sampled_from(WORDS), min_size=1, max_size=5).map("".join)
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


def _is_fair(
    inlines: tuple[tree.Inline, ...],
    styles: frozenset[tree.Style] = frozenset(),
    *,
    in_link: bool = False,
) -> bool:
    """As readers make them: no style within the same, no link within a link, and nothing empty."""
    if any(isinstance(edge, tree.Break) for edge in (inlines[0], inlines[-1])):
        return False
    for inline in inlines:
        match inline:
            case tree.Span(style, children):
                if style in styles or not _is_fair(children, styles | {style}, in_link=in_link):
                    return False
            case tree.Link():
                if in_link or not _is_fair(inline.children, styles, in_link=True):
                    return False
    return bool(words_of(inlines).strip())


inlines = (
    st.lists(st.recursive(leaves, spans, max_leaves=6), min_size=1, max_size=5)
    .map(tuple)
    .filter(_is_fair)
)
paragraphs = inlines.map(tree.Paragraph)
codes = st.builds(
    tree.CodeBlock,
    st.lists(st.sampled_from((*WORDS, "\n", "````\n")), max_size=8).map("".join),
    st.sampled_from(("", "py", "a b", "`")),
)
cells = inlines | st.just(())


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
