"""Slack's refusals and the network's, as the core's errors."""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager

import aiohttp
from slack_sdk.errors import SlackApiError, SlackClientError
from slack_sdk.web.async_slack_response import AsyncSlackResponse

from bridge.core.errors import (
    BridgeError,
    ContentRefused,
    CredentialsRejected,
    OutcomeUnknown,
    RateLimited,
    Refused,
    ThreadGone,
    Unavailable,
)

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
    "app_access_restricted", "cannot_reply_to_message", "cant_update_message", "channel_not_found",
    "edit_window_closed", "is_archived", "is_inactive", "message_not_found",
    "messages_tab_disabled", "not_in_channel", "thread_not_found", "user_not_found",
}  # fmt: skip
# Slack may have carried the call out before it failed.
UNKNOWN = {
    "fatal_error", "internal_error", "request_timeout", "service_unavailable", "update_failed",
}  # fmt: skip


@contextmanager
def slack_faults() -> Iterator[None]:
    try:
        yield
    except SlackApiError as error:
        raise _translate(error) from None
    except aiohttp.ClientConnectorError as error:
        raise Unavailable("slack cannot be reached", error=type(error).__name__) from None
    except (aiohttp.ClientError, SlackClientError, TimeoutError, asyncio.IncompleteReadError) as e:
        raise OutcomeUnknown("slack did not answer", error=type(e).__name__) from None


def _translate(error: SlackApiError) -> BridgeError:
    if isinstance(error.response, AsyncSlackResponse):
        return _read(error.response)
    return OutcomeUnknown("slack answered what is no JSON")


def _read(response: AsyncSlackResponse) -> BridgeError:
    word = str(response.get("error") or f"http_{response.status_code}")
    if response.status_code == 429 or word in RATE_LIMITED:
        return RateLimited(word, after_s=_retry_after(response.headers))
    if response.status_code >= 500 or word in UNKNOWN:
        return OutcomeUnknown(word)
    if word in CREDENTIALS:
        return CredentialsRejected(word, needed=response.get("needed"))
    if word in CONTENT:
        return ContentRefused(word)
    if word in GONE or word.startswith("restricted_action"):
        return ThreadGone(word)
    return Refused(word)


def _retry_after(headers: dict[str, str]) -> float:
    """Seconds; 1 where Slack gives no number."""
    value = {name.lower(): text for name, text in headers.items()}.get("retry-after", "")
    return float(value) if value.isdigit() and int(value) > 0 else 1.0
