"""Draws what is pressed: buttons, the two thumbs of the feedback, icons."""

from html import escape
from typing import Any

from bridge.emulators.page.tokens import is_web

Json = dict[str, Any]

_FEEDBACK = (("positive_button", "good"), ("negative_button", "bad"))


def draw_button(button: Json) -> str:
    """One with a `url` leads there, and tells the app all the same (docs/slack.md)."""
    label, url = escape(str(button["text"]["text"])), str(button.get("url", ""))
    kind = f'class="button {escape(str(button.get("style", "")))}"'
    sent = _sent(button, button.get("value"))
    if is_web(url):
        away = 'target="_blank" rel="noopener noreferrer"'
        return f'<a href="{escape(url)}" {away} {kind} {sent}>{label}</a>'
    return f'<button type="button" {kind} {sent}>{label}</button>'


def draw_feedback(element: Json) -> str:
    drawn = (
        _icon(element, element[side], kind=kind) for side, kind in _FEEDBACK if side in element
    )
    return f'<span class="feedback">{"".join(drawn)}</span>'


def draw_icon_button(button: Json) -> str:
    return _icon(button, button, kind=str(button.get("icon", "")))


def _icon(element: Json, button: Json, *, kind: str) -> str:
    """An icon shows its label to those who hover or listen; the drawing is the style sheet's."""
    label = escape(str(button["text"]["text"]))
    named = f'title="{label}" aria-label="{label}"'
    sent = _sent(element, button.get("value"))
    return f'<button type="button" class="icon {escape(kind)}" {named} {sent}></button>'


def _sent(element: Json, value: object) -> str:
    """What the page needs to tell of a press, and the question to ask before."""
    sent = f'data-action="{escape(str(element.get("action_id", "")))}"'
    if value is not None:
        sent += f' data-value="{escape(str(value))}"'
    if confirm := element.get("confirm"):
        sent += f' data-confirm="{escape(str(confirm.get("text", {}).get("text", "")))}"'
    return sent
