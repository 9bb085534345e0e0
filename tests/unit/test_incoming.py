"""The model reads what the person wrote, not Slack's wire form of it."""

import pytest

from bridge.slack.text.incoming import from_slack


@pytest.mark.parametrize(
    ("text", "read"),
    [
        ("<@BOT> hello", "hello"),
        ("<@BOT|beebot>: hello", ": hello"),
        ("hello <@BOT> there", "hello there"),
        ("  你好 <@BOT>\n", "你好"),
        ("a &lt; b &amp;&amp; c &gt; d", "a < b && c > d"),
        ("&amp;lt;", "&lt;"),
        ("see <https://x.example/a?b=1&amp;c=2>", "see https://x.example/a?b=1&c=2"),
        ("<https://x.example/a|the docs>", "the docs (https://x.example/a)"),
        ("<http://x.example|x.example>", "http://x.example"),
        ("<mailto:a@x.example|a@x.example>", "a@x.example"),
        ("in <#C123|general>", "in #general"),
        ("in <#C123>", "in #C123"),
        ("in <#C123|>", "in #C123"),
        ("ask <@U123|ann>", "ask @ann"),
        ("ask <@U123>", "ask @U123"),
        ("<!channel> <!here|here> <!everyone>", "@channel @here @everyone"),
        ("<!subteam^S1|@ops>", "@ops"),
        ("<!subteam^S1>", "@S1"),
        ("<!date^1392734382^{date}|18 Feb>", "18 Feb"),
        ("half \ud83d an emoji \ude00", "half \ufffd an emoji \ufffd"),
        ("a whole \U0001f600", "a whole \U0001f600"),
        ("", ""),
        (None, ""),
    ],
)
def test_slack_text_is_read_as_the_person_sees_it(text: str | None, read: str) -> None:
    assert from_slack(text, "BOT") == read
