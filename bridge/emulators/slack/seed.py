"""The workspace that every emulator starts with, and the ids to name its people and places."""

from bridge.emulators.slack.manifest import Manifest
from bridge.emulators.slack.workspace import Channel, Installation, User, Workspace

TEAM = "T0BRIDGE00"
OTHER_TEAM = "T0PARTNER0"
APP = "A0BEEBOT00"
BOT = "B0BEEBOT00"
BOT_USER = "U0BEEBOT00"

OTHER_BOT = "B0OTHERBOT"  # another app's
OTHER_BOT_USER = "U0OTHERBOT"

U_ALICE = "U0ALICE000"
U_BOB = "U0BOB00000"
U_GUEST = "U0GINA0000"  # in #general and in #announcements
U_EXTERNAL = "U0EVE00000"  # of OTHER_TEAM, in C_SHARED by Slack Connect

C_GENERAL = "C0GENERAL0"
C_RANDOM = "C0RANDOM00"
C_NEWS = "C0NEWS0000"
C_SHARED = "C0SHARED00"
C_ELSEWHERE = "C0ELSEWHER"  # public, the bot is no member
C_ARCHIVED = "C0ARCHIVED"
G_PRIVATE = "G0PRIVATE0"
G_SECRET = "G0SECRET00"  # private, the bot is no member
D_ALICE = "D0ALICE000"
D_BOB = "D0BOB00000"


def installation(manifest: Manifest) -> Installation:
    name = manifest.bot_display_name
    return Installation(TEAM, "Bridge Works", "bridge-works", APP, BOT, BOT_USER, name)


def make_workspace(manifest: Manifest) -> Workspace:
    """A fresh workspace with people, a guest, and every kind of channel."""
    users = (
        User(U_ALICE, "alice", "Alice Chen", TEAM, locale="en-US"),
        User(U_BOB, "bob", "Bob Li", TEAM, locale="zh-CN"),
        User(U_GUEST, "gina", "Gina Guest", TEAM, locale="", is_restricted=True),
        User(U_EXTERNAL, "eve", "Eve Partner", OTHER_TEAM),
        User(OTHER_BOT_USER, "monitor", "Monitor", TEAM, is_bot=True),
        User(BOT_USER, manifest.bot_display_name, manifest.name, TEAM, is_bot=True),
    )
    people = {U_ALICE, U_BOB}
    everybody = people | {BOT_USER}
    channels = (
        Channel(C_GENERAL, "general", "channel", everybody | {U_GUEST}),
        Channel(C_RANDOM, "random", "channel", set(everybody)),
        Channel(C_NEWS, "announcements", "channel", everybody | {U_GUEST}),
        Channel(C_SHARED, "with-partner", "channel", everybody | {U_EXTERNAL}, is_ext_shared=True),
        Channel(C_ELSEWHERE, "elsewhere", "channel", set(people)),
        Channel(C_ARCHIVED, "old-times", "channel", set(everybody), is_archived=True),
        Channel(G_PRIVATE, "private", "group", set(everybody)),
        Channel(G_SECRET, "secret", "group", set(people)),
        Channel(D_ALICE, "", "im", {U_ALICE, BOT_USER}),
        Channel(D_BOB, "", "im", {U_BOB, BOT_USER}),
    )
    return Workspace({u.id: u for u in users}, {c.id: c for c in channels})
