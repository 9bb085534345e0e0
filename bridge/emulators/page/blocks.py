"""Draws a message: its blocks, or its text when it has none. Every text is escaped here."""

from collections.abc import Callable, Mapping
from html import escape
from typing import Any

from bridge.emulators.page.markdown import draw_markdown
from bridge.emulators.page.mrkdwn import draw_mrkdwn
from bridge.emulators.page.tokens import Names, draw_link, is_web

Json = dict[str, Any]
Draw = Callable[[Json, Names], str]

_FEEDBACK = (("positive_button", "good"), ("negative_button", "bad"))


def draw_message(text: str, blocks: list[Json], names: Names) -> str:
    """HTML; buttons carry `data-action` and `data-value` for whoever sends the click."""
    if not blocks:
        return _text(draw_mrkdwn(text, names))
    return "".join(draw_block(block, names) for block in blocks)


def draw_block(block: Json, names: Names) -> str:
    draw = _BLOCKS.get(str(block.get("type")), _draw_unknown)
    return draw(block, names)


def _draw_section(block: Json, names: Names) -> str:
    texts = [block["text"]] if block.get("text") else []
    drawn = "".join(_text(_draw_text(text, names)) for text in (*texts, *block.get("fields", ())))
    accessory = block.get("accessory")
    return (
        f'<div class="section">{drawn}{_draw_element(accessory, names) if accessory else ""}</div>'
    )


def _draw_context(block: Json, names: Names) -> str:
    drawn = "".join(f"<div>{_draw_element(element, names)}</div>" for element in block["elements"])
    return f'<div class="context">{drawn}</div>'


def _draw_row(block: Json, names: Names) -> str:
    """A row of buttons."""
    drawn = "".join(_draw_element(element, names) for element in block["elements"])
    return f'<div class="row">{drawn}</div>'


def _draw_element(element: Json, names: Names) -> str:
    draw = _ELEMENTS.get(str(element.get("type")), _draw_unknown)
    return draw(element, names)


def _draw_text(text: Json, names: Names) -> str:
    if text.get("type") == "mrkdwn":
        return draw_mrkdwn(str(text["text"]), names)
    return escape(str(text["text"]))


def _draw_button(button: Json, _names: Names) -> str:
    label, url = str(button["text"]["text"]), str(button.get("url", ""))
    if is_web(url):
        return draw_link(url, escape(label)).replace("<a ", '<a class="button" ', 1)
    return _button(button, button.get("value"), kind=str(button.get("style", "")), label=label)


def _draw_feedback(element: Json, _names: Names) -> str:
    buttons = ((element[side], kind) for side, kind in _FEEDBACK if side in element)
    drawn = (
        _button(element, button.get("value"), kind=f"icon {kind}", label=button["text"]["text"])
        for button, kind in buttons
    )
    return "".join(drawn)


def _draw_icon_button(button: Json, _names: Names) -> str:
    kind = f"icon {button.get('icon', '')}"
    return _button(button, button.get("value"), kind=kind, label=button["text"]["text"])


def _button(element: Json, value: object, *, kind: str, label: str) -> str:
    """An icon shows its label to those who hover or listen; the drawing is the style sheet's."""
    sent = f'data-action="{escape(str(element.get("action_id", "")))}"'
    if value is not None:
        sent += f' data-value="{escape(str(value))}"'
    if kind.startswith("icon"):
        named = f'title="{escape(label)}" aria-label="{escape(label)}"'
        return f'<button type="button" class="{escape(kind)}" {named} {sent}></button>'
    return f'<button type="button" class="button {escape(kind)}" {sent}>{escape(label)}</button>'


def _draw_image(image: Json, _names: Names) -> str:
    """Nothing is fetched for the page, so an image shows what it says."""
    return f'<span class="image">{escape(str(image.get("alt_text", "image")))}</span>'


def _draw_unknown(node: Json, _names: Names) -> str:
    return f'<div class="unknown">[{escape(str(node.get("type")))}]</div>'


def _text(html: str) -> str:
    return f'<div class="text">{html}</div>'


_ELEMENTS: Mapping[str, Draw] = {
    "button": _draw_button,
    "feedback_buttons": _draw_feedback,
    "icon_button": _draw_icon_button,
    "image": _draw_image,
    "mrkdwn": _draw_text,
    "plain_text": _draw_text,
}
_BLOCKS: Mapping[str, Draw] = {
    "actions": _draw_row,
    "context": _draw_context,
    "context_actions": _draw_row,
    "divider": lambda _block, _names: "<hr>",
    "header": lambda block, names: f"<h3>{_draw_text(block['text'], names)}</h3>",
    "image": _draw_image,
    "markdown": lambda block, names: f'<div class="md">{draw_markdown(block["text"], names)}</div>',
    "section": _draw_section,
}
