"""The Home tab, and the modals: why an answer was bad, what it cites, what to ask about a message.

Pure: values, and the views that `views.publish` and `views.open` take. Limits are Slack's, in
characters (docs/slack.md, Presses, commands, modals).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from textwrap import wrap

from bridge.core.model import Source, TurnId
from bridge.core.translator import Translation
from bridge.markup.growing import read
from bridge.slack.block_kit import actions
from bridge.slack.block_kit.actions import ModalMetadata, pack
from bridge.slack.block_kit.message import (
    SECTION_LIMIT,
    Block,
    View,
    mrkdwn_text,
    plain_text,
    section,
)
from bridge.slack.reading.mrkdwn import read_mrkdwn, with_live_tokens
from bridge.slack.reading.payload_fields import Json, get_dicts, get_str
from bridge.slack.rendering import mrkdwn
from bridge.slack.rendering.markdown import MarkdownWriter

FIELD = "words"  # the one input of a modal: its block_id and its action_id
REASON_LIMIT = 500  # Beebot's: it takes the reason in the query of a URL

_QUOTED = "quoted_"  # begins the block_id of each part of a quoted message
_LINE_LIMIT = 550  # escaped, it still fits into a section

_TITLE_LIMIT = 24
_INPUT_LIMIT = 3000
_MOST_SOURCES = 50  # two blocks each, of a hundred
_ALL_QUOTES_LIMIT = 12_000  # a view holds 250 kB of JSON, of which a sign may take twelve bytes
_TITLE_OF_SOURCE_LIMIT = 150


@dataclass(frozen=True, slots=True)
class AskReason:
    """`metadata.value` tells which answer was bad."""

    metadata: ModalMetadata


@dataclass(frozen=True, slots=True)
class AskQuestion:
    """`quoted` is what the message says, with tokens; `limit` what a question may hold, in
    characters.
    """

    metadata: ModalMetadata
    quoted: str
    limit: int


@dataclass(frozen=True, slots=True)
class ShowSources:
    """What the answer of this turn cites."""

    turn: TurnId


Modal = AskReason | AskQuestion | ShowSources


def home_view(
    translation: Translation,
    refused: str = "",
    *,
    allow_dms: bool = True,
    robot: str = "",
    has_others: bool = False,
) -> View:
    """What the bot can do, and how to ask it. For a person whom it does not answer, only that it
    does not. `robot` is the name of the robot that answers in direct messages, empty if unknown;
    `has_others`: some channels have another one.
    """
    title = {"type": "header", "text": plain_text(translation.text("home_title"))}
    if refused:
        return {"type": "home", "blocks": [title, section(mrkdwn_text(translation.text(refused)))]}
    ways = ["home_in_messages", "home_in_channels"] if allow_dms else ["home_in_channels"]
    asking = "\n".join(translation.text(key) for key in ("home_asking", *ways))
    answering = [translation.text("home_robot", name=robot)] if robot and allow_dms else []
    answering += [translation.text("home_others")] if has_others else []
    blocks = [
        title,
        section(mrkdwn_text(translation.text("home_intro"))),
        {"type": "divider"},
        section(mrkdwn_text(asking)),
        section(mrkdwn_text(translation.text("home_answers"))),
        *({"type": "context", "elements": [plain_text(one)]} for one in answering),
        {"type": "context", "elements": [mrkdwn_text(translation.text("home_caution"))]},
    ]
    return {"type": "home", "blocks": blocks}


def reason_view(modal: AskReason, translation: Translation) -> View:
    return _form(actions.REASON, [], REASON_LIMIT, modal.metadata, translation)


def question_view(modal: AskQuestion, translation: Translation) -> View:
    """The message stands above an empty field. When the view is submitted, Slack sends
    both back.
    """
    limit = min(modal.limit, _INPUT_LIMIT)
    return _form(actions.QUESTION, _quote(modal.quoted), limit, modal.metadata, translation)


def quoted_in(view: Json) -> str:
    """What `question_view` quoted, out of the view that comes back."""
    parts = [
        one for one in get_dicts(view, "blocks") if get_str(one, "block_id").startswith(_QUOTED)
    ]
    quoted = [read_mrkdwn(get_str(one, "text", "text")) for one in parts]
    lines = "\n".join(quoted).split("\n")
    return "\n".join(line.removeprefix(">").removeprefix(" ") for line in lines).strip()


def sources_view(sources: Sequence[Source], translation: Translation) -> View:
    """Says so where nothing is kept any more."""
    shown = sources[:_MOST_SOURCES]
    room = _ALL_QUOTES_LIMIT // len(shown) if shown else 0
    blocks = [block for source in shown for block in _source(source, min(room, SECTION_LIMIT))]
    return {
        "type": "modal",
        "callback_id": actions.SOURCES,
        "title": plain_text(translation.text("sources")[:_TITLE_LIMIT]),
        "close": plain_text(translation.text("close")),
        "blocks": blocks or [section(plain_text(translation.text("sources_lost")))],
    }


def _source(source: Source, room: int) -> list[Block]:
    title = f"[{source.number}] {source.title}"
    if len(title) > _TITLE_OF_SOURCE_LIMIT:
        title = title[: _TITLE_OF_SOURCE_LIMIT - 1] + "…"
    heading = section(mrkdwn_text(f"*{mrkdwn.escape(title).replace('*', chr(0x2217))}*"))
    quote = mrkdwn.write_mrkdwn(MarkdownWriter().write(read(source.quote)), room)
    return [heading, section(mrkdwn_text(quote))] if quote else [heading]


def _quote(quoted: str) -> list[Block]:
    """As Slack quotes, whole lines together, as many as a section holds; `verbatim`: names in it
    are shown by Slack itself.
    """
    parts: list[str] = []
    for line in (f"> {with_live_tokens(piece)}" for piece in _pieces(quoted)):
        if parts and len(parts[-1]) + len(line) < SECTION_LIMIT:
            parts[-1] = f"{parts[-1]}\n{line}"
        else:
            parts.append(line)
    return [
        {"block_id": f"{_QUOTED}{number}", **section(mrkdwn_text(part) | {"verbatim": True})}
        for number, part in enumerate(parts)
    ]


def _pieces(quoted: str) -> list[str]:
    """Its lines, those that are long in several."""
    lines = quoted.split("\n") if quoted else []
    return [
        piece
        for line in lines
        for piece in (
            wrap(line, _LINE_LIMIT, break_on_hyphens=False) if len(line) > _LINE_LIMIT else [line]
        )
    ]


def _form(
    key: str, above: list[Block], limit: int, metadata: ModalMetadata, translation: Translation
) -> View:
    """A modal with one input of at most `limit` characters. `key` is its callback_id. It also names
    the sentences: `key` the label of the input, `key_title` the title, `key_hint` the hint.
    """
    field = {
        "type": "input",
        "block_id": FIELD,
        "label": plain_text(translation.text(key)),
        "hint": plain_text(translation.text(f"{key}_hint")),
        "element": {
            "type": "plain_text_input",
            "action_id": FIELD,
            "multiline": True,
            "max_length": limit,
        },
    }
    return {
        "type": "modal",
        "callback_id": key,
        "title": plain_text(translation.text(f"{key}_title")[:_TITLE_LIMIT]),
        "submit": plain_text(translation.text("send")),
        "close": plain_text(translation.text("close")),
        "private_metadata": pack(metadata),
        "blocks": [*above, field],
    }
