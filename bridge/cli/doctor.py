"""`bridge doctor`: whether the bridge can do its job here, and what to correct if not."""

import platform
import sys
from pathlib import Path
from urllib.parse import urlsplit

from bridge import __version__
from bridge.beebot.gateway import endpoint_url
from bridge.cli.address_checks import check_address, check_images
from bridge.cli.checks import run_checks
from bridge.cli.output import Finding, State, print_findings
from bridge.settings import Settings
from bridge.settings.loading import load_settings
from bridge.telemetry.logs import configure_logging
from bridge.telemetry.masking import masking


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
        findings.append(await check_address(settings, public_url))
    print_findings(findings, masking(settings.secrets()))
    return 1 if any(finding.state is State.FAILURE for finding in findings) else 0


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
