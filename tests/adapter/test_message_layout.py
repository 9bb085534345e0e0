"""What is left of an answer's surroundings where Slack refuses them."""

from typing import Any

import pytest

from bridge.core.events import SlackCalled
from bridge.core.model import Answer, Source
from bridge.emulators.slack import Fault
from tests.adapter.reply_stage import ReplyStage, open_reply_stage

WHICH = Answer("Which **one**?", options=("Invoice", "Refund"), notices=("Files were not read.",))


def refuse(stage: ReplyStage, piece: str) -> None:
    """Take no post that holds this."""

    def is_there(arguments: dict[str, Any]) -> bool:
        return piece in str(arguments)

    refusal = {"kind": "error", "error": "invalid_blocks", "times": None, "when": is_there}
    stage.slack.faults.add(Fault(method="chat.postMessage", **refusal))  # type: ignore[arg-type]


async def test_where_slack_takes_no_buttons_their_words_are_there() -> None:
    async with open_reply_stage() as stage:
        refuse(stage, "ask_0")
        await stage.reply.finish(WHICH)
        *answer, below = stage.posts()
        assert "".join(page.shown for page in answer) == "Which **one**?"
        assert "• Invoice\\n• Refund" in str(below.blocks)


async def test_where_slack_takes_no_word_of_the_robots_our_own_remain() -> None:
    async with open_reply_stage() as stage:
        refuse(stage, "Invoice")
        await stage.reply.finish(WHICH)
        *answer, below = stage.posts()
        assert "".join(page.shown for page in answer) == "Which **one**?"
        assert "Files were not read." in str(below.blocks)


async def test_a_footer_under_many_headings_is_not_one_block_too_many() -> None:
    async with open_reply_stage() as stage:
        headings = "\n\n".join(f"## Heading {number}" for number in range(40))
        longest = tuple(f"{number}{'很' * 500}" for number in range(5))
        answer = Answer(
            headings,
            (Source(1, "Weather"),),
            options=longest,
            related=longest,
            answer_id="answer-1",
            is_no_answer=True,
            notices=("One.", "Two."),
        )
        stage.know(asks=1, session="session-1")
        await stage.reply.finish(answer)
        assert stage.posts()[0].shown == headings
        assert set(outcomes(stage)) == {"ok"}
        assert stage.count("chat.postMessage") == 2


@pytest.mark.parametrize(("count", "size"), [(20, 500), (60, 400), (12, 3000)])
async def test_however_much_stands_under_an_answer_slack_takes_it_at_once(
    count: int, size: int
) -> None:
    async with open_reply_stage() as stage:
        many = tuple(f"{number:03}{'问' * size}" for number in range(count))
        sources = tuple(Source(number, "题" * 10_000, "引" * 10_000) for number in range(30))
        answer = Answer("A **body**.", sources, options=many, related=many, answer_id="a")
        stage.know(asks=1, session="s")
        await stage.reply.finish(answer)
        assert stage.texts()[0] == "A **body**."
        assert set(outcomes(stage)) == {"ok"}
        below = str([post.blocks for post in stage.posts()])
        assert all(below.count(f"• {question[:9]}") == 2 for question in many)


def outcomes(stage: ReplyStage) -> list[str]:
    return [event.result for event in stage.events if isinstance(event, SlackCalled)]
