"""Draws Slack's own `<…>` tokens: people, channels, broadcasts, dates and links."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from html import escape

_WEB = re.compile(r"(?:https?://|mailto:)", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Names:
    """What people and channels are called, by id."""

    users: Mapping[str, str]
    channels: Mapping[str, str]


def decode(text: str) -> str:
    """Slack escapes three signs and no others (docs/slack.md)."""
    return text.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&")


def draw_token(token: str, names: Names) -> str:
    """HTML for what stood between `<` and `>`, entities decoded, e.g. `@U0ALICE000` or `url|label`.

    What is no token of Slack's is shown as it stands.
    """
    target, _, label = token.partition("|")
    if is_web(target):
        return draw_link(target, escape(label or target.removeprefix("mailto:")))
    name = _name(target, label, names)
    return f'<span class="mention">{escape(name)}</span>' if name else escape(f"<{token}>")


def draw_link(url: str, label_html: str) -> str:
    """A link that leaves the page; `url` must be `is_web`."""
    safe = 'target="_blank" rel="noopener noreferrer"'
    return f'<a href="{escape(url)}" {safe}>{label_html}</a>'


def is_web(url: str) -> bool:
    """The URL can be followed without harm: no script, no data, nothing of this page."""
    return bool(_WEB.match(url))


def _name(target: str, label: str, names: Names) -> str:
    """What a mention shows; "" when it mentions nothing."""
    kind, rest = target[:1], target[1:]
    if kind == "@":
        return "@" + names.users.get(rest, label or rest)
    if kind == "#":
        return "#" + names.channels.get(rest, label or rest)
    if rest.startswith("date^"):
        return label
    return "@" + (label or rest.partition("^")[0]) if kind == "!" else ""
