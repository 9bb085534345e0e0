"""Asks the running bridge at its public address, as Slack and Beebot do."""

import json
import secrets
import time
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import aiohttp
from slack_sdk.signature import SignatureVerifier

from bridge.cli.manifest import PATH as EVENTS_PATH
from bridge.cli.output import Finding, State
from bridge.cli.slack_checks import CHECK_S
from bridge.settings import Settings
from bridge.settings.values import secret_text
from bridge.slack.images.relay import PATH as IMAGES_PATH
from bridge.slack.images.relay import TEST_FILE, TEST_IMAGE, ImageAddresses

ADDRESS, IMAGES = "address", "images"
SLACK_TIMEOUT_S = 3.0  # docs/slack.md
_LONGEST = 200  # characters of what the network says
_READ = 65_536  # bytes of an answer; a challenge is far shorter
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


@dataclass(frozen=True, slots=True)
class AddressAnswer:
    """How the bridge's own address answered; `is_echoed`: with what it was asked for. `location` is
    where it redirects to, or empty.
    """

    status: int
    is_echoed: bool
    took_s: float
    location: str = ""


async def check_address(settings: Settings, public_url: str) -> Finding:
    """The way, the route and the secret at once, as Slack sees them from where this runs."""
    if settings.is_socket_mode:
        said = "not looked at: with SLACK_APP_TOKEN events come by Socket Mode, and nothing is sent"
        return Finding(ADDRESS, State.WARNING, said, "Leave --url out, or unset SLACK_APP_TOKEN.")
    url, secret = public_url + EVENTS_PATH, secret_text(settings.slack_signing_secret)
    challenge = secrets.token_urlsafe(24)
    verification = _sign_verification(challenge, secret)
    answer = await _ask(settings, "POST", url, challenge.encode(), **verification)
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
    answer = await _ask(settings, "GET", url, TEST_IMAGE)
    if isinstance(answer, str):
        advice = f"Start the bridge; Beebot needs {PUBLIC}"
        return Finding(IMAGES, State.FAILURE, f"{shown}: {answer}", advice)
    content = "but not with the test image", "and gives the test image"
    return _judge(IMAGES, shown, answer, content, IMAGES_ADVICE)


def _sign_verification(challenge: str, signing_secret: str) -> dict[str, Any]:
    """A `url_verification`, as Slack sends it (docs/slack.md, Receiving)."""
    body = json.dumps({"type": "url_verification", "token": "", "challenge": challenge})
    stamp = str(int(time.time()))
    signature = SignatureVerifier(signing_secret).generate_signature(timestamp=stamp, body=body)
    headers = {
        "Content-Type": "application/json",
        "X-Slack-Request-Timestamp": stamp,
        "X-Slack-Signature": str(signature),
    }
    return {"data": body, "headers": headers}


async def _ask(
    settings: Settings, method: str, url: str, wanted: bytes, **request: Any
) -> AddressAnswer | str:
    """The answer, or why there is none."""
    timeout = aiohttp.ClientTimeout(total=CHECK_S)
    began = time.monotonic()
    try:
        async with (
            aiohttp.ClientSession(timeout=timeout, proxy=settings.proxy_for(url)) as http,
            http.request(method, url, allow_redirects=False, **request) as answer,
        ):
            body = await answer.content.read(_READ)
    except (aiohttp.ClientError, OSError, TimeoutError) as error:
        return f"nothing answers there ({str(error)[:_LONGEST] or type(error).__name__})"
    took_s, location = time.monotonic() - began, answer.headers.get("Location", "")
    return AddressAnswer(answer.status, wanted in body, took_s, location)


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
