"""MessageBody objects, in the shapes Alibaba documents or was recorded with."""

from collections.abc import Mapping, Sequence
from typing import Any

from bridge.emulators.beebot.frames import dump

RICH = "RICH_TEXT"
PLAIN = "PLAIN_TEXT"

Body = dict[str, Any]


def direct(text: str, content_type: str = RICH, **extras: object) -> Body:
    """A straight answer; `extras` are further fields of its DirectMessageBody."""
    return direct_sentences([{"Content": text}], content_type, **extras)


def direct_sentences(
    sentences: Sequence[Mapping[str, Any]], content_type: str = RICH, **extras: object
) -> Body:
    """A straight answer of several paragraphs, each `{"Content", "ReferNumber"?}`."""
    inner = {"ContentType": content_type, "Ext": {}, "SentenceList": list(sentences), **extras}
    return {"DirectMessageBody": inner, "Type": "Direct", "VoiceConfig": {}}


def references(sources: Sequence[str | Mapping[str, Any]]) -> Body:
    """An AnswerReference from titles, or from items that override the usual fields."""
    return {"ItemList": [_reference(number, item) for number, item in enumerate(sources, 1)]}


def clarification(title: str, options: Sequence[str]) -> Body:
    lines = [f"{number}. {option}" for number, option in enumerate(options, 1)]
    inner = {
        "ClarifyContent": "\n".join([title, *lines]),
        "ClarifyList": [{"Title": option} for option in options],
        "Title": title,
    }
    return {"ClarifyMessageBody": inner, "Type": "Clarify", "VoiceConfig": {}}


def transfer(text: str, skill_group: str) -> Body:
    """An answer that hands over to a human: the command is JSON in a string."""
    command = {"skillGroup": skill_group, "toAgentReason": "HitKeywords"}
    return {**direct(text, PLAIN), "Commands": {"sysToAgent": dump(command)}}


def hologram() -> Body:
    """A message of a type that no page lists."""
    return {"HologramMessageBody": {"Scene": "lobby"}, "Type": "Hologram", "VoiceConfig": {}}


def _reference(number: int, source: str | Mapping[str, Any]) -> Body:
    given = {"Title": source} if isinstance(source, str) else dict(source)
    title = given.get("Title", "")
    return {
        "Content": f"<p>{title}</p>",
        "ContentType": RICH,
        "DataSource": "DOC",
        "Number": number,
        "ReferenceExt": {"DocName": f"{title}.docx"},
        **given,
    }
