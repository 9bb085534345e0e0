"""Draws what people press and fill in, and reads what they filled in as Slack tells it."""

from collections.abc import Iterator, Mapping
from html import escape
from typing import Any

from bridge.emulators.page.text import is_web
from bridge.emulators.slack.blocks import elements_of

Json = dict[str, Any]

MENUS = ("checkboxes", "multi_static_select", "overflow", "radio_buttons", "static_select")
REQUIRED = "Please complete this required field."

_FEEDBACK = (("positive_button", "good"), ("negative_button", "bad"))
_TICKED = {"checkboxes": "checkbox", "radio_buttons": "radio"}
_MANY = {"checkboxes", "multi_static_select"}


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


def draw_field(element: Json, role: str, *, label: str = "") -> str:
    """HTML whose control carries `data-{role}` with the action id.

    `role` is "field" for what a modal sends with its submission, "action" for what is sent when it
    changes; `label` is HTML.
    """
    named = f'data-{role}="{escape(str(element.get("action_id", "")))}"'
    if element["type"] in _TICKED:
        return _draw_ticks(element, named, label)
    draw = _draw_select if element["type"] in MENUS else _draw_line
    caption = f"<span>{label}</span>" if label else ""
    return f'<label class="field">{caption}{draw(element, named)}</label>'


def read_state(view: Json, typed: Mapping[str, Mapping[str, Any]]) -> Json:
    """`view.state.values`; `typed` holds texts, or lists of them, by block id and action id."""
    values: Json = {}
    for block, element in elements_of(view["blocks"]):
        if block["type"] == "input" or element["type"] in MENUS:
            given = typed.get(block["block_id"], {}).get(element["action_id"])
            answer = _answer(element, given)
            values.setdefault(block["block_id"], {})[element["action_id"]] = answer
    return values


def find_missing(view: Json, values: Json) -> dict[str, str]:
    """What Slack itself tells at fields that must not stay empty, by block id."""
    needed = [b for b in view["blocks"] if b["type"] == "input" and not b.get("optional")]
    return {
        block["block_id"]: REQUIRED
        for block in needed
        if not any(_content(answer) for answer in values[block["block_id"]].values())
    }


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


def _draw_line(element: Json, named: str) -> str:
    """A text of one line or more."""
    text = escape(str(element.get("initial_value", "")))
    if "max_length" in element:
        named += f' maxlength="{int(element["max_length"])}"'
    named += f' placeholder="{_placeholder(element)}"'
    if element.get("multiline"):
        return f'<textarea rows="4" {named}>{text}</textarea>'
    return f'<input type="text" autocomplete="off" value="{text}" {named}>'


def _draw_select(element: Json, named: str) -> str:
    first = element.get("initial_option", {}).get("value")
    options = "".join(
        f'<option value="{escape(option["value"])}"{" selected" * (option["value"] == first)}>'
        f"{escape(option['text']['text'])}</option>"
        for option in _options(element)
    )
    if element["type"] in _MANY:
        return f"<select multiple {named}>{options}</select>"
    empty = _placeholder(element) or "…"
    return f'<select {named}><option value="">{empty}</option>{options}</select>'


def _draw_ticks(element: Json, named: str, label: str) -> str:
    kind, name = _TICKED[element["type"]], escape(str(element.get("action_id", "")))
    initial = [element.get("initial_option", {}), *element.get("initial_options", ())]
    chosen = {option.get("value") for option in initial}
    options = "".join(
        f'<label class="tick"><input type="{kind}" name="{name}" {named}'
        f' value="{escape(option["value"])}"{" checked" * (option["value"] in chosen)}>'
        f"<span>{escape(option['text']['text'])}</span></label>"
        for option in _options(element)
    )
    return f'<fieldset class="field"><legend>{label}</legend>{options}</fieldset>'


def _placeholder(element: Json) -> str:
    return escape(str(element.get("placeholder", {}).get("text", "")))


def _options(element: Json) -> Iterator[Json]:
    yield from element.get("options", ())
    for group in element.get("option_groups", ()):
        yield from group["options"]


def _answer(element: Json, given: Any) -> Json:
    if element["type"] not in MENUS:
        return {"type": element["type"], "value": str(given) if given else None}
    wanted = given if isinstance(given, list) else [given]
    chosen = [option for option in _options(element) if option["value"] in wanted]
    if element["type"] in _MANY:
        return {"type": element["type"], "selected_options": chosen}
    return {"type": element["type"], "selected_option": chosen[0] if chosen else None}


def _content(answer: Json) -> Any:
    value = next(content for name, content in answer.items() if name != "type")
    return value.strip() if isinstance(value, str) else value
