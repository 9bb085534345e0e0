"""How a markdown block expands, and what a person typed."""

import pytest

from bridge.emulators.slack.markdown import expand_markdown
from bridge.emulators.slack.member_messages import escape


@pytest.mark.parametrize(
    ("markdown", "kinds"),
    [
        ("one\ntwo\n\nthree", ["paragraph", "paragraph"]),
        ("# head\n## head\ntext", ["heading", "heading", "paragraph"]),
        ("text\n\n---\n\n***", ["paragraph", "divider", "divider"]),
        ("- a\n  - b\n\n- c\nlazy\n\n1. d", ["list"]),
        ("- a\n\ntext", ["list", "paragraph"]),
        ("> a\nlazy\n\n> b", ["quote", "quote"]),
        ("```py\n# no head\n\n- no list\n```\ntext", ["code", "paragraph"]),
        ("~~~~\n~~~\nstill code", ["code"]),
        ("| a | b |\n|---|---|\n| 1 | 2 |\n\ntext | with a bar", ["table", "paragraph"]),
        ("text\n| a |\n|---|\n| 1 |", ["paragraph", "table"]),
        ("#hashtag and -dash", ["paragraph"]),
        ("", []),
    ],
)
def test_every_part_of_a_markdown_block_counts_as_a_block(markdown: str, kinds: list[str]) -> None:
    assert expand_markdown(markdown) == kinds


@pytest.mark.parametrize(
    ("typed", "event_text"),
    [
        ("1 < 2 && 3 > 2", "1 &lt; 2 &amp;&amp; 3 &gt; 2"),
        ("<@U0BEEBOT00> a<b", "<@U0BEEBOT00> a&lt;b"),
        (
            "<https://x.io/?a=1&b=2|x> & <#C0GENERAL0>",
            "<https://x.io/?a=1&b=2|x> &amp; <#C0GENERAL0>",
        ),
        ("already &lt;escaped&gt; &amp; fine", "already &lt;escaped&gt; &amp; fine"),
        ("<script>", "&lt;script&gt;"),
    ],
)
def test_what_people_type_is_escaped_once_and_tokens_stay(typed: str, event_text: str) -> None:
    assert escape(typed) == event_text
