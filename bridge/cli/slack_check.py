"""What Slack takes from this app, and whether it can call a human there."""

import asyncio

from slack_sdk.web.async_client import AsyncWebClient

from bridge.cli.findings import Finding, State
from bridge.settings import Settings
from bridge.slack.api.rate_limits import PROMPTS, RENAME, SESSION, STATUS
from bridge.slack.workspace.inspection import Known, inspect_id, inspect_method

NO_AGENT = (
    "Update the Slack app from `bridge manifest`, which declares it an agent, and install it to "
    "the workspace again. Until then answers have the bridge's own Stop button."
)


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
        return [Finding("handover", State.OK, f"the user group {place} is mentioned")]
    known = await inspect_id(client, "channel", place) if place else None
    return [judge_handover(place, known)]


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
