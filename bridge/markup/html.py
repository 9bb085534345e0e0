"""Reads HTML into the tree: its blocks by lexbor, what stands within them by the inline lexer."""

import re
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import ClassVar

from selectolax.lexbor import LexborHTMLParser, LexborNode

from bridge.markup import elements, tree
from bridge.markup.constructs import drop_dangling
from bridge.markup.inline import read_line

_DEEPEST = 12  # lists, quotes and tables within each other; deeper ones flow into these
_MOST_AROUND = 8  # inline elements that hold blocks
_MOST_COLUMNS, _MOST_FILLED = 30, 10_000  # of a cell; cells that a table may be filled up with
# To lexbor only blocks are tags: of all else `<` and `&` are hidden from it.
_HIDE, _SHOW = str.maketrans("<&", "\ue000\ue001"), str.maketrans("\ue000\ue001", "<&")
_END = "\ue002"  # where a text ends that may go on there
_AROUND = {"dt": "b", "summary": "b", "caption": "em", "figcaption": "em"}
_LANGUAGE = re.compile(r"(?:language-|lang-|brush:\s*)([\w+#-]+)")


def read_html(
    source: str, start: int = 0, targets: Mapping[str, str] | None = None, *, is_open: bool = False
) -> tuple[tree.Block, ...]:
    """All of a block of HTML, which begins at `start` of the whole text.

    With `is_open` the text may go on: half a tag at its end is left out, and what is open is
    closed there. A block's `start` is that of a tag from where it can be read again by itself.
    """
    blocks: list[tree.Block] = []
    for offset, chunk in _cut(source, is_open=is_open):
        # Words before the first tag are Markdown.
        is_html = offset > 0 or source.lstrip().startswith("<")
        reader = _Reader(start + offset, targets, is_html=is_html)
        blocks += reader.read_flow(LexborHTMLParser(chunk, is_fragment=True).root)
    return tuple(blocks)


def _find_around(marks: list[elements.Mark]) -> set[int]:
    """Where the tags of inline elements stand that hold blocks."""
    waiting: dict[str, list[tuple[int, int]]] = defaultdict(list)
    around, blocks = set[int](), 0
    for mark in marks:
        if mark.name in elements.BLOCK_NAMES:
            blocks += 1
        elif mark.name and not mark.is_end and mark.name not in elements.VOID:
            waiting[mark.name].append((mark.start, blocks))
        elif mark.is_end and waiting[mark.name]:
            start, before = waiting[mark.name].pop()
            around |= {start, mark.start} if before < blocks else set()
    return around


def _cut(source: str, *, is_open: bool) -> Iterator[tuple[int, str]]:
    """Chunks that need nothing of each other, each with its place in the source; to lexbor only
    their blocks are tags.
    """
    closings = elements.find_closings(source)
    marks = list(elements.find_marks(source, 0, len(source), closings, is_open=is_open))
    holding = _find_around(marks)
    around: list[tuple[str, str]] = []  # names and tags
    parts: list[str] = []
    begin = depth = position = 0
    for name, is_end, start, end, tag in marks:
        parts.append(source[position:start].translate(_HIDE))
        position = end
        if name in elements.BLOCK_NAMES:
            is_lasting = name in elements.LASTING
            depth = max(depth - (is_lasting and is_end), 0)
            if not depth and not around:
                yield begin, "".join(parts)
                begin, parts = start, []
            depth += is_lasting and not is_end
            is_kept = (
                name not in elements.CONTAINERS and depth + (is_lasting and is_end) <= _DEEPEST
            )
            parts += [f"</{outer}>".translate(_HIDE) for outer, _ in reversed(around)]
            parts.append(tag if is_kept else "<wbr>")
            parts += [outer for _, outer in around]
        elif name and name not in elements.DROPPED:
            parts.append(tag.translate(_HIDE))
            if start in holding and not is_end and len(around) < _MOST_AROUND:
                around.append((name, parts[-1]))
            elif start in holding and is_end:
                around = [pair for pair in around if pair[0] != name]
    yield begin, "".join([*parts, source[position:].translate(_HIDE), _END * is_open])


def _children(node: LexborNode | None) -> Iterator[LexborNode]:
    """It, and those behind it."""
    while node is not None:
        yield node
        node = node.next


def _source(node: LexborNode) -> str:
    return (node.text_content or "").translate(_SHOW)


def _code_source(node: LexborNode) -> str:
    """All text within; each element stands on lines of its own."""
    source = ""
    for part in _children(node.first_child):
        words = _source(part) if part.is_text_node else _code_source(part)
        if part.is_element_node:
            source += "\n" * (bool(source) and not source.endswith("\n"))
            words += "\n" * (bool(words) and not words.endswith("\n"))
        source += words
    return source


def _number(node: LexborNode, name: str) -> int:
    text = (node.attributes.get(name) or "").strip()
    return int(text) if text.isdecimal() and len(text) < 10 else 1


