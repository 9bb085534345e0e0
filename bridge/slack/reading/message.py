"""Reads a message as people see it: text, blocks, what is forwarded and attached, names of files.

Pure, and calm about any shape.
"""

import re
import unicodedata
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from bridge.slack.reading.blocks import TABLES, is_picture, is_unknown, read_block
from bridge.slack.reading.emoji import with_emoji
from bridge.slack.reading.mrkdwn import TOKEN, literal, read_mrkdwn, token, without_bot
from bridge.slack.reading.payload_fields import Json, get_dict, get_dicts, get_id, get_str

IMAGE_TYPES = {"image/gif", "image/jpeg", "image/png", "image/webp"}
MOST_IMAGES = 5  # of one question; further ones are not shown to Beebot
_NO_PREVIEW = "[no preview available]"  # Slack's own, in place of words
_INVISIBLE = {"Cc", "Cf", "Cn", "Zl", "Zp", "Zs"}
_BLANKS = set("\u034f\u115f\u1160\u17b4\u17b5\u2800\u3164\uffa0")
_SELECTORS = re.compile("[\ufe00-\ufe0f]")
_DEEPEST = 3  # messages within messages


@dataclass(frozen=True, slots=True)
class MessageContent:
    """What a message says; mentions are tokens.

    `words`: its author's own.
    `attached`: what it forwards, cites, or was pasted into it, as people see it.
    `files`: how many files and pictures it has.
    `images`: the ids of the first of those files that are images, or may be: of some Slack tells
    the id alone.
    `has_unknown`: some block is of a kind that we cannot read.
    """

    words: str
    attached: str = ""
    files: int = 0
    images: tuple[str, ...] = ()
    has_unknown: bool = False


def read_question(message: Json, bot_user_id: str) -> MessageContent:
    """The author's own words without the mentions of the bot, and apart from what they attach."""
    blocks = get_dicts(message, "blocks")
    own = [block for block in blocks if get_str(block, "type") not in TABLES]
    words = visible(without_bot(_read_own(message, own), bot_user_id))
    pasted = [read_block(block) for block in blocks if get_str(block, "type") in TABLES]
    attached = _join([*pasted, *map(_read_attachment, get_dicts(message, "attachments"))])
    if words or attached:  # a name alone is nothing to ask
        attached = _join([attached, *_file_names(message)])
    return _content(message, words, attached)


def read_input(text: str) -> str:
    """What was typed into a field of a modal: plain, but for the names of emoji."""
    return visible(with_emoji(literal(text)))


def read_mentions(message: Json) -> str:
    """The author's own words as Slack sends them, with the mentions. What a table or a forwarded
    message mentions is left out.
    """
    own = [one for one in get_dicts(message, "blocks") if get_str(one, "type") not in TABLES]
    return get_str(message, "text") or _join(map(read_block, own))


def read_quoted(message: Json) -> MessageContent:
    """All of a message that somebody asks about, whoever wrote it."""
    own = _read_own(message, get_dicts(message, "blocks"))
    attachments = map(_read_attachment, get_dicts(message, "attachments"))
    return _content(message, "", _join([own, *attachments, *_file_names(message)]))


def without_previews(message: Json) -> Json:
    """The message without what Slack, not its author, put under it: previews of links."""
    kept = [one for one in get_dicts(message, "attachments") if not _is_preview(one)]
    return {**message, "attachments": kept}


def visible(text: str) -> str:
    """Trimmed; empty where nothing of it can be seen."""
    return text.strip() if any(map(_is_visible, text)) else ""


def _content(message: Json, words: str, attached: str) -> MessageContent:
    parts = list(_parts(message))
    pictures = sum(bool(get_str(part, "image_url")) and not _is_preview(part) for part in parts)
    blocks = [block for part in parts for block in get_dicts(part, "blocks")]
    files = [part["files"] for part in parts if isinstance(part.get("files"), list)]
    listed = [file for part in parts for file in get_dicts(part, "files")]
    images = dict.fromkeys(get_id(file, "id") for file in listed if _may_be_image(file))
    return MessageContent(
        words,
        attached,
        files=sum(map(len, files)) + pictures + sum(map(is_picture, blocks)),
        images=tuple(images)[:MOST_IMAGES],
        has_unknown=any(map(is_unknown, blocks)),
    )


def _parts(message: Json, depth: int = 0) -> Iterator[Json]:
    """The message, and everything in it that has blocks and files of its own."""
    yield message
    if depth < _DEEPEST:
        for attachment in get_dicts(message, "attachments"):
            yield attachment
            for inner in (*_forwarded(attachment), {"attachments": attachment.get("attachments")}):
                yield from _parts(inner, depth + 1)


