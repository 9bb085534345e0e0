"""Emphasis is read as CommonMark's CJK-friendly rules read it; where it is not, on purpose.

The oracle is comrak, whose authors follow https://github.com/tats-u/markdown-cjk-friendly.
"""

import itertools
import re
from collections import Counter

import comrak
import pytest

from bridge.markup.inline import read_line
from bridge.markup.tree import Code, Inline, Span, Text
from tests.unit.written import markdown, mrkdwn

OPTIONS = comrak.ExtensionOptions(strikethrough=True, cjk_friendly_emphasis=True)
OUTSIDE = ("", "字", "a", "1", " ", "，", "（", ",", "(", "”")
MARKS = ("*", "**", "***", "_", "__", "~~")
INSIDE = ("字", "a", "1", "。字", "字。", "“字”", "(a)", "a.", ".a", "1%", "字 a", "`c`")
PAIRED = [
    before + mark + inner + mark + after
    for before, mark, inner, after in itertools.product(OUTSIDE, MARKS, INSIDE, OUTSIDE)
]
NAME = re.compile(r"(?<!\w)__[a-z]+__(?![A-Za-z0-9_])")
DIGITS = re.compile(r"[0-9][*_~]+[0-9]")


def theirs(markdown: str) -> str:
    def write(node: comrak.AstNode) -> str:
        match node.node_value:
            case comrak.Text(value=words):
                return words
            case comrak.Code(value=code):
                return f"`{code.literal}`"
            case comrak.Strong():
                return f"<strong>{inner(node)}</strong>"
            case comrak.Emph():
                return f"<emphasis>{inner(node)}</emphasis>"
            case comrak.Strikethrough():
                return f"<strike>{inner(node)}</strike>"
        return inner(node)

    def inner(node: comrak.AstNode) -> str:
        return "".join(map(write, node.children))

    # Before it stands a word, that no mark begins a list.
    return write(comrak.parse_document(f"x\\\n{markdown}", OPTIONS))[1:].strip()


def ours(markdown: str) -> str:
    def write(inline: Inline) -> str:
        match inline:
            case Text(text):
                return text
            case Code(text):
                return f"`{text}`"
            case Span(style, children):
                return f"<{style}>{''.join(map(write, children))}</{style}>"
        return ""

    return "".join(map(write, read_line(f"x\\\n{markdown}").shown))[1:].strip()


def why(text: str, by_them: str, by_us: str) -> str:
    """Why a difference is wanted; the words themselves where it is not."""
    if DIGITS.search(text) and "<" not in by_us:
        return "a mark between digits is a character: 2*3*4, 1**2"
    if NAME.search(text):
        return "__a__ is a name: __init__"
    if "<" in by_them:
        return text
    if "_" in text:
        return "__ beside Chinese characters is bold: 不要__断电__"
    return "strong marks stand beside any punctuation: a**(b)**c"


def test_where_the_oracle_sees_emphasis_so_do_we_and_where_only_we_do_is_told() -> None:
    found = ((text, theirs(text), ours(text)) for text in PAIRED)
    reasons = Counter(why(*each) for each in found if each[1] != each[2])
    assert reasons == {
        "a mark between digits is a character: 2*3*4, 1**2": 108,
        "__ beside Chinese characters is bold: 不要__断电__": 289,
        "strong marks stand beside any punctuation: a**(b)**c": 498,
        "__a__ is a name: __init__": 49,
    }


@pytest.mark.parametrize(
    ("said", "shown"),
    [
        ("**bold** word", "**bold** word"),
        ("`**重点：**文字`", "`**重点：**文字`"),
        ("```\n3~5 2*3 __粗__\n###x\n```", "```\n3~5 2*3 __粗__\n###x\n```"),
        ("2 * 3 * 4", "2 * 3 * 4"),
        ("\\**a：**b", "\\*\\*a：\\*\\*b"),
        ("a*b*c", "a*b*c"),
        ("a**(b)**c", "a**\u200b(b)\u200b**c"),
        ("*注意！*请", "*注意！\u200b*请"),
        ("看*说明。*Then", "看*说明。\u200b*Then"),
        ("3~5 天，8~10 天，约 ~2 天", "3∼5 天，8∼10 天，约 ∼2 天"),
        ("周一~周五", "周一∼周五"),
        ("~~gone~~ `3~5`", "~~gone~~ `3~5`"),
        ("###标题\n#话题", "### 标题\n\n#话题"),
        ("***粗斜***，**粗*斜***", "***粗斜***，**粗*斜*\u200b**"),
    ],
)
def test_marks_in_chinese_text_and_beside_numbers_are_shown_as_meant(said: str, shown: str) -> None:
    assert markdown(said) == shown


def test_what_is_read_as_emphasis_is_written_as_emphasis() -> None:
    """An independent reader, without any friendliness, reads the same out of what Slack gets."""
    strict = comrak.ExtensionOptions(strikethrough=True)
    spans = {"strong": "strong", "em": "emphasis", "del": "strike"}
    for text in PAIRED[::7]:
        shown = comrak.markdown_to_html(markdown(f"x\\\n{text}"), strict)
        read = [spans[tag] for tag in re.findall(r"<(strong|em|del)>", shown)]
        assert sorted(read) == sorted(re.findall(r"<([a-z]+)>", ours(text))), text


def test_notifications_too() -> None:
    assert mrkdwn("**重点：**文字") == "*重点：*\u200b文字"