@dataclass(slots=True)
class _Reader:
    start: int
    targets: Mapping[str, str] | None
    is_html: bool
    _around: list[str] = field(default_factory=list)  # names of styles that its words have

    def read_flow(self, first: LexborNode | None) -> list[tree.Block]:
        blocks: list[tree.Block] = []
        run: list[str] = []
        for node in _children(first):
            if node.is_text_node:
                run.append(_source(node))
            elif node.is_element_node:
                blocks += self._read_run("".join(run))
                run.clear()
                blocks += self._read_block(node)
        return blocks + self._read_run("".join(run))

    def _read_run(self, run: str) -> list[tree.Block]:
        text, is_open = run.replace(_END, ""), _END in run
        if not text.strip():
            return []
        lines = (" ".join(line.split()) for line in text.replace("&nbsp;", " ").split("\n"))
        text = "\n".join(filter(None, lines))
        for name in self._around:
            text = f"<{name}>{text}" + ("" if is_open else f"</{name}>")
        line = read_line(text, self.targets, is_html=self.is_html, is_open=is_open)
        return [tree.Paragraph(words, self.start) for words in tree.split(line.shown)]

    def _read_block(self, node: LexborNode) -> list[tree.Block]:
        name = node.tag or ""
        around = [_AROUND[name]] if name in _AROUND else []
        self._around += around
        blocks = self._readers.get(name, _Reader._read_inside)(self, node)
        del self._around[len(self._around) - len(around) :]
        return blocks

    def _read_inside(self, node: LexborNode) -> list[tree.Block]:
        return self.read_flow(node.first_child)

    def _read_heading(self, node: LexborNode) -> list[tree.Block]:
        words = tree.flatten(self._read_inside(node))
        return [tree.Heading(int((node.tag or "")[1]), words, self.start)] if words else []

    def _read_quote(self, node: LexborNode) -> list[tree.Block]:
        blocks = tuple(self._read_inside(node))
        return [tree.Quote(blocks, self.start)] if blocks else []

    def _read_code(self, node: LexborNode) -> list[tree.Block]:
        source = _code_source(node)
        if _END in source:
            source = drop_dangling(source.replace(_END, ""))
        head = (node.attributes.get("class") or "") + source[: source.find(">") + 1]
        language = _LANGUAGE.search(head)
        code = elements.read_code(source).strip("\n")
        return [tree.CodeBlock(code, language[1] if language else "", self.start)]

    def _read_item(self, node: LexborNode) -> tree.Item:
        is_done, blocks = tree.take_task(tuple(self._read_inside(node)))
        return tree.Item(blocks, is_done, self.start)

    def _read_list(self, node: LexborNode) -> list[tree.Block]:
        items: list[tree.Item] = []
        before: list[tree.Block] = []
        for child in _children(node.first_child):
            if child.tag == "li":
                items.append(self._read_item(child))
            elif child.is_text_node or child.is_element_node:  # people write lists into lists
                blocks = (
                    self._read_run(_source(child))
                    if child.is_text_node
                    else self._read_block(child)
                )
                if items:
                    items[-1] = replace(items[-1], blocks=(*items[-1].blocks, *blocks))
                else:
                    before += blocks
        while items and not items[-1].blocks:
            items.pop()
        first = _number(node, "start") if node.tag == "ol" else None
        return [*before, *([tree.List(tuple(items), first, self.start)] if items else [])]

    def _read_table(self, table: LexborNode) -> list[tree.Block]:
        blocks: list[tree.Block] = []
        parts: dict[str, list[LexborNode]] = {"thead": [], "tbody": [], "tfoot": []}
        for part in _children(table.first_child):
            if part.tag in parts:
                parts[part.tag] += [row for row in _children(part.first_child) if row.tag == "tr"]
            elif part.is_element_node and part.tag != "colgroup":
                blocks += self._read_block(part)
        rows = [
            [cell for cell in _children(row.first_child) if cell.tag in {"td", "th"}]
            for row in (*parts["thead"], *parts["tbody"], *parts["tfoot"])
        ]
        cells = [cell for row in rows for cell in row]
        is_column = len(cells) == len(rows)
        if len(cells) == 1 or (is_column and any(cell.css_first("table") for cell in cells)):
            return blocks + [one for cell in cells for one in self._read_inside(cell)]
        grid = self._read_rows(rows)
        width = max(map(len, grid), default=0)
        if sum(width - len(row) + row.count(()) for row in grid) > _MOST_FILLED:
            return blocks + [
                tree.Paragraph(tree.flatten_row(row), self.start) for row in grid if any(row)
            ]
        if not width:
            return blocks
        head, *body = [(*row, *[()] * (width - len(row))) for row in grid]
        return [*blocks, tree.Table((tree.Align.NONE,) * width, head, tuple(body), self.start)]

    def _read_rows(self, rows: list[list[LexborNode]]) -> list[list[tree.Inlines]]:
        """Their cells; one that spans several leaves the others empty."""
        grid: list[list[tree.Inlines]] = []
        below: dict[int, int] = {}  # how many more rows a column is spanned
        filled = 0
        for row in rows:
            made: list[tree.Inlines] = []
            for cell in row:
                while below.get(len(made), 0) > 0 and filled < _MOST_FILLED:
                    below[len(made)] -= 1
                    made.append(())
                    filled += 1
                high, wide = _number(cell, "rowspan"), _number(cell, "colspan")
                wide = min(wide, _MOST_COLUMNS)
                below |= dict.fromkeys(range(len(made), len(made) + wide), high - 1)
                made += [tree.flatten(self._read_inside(cell)), *[()] * (wide - 1)]
            grid.append(made)
        return grid

    _readers: ClassVar[dict[str, Callable[["_Reader", LexborNode], list[tree.Block]]]] = {
        **dict.fromkeys(("h1", "h2", "h3", "h4", "h5", "h6"), _read_heading),
        **dict.fromkeys(("ol", "ul"), _read_list),
        "blockquote": _read_quote,
        "hr": lambda self, _: [tree.Rule(self.start)],
        "li": lambda self, node: [tree.List((self._read_item(node),), start=self.start)],
        "pre": _read_code,
        "table": _read_table,
    }
