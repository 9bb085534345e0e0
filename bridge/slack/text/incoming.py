"""Reads what a person wrote in Slack as plain text for the model."""

import re

_TOKEN = re.compile(r"<(?P<sign>[@#!]?)(?P<body>[^<>|]*)(?:\|(?P<label>[^<>]*))?>")
_LONE_SURROGATE = re.compile("[\ud800-\udfff]")
_SPECIALS = re.compile(r"(?:channel|here|everyone)(?:\^.*)?")


def from_slack(text: str | None, bot_user_id: str) -> str:
    """The words as the person sees them, without the mentions of this bot; trimmed.

    `text` is null for posts of files or blocks alone. Half an emoji, which JSON can name and UTF-8
    cannot, becomes a replacement character.
    """
    whole = _LONE_SURROGATE.sub("\ufffd", text or "")
    without_bot = re.sub(rf"<@{re.escape(bot_user_id)}(?:\|[^<>]*)?>[ \t]?", "", whole)
    return unescape(_TOKEN.sub(_read_token, without_bot)).strip()


def unescape(text: str) -> str:
    """Decode the three entities that Slack writes, each once."""
    return text.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&")


def _read_token(found: re.Match[str]) -> str:
    sign, body, label = found["sign"], found["body"], found["label"] or ""
    match sign:
        case "@" | "#":
            return sign + (label or body).removeprefix(sign)
        case "!":
            return _read_special(body, label)
    return _read_link(body, label)


def _read_special(body: str, label: str) -> str:
    """`<!here>`, `<!subteam^S1|@ops>`, `<!date^…|fallback>`."""
    if body.startswith("date^"):
        return label
    if _SPECIALS.fullmatch(body):
        return "@" + body.partition("^")[0]
    return label or "@" + body.rpartition("^")[2]


def _read_link(target: str, label: str) -> str:
    shown = target.removeprefix("mailto:").removeprefix("tel:")
    scheme_less = re.sub(r"^https?://", "", target).rstrip("/")
    is_same = not label or label.rstrip("/") in {target.rstrip("/"), shown, scheme_less}
    return shown if is_same else f"{label} ({shown})"
