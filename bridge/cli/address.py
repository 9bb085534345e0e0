"""Checks from outside that Slack's requests would reach the running bridge and be believed."""

import aiohttp

from bridge.cli.checks import CHECK_S, Finding, State
from bridge.cli.origin import PATH
from bridge.core.errors import Unavailable
from bridge.resources import reveal
from bridge.settings import Settings
from bridge.slack.verification import Reception, verify_address

CHECK = "address"
PATIENCE_S = 3.0  # Slack's own


async def check_address(settings: Settings, origin: str) -> Finding:
    """The way, the route and the secret at once, as Slack sees them from where this runs."""
    if settings.is_socket_mode:
        said = "not looked at: with SLACK_APP_TOKEN events come by Socket Mode, and nothing is sent"
        return Finding(CHECK, State.WARNING, said, "Leave --url out, or unset SLACK_APP_TOKEN.")
    url = origin + PATH
    timeout = aiohttp.ClientTimeout(total=CHECK_S)
    async with aiohttp.ClientSession(timeout=timeout, proxy=settings.proxy_for(url)) as http:
        try:
            received = await verify_address(http, url, reveal(settings.slack_signing_secret))
        except Unavailable as error:
            said = f"{url}: {error.reason} ({error.details['said']})"
            advice = "Slack needs a public name, an open port and a certificate that all trust."
            return Finding(CHECK, State.FAILURE, said, advice)
    return judge_reception(url, received)


def judge_reception(url: str, received: Reception) -> Finding:
    said = f"{url} answers {received.status} within {received.took_s:.2f} s"
    if received.status != 200:
        if received.location:
            said += f", and leads to {received.location}"
        return Finding(CHECK, State.FAILURE, said, _advice(received.status))
    if not received.is_echoed:
        advice = (
            "Something else than the bridge answers there: correct the address, or what leads it."
        )
        return Finding(CHECK, State.FAILURE, f"{said}, but without Slack's challenge", advice)
    if received.took_s > PATIENCE_S:
        advice = (
            "Slack gives up after 3 s: run the bridge nearer, or on a machine that keeps awake."
        )
        return Finding(CHECK, State.FAILURE, said, advice)
    return Finding(CHECK, State.OK, f"{said}, and believes what Slack signs")


def _advice(status: int) -> str:
    if status == 401:
        return (
            "The bridge there has another SLACK_SIGNING_SECRET than is set here, or a clock over "
            "300 s away from this one's."
        )
    if status in {404, 405}:
        return (
            "No bridge takes requests there: correct the address, or what cuts its path off; with "
            "SLACK_APP_TOKEN set, the bridge takes none."
        )
    if 300 <= status < 400:
        return "Slack follows no redirection: give it the address that it leads to."
    if status >= 500:
        return "The host finds no bridge that runs behind that address, or it is about to end."
    return "Something before the bridge refuses it (a login, a firewall): let Slack through."
