"""The recorded answer to 你有什么技能?, as a script."""

import json
from importlib.resources import files
from typing import Any

from bridge.emulators.beebot.frames import KNOWLEDGE, Frame
from bridge.emulators.beebot.scripts import Script


def recorded(delay_s: float = 0.12, *, exact: bool = False) -> Script:
    """The twelve recorded frames, with the ids of the conversation at hand.

    `exact` sends the recorded bytes as they are, ids included: then the ids on the wire are not
    those of the emulator's session, which a next question cannot go on with.
    """
    frames = [_read(event, exact=exact) for event in recorded_bytes().split(b"\n\n") if event]
    return Script(frames, delay_s=delay_s)


def recorded_bytes() -> bytes:
    return files("bridge.emulators.beebot").joinpath("recorded.sse").read_bytes()


def _read(event: bytes, *, exact: bool) -> Frame:
    envelope: dict[str, Any] = json.loads(event.removeprefix(b"data:"))
    value: dict[str, Any] = json.loads(envelope["data"][0]["value"])
    return Frame(
        body=value.get("MessageBody"),
        source=value.get("Source", KNOWLEDGE),
        is_ai=value["IsAIGC"],
        ends=value["StreamEnd"],
        words=tuple(value.get("QuerySegList", ())),
        raw=event + b"\n\n" if exact else None,
    )
