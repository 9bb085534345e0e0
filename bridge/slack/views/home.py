"""The Home tab: what the bot can do and how to ask; pure."""

from typing import Any

from bridge.core.words import Words

Json = dict[str, Any]


def home_view(words: Words) -> Json:
    """The view that `views.publish` takes."""
    title = {"type": "plain_text", "text": words.say("home_title"), "emoji": False}
    caution = {"type": "mrkdwn", "text": words.say("home_caution")}
    blocks = [
        {"type": "header", "text": title},
        _section(words.say("home_intro")),
        {"type": "divider"},
        _section(words.say("home_asking")),
        _section(words.say("home_answers")),
        {"type": "context", "elements": [caution]},
    ]
    return {"type": "home", "blocks": blocks}


def _section(text: str) -> Json:
    return {"type": "section", "text": {"type": "mrkdwn", "text": text}}
