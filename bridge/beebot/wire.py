"""Payloads of the stream to frames of the core."""

import re
from collections.abc import Iterator
from dataclasses import replace
from functools import reduce
from typing import Any

from bridge.beebot.faults import from_envelope
from bridge.beebot.schema import (
    ClarifyBody,
    DirectBody,
    Envelope,
    Json,
    MessageBody,
    References,
    Segment,
    Sentence,
    Transfer,
    parse,
)
from bridge.core.model import Frame, Handover, SessionId, Source
from bridge.markup.plain import escape_plain

_HAND_OVER = "sysToAgent"
_MOST_QUOTED = 6000  # characters of a source; whole documents may come
_TEXTUAL = {"PLAIN_TEXT", "RICH_TEXT"}
_TEXT_KEYS = {"Content", "Text", "Title", "ClarifyContent", "Summary"}
_TAKES_NO_MARKER = re.compile(r"(?:^|\n)(?:(?:```|~~~|\||    )[^\n]*|[^\n]*(?<!\\)</\w+\s*+>)\Z")
_CLOSING_TAGS = re.compile(r"(?:</(?:p|div|span|section|b|strong|em|i|li|ul|ol)\s*+>\s*+)++\Z")
_THINKING = re.compile(r"(?:\A|\n)[ \t]*+```|[`\n]|<(?P<slash>/?)think(?:ing)?>\s*+", re.IGNORECASE)
_MOST_CLOSING = 400  # characters of tags at the end of a paragraph

# `value` is JSON within JSON: quotes of the inner JSON are escaped once, quotes within its texts
# twice. So no text that the robot writes can look like these.
_SPACE = rb"(?:\s|\\[nrt])*"
_END = re.compile(rb'StreamEnd\\"' + _SPACE + rb":" + _SPACE + rb"(true|false)")
_SUCCESS = re.compile(rb'"success"\s*:\s*(true|false)')
_BODY_KEY = b'\\"MessageBody\\"'


def may_be_last(payload: bytes) -> bool:
    """May this be the end, or a refusal? Byte searches, from behind, where these fields stand.

    False says: certainly neither, unless the server escapes what it need not; then `decode` tells.
    """
    return (
        _flag(payload, b'"success"', _SUCCESS) != b"true"
        or _flag(payload, b"StreamEnd", _END) == b"true"
    )


def may_have_body(payload: bytes) -> bool:
    return _BODY_KEY in payload


def may_be_whole(payload: bytes) -> bool:
    """False: half an object, `[DONE]` or other things that no decoding would make a frame."""
    text = payload.strip()
    return text.startswith(b"{") and text.endswith(b"}")


def decode(payload: bytes) -> Frame | None:
    """None where there is nothing to read. Raises the error that a refusal stands for."""
    envelope = parse(Envelope, payload.decode(errors="replace"))
    if envelope is None:
        return None
    if envelope.is_refusal:
        raise from_envelope(
            envelope.code or "", envelope.message or "", request_id=envelope.requestId or ""
        )
    frames = [_frame(segment) for segment in _segments(envelope)]
    return reduce(merge, frames) if frames else None


def merge(older: Frame, newer: Frame) -> Frame:
    """The newer frame; where it carries no body, what the older one said still stands."""
    content = newer if newer.markdown is not None else older
    return replace(
        content,
        session=newer.session or older.session,
        answer_id=newer.answer_id or older.answer_id,
        handover=newer.handover or content.handover,
        is_end=newer.is_end or older.is_end,
    )


def _flag(payload: bytes, key: bytes, pattern: re.Pattern[bytes]) -> bytes | None:
    """The flag's last value; these fields stand near the end, so little is searched."""
    at = payload.rfind(key)
    while at >= 0:
        found = pattern.match(payload, at)
        if found:
            return found[1]
        at = payload.rfind(key, 0, at)
    return None


def _segments(envelope: Envelope) -> Iterator[Segment]:
    for element in envelope.data or ():
        if element and element.type == "JSON_TEXT" and element.value:
            segment = parse(Segment, element.value)
            if segment:
                yield segment


def _frame(segment: Segment) -> Frame:
    raw = segment.message_body
    frame = _body(raw) if raw else Frame()
    return replace(
        frame,
        session=SessionId(segment.session_id) if segment.session_id else None,
        answer_id=segment.message_id or "",
        handover=frame.handover or _handover(segment.commands),
        is_end=bool(segment.stream_end),
    )


