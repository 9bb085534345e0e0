"""What tokens, keys and ids look like: one in the wrong variable is told where it belongs."""

import re
from dataclasses import dataclass

from pydantic import SecretStr, ValidationInfo


@dataclass(frozen=True, slots=True)
class Kind:
    """`variable` is where it belongs, empty for what has no use here. A pattern that many a secret
    fits is looked for only in the variables of `only_in`.
    """

    pattern: str
    what: str
    variable: str = ""
    only_in: tuple[str, ...] = ()


_HEX = ("SLACK_BOT_TOKEN", "SLACK_APP_TOKEN", "BEEBOT_INSTANCE_ID", "ALIBABA_CLOUD_ACCESS_KEY_ID")
KINDS = (
    Kind(r"xoxb-", "a bot token (xoxb-…)", "SLACK_BOT_TOKEN"),
    Kind(r"xapp-", "an app-level token (xapp-…)", "SLACK_APP_TOKEN"),
    Kind(r"xoxp-", "a user token (xoxp-…)"),
    Kind(r"xoxe", "a token that Slack rotates (xoxe…)"),
    Kind(r"xox[a-z]-", "another kind of Slack token"),
    Kind(r"LTAI|STS\.", "an AccessKey ID", "ALIBABA_CLOUD_ACCESS_KEY_ID"),
    Kind(r"CAIS", "a security token", "ALIBABA_CLOUD_SECURITY_TOKEN"),
    Kind(r"chatbot-[a-z]{2}-", "the instance id of a robot", "BEEBOT_INSTANCE_ID"),
    Kind(r"\w+_p_\w+_public$", "the key of a business space", "BEEBOT_AGENT_KEY"),
    Kind(r"rediss?://", "the URL of a Redis", "REDIS_URL"),
    Kind(r"\w+://", "a URL"),
    Kind(r"(?i)[0-9a-f]{32}$", "what looks like a signing secret", "SLACK_SIGNING_SECRET", _HEX),
    Kind(
        r"[A-Za-z0-9]{30}$",
        "what looks like an AccessKey secret",
        "ALIBABA_CLOUD_ACCESS_KEY_SECRET",
        ("ALIBABA_CLOUD_ACCESS_KEY_ID", "BEEBOT_INSTANCE_ID"),
    ),
)


def kind_of(value: str, variable: str) -> Kind | None:
    """Of a value that stands in `variable`; None for what has no shape of its own."""
    return next(
        (
            kind
            for kind in KINDS
            if (variable in kind.only_in or not kind.only_in) and re.match(kind.pattern, value)
        ),
        None,
    )


def check_secret(secret: SecretStr, info: ValidationInfo) -> SecretStr:
    _check(secret.get_secret_value(), info)
    return secret


def check_text(text: str, info: ValidationInfo) -> str:
    _check(text, info)
    return text


def _check(value: str, info: ValidationInfo) -> None:
    """Raises ValueError for what could not be sent, or belongs elsewhere."""
    check_one_word(value)
    if elsewhere := misplaced(value, (info.field_name or "").upper()):
        raise ValueError(elsewhere)


def misplaced(value: str, variable: str) -> str:
    """What it is and where it belongs, if not into `variable`; empty otherwise."""
    kind = kind_of(value, variable)
    if kind is None or kind.variable == variable:
        return ""
    place = f"belongs into {kind.variable}" if kind.variable else "has no use here"
    return f"holds {kind.what}, which {place}"


def check_one_word(value: str) -> None:
    """What no header and no address could carry; wrapped lines and copied decoration, mostly."""
    if re.search(r"[\r\n]", value):
        raise ValueError("has a line break inside and must stand on one line")
    if re.search(r"\s", value):
        raise ValueError("has a blank inside")
    if not (value.isascii() and value.isprintable()):
        raise ValueError("has a character inside that is no letter, digit or sign of ASCII")
