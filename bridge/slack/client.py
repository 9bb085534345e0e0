"""Opens the client that speaks to Slack's Web API."""

import logging

import aiohttp
from slack_sdk.web.async_client import AsyncWebClient

# The SDK and Bolt write whole payloads, and the one-time addresses of Socket Mode, into their
# logs. What is worth knowing of that, our own events tell.
SILENT = logging.getLogger("bridge.slack.silent")
SILENT.setLevel(logging.CRITICAL)
SILENT.disabled = True


def open_client(
    token: str | None, *, base_url: str, session: aiohttp.ClientSession
) -> AsyncWebClient:
    """Silent, and without retries of its own: a post repeated blindly stands there twice.

    The time-outs are the session's; slack_sdk ignores its own when it is given one.
    """
    return AsyncWebClient(
        token=token, base_url=base_url, session=session, logger=SILENT, retry_handlers=[]
    )
