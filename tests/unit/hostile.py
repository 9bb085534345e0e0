"""Makes texts that want to ping everybody, to forge a link, or to cost more than their length."""

import random
from collections.abc import Iterator

# What would be live or forged if it came through as it stands.
POISON = (
    "<!channel>", "<!here>", "<@U012ABCDEF>", "<#C024BE7LR|general>", "<!subteam^S1|@ops>",
    "<http://evil.example|google.com>", "<https://evil.example>", "&lt;!channel&gt;",
    "&#60;&#33;channel&#62;", "&amp;lt;!here&amp;gt;", "&lt;&commat;U012ABCDEF&gt;",
    "&LT;!everyone&GT;", "\\<!channel>", "<\u200b!channel>", "<&#33;channel>", "<\\!here>",
    "[google.com](http://evil.example)", "[google.com](<http://evil.example>)",
    "[goo**gle.com**](http://evil.example)", "[google.com][1]", "[1]: http://evil.example",
    "[google.com]", "[google.com]: http://evil.example", "![google.com](http://evil.example/i)",
    "[![google.com](http://a.example/i)](http://evil.example)", "[x](javascript:alert(1))",
    "[google.com](http://google.com@evil.example/)", "[x](http://a.com&#64;evil.example)",
    "[google`.com`](http://evil.example)", "[google&period;com](http://evil.example)",
    "[ｇoogle.com](http://evil.example)", "<a href='http://evil.example'>google.com</a>",
    "<a href=javascript:alert(1)>x</a>", "<img src=http://evil.example/i alt=google.com>",
    "http://evil.example", "www.evil.example", "<evil@evil.example>", "https://a.example/<!here>",
    '[a](http://evil.example "<!here>")', "[a](http://evil.example/<!here>)", "`<!channel>`",
)  # fmt: skip
# The same behind what nobody sees, or what a reader of hosts makes of other characters.
HIDDEN = (
    "[google\u034f.com](http://evil.example)", "[google.\u200ecom](http://evil.example)",
    "[go\u00adogle.com](http://\u200bevil.example)", "[google.com](http://ev\u00adil.example)",
    "[google.com](http://evil。example)", "[google.com](http://ｅvil．example/a)",
    "[google.com](http://google.com／@evil.example)", "[google.com](http:\\\\evil.example)",
    "[google.com](http://evil.example\\@google.com)", "[google.com](http://google.com%40evil.example)",
    "[google.com](www.evil.example)", "[𝐠𝐨𝐨𝐠𝐥𝐞.com](http://evil.example)",
    "[google.<!-- -->com](http://evil.example)", "[google.com[^1]](http://evil.example)",
    "<a href=//evil.example title=google.com>google.com</a>",
    "<A HREF='http://evil.example'>goog<wbr>le.com</A >", "[x](java&#10;script:alert(1))",
    "<\u2060!channel>", "<\ufeff@U012ABCDEF>", "&nvlt;!here&gt;", "&#0060;&excl;channel&#x3e;",
    "&amp;#60;!here&amp;#62;", "&ltslack://open&#x3e;", "&#60mailto:a@evil.example|google.com&#62;",
    "<!date^1392734382^{date}^http://evil.example|x>", "<![CDATA[<!channel>]]>", "<?x <!here> ?>",
)  # fmt: skip
# What may open, close or part it: the places where readers disagree.
MARKS = (
    "`", "``", "```\n", "```", "~~~\n", "~~~", "\n", "\n\n", "\\", "[", "]", "](", ")", "(", "!",
    "<", ">", "&", ";", "*", "**", "_", "~~", "|", "$", "$$", "\\(", "\\)", "\\[", "\\]", "> ",
    "> ```\n", "- ", "1. ", "# ", "    ", "\t", " ", "  \n", "---\n", "===\n", ":", '"', "'",
    "<b>", "</b>", "<p>", "</p>", "<div>\n\n", "</div>", "<code>", "</code>", "<pre>", "</pre>",
    "<br>", "<!--", "-->", "<script>", "</script>", "<table><tr><td>", "</td></tr></table>",
    "| a | b |\n|---|---|\n| ", "<ul><li>", "</li></ul>", "<details><summary>", "</summary>",
    "<a href='", '<a href="', "'>", '">', "<blockquote>", "&lt;", "&gt;", "&amp;", "&#96;",
    "\u200b", "\u2028", "\r", "\x00", "\u202e", "a", "word ", "字", "中文，", "1", "3~5", "x_1",
    "<think>", "</think>", "[^1]", "[^1]: ", "- [ ] ", "{", "}", "=", "+", "::", "@", "@U1",
)  # fmt: skip


def texts(seed: int, count: int) -> Iterator[str]:
    """`count` texts of up to 24 pieces, the same for the same seed."""
    source = random.Random(seed)  # noqa: S311 - no secret
    for _ in range(count):
        size = source.randint(1, 24)
        yield "".join(
            source.choice(POISON if source.random() < 0.3 else MARKS) for _ in range(size)
        )


# Repeated they bring out what grows faster than its text.
UNITS = (
    "[a](", "a[0](", "![x](", "[^1]", " ", "\n", "**_", "&lt;", "$a", "\\(", "\\[", "<b><i>",
    "| a ",
    "> ", "- ", "1. ", "# ", "`", "`a``b", "```\n", "*", "**a", "*a_", "_a ", "~~a", "[", "](",
    "[a][",
    "[a]: x\n", "<", "<a href='", '<a b="', "<!--", "<p>", "<div>\n\n", "<ul><li>",
    "<table><tr><td>",
    "<br>", "<script>", "<blockquote>", "&amp;", "http://", "https://a.b/(", "www.", "\\", "$$",
    "$x$ ",
    "字**字", "| a | b |\n|---|---|\n", "| a |\n", "- a\n  ", "> > ", "```\n<think>", "</think>",
    "\r\n",
    "a\n===\n", "x <div>\n", "[x](https://a.b/ c", "\\[1\\] ", "- [ ] ",
    "$$a\n", "$$a\nb\n", "> $$a\n", "a\n> > \n",
)  # fmt: skip
