"""What Slack takes from this app: token, scopes, methods, the clock, the ids that settings name."""

import asyncio
from collections.abc import Iterable

import aiohttp
import yaml
from slack_sdk.web.async_client import AsyncWebClient

from bridge.cli.manifest import find_manifest
from bridge.cli.output import Finding, State
from bridge.core.robots import DM
from bridge.resources import open_slack
from bridge.settings import Settings
from bridge.slack.api.faults import CLOCK_OFF, SCOPES_MISSING
from bridge.slack.api.rate_limits import PROMPTS, RENAME, SESSION, STATUS
from bridge.slack.inbound.socket_mode import open_socket_url
from bridge.slack.workspace.diagnostics import (
    IdKind,
    Known,
    inspect_clock,
    inspect_id,
    inspect_method,
    inspect_scopes,
)
from bridge.slack.workspace.identity import ask_identity

CHECK_S = 10.0
CLOCK_WARNING_S = 60.0
CLOCK_FAILURE_S = 240.0  # Slack's signatures lapse at 300 s, on the way as well
NO_AGENT = (
    "Update the Slack app from `bridge manifest` (with --url https://HOST, or --socket-mode), "
    "which declares it an agent, and install it to the workspace again. Until then answers have "
    "the bridge's own Stop button."
)
MOST_IDS = 40  # ids; Slack allows 50 look-ups of channels a minute
_AT_ONCE = 5

Lookup = tuple[str, str, IdKind]  # variable, id, what it is the id of


async def check_workspace(client: AsyncWebClient, wanted: frozenset[str]) -> list[Finding]:
    """Two findings: who the bot is and, if Slack tells, what it may do."""
    identity = await ask_identity(client, timeout_s=CHECK_S)
    scopes = judge_scopes(await inspect_scopes(client), wanted)
    said = f"{identity.bot_user_id} in {identity.team} ({identity.team_id})"
    return [Finding("slack", State.OK, said), scopes]


def judge_scopes(granted: frozenset[str], wanted: frozenset[str]) -> Finding:
    if missing := wanted - granted:
        said = f"missing: {', '.join(sorted(missing))}"
        return Finding("slack scopes", State.FAILURE, said, SCOPES_MISSING)
    extra = ", ".join(sorted(granted - wanted))
    note = f"; not needed: {extra}" if extra else ""
    return Finding("slack scopes", State.OK, f"all {len(wanted)} are granted{note}")


def wanted_scopes(settings: Settings) -> frozenset[str]:
    """Those of the manifest, but for what these settings leave unused."""
    manifest = yaml.safe_load(find_manifest().read_text(encoding="utf-8"))
    unused = frozenset() if settings.bridge_public_url else {"files:read"}
    return frozenset(manifest["oauth_config"]["scopes"]["bot"]) - unused


async def check_socket(settings: Settings, http: aiohttp.ClientSession) -> list[Finding]:
    """Nothing where events come by HTTP."""
    if settings.slack_app_token is None:
        return []
    await open_socket_url(open_slack(settings, http, settings.slack_app_token.get_secret_value()))
    return [Finding("slack socket", State.OK, "Slack gives an address to connect to")]


async def check_clock(settings: Settings, http: aiohttp.ClientSession) -> list[Finding]:
    return [judge_clock(await inspect_clock(http, base_url=settings.slack_api_url))]


def judge_clock(ahead_s: float) -> Finding:
    """Against Slack's clock, whose requests are believed by their age."""
    off_s = abs(ahead_s)
    if off_s < 1:
        return Finding("clock", State.OK, "within a second of Slack's")
    said = f"{off_s:.0f} s {'ahead of' if ahead_s > 0 else 'behind'} Slack's"
    if off_s > CLOCK_FAILURE_S:
        return Finding("clock", State.FAILURE, said, CLOCK_OFF)
    if off_s > CLOCK_WARNING_S:
        return Finding("clock", State.WARNING, said, CLOCK_OFF)
    return Finding("clock", State.OK, said)


async def check_methods(client: AsyncWebClient) -> list[Finding]:
    """Raises `BridgeError`."""
    methods = (SESSION, RENAME, STATUS, PROMPTS)
    words = await asyncio.gather(*(inspect_method(client, method) for method in methods))
    return [judge_methods(dict(zip(methods, words, strict=True)))]


def judge_methods(refused: dict[str, str]) -> Finding:
    """`refused` has Slack's word for each method, empty where it is taken."""
    taken = [method for method, word in refused.items() if not word]
    others = [f"{method} ({word})" for method, word in refused.items() if word]
    said = "; ".join(
        f"{name}: {', '.join(group)}"
        for name, group in (("taken", taken), ("refused", others))
        if group
    )
    if refused[SESSION] or refused[RENAME]:
        return Finding("slack methods", State.WARNING, said, NO_AGENT)
    return Finding("slack methods", State.OK, said)


async def check_handover(settings: Settings, client: AsyncWebClient) -> list[Finding]:
    """Who is called when Beebot asks for a human. Raises `BridgeError`."""
    place = settings.bridge_handover
    if place.startswith("S"):
        return [Finding("handover", State.OK, _describe_group(place, settings.bridge_allow_dms))]
    known = await inspect_id(client, "channel", place) if place else None
    return [judge_handover(place, known)]


def _describe_group(group: str, has_dms: bool) -> str:
    said = f"the user group {group} is mentioned"
    return f"{said} in channels alone: for direct messages name a channel" if has_dms else said


def judge_handover(channel: str, known: Known | None) -> Finding:
    """Of a channel, or of none."""
    if not channel:
        said = "nobody is called when Beebot asks for a human, and answers say so"
        advice = "Set BRIDGE_HANDOVER to a user group (S…), or a channel (C…) with the bot in it."
        return Finding("handover", State.WARNING, said, advice)
    if known is None:
        said = f"Slack knows no channel {channel}, or it is private and the bot is not in it"
        return Finding(
            "handover", State.WARNING, said, "Correct BRIDGE_HANDOVER, or invite the bot."
        )
    if known.is_gone:
        said = f"the channel {channel} is archived"
        return Finding("handover", State.WARNING, said, "Set BRIDGE_HANDOVER to another one.")
    if not known.is_member:
        said = f"the bot is not in the channel {channel}, and cannot tell anybody there"
        return Finding("handover", State.WARNING, said, "Invite it there with /invite.")
    return Finding("handover", State.OK, f"the channel {channel} is told")


async def check_policy(settings: Settings, client: AsyncWebClient) -> list[Finding]:
    """Nothing where no list is set. Raises `BridgeError`."""
    lookups = list(_list_ids(settings))
    if not lookups:
        return []
    own = (await ask_identity(client)).bot_id
    gate = asyncio.Semaphore(_AT_ONCE)

    async def judge(lookup: Lookup) -> Finding | None:
        variable, identifier, kind = lookup
        async with gate:
            known = await inspect_id(client, kind, identifier)
        reason, advice = _judge_id(settings, variable, known, is_own=identifier == own)
        said = f"{variable}: {identifier} {reason}"
        return Finding("policy", State.WARNING, said, advice) if reason else None

    judged = await asyncio.gather(*map(judge, lookups[:MOST_IDS]))
    found = [finding for finding in judged if finding]
    first = f"the first {MOST_IDS} of " if len(lookups) > MOST_IDS else ""
    return found or [Finding("policy", State.OK, f"Slack knows {first}{len(lookups)} ids")]


def _list_ids(settings: Settings) -> Iterable[Lookup]:
    kinds: dict[str, IdKind] = {
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


def _judge_id(
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
