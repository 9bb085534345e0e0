"""An answer to a question that no message shows begins with that question."""

from dataclasses import dataclass

from hypothesis import given, settings
from hypothesis import strategies as st
from markdown_it import MarkdownIt
from markdown_it.tree import SyntaxTreeNode

from bridge.core.messages import Locale
from bridge.core.model import Answer
from bridge.core.ports import User
from bridge.core.translator import Translation, Translator
from bridge.markup.growing import read
from bridge.markup.tree import Blocks
from bridge.slack.block_kit.message import Message
from bridge.slack.messages import SLACK_MESSAGES
from bridge.slack.outbound.message_layout import (
    MAX_QUOTED,
    AnswerText,
    MessageLayout,
    quote,
    quoted_question,
)
from bridge.slack.rendering.markdown import MarkdownWriter
from bridge.slack.rendering.pages import text_from
from tests.unit.turns import ask_of, turn_of
from tests.users import Unknown

ASKED = "> What is *it*?"


@dataclass
class Alice:
    async def find(self, team: str, user: str) -> User:  # noqa: ARG002 - the port's names
        return User("Alice [Chen]")


def composed(question: str, name: str = "Alice") -> MessageLayout:
    text = AnswerText(quote(question, name) if question else ())
    turn, translation = turn_of(ask_of(question)), Translation(Locale.EN, SLACK_MESSAGES)
    return MessageLayout(turn, translation, text, stop_row=[])


def written(blocks: Blocks) -> str:
    return text_from(MarkdownWriter().write(blocks))


async def grow(layout: MessageLayout, source: str) -> Message:
    progress = await layout.edited(source, [])
    assert progress
    (message,) = progress.contents
    assert isinstance(message, Message)
    return message


async def finish(layout: MessageLayout, answer: Answer) -> Message:
    (message,) = next(await layout.final(answer, []))
    return message


async def test_the_question_is_quoted_with_who_asked() -> None:
    said = await quoted_question(
        ask_of("What is *it*?", is_quoted=True), Translator(Alice(), messages=SLACK_MESSAGES)
    )
    assert written(said) == "> What is *it\\*?\n>\n> — Alice [Chen]"


async def test_a_question_that_the_thread_shows_is_not_quoted() -> None:
    assert (
        await quoted_question(ask_of("What?"), Translator(Alice(), messages=SLACK_MESSAGES)) == ()
    )


async def test_a_stranger_is_not_named() -> None:
    assert (
        written(
            await quoted_question(
                ask_of("What?", is_quoted=True), Translator(Unknown(), messages=SLACK_MESSAGES)
            )
        )
        == "> What?"
    )


async def test_the_answer_stands_below_it_while_it_grows_and_at_its_end() -> None:
    layout = composed("What?")
    growing = await grow(layout, "Rain")
    whole = await finish(layout, Answer("Rain falls."))
    assert growing.blocks[0]["text"] == "> What?\n>\n> — Alice\n\nRain"
    assert whole.blocks[0]["text"] == "> What?\n>\n> — Alice\n\nRain falls."


async def test_a_notification_says_what_is_new() -> None:
    layout = composed("What?")
    growing = await grow(layout, "Rain")
    whole = await finish(layout, Answer("", notices=("Not **so** fast.",)))
    assert (growing.text, whole.text) == ("Rain", "Not *so* fast.")


def test_a_very_long_question_is_cut() -> None:
    assert len(written(quote("why " * 1000, ""))) < MAX_QUOTED + 10


def spoken(markdown: str) -> str:
    """What people read, spaces aside; anything but quoted plain words would show as a mark."""
    root = SyntaxTreeNode(
        MarkdownIt("commonmark").enable(["table", "strikethrough"]).parse(markdown)
    )
    kinds = {node.type for node in root.walk()}
    plain = {"root", "blockquote", "paragraph", "inline", "text", "softbreak", "hardbreak"}
    assert kinds <= plain, kinds
    text = "".join(node.content for node in root.walk() if node.type == "text")
    return "".join(text.replace("\u200b", "").replace("∼", "~").split())


ODD = st.text(alphabet="\\`*_~[]()<>!@#|&;lt-+=.:1 \n字a", min_size=1, max_size=60)


@given(ODD.filter(str.strip), ODD)
@settings(max_examples=100, deadline=None)
def test_nothing_in_a_question_or_a_name_is_read_as_formatting(question: str, name: str) -> None:
    said = written(quote(question, name))
    signed = f"{question}—{name}" if name.strip() else question
    assert spoken(said) == "".join(signed.split())


@given(ODD, st.text(alphabet="*_`[]()<!>\n字a ", max_size=80))
@settings(max_examples=60, deadline=None)
async def test_the_quoted_question_changes_nothing_of_the_answer_behind_it(
    question: str, answer: str
) -> None:
    whole = await finish(composed(question), Answer(answer or "x"))
    alone = await finish(composed(""), Answer(answer or "x"))
    above = written(quote(question, "Alice"))
    if written(read(answer or "x")):
        assert whole.blocks[0]["text"] == f"{above}\n\n{alone.blocks[0]['text']}"
        assert whole.text == alone.text
    else:
        assert whole.blocks[0]["text"] == above
