"""Beebot over real HTTP, written from Alibaba's documents: strict, scriptable, breakable.

async with BeebotEmulator() as beebot:
    beebot.script("hello", typed("Hello!").under(Fault.cut(after=2).once()))
    beebot.break_gateway(GatewayFault.throttled(retry_after_ms=500).once())
"""

from bridge.emulators.beebot.cuts import Cuts, cut_at, cut_every, cut_randomly
from bridge.emulators.beebot.emulator import BeebotEmulator
from bridge.emulators.beebot.faults import Fault, GatewayFault
from bridge.emulators.beebot.frames import Frame
from bridge.emulators.beebot.recording import recorded, recorded_bytes
from bridge.emulators.beebot.scripts import (
    OPENING,
    Answer,
    Script,
    clarify,
    empty,
    handover,
    no_answer,
    related,
    typed,
    unknown_type,
    with_sources,
)
from bridge.emulators.beebot.values import (
    Application,
    Cancellation,
    Feedback,
    ImageFetch,
    LogQuery,
    Question,
    Refusal,
)

__all__ = [
    "OPENING",
    "Answer",
    "Application",
    "BeebotEmulator",
    "Cancellation",
    "Cuts",
    "Fault",
    "Feedback",
    "Frame",
    "GatewayFault",
    "ImageFetch",
    "LogQuery",
    "Question",
    "Refusal",
    "Script",
    "clarify",
    "cut_at",
    "cut_every",
    "cut_randomly",
    "empty",
    "handover",
    "no_answer",
    "recorded",
    "recorded_bytes",
    "related",
    "typed",
    "unknown_type",
    "with_sources",
]
