"""Fetches a test image through the public address of the running bridge, as Beebot would."""

import aiohttp

from bridge.cli.checks import CHECK_S
from bridge.cli.findings import Finding, State
from bridge.core.errors import Unavailable
from bridge.settings import Settings
from bridge.settings.values import secret_text
from bridge.slack.images.relay import PATH, TEST_FILE, TEST_IMAGE, ImageAddresses
from bridge.slack.workspace.inspection import AddressAnswer, inspect_content

IMAGES = "images"


async def check_images(settings: Settings) -> Finding:
    origin = settings.bridge_public_url
    url = ImageAddresses(origin, secret_text(settings.slack_bot_token)).sign(TEST_FILE)
    timeout = aiohttp.ClientTimeout(total=CHECK_S)
    async with aiohttp.ClientSession(timeout=timeout, proxy=settings.proxy_for(url)) as http:
        try:
            answer = await inspect_content(http, url, TEST_IMAGE)
        except Unavailable as error:
            said = f"{origin}{PATH}: {error.reason} ({error.details['said']})"
            advice = (
                "Start the bridge; Beebot needs a public name, an open port and a certificate "
                "that all trust."
            )
            return Finding(IMAGES, State.FAILURE, said, advice)
    return judge_images(f"{origin}{PATH}", answer)


def judge_images(url: str, answer: AddressAnswer) -> Finding:
    said = f"{url} answers {answer.status} within {answer.took_s:.2f} s"
    if answer.location:
        said += f", and leads to {answer.location}"
    if answer.status != 200:
        return Finding(IMAGES, State.FAILURE, said, _advice_for(answer.status))
    if not answer.is_echoed:
        advice = (
            "Something else than the bridge answers there: correct BRIDGE_PUBLIC_URL, or let "
            f"{PATH} through without a login and unchanged."
        )
        return Finding(IMAGES, State.FAILURE, f"{said}, but not with the test image", advice)
    return Finding(IMAGES, State.OK, f"{said}, and gives the test image")


def _advice_for(status: int) -> str:
    if status == 404:
        return (
            "Either no bridge takes requests there, or one that has another SLACK_BOT_TOKEN, or no "
            "BRIDGE_PUBLIC_URL of its own."
        )
    if status == 410:
        return "Set the clocks of this machine and of the bridge there by NTP."
    if 300 <= status < 400:
        return "Set BRIDGE_PUBLIC_URL to the address that it leads to."
    if status >= 500:
        return "The host finds no bridge that runs behind that address, or it is about to end."
    return f"Something before the bridge refuses it (a login, a firewall): let {PATH} through."
