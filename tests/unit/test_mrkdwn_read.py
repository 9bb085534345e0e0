"""The model reads what the person wrote, not Slack's wire form of it."""

import pytest

from bridge.slack.reading.message import read_question
from bridge.slack.reading.mrkdwn import read_mrkdwn, with_live_tokens


def words(text: str | None) -> str:
    return read_question({"text": text}, "U0BOT").words


@pytest.mark.parametrize(
    ("text", "read"),
    [
        ("  你好 <@U0BOT>\n", "你好"),
        ("a &lt; b &amp;&amp; c &gt; d", "a < b && c > d"),
        ("&amp;lt;", "&lt;"),
        ("see <https://x.example/a?b=1&amp;c=2>", "see https://x.example/a?b=1&c=2"),
        ("<https://x.example/a|the docs>", "the docs (https://x.example/a)"),
        ("<http://x.example|x.example>", "x.example"),
        ("<http://x.example/|http://x.example>", "http://x.example"),
        ("read <http://README.md|README.md>", "read README.md"),
        ("<mailto:a@x.example|a@x.example>", "a@x.example"),
        ("<tel:+4912|+49 12>", "+49 12 (+4912)"),
        (
            "in <#C123|general> and <#C456|> and <#C789>",
            "in <#C123|general> and <#C456> and <#C789>",
        ),
        ("ask <@U123|ann> or <@U456>", "ask <@U123|ann> or <@U456>"),
        ("<!channel> <!here|here> <!everyone>", "@channel @here @everyone"),
        ("<!subteam^S12|@ops> <!subteam^S34>", "<!subteam^S12|ops> <!subteam^S34>"),
        ("<!date^1392734382^{date}|18 Feb>", "18 Feb"),
        ("half \ud83d an emoji \ude00", "half \ufffd an emoji \ufffd"),
        ("a whole \U0001f600", "a whole \U0001f600"),
        ("", ""),
        (None, ""),
    ],
)
def test_slack_text_is_read_as_the_person_sees_it(text: str | None, read: str) -> None:
    assert words(text) == read


@pytest.mark.parametrize(
    "text",
    [
        "<@U0BOT> q",
        "<@U0BOT|beebot>: q",
        "<@U0BOT>：q",
        "<@U0BOT>, q",
        "<@U0BOT>，q",
        "<@U0BOT> - q",
        "<@U0BOT> — q",
        "<@U0BOT> <@U0BOT>: q",
        "<@U0BOT>\u00a0: q",
        "*<@U0BOT>*: q",
        " <@U0BOT>\nq",
        "q <@U0BOT>",
        "q, <@U0BOT>",
    ],
)
def test_the_mention_of_the_bot_goes_with_the_mark_that_sets_it_off(text: str) -> None:
    assert words(text) == "q"


@pytest.mark.parametrize(
    ("text", "read"),
    [
        ("<@U0BOT> -1 + 2?", "-1 + 2?"),
        ("<@U0BOT> --help?", "--help?"),
        ("<@U0BOT> :our-own: what?", ":our-own: what?"),
        ("<@U0BOT>... what?", "... what?"),
        ("hello <@U0BOT> there", "hello there"),
        ("hey <@U0BOT>, what?", "hey, what?"),
        ("what is it, <@U0BOT>?", "what is it?"),
        ("是什么，<@U0BOT>？", "是什么？"),
    ],
)
def test_what_belongs_to_the_words_stays(text: str, read: str) -> None:
    assert words(text) == read


@pytest.mark.parametrize(
    "text",
    [
        "\u200b",
        "<@U0BOT> \u200b\u2060",
        "\ufeff\u00ad",
        "\u3164\u2800",
        "\ufe0f",
        "\u2028\u00a0",
        "\u202e",
    ],
)
def test_a_message_that_nobody_can_see_is_empty(text: str) -> None:
    assert words(text) == ""


def test_what_looks_like_a_mention_but_was_typed_is_none() -> None:
    assert "<@U0BOB>" not in words("&lt;@U0BOB&gt; wrote <@U0ANN>")
    assert "<@U0ANN>" in words("&lt;@U0BOB&gt; wrote <@U0ANN>")


def test_thirty_thousand_blanks_cost_no_more_than_words() -> None:
    assert words("<@U0BOT>" + " " * 30_000 + "q" + "\t" * 30_000 + "<@U0BOT>") == "q"
    assert len(words(" ".join(["<@U0BOT>"] * 3000) + ": " * 9000)) > 9000


@pytest.mark.parametrize(
    "text",
    ["a < b & c", "<@U0BOB|bob> <#C0HALL> <!subteam^S0OPS|ops>", "<\u2060@U0BOB>", "> *x* `y`", ""],
)
def test_what_is_written_for_slack_reads_the_same(text: str) -> None:
    assert read_mrkdwn(with_live_tokens(text)) == text
