"""What an operator can do about each failure, in one sentence each."""

import re

from bridge.core.errors import (
    BridgeError,
    CredentialsRejected,
    RateLimited,
    Refused,
    Unavailable,
)

WAIT = "Wait a minute and run this again."
REINSTALL = "Update the Slack app from `bridge manifest` and install it to the workspace again."
CLOCK = "Set this machine's clock by NTP; Slack's requests are refused from 300 s on."

_REDIS = [
    (r"certificate|SSL", "Set REDIS_SSL_CERT_REQS=none if its certificate is self-signed."),
    (r"auth|NOAUTH|WRONGPASS|password", "Put the right user and password into REDIS_URL."),
    (r"", "Start Redis, or mend REDIS_URL; this host must be allowed to connect to it."),
]
# Codes and words of Alibaba's gateway (docs/beebot.md); the first that is found counts.
_BEEBOT = [
    (r"InvalidTimeStamp", "Set this machine's clock by NTP: it is over 15 minutes off."),
    (r"SecurityToken", "Set a new temporary key, all three of its variables, or a lasting one."),
    (
        r"InvalidAccessKeyId",
        "Set ALIBABA_CLOUD_ACCESS_KEY_ID to a key that exists and is enabled.",
    ),
    (
        r"Signature",
        "Set ALIBABA_CLOUD_ACCESS_KEY_SECRET to the secret that belongs to the key's id.",
    ),
    (r"CredentialException", "Set the access key's two variables, or give this host a RAM role."),
    (r"InstanceFreezing", "Pay Alibaba's bill: the robot is frozen until about an hour later."),
    (r"specification", "Buy an edition of Beebot that allows the API."),
    (r"Forbidden\.RAM|NoPermission", "Give the RAM user the policy AliyunChatbotFullAccess."),
    (
        r"Forbidden|AgentKey|InvalidParameter",
        "Set BEEBOT_AGENT_KEY to the robot's space; the RAM user needs AliyunChatbotFullAccess.",
    ),
    (r"", "Check the access key, its RAM policy, BEEBOT_AGENT_KEY and BEEBOT_ENDPOINT."),
]


def describe(error: BridgeError) -> str:
    """The reason, and what of the details helps an operator."""
    names = ("code", "message", "needed", "error", "said", "request_id")
    details = [str(error.details[name]) for name in names if error.details.get(name)]
    return f"{error.reason} ({', '.join(details)})" if details else error.reason


def mend_redis(error: BridgeError) -> str:
    return _first(_REDIS, describe(error))


def mend_workspace(error: BridgeError) -> str:
    return _passing(error, "Slack", "SLACK_API_URL") or (
        "Set SLACK_BOT_TOKEN to the Bot User OAuth Token (xoxb-…) under OAuth & Permissions of the "
        "Slack app."
    )


def mend_socket(error: BridgeError) -> str:
    return _passing(error, "Slack", "SLACK_API_URL") or (
        "Switch Socket Mode on in the Slack app, and set SLACK_APP_TOKEN to an app-level token of "
        "it with connections:write."
    )


def mend_token(error: BridgeError) -> str:
    """For a stream token that cannot be had."""
    return _passing(error, "Alibaba", "BEEBOT_ENDPOINT") or _first(_BEEBOT, describe(error))


def mend_answer(error: BridgeError) -> str:
    """For a question that was not answered although there is a token."""
    if isinstance(error, Refused):
        return "Check BEEBOT_INSTANCE_ID, and that the robot is published."
    if isinstance(error, CredentialsRejected):
        return "The token is new: check BEEBOT_STREAM_URL and this machine's clock."
    waiting = _passing(error, "Beebot", "BEEBOT_STREAM_URL")
    return waiting or "Try the robot in Beebot's own console, and run this again."


def _passing(error: BridgeError, service: str, variable: str) -> str:
    """What to do about failures that are nobody's setting, or at most an address."""
    if isinstance(error, RateLimited):
        return WAIT
    if isinstance(error, Unavailable):
        return (
            f"See whether this host may open HTTPS to {service} ({variable}); if it may, "
            f"{service} has trouble of its own."
        )
    return ""


def _first(remedies: list[tuple[str, str]], said: str) -> str:
    return next(mend for words, mend in remedies if re.search(words, said, re.IGNORECASE))
