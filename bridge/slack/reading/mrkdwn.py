"""Reads mrkdwn, the text of Slack's messages.

Who and what is mentioned stays a token, `<@U…>` or `<#C…>`, with its label if it has one: names are
looked up when the question is answered. If somebody wrote a `<` before `@` or `#`, U+2060 is put
between them, so that they never read as a token.
"""

import re

from bridge.slack.reading.emoji import with_emoji
from bridge.slack.rendering.mrkdwn import escape

TOKEN = re.compile(r"<(?P<sign>[@#]|!subteam\^)(?P<id>[A-Z0-9]{2,40})(?:\|(?P<label>[^<>\n]*))?>")
PARTED = "<\u2060"

_ANY_TOKEN = re.compile(r"<(?P<sign>[@#!]?)(?P<body>[^<>|]*)(?:\|(?P<label>[^<>]*))?>")
_ALIKE = re.compile(r"<(?=[@#!])")
_BROADCAST = re.compile(r"(?:channel|here|everyone)(?:\^.*)?")
_MARK = r"[^\S\n]*(?:[:：](?![a-z0-9_+'-]+:)|[,，、;；]|[-–—](?=\s))?\s*"


def read_mrkdwn(text: str) -> str:
    """As people see it: entities decoded, links as their labels and targets, emoji as characters.

    The marks of bold, code and the like stay.
    """
    parts, end = [], 0
    for found in _ANY_TOKEN.finditer(text):
        parts += [literal(unescape(text[end : found.start()])), _read_token(found)]
        end = found.end()
    return with_emoji("".join([*parts, literal(unescape(text[end:]))]))


def with_live_tokens(text: str) -> str:
    """Write what `read_mrkdwn` has read as mrkdwn again. The tokens in it are live: Slack shows
    names for them.
    """
    parts, end = [], 0
    for found in TOKEN.finditer(text):
        parts += [_escape(text[end : found.start()]), found[0]]
        end = found.end()
    return "".join([*parts, _escape(text[end:])])


def literal(text: str) -> str:
    """This text as words: nothing in it reads as a token."""
    return _ALIKE.sub(PARTED, text)


def unescape(text: str) -> str:
    """Decode the three entities that Slack writes, each once."""
    return text.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&")


def token(sign: str, identifier: str, label: str = "") -> str:
    label = re.sub(r"[<>|\n]", "", unescape(label)).removeprefix(sign).removeprefix("@")
    return f"<{sign}{identifier}|{label}>" if label else f"<{sign}{identifier}>"


def link(target: str, label: str) -> str:
    """Label and target. If both say the same, only one: Slack makes a link of `README.md` by
    itself.
    """
    shown = target.removeprefix("mailto:").removeprefix("tel:")
    scheme_less = re.sub(r"^https?://", "", target).rstrip("/")
    if not label or label.rstrip("/") in {target.rstrip("/"), shown, scheme_less}:
        return label or shown
    return f"{label} ({shown})"


def broadcast(body: str) -> str:
    return "@" + body.partition("^")[0]


def without_bot(text: str, bot_user_id: str) -> str:
    """The text without mentions of the bot, and without the punctuation between them and
    the words.
    """
    bot = rf"<@{re.escape(bot_user_id)}(?:\|[^<>\n]*)?>"
    text = re.sub(rf"([*_~]){bot}\1", lambda found: found[0][1:-1], text)
    text = re.sub(rf"^(?:\s*{bot})+{_MARK}", "", text)
    text = re.sub(rf"(?:[ \t]?[,，])?[ \t]?{bot}(?=\s*(?:[?.!。？！]|$))", "", text)
    text = re.sub(rf"[ \t]?{bot}(?=[,，、;；:：])", "", text)
    return re.sub(rf"{bot}[ \t]?", "", text)


def _escape(text: str) -> str:
    return escape(text.replace(PARTED, "<"))


def _read_token(found: re.Match[str]) -> str:
    sign, body, label = found["sign"], found["body"], found["label"] or ""
    match sign:
        case "@" | "#" if re.fullmatch(r"[A-Z0-9]{2,40}", body):
            return token(sign, body, label)
        case "@" | "#":
            return literal(unescape(sign + (label or body).removeprefix(sign)))
        case "!":
            return _read_special(body, label)
    return literal(unescape(link(body, label)))


def _read_special(body: str, label: str) -> str:
    """`<!here>`, `<!subteam^S1|@ops>`, `<!date^…|fallback>`."""
    kind, _, rest = body.partition("^")
    if kind == "subteam" and re.fullmatch(r"[A-Z0-9]{2,40}", rest):
        return token("!subteam^", rest, label)
    if _BROADCAST.fullmatch(body):
        return broadcast(body)
    return literal(unescape(label or ("" if kind == "date" else "@" + body.rpartition("^")[2])))
