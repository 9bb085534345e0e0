"""What stands under an answer: how to go on, where it is from, notices, and what can be pressed."""

from collections.abc import Container, Iterable, Iterator
from contextlib import suppress
from dataclasses import replace
from itertools import count

from bridge.core.model import Answer
from bridge.core.translator import Translation
from bridge.core.turn import Turn
from bridge.core.utterance import cut
from bridge.slack.block_kit import actions
from bridge.slack.block_kit.actions import ActionValue, pack
from bridge.slack.block_kit.message import (
    CONTEXT_LIMIT,
    LABEL_LIMIT,
    Block,
    button,
    buttons,
    context_line,
    one_line,
)
from bridge.slack.rendering.mrkdwn import escape

MOST_BUTTONS = 5  # of options, and of related questions
MOST_TITLE = 150  # characters
_ROOMS = (1500, 1000, 500)  # characters of attached text that a button tries to carry


def footer(answer: Answer, turn: Turn, translation: Translation) -> list[Block]:
    """In the order in which a reader needs them; nothing foreign in it is read as formatting."""
    return [
        *_questions(answer, turn),
        *context_blocks(_context_lines(answer, translation)),
        *_feedback(answer, turn, translation),
        *_row(answer, turn, translation),
    ]


def spoken(answer: Answer, translation: Translation) -> list[Block]:
    """The same in words alone, for where Slack takes no buttons."""
    questions = [one for one in (*answer.options, *answer.related) if one.strip()]
    return context_blocks([*_paragraphs(questions), *_context_lines(answer, translation)])


def stop_row(turn: Turn, translation: Translation) -> list[Block]:
    """What stands under an answer that still grows."""
    value = ActionValue(turn.ask.turn)
    return [buttons([button(translation.text("stop"), actions.STOP, value, style="danger")])]


def context_blocks(lines: Iterable[str]) -> list[Block]:
    return [context_line(line) for line in lines if line]


def _context_lines(answer: Answer, translation: Translation) -> Iterator[str]:
    """Sources, the call for a human, and notices."""
    yield _sources(answer, translation)
    if answer.handover:
        yield translation.text("handover" if answer.handover.is_heard else "handover_unheard")
    if answer.is_no_answer:
        yield translation.text("no_answer")
    if answer.markdown:  # else they are the message itself
        yield from answer.notices


def _sources(answer: Answer, translation: Translation) -> str:
    titles = [
        f"[{one.number}] {one_line(one.title)[:MOST_TITLE]}".rstrip() for one in answer.sources
    ]
    return translation.text("cited", titles=" · ".join(titles)) if titles else ""


def _questions(answer: Answer, turn: Turn) -> Iterator[Block]:
    """A row of buttons for the options and one for the related questions, each below the words
    that no button shows whole.
    """
    numbers = count()
    for questions in (answer.options, answer.related):
        values = {one: _value(turn, one) for one in questions if one.strip()}
        pressable = {one: value for one, value in list(values.items())[:MOST_BUTTONS] if value}
        unread = (one for one in values if not _is_whole(one, pressable))
        yield from context_blocks(_paragraphs(unread))
        if pressable:
            yield buttons(
                [
                    button(one_line(question), f"{actions.ASK}{next(numbers)}", value)
                    for question, value in pressable.items()
                ]
            )


def _is_whole(question: str, pressable: Container[str]) -> bool:
    return question in pressable and len(escape(one_line(question))) <= LABEL_LIMIT


def _paragraphs(questions: Iterable[str]) -> Iterator[str]:
    """A list, in parts of which each fits into a context block."""
    part = ""
    for line in (f"• {one_line(question)}" for question in questions):
        if part and len(escape(f"{part}\n{line}")) > CONTEXT_LIMIT:
            yield part
            part = ""
        part = f"{part}\n{line}".strip("\n")
    yield part


def _feedback(answer: Answer, turn: Turn, translation: Translation) -> Iterator[Block]:
    session = turn.record.session
    if not (answer.answer_id and session):
        return
    robot = turn.record.robot.id if turn.record.robot else ""
    rated = ActionValue(turn.ask.turn, session=session, answer_id=answer.answer_id, robot=robot)
    yield {
        "type": "context_actions",
        "elements": [
            {
                "type": "feedback_buttons",
                "action_id": actions.RATE,
                "positive_button": _thumb(translation.text("good"), replace(rated, verdict="good")),
                "negative_button": _thumb(translation.text("bad"), replace(rated, verdict="bad")),
            }
        ],
    }


def _thumb(label: str, value: ActionValue) -> Block:
    return {"text": {"type": "plain_text", "text": label}, "value": pack(value)}


def _row(answer: Answer, turn: Turn, translation: Translation) -> Iterator[Block]:
    """Nothing under what was never a question for the bot, such as a greeting."""
    if not turn.record.asks:
        return
    place, again = ActionValue(turn.ask.turn), _again(turn)
    row = []
    if any(source.quote for source in answer.sources):
        row.append(button(translation.text("show_sources"), actions.SOURCES, place))
    if again:
        row.append(button(translation.text("ask_again"), actions.REGENERATE, again))
    yield buttons([*row, button(translation.text("new_conversation"), actions.NEW, place)])


def _again(turn: Turn) -> ActionValue | None:
    """What asks the same, with as much of what was attached as a button can carry."""
    ask = turn.delivery.ask
    for room in (len(ask.attached), *_ROOMS):
        if value := _value(turn, ask.text, cut(ask.attached, room), ask.images):
            return value
    return None


def _value(
    turn: Turn, question: str, attached: str = "", images: tuple[str, ...] = ()
) -> ActionValue | None:
    """What asks this question; None where it is longer than a button can carry."""
    value = ActionValue(turn.ask.turn, words=question, attached=attached, images=",".join(images))
    with suppress(ValueError):
        pack(value)
        return value
    return None
