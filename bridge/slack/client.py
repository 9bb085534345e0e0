"""Opens the client that speaks to Slack's Web API."""

import json
import logging
from typing import Any

import aiohttp
from slack_sdk.errors import SlackClientError
from slack_sdk.web.async_client import AsyncWebClient

# The SDK and Bolt write whole payloads, and the one-time addresses of Socket Mode, into their
# logs. What is worth knowing of that, our own events tell.
SILENT = logging.getLogger("bridge.slack.silent")
SILENT.setLevel(logging.CRITICAL)
SILENT.disabled = True


def open_client(
    token: str | None, *, base_url: str, session: aiohttp.ClientSession, proxy: str | None = None
) -> AsyncWebClient:
    """Silent, and without retries of its own: a post repeated blindly stands there twice.

    The time-outs are the session's; slack_sdk ignores its own when it is given one.
    """
    client = _Client(
        token=token, base_url=base_url, session=session, logger=SILENT, retry_handlers=[]
    )
    client.proxy = proxy  # it has taken one from the environment, without a look at NO_PROXY
    return client


class _Client(AsyncWebClient):
    """Keeps what Slack may do apart from what only we can do wrong: arguments that cannot be sent
    raise as they are, and a body that is no JSON object raises `SlackClientError` or is empty.
    slack_sdk stumbles over both in the same places, with the same kinds of errors.
    """

    async def _request(
        self, *, http_verb: str, api_url: str, req_args: dict[str, Any]
    ) -> dict[str, Any]:
        if (arguments := req_args.pop("json", None)) is not None:
            req_args["data"] = json.dumps(arguments).encode()
        try:
            answer: dict[str, Any] = await super()._request(
                http_verb=http_verb, api_url=api_url, req_args=req_args
            )
        except (UnicodeDecodeError, RecursionError) as error:
            raise SlackClientError(f"an unreadable body: {type(error).__name__}") from None
        if not isinstance(answer["data"], dict):
            answer["data"] = {}
        return answer
