"""Slack's refusals and the network's, as the core's errors (docs/slack.md, Error words), and what
an operator can do about them.
"""

import asyncio
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import aiohttp
from slack_sdk.errors import SlackApiError, SlackClientError
from slack_sdk.web.async_slack_response import AsyncSlackResponse

from bridge.core.errors import (
    BridgeError,
    ContentRefused,
    CredentialsRejected,
    EditRefused,
    OutcomeUnknown,
    RateLimited,
    Refused,
    ThreadGone,
)
from bridge.network import parse_retry_after, unreachable

# Advice.
BOT_REFUSED = (
    "Set SLACK_BOT_TOKEN to the Bot User OAuth Token (xoxb-…) under OAuth & Permissions of the "
    "Slack app."
)
APP_REFUSED = (
    "Switch Socket Mode on in the Slack app, and set SLACK_APP_TOKEN to an app-level token of it "
    "with connections:write."
)
SCOPES_MISSING = (
    "Update the Slack app from `bridge manifest` (with --url https://HOST, or --socket-mode), and "
    "install it to the workspace again."
)
CLOCK_OFF = "Set this machine's clock by NTP; Slack's requests are refused from 300 s on."
UNSIGNED = (
    "If they are Slack's, set SLACK_SIGNING_SECRET to the Signing Secret under Basic Information "
    "of the Slack app."
)
WRONG_PATH = (
    "If that was Slack, set every Request URL of the app (events, interactivity, commands) to "
    "https://HOST/slack/events."
)
SOCKET_MODE = (
    "SLACK_APP_TOKEN is set, so events come by Socket Mode and only the host asks here. Unset it "
    "to receive at https://HOST/slack/events."
)
ELSEWHERE = "What answers at SLACK_API_URL is not Slack itself: look at the proxies on the way."
SERVICE, ADDRESS = "Slack", "SLACK_API_URL"  # as the way there is told of

# Slack's words.
RATE_LIMITED = {"ratelimited", "rate_limited", "message_limit_exceeded"}
CREDENTIALS = {
    "account_inactive", "invalid_auth", "missing_scope", "not_allowed_token_type", "not_authed",
    "team_access_not_granted", "token_expired", "token_revoked",
}  # fmt: skip
CONTENT = {
    "block_mismatch", "invalid_blocks", "invalid_blocks_format", "markdown_text_conflict",
    "metadata_too_large", "msg_blocks_too_long", "msg_blocks_too_many", "msg_too_long", "no_text",
}  # fmt: skip
GONE = {
    "app_access_restricted", "cannot_reply_to_message", "channel_not_found", "is_archived",
    "is_inactive", "message_not_found", "messages_tab_disabled", "not_in_channel",
    "thread_not_found", "user_not_found",
}  # fmt: skip
EDIT = {"cant_update_message", "edit_window_closed"}
# Slack may have carried the call out before it failed.
UNKNOWN = {
    "fatal_error", "internal_error", "request_timeout", "service_unavailable", "update_failed",
}  # fmt: skip

ONE_METHOD = {"missing_scope", "not_allowed_token_type"}  # the token does for others
# Refused in every channel: these concern the method or the app. Any other refusal may concern the
# channel alone.
EVERYWHERE = ONE_METHOD | {
    "access_denied", "feature_disabled", "feature_not_enabled", "method_deprecated",
    "team_access_not_granted", "unknown_method",
}  # fmt: skip
NO_AGENT = {"not_agent_app", "not_authorized"}  # the app is not declared an agent

_KINDS: tuple[tuple[set[str], type[BridgeError]], ...] = (
    (UNKNOWN, OutcomeUnknown),
    (CREDENTIALS, CredentialsRejected),
    (CONTENT, ContentRefused),
    (EDIT, EditRefused),
    (GONE, ThreadGone),
)
_NO_ANSWER = (
    aiohttp.ClientError, SlackClientError, OSError, TimeoutError, asyncio.IncompleteReadError,
)  # fmt: skip


@contextmanager
def slack_faults(token_advice: str = BOT_REFUSED) -> Iterator[None]:
    """Translate what Slack and the network raise; a bug of ours, such as a `TypeError`, passes.

    `token_advice` is what helps when Slack does not take the token that is used here.
    """
    try:
        yield
    except SlackApiError as error:
        raise _translate(error, token_advice) from None
    except aiohttp.ClientConnectorError as error:
        raise unreachable("slack cannot be reached", error, SERVICE, ADDRESS) from None
    except _NO_ANSWER as error:
        reason, kind = "slack did not answer", OutcomeUnknown
        raise unreachable(reason, error, SERVICE, ADDRESS, kind=kind) from None


def _translate(error: SlackApiError, token_advice: str) -> BridgeError:
    if isinstance(error.response, AsyncSlackResponse):
        return _read(error.response, token_advice)
    return OutcomeUnknown("slack answered what is no JSON", advice=ELSEWHERE)


def _read(response: AsyncSlackResponse, token_advice: str) -> BridgeError:
    word, status = str(response.get("error") or ""), response.status_code
    if status == 429 or word in RATE_LIMITED:
        return RateLimited(
            word or "http_429", after_s=parse_retry_after(_retry_after(response.headers))
        )
    if not word:  # then the answer is not from Slack itself, but from its edge or a proxy
        known = ContentRefused if status == 413 else OutcomeUnknown
        return known(f"http_{status}", advice=ELSEWHERE)
    if status >= 500:
        return OutcomeUnknown(word)
    if word.startswith("restricted_action"):
        return ThreadGone(word)
    kind = next((kind for words, kind in _KINDS if word in words), Refused)
    needed = str(response.get("needed") or "")
    details: dict[str, Any] = {"needed": needed} if needed else {}
    return kind(word, advice=_advice(kind, word, needed, token_advice), **details)


def _advice(kind: type[BridgeError], word: str, needed: str, token_advice: str) -> str:
    """Empty for what is refused for its content or its place."""
    if word == "missing_scope" and token_advice == BOT_REFUSED:
        return f"Slack asks for the scope {needed}. {SCOPES_MISSING}" if needed else SCOPES_MISSING
    return token_advice if kind is CredentialsRejected else ""


def _retry_after(headers: Mapping[str, str]) -> str | None:
    return next((text for name, text in headers.items() if name.lower() == "retry-after"), None)
