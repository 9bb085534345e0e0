"""The windows that open on a press, within what Slack takes."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bridge.core.messages import Locale
from bridge.core.model import Source
from bridge.core.translator import Translation
from bridge.emulators.slack.methods_views import read_view
from bridge.slack.block_kit.actions import ModalMetadata, unpack
from bridge.slack.block_kit.message import View
from bridge.slack.block_kit.views import (
    AskQuestion,
    AskReason,
    home_view,
    question_view,
    quoted_in,
    reason_view,
    sources_view,
)
from bridge.slack.messages import SLACK_MESSAGES

METADATA = ModalMetadata("C0HALL", "1763790000.000200", "https://hooks.slack.example/1", "{}")
EN = Translation(Locale.EN, SLACK_MESSAGES)


def accepted(view: View) -> View:
    """As Slack takes it, or `RefusedError`."""
    return read_view(view, "modal")


@pytest.mark.parametrize("locale", Locale)
@pytest.mark.parametrize("name", ["", "智能客服", "<!channel> *x* <https://a.example|y>" * 2])
def test_a_home_names_its_robot_as_plain_words(locale: Locale, name: str) -> None:
    view = read_view(
        home_view(Translation(locale, SLACK_MESSAGES), robot=name, has_others=True), "home"
    )
    plain = [
        one["text"]
        for block in view["blocks"]
        for one in block.get("elements", ())
        if one["type"] == "plain_text"
    ]
    assert len(plain) == (2 if name else 1)
    assert name in plain[0]


def shown(view: View) -> list[str]:
    return [block["text"]["text"] for block in view["blocks"]]


@pytest.mark.parametrize("locale", Locale)
def test_all_modals_are_taken_in_both_languages(locale: Locale) -> None:
    words = Translation(locale, SLACK_MESSAGES)
    accepted(reason_view(AskReason(METADATA), words))
    accepted(question_view(AskQuestion(METADATA, "Late?", 512), words))
    accepted(sources_view([Source(1, "Guide", "It is late.")], words))


def test_the_question_is_empty_and_as_long_as_it_may_be() -> None:
    def field(text: str, limit: int) -> Any:
        return question_view(AskQuestion(METADATA, text, limit), EN)["blocks"][-1]["element"]

    assert "initial_value" not in field("It is late", 5)
    assert field("It is late", 5)["max_length"] == 5
    assert field("x" * 9000, 8000)["max_length"] == 3000


@pytest.mark.parametrize(
    "quoted",
    [
        "",
        "It is late",
        "a < b && c > d\n\n> quoted *itself*",
        "| a | b |\n| --- | --- |\n| 1 | <@U0BOB|bob> in <#C0HALL> |",
        "<\u2060@U0BOB> is typed, <!subteam^S0OPS|ops> is not",
        "    • deep\n👋 :party:",
        "\n".join("&" * 400 for _ in range(40)),
    ],
)
def test_the_message_that_is_asked_about_comes_back_with_the_view(quoted: str) -> None:
    view = accepted(question_view(AskQuestion(METADATA, quoted, 512), EN))
    assert quoted_in(view) == quoted.strip()


def test_a_line_longer_than_a_section_is_quoted_whole_in_several() -> None:
    words = " ".join(f"<{number}&" for number in range(900))
    view = accepted(question_view(AskQuestion(METADATA, words, 9000), EN))
    assert quoted_in(view).split() == words.split()


def test_a_modal_remembers_where_it_was_opened() -> None:
    view = reason_view(AskReason(METADATA), EN)
    assert unpack(ModalMetadata, view["private_metadata"]) == METADATA


@given(st.text(max_size=200))
def test_what_it_did_not_write_itself_is_refused(text: str) -> None:
    for odd in (text, json.dumps({"channel": text}), json.dumps([text]), json.dumps(text)):
        with pytest.raises(ValueError, match=r"ours|JSON|Expecting|Extra|char"):
            unpack(ModalMetadata, odd)


def test_sources_are_numbered_and_quoted_and_ping_nobody() -> None:
    view = accepted(
        sources_view([Source(2, "The <!here> *guide*", "<!channel> says so"), Source(5, "")], EN)
    )
    title, quote, bare = view["blocks"]
    assert title["text"]["text"] == "*[2] The &lt;!here&gt; ∗guide∗*"
    assert quote["text"] == {"type": "mrkdwn", "text": "&lt;\u200b!channel&gt; says so"}
    assert bare["text"]["text"].startswith("*[5]")


def test_sources_that_are_no_longer_kept_are_told_so() -> None:
    (said,) = shown(accepted(sources_view([], EN)))
    assert said == EN.text("sources_lost")


@pytest.mark.parametrize("sign", ["引", "😀", "&"])
@pytest.mark.parametrize("count", [1, 3, 80])
def test_however_much_is_cited_the_modal_opens(count: int, sign: str) -> None:
    sources = [Source(number, sign * 4000, sign * 9000) for number in range(count)]
    assert shown(accepted(sources_view(sources, EN)))[1].endswith("…")
