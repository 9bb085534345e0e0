"""Finds what would notify people: an answer from a language model must contain none of it."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from bridge.emulators.slack.blocks import texts_of
from bridge.emulators.slack.messages import Message

_LIVE = re.compile(r"<(?:!(?:channel|here|everyone)|!subteam\^\w+|@[UW]\w+)(?:\|[^<>]*)?>")
_BY_NAME = re.compile(r"(?<!\w)@(?:channel|here|everyone)\b")
_RICH_TEXT_PINGS = {"user", "usergroup", "broadcast"}


@dataclass(frozen=True, slots=True)
class Ping:
    """A live mention in something that the app said."""

    channel: str
    ts: str
    token: str


def find_pings(message: Message, *, links_names: bool = False) -> Iterator[Ping]:
    """Live mentions in text and blocks; Slack reads its tokens in markdown blocks too (B.3).

    `links_names`: the call asked for `link_names` or `parse=full`, so that a bare `@here` pings.
    """
    for text in (message.text, *texts_of(message.blocks, plain=False)):
        for token in _LIVE.findall(text):
            yield Ping(message.channel, message.ts, token)
        for token in _BY_NAME.findall(text) if links_names else ():
            yield Ping(message.channel, message.ts, token)
    for kind in _rich_text_pings(message.blocks):
        yield Ping(message.channel, message.ts, kind)


def _rich_text_pings(node: Any) -> Iterator[str]:
    if isinstance(node, list):
        for item in node:
            yield from _rich_text_pings(item)
    elif isinstance(node, dict):
        if node.get("type") in _RICH_TEXT_PINGS:
            yield str(node["type"])
        yield from _rich_text_pings(node.get("elements", []))
