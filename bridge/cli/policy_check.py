"""Looks up the ids of the policy, and the channels that have a robot of their own: who or what is
not there, or is something else than was meant.
"""

import asyncio
from collections.abc import Iterable

from slack_sdk.web.async_client import AsyncWebClient

from bridge.cli.findings import Finding, State
from bridge.core.robots import DM
from bridge.settings import Settings
from bridge.slack.workspace.identity import ask_identity
from bridge.slack.workspace.inspection import Kind, Known, inspect_id

MOST = 40  # ids; Slack allows 50 look-ups of channels a minute
_AT_ONCE = 5

Lookup = tuple[str, str, Kind]  # variable, id, what it is the id of


async def check_policy(settings: Settings, client: AsyncWebClient) -> list[Finding]:
    """Nothing where no list is set. Raises `BridgeError`."""
    lookups = list(_lookups(settings))
    if not lookups:
        return []
    own = (await ask_identity(client)).bot_id
    gate = asyncio.Semaphore(_AT_ONCE)

    async def judge(lookup: Lookup) -> Finding | None:
        variable, identifier, kind = lookup
        async with gate:
            known = await inspect_id(client, kind, identifier)
        reason, advice = _judge(settings, variable, known, is_own=identifier == own)
        said = f"{variable}: {identifier} {reason}"
        return Finding("policy", State.WARNING, said, advice) if reason else None

    judged = await asyncio.gather(*map(judge, lookups[:MOST]))
    found = [finding for finding in judged if finding]
    first = f"the first {MOST} of " if len(lookups) > MOST else ""
    return found or [Finding("policy", State.OK, f"Slack knows {first}{len(lookups)} ids")]


def _lookups(settings: Settings) -> Iterable[Lookup]:
    kinds: dict[str, Kind] = {
        "beebot_robots": "channel",
        "bridge_allow_channels": "channel",
        "bridge_deny_channels": "channel",
        "bridge_follow_threads_except": "channel",
        "bridge_allow_users": "user",
        "bridge_deny_users": "user",
        "bridge_allow_bots": "bot",
    }
    for name, kind in kinds.items():
        for identifier in sorted({*getattr(settings, name)} - {DM}):
            yield name.upper(), identifier, kind


def _judge(
    settings: Settings, variable: str, known: Known | None, *, is_own: bool
) -> tuple[str, str]:
    """What is wrong, and what to do; empty if nothing is."""
    correct = "Correct the id, or take it out."
    if known is None:
        is_channel = not variable.endswith(("_USERS", "_ALLOW_BOTS"))
        hidden = ", or is private and the bot is not in it" if is_channel else ""
        return f"is not known to Slack{hidden}", correct
    if is_own:
        return "is this bot itself, which never answers itself", "Take it out."
    if known.is_gone:
        return "is archived, deactivated or deleted", correct
    return _misfit(variable, known, allow_guests=settings.bridge_allow_guests)


def _misfit(variable: str, known: Known, *, allow_guests: bool) -> tuple[str, str]:
    match variable:
        case "BRIDGE_ALLOW_CHANNELS" | "BEEBOT_ROBOTS" if not known.is_member:
            return "is a channel that the bot is not in", "Invite it there with /invite."
        case "BRIDGE_ALLOW_USERS" | "BRIDGE_DENY_USERS" if known.is_bot:
            return "is a bot", "Other bots are named by their B… in BRIDGE_ALLOW_BOTS."
        case "BRIDGE_ALLOW_USERS" if known.is_guest and not allow_guests:
            return "is a guest, who is not answered", "Set BRIDGE_ALLOW_GUESTS, or take it out."
    return "", ""