def _read_own(message: Json, blocks: list[Json]) -> str:
    return _fuller(get_str(message, "text"), _join(map(read_block, blocks)))


def _fuller(text: str, said: str) -> str:
    """Blocks are what people see. If the plain text says more than the blocks, some block could not
    be read, and the text is taken.
    """
    from_text = read_mrkdwn(text)
    return _label(said, from_text) if _weigh(said) >= _weigh(from_text) else from_text


def _label(said: str, text: str) -> str:
    """In blocks a mention has the id alone. The plain text may have the name, too: put it into the
    mention.
    """
    known = {(one["sign"], one["id"]): one[0] for one in TOKEN.finditer(text)}
    return TOKEN.sub(lambda one: known.get((one["sign"], one["id"]), one[0]), said)


def _weigh(text: str) -> int:
    """How much it says, be it marked up or not."""
    return sum(map(str.isalnum, TOKEN.sub("x", text))) or bool(visible(text))


def _forwarded(attachment: Json) -> list[Json]:
    return [get_dict(one, "message") for one in get_dicts(attachment, "message_blocks")]


def _read_attachment(attachment: Json, depth: int = 0) -> str:
    """A forwarded message, the preview of a link, or the card of an app.

    {"is_share": true, "is_msg_unfurl": true, "author_id": "U0BOB", "author_name": "Bob",
     "text": "It is late", "files": [], "message_blocks": [{"message": {"blocks": [{…}]}}]}
    {"from_url": "https://example.com", "title": "Example", "text": "A page"}
    """
    inner = _forwarded(attachment)
    carried = [attachment, *inner]
    nested = [one for part in carried for one in get_dicts(part, "attachments")]
    own = _join(_read_own(message, get_dicts(message, "blocks")) for message in inner)
    rest = [
        *map(read_block, get_dicts(attachment, "blocks")),
        *(_read_attachment(one, depth + 1) for one in nested if depth < _DEEPEST),
        *(name for part in carried for name in _file_names(part)),
    ]
    if _is_message(attachment):
        return _signed(attachment, _join([_fuller(get_str(attachment, "text"), own), *rest]))
    return _join(["\n".join(_card(attachment)), own, *rest]) or _fallback(attachment)


def _card(attachment: Json) -> Iterator[str]:
    """An alert, or the preview of a page, from its top to its foot."""
    for name in ("pretext", "author_name", "title", "text"):
        yield from _line(read_mrkdwn(get_str(attachment, name)))
    for field in get_dicts(attachment, "fields"):
        title, value = (read_mrkdwn(get_str(field, name)).strip() for name in ("title", "value"))
        yield from _line(f"{title}: {value}" if title and value else title or value)
    yield from _line(read_mrkdwn(get_str(attachment, "footer")))


def _line(text: str) -> Iterator[str]:
    if text.strip():
        yield text.strip("\n")


def _signed(attachment: Json, said: str) -> str:
    """A forwarded message, below who wrote it."""
    name = literal(get_str(attachment, "author_name")).strip()
    user = get_id(attachment, "author_id")
    author = token("@", user, name) if user.startswith(("U", "W")) else name
    said = said or _fallback(attachment)
    return f"{author}:\n{said}" if author and said else said


def _fallback(attachment: Json) -> str:
    fallback = read_mrkdwn(get_str(attachment, "fallback")).strip()
    return "" if fallback == _NO_PREVIEW else fallback


def _is_message(attachment: Json) -> bool:
    """Somebody forwarded it, or linked to it."""
    return any(attachment.get(name) is True for name in ("is_share", "is_msg_unfurl"))


def _is_preview(attachment: Json) -> bool:
    links = ("from_url", "original_url", "app_unfurl_url")
    return attachment.get("is_share") is not True and any(get_str(attachment, one) for one in links)


def _may_be_image(file: Json) -> bool:
    is_unknown = get_str(file, "file_access") == "check_file_info"
    return bool(get_id(file, "id")) and (is_unknown or get_str(file, "mimetype") in IMAGE_TYPES)


def _file_names(message: Json) -> list[str]:
    names = [get_str(one, "name") or get_str(one, "title") for one in get_dicts(message, "files")]
    lines = "\n".join(f"📎 {literal(' '.join(name.split()))}" for name in names if name.strip())
    return [lines] if lines else []


def _join(parts: Iterable[str]) -> str:
    return "\n\n".join(part.strip("\n") for part in parts if part.strip())


def _is_visible(sign: str) -> bool:
    is_blank = unicodedata.category(sign) in _INVISIBLE or sign in _BLANKS
    return not (is_blank or _SELECTORS.match(sign))
