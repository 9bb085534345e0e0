"""`bridge doctor`: whether the bridge can do its job here, and what to correct if not."""

import platform
import sys
from collections import Counter
from collections.abc import Callable, Sequence
from pathlib import Path
from urllib.parse import urlsplit

import aiohttp
from rich.table import Table
from rich.text import Text

from bridge import __version__
from bridge.beebot.gateway import endpoint_url
from bridge.cli.checks import CHECK_S, run_checks
from bridge.cli.console import open_console
from bridge.cli.findings import Finding, State
from bridge.cli.image_check import check_images
from bridge.cli.manifest import PATH
from bridge.core.errors import Unavailable
from bridge.settings import Settings
from bridge.settings.loading import load_settings
from bridge.settings.values import secret_text
from bridge.slack.workspace.inspection import AddressAnswer, inspect_address
from bridge.telemetry.logs import configure_logging
from bridge.telemetry.masking import masking

ADDRESS = "address"
SLACK_TIMEOUT_S = 3.0  # docs/slack.md
STYLES = {State.OK: "green", State.WARNING: "yellow", State.FAILURE: "bold red"}


async def doctor(*, with_question: bool, public_url: str = "", env_file: Path) -> int:
    """The exit code: 1 when something failed, 0 otherwise; wrong settings end it with 2.

    `public_url` is where the bridge runs, `https://HOST`, or empty.
    """
    settings = load_settings(env_file=env_file)
    configure_logging("CRITICAL", "console", secrets=settings.secrets(), stream=sys.stderr)
    findings = [*check_process(settings), *await run_checks(settings, with_question=with_question)]
    if settings.bridge_public_url:
        findings.append(await check_images(settings))
    if public_url:
        findings.append(await check_public_url(settings, public_url))
    _print(findings, masking(settings.secrets()))
    return 1 if any(finding.state is State.FAILURE for finding in findings) else 0


def _print(findings: Sequence[Finding], mask: Callable[[str], str]) -> None:
    console = open_console()
    table = Table.grid(padding=(0, 2))
    for finding in findings:
        style = STYLES[finding.state]
        table.add_row(Text(finding.state, style), finding.check, Text(mask(finding.said)))
        if finding.advice:
            table.add_row("", "", Text(f"→ {mask(finding.advice)}", style))
    console.print(table)
    console.print(_conclusion(findings))


def _conclusion(findings: Sequence[Finding]) -> str:
    count = Counter(finding.state for finding in findings)
    parts = [
        f"{count[state]} {state}{'s' if count[state] > 1 else ''}"
        for state in (State.FAILURE, State.WARNING)
        if count[state]
    ]
    return f"{' and '.join(parts)}." if parts else "All is well."


def check_process(settings: Settings) -> list[Finding]:
    """The release, what looks wrong in the settings and, where there is one, the proxy."""
    release = f"{__version__}, on Python {platform.python_version()}"
    findings = [Finding("bridge", State.OK, release)]
    advice = "Correct it, or leave it if it is meant."
    findings += [Finding("settings", State.WARNING, text, advice) for text in settings.warnings]
    if settings.https_proxy or settings.http_proxy or settings.all_proxy:
        findings.append(Finding("proxy", State.OK, _describe_proxies(settings)))
    return findings


def _describe_proxies(settings: Settings) -> str:
    """How each host is reached, without the user and the password of a proxy."""
    endpoint = endpoint_url(settings.beebot_endpoint)
    urls = (settings.slack_api_url, endpoint, settings.beebot_stream_url)
    proxies = {urlsplit(url).netloc: settings.proxy_for(url) for url in urls}
    return "; ".join(f"{host} {_describe_proxy(proxy)}" for host, proxy in proxies.items())


def _describe_proxy(proxy: str | None) -> str:
    parts = urlsplit(proxy or "")
    return f"through {parts.scheme}://{parts.netloc.rpartition('@')[2]}" if proxy else "directly"


async def check_public_url(settings: Settings, public_url: str) -> Finding:
    """The way, the route and the secret at once, as Slack sees them from where this runs."""
    if settings.is_socket_mode:
        said = "not looked at: with SLACK_APP_TOKEN events come by Socket Mode, and nothing is sent"
        return Finding(ADDRESS, State.WARNING, said, "Leave --url out, or unset SLACK_APP_TOKEN.")
    url = public_url + PATH
    timeout = aiohttp.ClientTimeout(total=CHECK_S)
    async with aiohttp.ClientSession(timeout=timeout, proxy=settings.proxy_for(url)) as http:
        try:
            answer = await inspect_address(http, url, secret_text(settings.slack_signing_secret))
        except Unavailable as error:
            said = f"{url}: {error.reason} ({error.details['said']})"
            advice = "Slack needs a public name, an open port and a certificate that all trust."
            return Finding(ADDRESS, State.FAILURE, said, advice)
    return judge_answer(url, answer)


def judge_answer(url: str, answer: AddressAnswer) -> Finding:
    said = f"{url} answers {answer.status} within {answer.took_s:.2f} s"
    if answer.status != 200:
        if answer.location:
            said += f", and leads to {answer.location}"
        return Finding(ADDRESS, State.FAILURE, said, _advice_for(answer.status))
    if not answer.is_echoed:
        advice = (
            "Something else than the bridge answers there: correct the address, or what leads it."
        )
        return Finding(ADDRESS, State.FAILURE, f"{said}, but without Slack's challenge", advice)
    if answer.took_s > SLACK_TIMEOUT_S:
        advice = (
            "Slack gives up after 3 s: run the bridge nearer, or on a machine that keeps awake."
        )
        return Finding(ADDRESS, State.FAILURE, said, advice)
    return Finding(ADDRESS, State.OK, f"{said}, and believes what Slack signs")


def _advice_for(status: int) -> str:
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
