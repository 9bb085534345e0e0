"""Text from Beebot or from users can neither ping nor forge a link."""

import html
import re
import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bridge.core.markdown import close_open
from bridge.slack.text.defuse import defuse

PROPERTY = settings(max_examples=200, deadline=None)
LIVE = re.compile(r"<(?:[!@#]|[a-z]+://|mailto:)", re.IGNORECASE)
PIECES = [
    *("<!channel>", "<@U123>", "<#C1|x>", "<!subteam^S1>", "<", "&lt;", "&#60;", "&amp;", "&LT;"),
    *(
        "!here",
        "@U1",
        ">",
        "`",
        "``",
        "```\n",
        "```",
        "~~~\n",
        "\n",
        "\n\n",
        "\\",
        "[",
        "]",
        "](",
        ")",
    ),
    *("http://evil.example", "javascript:x", "![", "|google.com>", "a", "字", " ", "(", ":", '"t"'),
    *("<http://evil.example|google.com>", "[google.com](http://evil.example)", "    ", "> ", "- "),
]
TEXTS = st.lists(st.sampled_from(PIECES), max_size=25).map("".join)


@PROPERTY
@given(TEXTS)
def test_no_token_is_live_however_often_entities_are_decoded(text: str) -> None:
    defused = defuse(text)
    assert not LIVE.search(defused)
    assert not LIVE.search(html.unescape(defused))
    assert not LIVE.search(html.unescape(html.unescape(defused)))


@PROPERTY
@given(TEXTS)
def test_defusing_twice_changes_nothing(text: str) -> None:
    assert defuse(defuse(text)) == defuse(text)


@PROPERTY
@given(st.text(max_size=200))
def test_any_text_is_defused(text: str) -> None:
    assert not LIVE.search(defuse(text))
    assert defuse(defuse(text)) == defuse(text)


@PROPERTY
@given(TEXTS, st.integers(min_value=0))
def test_every_moment_of_a_growing_answer_is_defused(text: str, seed: int) -> None:
    assert not LIVE.search(defuse(close_open(text[: seed % (len(text) + 1)])))


@PROPERTY
@given(TEXTS)
def test_every_link_left_leads_where_a_link_may_lead(text: str) -> None:
    prose = re.sub(r"\\.", "x", defuse(text.replace("`", "").replace("~", "")), flags=re.DOTALL)
    targets = re.findall(r"\]\(([^)]*)", prose)
    assert all(target.startswith(("http://", "https://", "mailto:")) for target in targets)


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("hi <!channel>", "hi &lt;\u200b!channel>"),
        ("hi &lt;!here&gt;", "hi &lt;\u200b!here&gt;"),
        ("`<@U1>`", "`<\u200b@U1>`"),
        ("```\n<!channel>\n```", "```\n<\u200b!channel>\n```"),
        ("```\nif a < b:\n```", "```\nif a < b:\n```"),
        ("`List<String>`", "`List<String>`"),
        ("a < b > c", "a &lt; b > c"),
        ("\\<!here>", "&lt;\u200b!here>"),
        ("> quote", "> quote"),
        ("a & b &amp; c", "a & b &amp; c"),
        ("<https://x.example/a>", "[https://x.example/a](https://x.example/a)"),
        ("<http://evil|google.com>", "&lt;\u200bhttp://evil|google.com>"),
        ("[google.com](http://evil.com/x)", "[google.com (evil.com)](http://evil.com/x)"),
        ("[google.com](https://www.google.com/x)", "[google.com](https://www.google.com/x)"),
        ("[goo**gle.com**](http://e.com)", "[goo**gle.com** (e.com)](http://e.com)"),
        ("[google.com](http://google.com@e.com)", "[google.com (e.com)](http://google.com@e.com)"),
        ("[文档](https://x.example/?a=1&b=2)", "[文档](https://x.example/?a=1&b=2)"),
        ("[w](http://x.example/a_(b))", "[w](http://x.example/a_%28b%29)"),
        ('[w](http://x.example "t <!here>")', "[w](http://x.example)"),
        ("[click](javascript:alert(1))", "click"),
        ("[click](JavaScript:x)", "click"),
        ("[click](http://a.com&#64;evil.com)", "[click](http://a.com%40evil.com)"),
        ("![pic](https://x.example/p.png)", "[pic](https://x.example/p.png)"),
        ("![](https://x.example/p)", "[https://x.example/p](https://x.example/p)"),
        ("[![b](http://i.example)](http://x.example)", "[b](http://x.example)"),
        ("[a]: http://evil.example", "[a]\\: http://evil.example"),
        ("<me@x.example>", "[me@x.example](mailto:me@x.example)"),
        ("见 https://x.cn/a_b，或", "见 [https://x.cn/a\\_b](https://x.cn/a_b)，或"),
        ("见 https://x.cn/a 或", "见 https://x.cn/a 或"),
        ("![](http://x.example/a.jpg)", "[http://x.example/a.jpg](http://x.example/a.jpg)"),
        ("[manual.pdf](http://x.example/1)", "[manual.pdf](http://x.example/1)"),
        ("[http://g.cn@e.cn/](http://g.cn@e.cn/)", "[http://g.cn@e.cn/ (e.cn)](http://g.cn@e.cn/)"),
        ("[x](<http://x.example/a b>)", "[x](http://x.example/a%20b)"),
    ],
)
def test_what_is_dangerous_is_parted_and_the_rest_stays(text: str, shown: str) -> None:
    assert defuse(text) == shown


@pytest.mark.parametrize("unit", ["[", "`", "`a``b", "[a](", "<", "![[", "&amp;", "[a](b ", "](("])
def test_a_hostile_text_costs_no_more_than_its_length(unit: str) -> None:
    text = unit * (20_000 // len(unit))
    start = time.perf_counter()
    defuse(text)
    assert time.perf_counter() - start < 5
