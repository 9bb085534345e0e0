"""Which of Slack's methods that an app can do without are taken from this one."""

import asyncio

from slack_sdk.web.async_client import AsyncWebClient

from bridge.cli.findings import Finding, State
from bridge.slack.inspection import inspect_method
from bridge.slack.rate_limits import PROMPTS, RENAME, SESSION, STATUS

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
