"""The windows that open on a press: why an answer was bad, what it cites, what to ask about a
message. Pure: values, and the views made of them.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from textwrap import wrap
from typing import Any, Self

from bridge.core.model import Source, TurnId
from bridge.core.translator import Translation
from bridge.markup.growing import read
from bridge.slack import actions
from bridge.slack.message import Block, View
from bridge.slack.payload_fields import get_dict, get_dicts, get_str
from bridge.slack.reading.mrkdwn import read_mrkdwn, write_mrkdwn
from bridge.slack.rendering import mrkdwn

FIELD = "words"  # the one input of a modal: its block_id and its action_id
REASON_LIMIT = 500  # characters; Beebot takes the reason in the query of a URL

_QUOTED = "quoted_"  # begins the block_id of each part of a quoted message
_LINE_LIMIT = 550  # escaped, it still fits into a section

_TITLE_LIMIT = 24  # these are Slack's
_INPUT_LIMIT = 3000
_TEXT_LIMIT = 3000
_MOST_SOURCES = 50  # two blocks each, of a hundred
_ALL_QUOTES_LIMIT = 12_000  # a view holds 250 kB of JSON, of which a sign may take twelve bytes
_TITLE_OF_SOURCE_LIMIT = 150


@dataclass(frozen=True, slots=True)
class Origin:
    """Where a modal was opened; it travels through Slack with it, as `private_metadata`.

    `respond_to` is the address for a private answer, `value` that of the button. `files`,
    `has_unknown` and `is_cut` are said of the message that is asked about, as of an `Ask`.
    """

    channel: str
    root: str
    respond_to: str = ""
    value: str = ""
    files: int = 0
    has_unknown: bool = False
    is_cut: bool = False

    def encode(self) -> str:
        given = {name: part for name, part in asdict(self).items() if part}
        return json.dumps(given, ensure_ascii=False)

    @classmethod
    def decode(cls, text: str) -> Self:
        """Raises ValueError for what `encode` did not write."""
        try:
            origin = cls(**json.loads(text))
        except (TypeError, RecursionError) as error:
            raise ValueError("not the origin of one of our modals") from error
        texts = (origin.channel, origin.root, origin.respond_to, origin.value)
        counts = (origin.files, origin.has_unknown, origin.is_cut)
        if not (all(isinstance(one, str) for one in texts) and all(map(_is_count, counts))):
            raise ValueError("not the origin of one of our modals")
        return origin


@dataclass(frozen=True, slots=True)
class AskReason:
    """`origin.value` tells which answer was bad."""

    origin: Origin


@dataclass(frozen=True, slots=True)
class AskQuestion:
    """`quoted` is what the message says, with tokens; `limit` what a question may hold, in
    characters.
    """

    origin: Origin
    quoted: str
    limit: int


@dataclass(frozen=True, slots=True)
class ShowSources:
    """What the answer of this turn cites."""

    turn: TurnId


Modal = AskReason | AskQuestion | ShowSources


def reason_view(modal: AskReason, translation: Translation) -> View:
    field = _field("reason", REASON_LIMIT, translation)
    return _form(
        actions.REASON, "reason_title", field, origin=modal.origin, translation=translation
    )


def question_view(modal: AskQuestion, translation: Translation) -> View:
    """The message stands above an empty field; it comes back with the view when that is sent."""
    field = _field("question", min(modal.limit, _INPUT_LIMIT), translation)
    view = _form(
        actions.QUESTION, "question_title", field, origin=modal.origin, translation=translation
    )
    view["blocks"] = [*_quote(modal.quoted), *view["blocks"]]
    return view


def quoted_in(view: Mapping[str, Any]) -> str:
    """What `question_view` quoted, out of the view that comes back."""
    blocks = [
        one for one in get_dicts(view, "blocks") if get_str(one, "block_id").startswith(_QUOTED)
    ]
    quoted = [read_mrkdwn(get_str(get_dict(one, "text"), "text")) for one in blocks]
    lines = "\n".join(quoted).split("\n")
    return "\n".join(line.removeprefix(">").removeprefix(" ") for line in lines).strip()


def sources_view(sources: Sequence[Source], translation: Translation) -> View:
    """Says so where nothing is kept any more."""
    shown = sources[:_MOST_SOURCES]
    room = _ALL_QUOTES_LIMIT // len(shown) if shown else 0
    blocks = [block for source in shown for block in _source(source, min(room, _TEXT_LIMIT))]
    return {
        "type": "modal",
        "callback_id": actions.SOURCES,
        "title": _plain(translation.text("sources")[:_TITLE_LIMIT]),
        "close": _plain(translation.text("close")),
        "blocks": blocks or [_section(_plain(translation.text("sources_lost")))],
    }


def _source(source: Source, room: int) -> list[Block]:
    title = _cut(f"[{source.number}] {source.title}", _TITLE_OF_SOURCE_LIMIT)
    title = mrkdwn.escape(title).replace("*", "\u2217")
    heading = _section({"type": "mrkdwn", "text": f"*{title}*"})
    quote = mrkdwn.write_mrkdwn(read(source.quote), room)
    return [heading, _section({"type": "mrkdwn", "text": quote})] if quote else [heading]


def _quote(quoted: str) -> list[Block]:
    """As Slack quotes; names in it are shown by Slack itself."""
    lines = [
        f"> {write_mrkdwn(piece)}"
        for line in quoted.split("\n")
        for piece in _pieces(line)
        if quoted
    ]
    return [
        {
            "block_id": f"{_QUOTED}{number}",
            **_section({"type": "mrkdwn", "text": part, "verbatim": True}),
        }
        for number, part in enumerate(_parts(lines))
    ]


def _pieces(line: str) -> list[str]:
    is_long = len(line) > _LINE_LIMIT
    return wrap(line, _LINE_LIMIT, break_on_hyphens=False) if is_long else [line]


def _parts(lines: Sequence[str]) -> list[str]:
    """Whole lines together, as many as a section holds."""
    parts: list[str] = []
    for line in lines:
        if parts and len(parts[-1]) + len(line) < _TEXT_LIMIT:
            parts[-1] = f"{parts[-1]}\n{line}"
        else:
            parts.append(line)
    return parts


def _is_count(value: object) -> bool:
    return isinstance(value, int)


def _form(
    callback_id: str, title: str, field: Block, *, origin: Origin, translation: Translation
) -> View:
    return {
        "type": "modal",
        "callback_id": callback_id,
        "title": _plain(translation.text(title)[:_TITLE_LIMIT]),
        "submit": _plain(translation.text("send")),
        "close": _plain(translation.text("close")),
        "private_metadata": origin.encode(),
        "blocks": [field],
    }


def _field(key: str, limit: int, translation: Translation) -> Block:
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
        "label": _plain(translation.text(key)),
        "hint": _plain(translation.text(f"{key}_hint")),
        "element": element,
    }


def _section(text: Block) -> Block:
    return {"type": "section", "text": text}


def _plain(text: str) -> Block:
    return {"type": "plain_text", "text": text, "emoji": False}


def _cut(text: str, most: int) -> str:
    return text if len(text) <= most else text[: most - 1] + "…"
