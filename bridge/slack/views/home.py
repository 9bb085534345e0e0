"""The Home tab: what the bot can do and how to ask; pure."""

from typing import Any

from bridge.core.translator import Translation

Json = dict[str, Any]


def home_view(translation: Translation) -> Json:
    """The view that `views.publish` takes."""
    title = {"type": "plain_text", "text": translation.text("home_title"), "emoji": False}
    caution = {"type": "mrkdwn", "text": translation.text("home_caution")}
    blocks = [
        {"type": "header", "text": title},
        _section(translation.text("home_intro")),
        {"type": "divider"},
        _section(translation.text("home_asking")),
        _section(translation.text("home_answers")),
        {"type": "context", "elements": [caution]},
    ]
    return {"type": "home", "blocks": blocks}


def _section(text: str) -> Json:
    return {"type": "section", "text": {"type": "mrkdwn", "text": text}}
