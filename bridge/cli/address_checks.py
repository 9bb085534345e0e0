"""Asks the running bridge at its public address, as Slack and Beebot do."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import replace

import aiohttp

from bridge.cli.manifest import PATH as EVENTS_PATH
from bridge.cli.output import Finding, State
from bridge.cli.slack_checks import CHECK_S
from bridge.core.errors import Unavailable
from bridge.settings import Settings
from bridge.settings.values import secret_text
from bridge.slack.images.relay import PATH as IMAGES_PATH
from bridge.slack.images.relay import TEST_FILE, TEST_IMAGE, ImageAddresses
from bridge.slack.workspace.inspection import AddressAnswer, inspect_address, inspect_content

ADDRESS, IMAGES = "address", "images"
SLACK_TIMEOUT_S = 3.0  # docs/slack.md
PUBLIC = "a public name, an open port and a certificate that all trust."
BARRED = "Something before the bridge refuses it (a login, a firewall): let {what} through."
NO_BRIDGE = "The host finds no bridge that runs behind that address, or it is about to end."
NO_EVENTS = (
    "No bridge takes requests there: correct the address, or what cuts its path off; with "
    "SLACK_APP_TOKEN set, the bridge takes none."
)
TOO_SLOW = "Slack gives up after 3 s: run the bridge nearer, or on a machine that keeps awake."
# By status, or by the first one of its hundred; 0 for any other. 200: another server answers.
ADDRESS_ADVICE = {
    0: BARRED.format(what="Slack"),
    200: "Something else than the bridge answers there: correct the address, or what leads it.",
    300: "Slack follows no redirection: give it the address that it leads to.",
    401: "The bridge there has another SLACK_SIGNING_SECRET than is set here, or a clock over "
    "300 s away from this one's.",
    404: NO_EVENTS,
    405: NO_EVENTS,
    500: NO_BRIDGE,
}
IMAGES_ADVICE = {
    0: BARRED.format(what=IMAGES_PATH),
    200: "Something else than the bridge answers there: correct BRIDGE_PUBLIC_URL, or let "
    f"{IMAGES_PATH} through without a login and unchanged.",
    300: "Set BRIDGE_PUBLIC_URL to the address that it leads to.",
    404: "Either no bridge takes requests there, or one that has another SLACK_BOT_TOKEN, or no "
    "BRIDGE_PUBLIC_URL of its own.",
    410: "Set the clocks of this machine and of the bridge there by NTP.",
    500: NO_BRIDGE,
}


async def check_address(settings: Settings, public_url: str) -> Finding:
    """The way, the route and the secret at once, as Slack sees them from where this runs."""
    if settings.is_socket_mode:
        said = "not looked at: with SLACK_APP_TOKEN events come by Socket Mode, and nothing is sent"
        return Finding(ADDRESS, State.WARNING, said, "Leave --url out, or unset SLACK_APP_TOKEN.")
    url, secret = public_url + EVENTS_PATH, secret_text(settings.slack_signing_secret)
    answer = await _reach(settings, url, lambda http: inspect_address(http, url, secret))
    if isinstance(answer, str):
        return Finding(ADDRESS, State.FAILURE, f"{url}: {answer}", f"Slack needs {PUBLIC}")
    content = "but without Slack's challenge", "and believes what Slack signs"
    found = _judge(ADDRESS, url, answer, content, ADDRESS_ADVICE)
    if found.state is State.OK and answer.took_s > SLACK_TIMEOUT_S:
        return replace(found, state=State.FAILURE, advice=TOO_SLOW)
    return found


async def check_images(settings: Settings) -> Finding:
    """Fetches a test image, as Beebot would."""
    origin, token = settings.bridge_public_url, secret_text(settings.slack_bot_token)
    url, shown = ImageAddresses(origin, token).sign(TEST_FILE), origin + IMAGES_PATH
    answer = await _reach(settings, url, lambda http: inspect_content(http, url, TEST_IMAGE))
    if isinstance(answer, str):
        advice = f"Start the bridge; Beebot needs {PUBLIC}"
        return Finding(IMAGES, State.FAILURE, f"{shown}: {answer}", advice)
    content = "but not with the test image", "and gives the test image"
    return _judge(IMAGES, shown, answer, content, IMAGES_ADVICE)


async def _reach(
    settings: Settings, url: str, ask: Callable[[aiohttp.ClientSession], Awaitable[AddressAnswer]]
) -> AddressAnswer | str:
    """The answer, or why there is none."""
    timeout = aiohttp.ClientTimeout(total=CHECK_S)
    async with aiohttp.ClientSession(timeout=timeout, proxy=settings.proxy_for(url)) as http:
        try:
            return await ask(http)
        except Unavailable as error:
            return f"{error.reason} ({error.details['said']})"


def _judge(
    check: str,
    url: str,
    answer: AddressAnswer,
    content: tuple[str, str],
    advice: Mapping[int, str],
) -> Finding:
    """`content` says what a 200 came with: something else, or what was asked for."""
    leads = f", and leads to {answer.location}" if answer.location else ""
    said, status = f"{url} answers {answer.status} within {answer.took_s:.2f} s", answer.status
    if status == 200 and answer.is_echoed:
        return Finding(check, State.OK, f"{said}, {content[1]}")
    said += f", {content[0]}" if status == 200 else leads
    helps = advice.get(status) or advice.get(status // 100 * 100) or advice[0]
    return Finding(check, State.FAILURE, said, helps)
