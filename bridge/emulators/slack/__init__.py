"""A strict Slack on loopback, for the demo and the tests."""

from bridge.emulators.slack.clock import Clock
from bridge.emulators.slack.deliveries import Delivery
from bridge.emulators.slack.emulator import SlackEmulator
from bridge.emulators.slack.faults import Fault
from bridge.emulators.slack.limits import Limits
from bridge.emulators.slack.messages import Message
from bridge.emulators.slack.pings import Ping
from bridge.emulators.slack.seed import (
    APP,
    BOT,
    BOT_USER,
    C_ARCHIVED,
    C_ELSEWHERE,
    C_GENERAL,
    C_NEWS,
    C_RANDOM,
    C_SHARED,
    D_ALICE,
    D_BOB,
    G_PRIVATE,
    G_SECRET,
    OTHER_TEAM,
    TEAM,
    U_ALICE,
    U_BOB,
    U_EXTERNAL,
    U_GUEST,
)
from bridge.emulators.slack.web_api import Call
from bridge.emulators.slack.workspace import Upload

__all__ = [
    "APP",
    "BOT",
    "BOT_USER",
    "C_ARCHIVED",
    "C_ELSEWHERE",
    "C_GENERAL",
    "C_NEWS",
    "C_RANDOM",
    "C_SHARED",
    "D_ALICE",
    "D_BOB",
    "G_PRIVATE",
    "G_SECRET",
    "OTHER_TEAM",
    "TEAM",
    "U_ALICE",
    "U_BOB",
    "U_EXTERNAL",
    "U_GUEST",
    "Call",
    "Clock",
    "Delivery",
    "Fault",
    "Limits",
    "Message",
    "Ping",
    "SlackEmulator",
    "Upload",
]