def _body(raw: Json) -> Frame:
    body = MessageBody.model_validate(raw)
    clarify, direct = body.clarify_message_body, body.direct_message_body
    if clarify and (body.type == "Clarify" or not direct):
        frame = _clarification(clarify)
    elif direct and (direct.sentence_list or direct.content_type in _TEXTUAL):
        frame = _answer(direct)
    else:
        frame = _unknown_body(raw)
    return replace(frame, handover=_handover(body.commands))


def _answer(body: DirectBody) -> Frame:
    is_plain = body.content_type == "PLAIN_TEXT"
    paragraphs = (_paragraph(s, is_plain=is_plain) for s in body.sentence_list or () if s)
    return Frame(
        markdown="\n\n".join(filter(None, paragraphs)),
        sources=tuple(_sources(body.answer_reference)),
        related=tuple(body.related_question_list),
        is_no_answer=body.hit_system_ask_config == "NO_ANSWER",
    )


def _clarification(body: ClarifyBody) -> Frame:
    content = body.clarify_content or body.title or ""
    return Frame(
        markdown=strip_thinking(content),
        options=tuple(body.clarify_list),
    )


def _unknown_body(raw: Json) -> Frame:
    """A shape that nobody documented (cards, new types): the text in it, else an empty one."""
    return Frame(markdown="\n\n".join(map(strip_thinking, _all_texts(raw))))


def _all_texts(value: Any) -> Iterator[str]:
    if isinstance(value, list):
        for element in value:
            yield from _all_texts(element)
    elif isinstance(value, dict):
        for key, element in value.items():
            if isinstance(element, str) and key in _TEXT_KEYS and element.strip():
                yield element
            elif key != "AnswerReference":
                yield from _all_texts(element)


def _paragraph(sentence: Sentence, *, is_plain: bool) -> str:
    content = strip_thinking(sentence.content or "").rstrip()
    # A marker stands before the tags that close the last words.
    tags = None if is_plain else _CLOSING_TAGS.search(content, max(len(content) - _MOST_CLOSING, 0))
    text, closing = (content[: tags.start()].rstrip(), tags[0]) if tags else (content, "")
    text = escape_plain(text) if is_plain else text
    if sentence.refer_number is None or not text:
        return text + closing
    return _with_marker(text, f"[{sentence.refer_number}]") + closing


def _with_marker(text: str, marker: str) -> str:
    """Tie a paragraph to its source; robots that write the marker themselves need no second."""
    if text.endswith(marker):
        return text
    # A fence, a table row or code must keep its last line to itself.
    return f"{text}\n\n{marker}" if _TAKES_NO_MARKER.search(text) else f"{text} {marker}"


def _sources(references: References | None) -> Iterator[Source]:
    items = (references.item_list if references else None) or ()
    for position, item in enumerate(items, 1):
        if item:
            name = (item.reference_ext or {}).get("DocName")
            title = item.title or (name if isinstance(name, str) else "")
            number = position if item.number is None else item.number
            quote = (item.content or "")[:_MOST_QUOTED]
            is_plain = item.content_type == "PLAIN_TEXT"
            yield Source(number, title, escape_plain(quote) if is_plain else quote)


def _handover(commands: Json | None) -> Handover | None:
    """The command's value is JSON in a string; its fields may be empty or missing."""
    if not commands or _HAND_OVER not in commands:
        return None
    command = commands[_HAND_OVER]
    transfer = parse(Transfer, command) if isinstance(command, str) else None
    return (
        Handover(transfer.skillGroup or "", transfer.toAgentReason or "")
        if transfer
        else Handover()
    )


def strip_thinking(text: str) -> str:
    """Without `<think>…</think>`, where it is not quoted as code; without what stands before a
    `</think>` that nothing opens; without all that stands behind a `<think>` that nothing closes.
    """
    if "<" not in text:
        return text
    if "<thinking>".startswith(text.strip().lower()):
        return ""
    said: list[str] = []
    position = 0
    while tag := _find_thinking(text, position):
        if tag["slash"]:
            said, position = [], tag.end()
        else:
            said.append(text[position : tag.start()])
            closings = (one.end() for one in _THINKING.finditer(text, tag.end()) if one["slash"])
            position = next(closings, len(text))
    return "".join([*said, text[position:]])


def _find_thinking(text: str, start: int) -> re.Match[str] | None:
    """The first one outside code."""
    in_fence = in_code = False
    for token in _THINKING.finditer(text, start):
        match token[0]:
            case "\n":
                in_code = False
            case "`":
                in_code = not in_code
            case _ if token["slash"] is None:
                in_fence, in_code = not in_fence, False
            case _ if not (in_fence or in_code):
                return token
    return None
