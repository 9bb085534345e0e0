"""What a value is by its look: a token in the wrong variable is told its place."""

import re
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class ValueKind:
    """What begins like this is `what`. `variable` is where it belongs, empty for what has no use
    here. A pattern that many a secret fits is looked for only in the variables of `only_in`.
    """

    pattern: str
    what: str
    variable: str = ""
    only_in: tuple[str, ...] = ()


_HEX = ("SLACK_BOT_TOKEN", "SLACK_APP_TOKEN", "BEEBOT_INSTANCE_ID", "ALIBABA_CLOUD_ACCESS_KEY_ID")
KINDS = (
    ValueKind(r"xoxb-", "a bot token (xoxb-…)", "SLACK_BOT_TOKEN"),
    ValueKind(r"xapp-", "an app-level token (xapp-…)", "SLACK_APP_TOKEN"),
    ValueKind(r"xoxp-", "a user token (xoxp-…)"),
    ValueKind(r"xoxe", "a token that Slack rotates (xoxe…)"),
    ValueKind(r"xox[a-z]-", "another kind of Slack token"),
    ValueKind(r"LTAI|STS\.", "an AccessKey ID", "ALIBABA_CLOUD_ACCESS_KEY_ID"),
    ValueKind(r"CAIS", "a security token", "ALIBABA_CLOUD_SECURITY_TOKEN"),
    ValueKind(r"chatbot-[a-z]{2}-", "the instance id of a robot", "BEEBOT_INSTANCE_ID"),
    ValueKind(r"\w+_p_\w+_public$", "the key of a business space", "BEEBOT_AGENT_KEY"),
    ValueKind(r"rediss?://", "the URL of a Redis", "REDIS_URL"),
    ValueKind(r"\w+://", "a URL"),
    ValueKind(
        r"(?i)[0-9a-f]{32}$", "what looks like a signing secret", "SLACK_SIGNING_SECRET", _HEX
    ),
    ValueKind(
        r"[A-Za-z0-9]{30}$",
        "what looks like an AccessKey secret",
        "ALIBABA_CLOUD_ACCESS_KEY_SECRET",
        ("ALIBABA_CLOUD_ACCESS_KEY_ID", "BEEBOT_INSTANCE_ID"),
    ),
)


def kind_of(value: str, variable: str) -> ValueKind | None:
    """Of a value that stands in `variable`; None for what has no shape of its own."""
    kinds = (kind for kind in KINDS if variable in kind.only_in or not kind.only_in)
    return next((kind for kind in kinds if re.match(kind.pattern, value)), None)


def misplaced(value: str, variable: str) -> str:
    """What the value is and where it belongs, if not into this variable; empty otherwise."""
    kind = kind_of(value, variable)
    if kind is None or kind.variable == variable:
        return ""
    place = f"belongs into {kind.variable}" if kind.variable else "has no use here"
    return f"holds {kind.what}, which {place}"
