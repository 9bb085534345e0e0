"""What is left of an answer's surroundings where Slack refuses them."""

from typing import Any

from bridge.core.model import Answer
from bridge.emulators.slack import Fault
from tests.adapter.desk import Desk, open_desk

WHICH = Answer("Which **one**?", options=("Invoice", "Refund"), notices=("Files were not read.",))


def refuse(desk: Desk, piece: str) -> None:
    """Take no post that holds this."""

    def is_there(arguments: dict[str, Any]) -> bool:
        return piece in str(arguments)

    refusal = {"kind": "error", "error": "invalid_blocks", "times": None, "when": is_there}
    desk.slack.faults.add(Fault(method="chat.postMessage", **refusal))  # type: ignore[arg-type]


async def test_where_slack_takes_no_buttons_their_words_are_there() -> None:
    async with open_desk() as desk:
        refuse(desk, "ask_0")
        await desk.reply.finish(WHICH)
        *answer, below = desk.posts()
        assert "".join(page.shown for page in answer) == "Which **one**?"
        assert "• Invoice\\n• Refund" in str(below.blocks)


async def test_where_slack_takes_no_word_of_the_robots_our_own_remain() -> None:
    async with open_desk() as desk:
        refuse(desk, "Invoice")
        await desk.reply.finish(WHICH)
        *answer, below = desk.posts()
        assert "".join(page.shown for page in answer) == "Which **one**?"
        assert "Files were not read." in str(below.blocks)
