"""The windows that open on a press: why an answer was bad, what it cites, what to ask about a
message. Pure: values, and the views made of them.
"""

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any, Self

from bridge.core.model import Source, TurnId
from bridge.core.words import Words
from bridge.slack import actions
from bridge.slack.text.message import prepare
from bridge.slack.text.mrkdwn import escape, fallback_text

View = dict[str, Any]
Block = dict[str, Any]

FIELD = "words"  # the one input of a modal: its block_id and its action_id
REASON_LIMIT = 500  # characters; Beebot takes the reason in the query of a URL

_TITLE_LIMIT = 24  # these are Slack's
_INPUT_LIMIT = 3000
_TEXT_LIMIT = 3000
_MOST_SOURCES = 50  # two blocks each, of a hundred
_ALL_QUOTES_LIMIT = 12_000  # a view holds 250 kB of JSON, of which a sign may take twelve bytes
_TITLE_OF_SOURCE_LIMIT = 150


@dataclass(frozen=True, slots=True)
class Origin:
    """Where a modal was opened; it travels through Slack with it, as `private_metadata`.

    `respond_to` is the address for a private answer, `value` that of the button.
    """

    channel: str
    root: str
    respond_to: str = ""
    value: str = ""

    def encode(self) -> str:
        return json.dumps(asdict(self), ensure_ascii=False)

    @classmethod
    def decode(cls, text: str) -> Self:
        """Raises ValueError for what `encode` did not write."""
        try:
            origin = cls(**json.loads(text))
        except (TypeError, RecursionError) as error:
            raise ValueError("not the origin of one of our modals") from error
        if not all(isinstance(part, str) for part in asdict(origin).values()):
            raise ValueError("not the origin of one of our modals")
        return origin


@dataclass(frozen=True, slots=True)
class AskReason:
    """`origin.value` tells which answer was bad."""

    origin: Origin


@dataclass(frozen=True, slots=True)
class AskQuestion:
    """`text` is what the message says, `limit` what a question may hold, in characters."""

    origin: Origin
    text: str
    limit: int


@dataclass(frozen=True, slots=True)
class ShowSources:
    """What the answer of this turn cites."""

    turn: TurnId


Modal = AskReason | AskQuestion | ShowSources


def reason_view(modal: AskReason, words: Words) -> View:
    field = _field("reason", REASON_LIMIT, words)
    return _form(actions.REASON, "reason_title", field, origin=modal.origin, words=words)


def question_view(modal: AskQuestion, words: Words) -> View:
    limit = min(modal.limit, _INPUT_LIMIT)
    field = _field("question", limit, words)
    if text := modal.text[:limit]:
        field["element"]["initial_value"] = text
    return _form(actions.QUESTION, "question_title", field, origin=modal.origin, words=words)


def sources_view(sources: Sequence[Source], words: Words) -> View:
    """Says so where nothing is kept any more."""
    shown = sources[:_MOST_SOURCES]
    room = _ALL_QUOTES_LIMIT // len(shown) if shown else 0
    blocks = [block for source in shown for block in _source(source, min(room, _TEXT_LIMIT))]
    return {
        "type": "modal",
        "callback_id": actions.SOURCES,
        "title": _plain(words.say("sources")[:_TITLE_LIMIT]),
        "close": _plain(words.say("close")),
        "blocks": blocks or [_section(_plain(words.say("sources_lost")))],
    }


def _source(source: Source, room: int) -> list[Block]:
    title = escape(_cut(f"[{source.number}] {source.title}", _TITLE_OF_SOURCE_LIMIT)).replace(
        "*", "\u2217"
    )
    heading = _section({"type": "mrkdwn", "text": f"*{title}*"})
    quote = fallback_text(prepare(source.quote.strip()), room)
    return [heading, _section({"type": "mrkdwn", "text": quote})] if quote else [heading]


def _form(callback_id: str, title: str, field: Block, *, origin: Origin, words: Words) -> View:
    return {
        "type": "modal",
        "callback_id": callback_id,
        "title": _plain(words.say(title)[:_TITLE_LIMIT]),
        "submit": _plain(words.say("send")),
        "close": _plain(words.say("close")),
        "private_metadata": origin.encode(),
        "blocks": [field],
    }


def _field(key: str, limit: int, words: Words) -> Block:
    """`key` names the label, and with `_hint` what stands below the field."""
    element = {
        "type": "plain_text_input",
        "action_id": FIELD,
        "multiline": True,
        "max_length": limit,
    }
    return {
        "type": "input",
        "block_id": FIELD,
        "label": _plain(words.say(key)),
        "hint": _plain(words.say(f"{key}_hint")),
        "element": element,
    }


def _section(text: Block) -> Block:
    return {"type": "section", "text": text}


def _plain(text: str) -> Block:
    return {"type": "plain_text", "text": text, "emoji": False}


def _cut(text: str, most: int) -> str:
    return text if len(text) <= most else text[: most - 1] + "…"
