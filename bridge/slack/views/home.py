"""The Home tab: what the bot can do and how to ask; pure."""

from bridge.core.translator import Translation
from bridge.slack.message import Block, View


def home_view(translation: Translation) -> View:
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


def _section(text: str) -> Block:
    return {"type": "section", "text": {"type": "mrkdwn", "text": text}}
