"""Draws what an app shows: blocks, or text where there are none. Every text is escaped here."""

from collections.abc import Callable, Iterable, Mapping
from html import escape
from typing import Any

from bridge.emulators.page.composing import PICTURES
from bridge.emulators.page.controls import (
    MENUS,
    draw_button,
    draw_feedback,
    draw_field,
    draw_icon_button,
)
from bridge.emulators.page.text import Names, draw_link, draw_markdown, draw_mrkdwn, is_web

Json = dict[str, Any]
Draw = Callable[[Json, Names], str]


def draw_message(text: str, blocks: list[Json], names: Names) -> str:
    """HTML; what can be pressed carries `data-action` and `data-value`, its block `data-block`."""
    if not blocks:
        return _text(draw_mrkdwn(text, names)) if text else ""
    return draw_blocks(blocks, names)


def draw_blocks(blocks: Iterable[Json], names: Names) -> str:
    return "".join(_draw_block(block, names) for block in blocks)


def draw_attachments(attachments: Iterable[Json], names: Names) -> str:
    """Forwarded messages, pasted tables, and the cards of other apps."""
    return "".join(_draw_attachment(attachment, names) for attachment in attachments)


def draw_tasks(title: str, tasks: Iterable[Json]) -> str:
    """The cards that a stream keeps up to date, under the title of their plan."""
    drawn = "".join(_draw_task(task) for task in tasks)
    heading = f"<strong>{escape(title)}</strong>" if title else ""
    return f'<div class="tasks">{heading}<ul>{drawn}</ul></div>' if heading or drawn else ""


def draw_files(files: Iterable[Json]) -> str:
    """HTML: pictures are seen, other files have a name."""
    return "".join(map(_draw_file, files))


def _draw_attachment(attachment: Json, names: Names) -> str:
    said = "".join(
        f'<div class="{name}">{draw_mrkdwn(str(attachment[name]), names)}</div>'
        for name in ("pretext", "author_name", "title", "text")
        if attachment.get(name)
    )
    fields = "".join(
        f"<div><strong>{escape(str(field.get('title', '')))}</strong>"
        f"{draw_mrkdwn(str(field.get('value', '')), names)}</div>"
        for field in attachment.get("fields", ())
    )
    said += f'<div class="fields">{fields}</div>' if fields else ""
    said += draw_blocks(attachment.get("blocks", ()), names)
    for inner in attachment.get("message_blocks", ()):
        said += draw_attachments(inner["message"].get("attachments", ()), names)
        said += (
            "" if attachment.get("text") else draw_blocks(inner["message"].get("blocks", ()), names)
        )
    foot = f"<small>{escape(str(attachment['footer']))}</small>" if "footer" in attachment else ""
    return f'<div class="attachment">{said}{foot}</div>'


def _draw_file(file: Json) -> str:
    name = escape(str(file.get("name", "")))
    if file.get("mimetype") in PICTURES:
        address = f"/ui/pictures/{escape(file['id'])}"
        return f'<img class="picture" src="{address}" alt="{name}">'
    return f'<div class="file">{name}</div>'


def _draw_block(block: Json, names: Names) -> str:
    draw = _BLOCKS.get(str(block.get("type")), _draw_unknown)
    return draw(block, names)


def _draw_task(task: Json) -> str:
    details = task.get("details") or task.get("output")
    more = f"<small>{escape(str(details))}</small>" if details else ""
    state = escape(str(task.get("status") or "pending"))
    return f'<li class="task {state}"><span>{escape(str(task.get("title", "")))}</span>{more}</li>'


def _draw_section(block: Json, names: Names) -> str:
    text = _text(_draw_text(block["text"], names)) if block.get("text") else ""
    fields = "".join(_text(_draw_text(field, names)) for field in block.get("fields", ()))
    said = text + (f'<div class="fields">{fields}</div>' if fields else "")
    accessory = _draw_element(block["accessory"], names) if block.get("accessory") else ""
    return f'<div class="section"{_id(block)}><div class="main">{said}</div>{accessory}</div>'


def _draw_context(block: Json, names: Names) -> str:
    drawn = "".join(f"<div>{_draw_element(element, names)}</div>" for element in block["elements"])
    return f'<div class="context">{drawn}</div>'


def _draw_row(block: Json, names: Names) -> str:
    """A row of buttons; those under an answer are quieter than those that ask for something."""
    drawn = "".join(_draw_element(element, names) for element in block["elements"])
    kind = "row quiet" if block["type"] == "context_actions" else "row"
    return f'<div class="{kind}"{_id(block)}>{drawn}</div>'


def _draw_input(block: Json, _names: Names) -> str:
    label, hint = escape(str(block["label"]["text"])), block.get("hint")
    aside = ' <small class="optional">(optional)</small>' if block.get("optional") else ""
    under = f'<small class="hint-text">{escape(str(hint["text"]))}</small>' if hint else ""
    error = '<p class="error" role="alert" hidden></p>'
    field = draw_field(block["element"], "field", label=label + aside)
    return f'<div class="input"{_id(block)}>{field}{under}{error}</div>'


def _draw_table(block: Json, _names: Names) -> str:
    rows = "".join(
        f"<tr>{''.join(f'<td>{escape(_plain(cell))}</td>' for cell in row)}</tr>"
        for row in block["rows"]
    )
    return f'<div class="table"><table>{rows}</table></div>'


def _draw_rich_text(block: Json, _names: Names) -> str:
    return _text(escape(_plain(block)))


def _draw_element(element: Json, names: Names) -> str:
    draw = _ELEMENTS.get(str(element.get("type")), _draw_unknown)
    return draw(element, names)


def _draw_text(text: Json, names: Names) -> str:
    if text.get("type") == "mrkdwn":
        return draw_mrkdwn(str(text["text"]), names)
    return escape(str(text["text"]))


def _draw_image(image: Json, _names: Names) -> str:
    """Nothing is fetched for the page, so an image is a link with what it shows."""
    label, url = escape(str(image.get("alt_text", "image"))), str(image.get("image_url", ""))
    return f'<span class="image">{draw_link(url, label) if is_web(url) else label}</span>'


def _draw_unknown(node: Json, _names: Names) -> str:
    return f'<div class="unknown">[{escape(str(node.get("type")))}]</div>'


def _plain(node: Any) -> str:
    """The bare words of a rich text or a table's cell."""
    if isinstance(node, list):
        return "".join(map(_plain, node))
    if not isinstance(node, dict):
        return ""
    text = node.get("text")
    return text if isinstance(text, str) else _plain(node.get("elements"))


def _text(html: str) -> str:
    return f'<div class="text">{html}</div>'


def _id(block: Json) -> str:
    return f' data-block="{escape(str(block["block_id"]))}"' if "block_id" in block else ""


_ELEMENTS: Mapping[str, Draw] = {
    **dict.fromkeys(MENUS, lambda menu, _names: draw_field(menu, "action")),
    "button": lambda button, _names: draw_button(button),
    "feedback_buttons": lambda element, _names: draw_feedback(element),
    "icon_button": lambda button, _names: draw_icon_button(button),
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
    "input": _draw_input,
    "markdown": lambda block, names: f'<div class="md">{draw_markdown(block["text"], names)}</div>',
    "rich_text": _draw_rich_text,
    "section": _draw_section,
    "table": _draw_table,
    "task_card": lambda block, _names: draw_tasks("", [block]),
}
