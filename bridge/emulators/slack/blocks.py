"""Block Kit as Slack accepts it: shapes and limits of blocks and their elements (docs/slack.md)."""

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from bridge.emulators.slack.markdown import expand_markdown
from bridge.emulators.slack.refusals import RefusedError, explained, refuse_unless

Json = dict[str, Any]

MESSAGE_BLOCKS_MAX = 50
MARKDOWN_CHARS_MAX = 12_000
ALL_TEXT_CHARS_MAX = 13_200  # [report] slack-markdown-parser's tests on the live service
_TABLE_CHARS_MAX = 10_000


def check_message_blocks(blocks: Any) -> None:
    """Refuse what chat.postMessage would refuse.

    Raises:
        RefusedError: `invalid_blocks_format`, `invalid_blocks`, `msg_too_long` (markdown blocks
            over 12,000 characters in total) or `msg_blocks_too_long`.
    """
    refuse_unless(_is_list_of_objects(blocks), "invalid_blocks_format")
    check_blocks(blocks, at_most=MESSAGE_BLOCKS_MAX)
    markdown = [b["text"] for b in blocks if b["type"] == "markdown"]
    refuse_unless(sum(map(len, markdown)) <= MARKDOWN_CHARS_MAX, "msg_too_long")
    expanded = len(blocks) - len(markdown) + sum(len(expand_markdown(text)) for text in markdown)
    _require(expanded <= MESSAGE_BLOCKS_MAX, f"blocks expand to {expanded}, over 50")
    tables = [b for b in blocks if b["type"] == "table"]
    _require(len(tables) <= 1, "only one table is allowed")
    refuse_unless(sum(map(len, texts_of(blocks))) <= ALL_TEXT_CHARS_MAX, "msg_blocks_too_long")


def check_blocks(blocks: list[Json], *, at_most: int) -> None:
    """Refuse malformed blocks of a message, modal or home tab with `invalid_blocks`."""
    _require(len(blocks) <= at_most, f"no more than {at_most} items allowed")
    for block in blocks:
        _check_id(block, "block_id")
        _check_kind(block, _BLOCKS)
    ids = [b["block_id"] for b in blocks if "block_id" in b]
    _require(len(ids) == len(set(ids)), "block_id is not unique")


def texts_of(node: Any, *, plain: bool = True) -> Iterator[str]:
    """Every text in blocks; without `plain` only those in which Slack looks for its own tokens."""
    if isinstance(node, list):
        for item in node:
            yield from texts_of(item, plain=plain)
    elif isinstance(node, dict) and (plain or node.get("type") != "plain_text"):
        for key, value in node.items():
            if key == "text" and isinstance(value, str):
                yield value
            else:
                yield from texts_of(value, plain=plain)


def elements_of(blocks: list[Json]) -> Iterator[tuple[Json, Json]]:
    """Each interactive element with the block it stands in."""
    for block in blocks:
        candidates = [*block.get("elements", ()), block.get("accessory"), block.get("element")]
        yield from ((block, e) for e in candidates if isinstance(e, dict) and "action_id" in e)


def _is_list_of_objects(value: Any) -> bool:
    return isinstance(value, list) and all(isinstance(item, dict) for item in value)


def _require(condition: object, problem: str) -> None:
    refuse_unless(condition, "invalid_blocks", problem)


def _check_kind(node: Json, allowed: Mapping[str, Callable[[Json], None]]) -> None:
    check = allowed.get(str(node.get("type")))
    if check is None:
        raise RefusedError("invalid_blocks", **explained(f"unsupported here: {node.get('type')}"))
    check(node)


def _check_id(holder: Json, name: str) -> None:
    value = holder.get(name, "")
    _require(isinstance(value, str) and len(value) <= 255, f"{name}: over 255 characters")


def _check_text(value: Any, at_most: int, *, plain: bool = False) -> None:
    """A text object with 1 to `at_most` characters; `plain`: mrkdwn is not allowed there."""
    kinds = {"plain_text"} if plain else {"plain_text", "mrkdwn"}
    _require(isinstance(value, dict) and value.get("type") in kinds, "not a text object fit here")
    text = value.get("text")
    _require(isinstance(text, str) and text, "text: must be more than 0 characters")
    _require(len(text) <= at_most, f"text: must be less than {at_most + 1} characters")


def _check_value(holder: Json, name: str, at_most: int) -> None:
    value = holder.get(name, "")
    is_fit = isinstance(value, str) and len(value) <= at_most
    _require(is_fit, f"{name}: not a string of at most {at_most} characters")


def _check_button(element: Json) -> None:
    _check_text(element.get("text"), 75, plain=True)
    _check_value(element, "value", 2000)
    _check_value(element, "url", 3000)
    _check_value(element, "accessibility_label", 75)
    _check_value(element, "agent_prompt", 4000)
    style = element.get("style", "primary")
    _require(style in {"primary", "danger"}, f"style: {style}")


def _check_feedback_buttons(element: Json) -> None:
    for side in ("positive_button", "negative_button"):
        button = element.get(side)
        _require(isinstance(button, dict), f"missing required field: {side}")
        _check_text((button or {}).get("text"), 75, plain=True)
        _check_value(button or {}, "value", 2000)


def _check_icon_button(element: Json) -> None:
    _require(element.get("icon") == "trash", f"icon: {element.get('icon')}")
    _check_text(element.get("text"), 75, plain=True)
    _check_value(element, "value", 2000)


def _check_image(element: Json) -> None:
    _require(element.get("image_url") or element.get("slack_file"), "image without a source")
    _require(element.get("alt_text"), "missing required field: alt_text")
    _check_value(element, "alt_text", 2000)


def _check_any(_node: Json) -> None:
    """Accept: the bridge has no business with it, so its shape is not modelled."""


_CONTEXT_ACTIONS: Mapping[str, Callable[[Json], None]] = {
    "feedback_buttons": _check_feedback_buttons,
    "icon_button": _check_icon_button,
}
_SELECTS = (
    "channels_select",
    "checkboxes",
    "conversations_select",
    "datepicker",
    "datetimepicker",
    "multi_static_select",
    "multi_users_select",
    "overflow",
    "radio_buttons",
    "static_select",
    "timepicker",
    "users_select",
    "workflow_button",
)
_ACTIONS: Mapping[str, Callable[[Json], None]] = {
    "button": _check_button,
    **dict.fromkeys(_SELECTS, _check_any),
}
_INPUTS: Mapping[str, Callable[[Json], None]] = {
    **dict.fromkeys(_SELECTS, _check_any),
    **dict.fromkeys(("plain_text_input", "number_input", "email_text_input"), _check_any),
    **dict.fromkeys(("url_text_input", "rich_text_input", "file_input"), _check_any),
}


def _check_element(element: Any, allowed: Mapping[str, Callable[[Json], None]]) -> None:
    _require(isinstance(element, dict), "element: not an object")
    _check_id(element, "action_id")
    _check_kind(element, allowed)


def _check_elements(
    block: Json, at_most: int, allowed: Mapping[str, Callable[[Json], None]]
) -> None:
    elements = block.get("elements")
    _require(_is_list_of_objects(elements) and elements, "missing required field: elements")
    elements = elements or []
    _require(len(elements) <= at_most, f"no more than {at_most} elements allowed")
    for element in elements:
        _check_element(element, allowed)
    ids = [e["action_id"] for e in elements if "action_id" in e]
    _require(len(ids) == len(set(ids)), "action_id is not unique within its block")


def _check_actions(block: Json) -> None:
    _check_elements(block, 25, _ACTIONS)


def _check_context_actions(block: Json) -> None:
    _check_elements(block, 5, _CONTEXT_ACTIONS)


def _check_context(block: Json) -> None:
    texts = dict.fromkeys(("plain_text", "mrkdwn"), lambda text: _check_text(text, 2000))
    _check_elements(block, 10, {"image": _check_image, **texts})


def _check_section(block: Json) -> None:
    fields = block.get("fields", [])
    _require(block.get("text") or fields, "section without text and fields")
    if block.get("text"):
        _check_text(block["text"], 3000)
    _require(len(fields) <= 10, "no more than 10 fields allowed")
    for field in fields:
        _check_text(field, 2000)
    if "accessory" in block:
        _check_element(block["accessory"], {**_ACTIONS, "image": _check_image})


def _check_header(block: Json) -> None:
    _check_text(block.get("text"), 150, plain=True)


def _check_markdown(block: Json) -> None:
    text = block.get("text")
    _require(isinstance(text, str) and text.strip(), "markdown: text must not be empty")


def _check_table(block: Json) -> None:
    rows = block.get("rows")
    _require(isinstance(rows, list) and 1 <= len(rows) <= 100, "table: 1 to 100 rows")
    for row in rows or []:
        _require(isinstance(row, list) and 1 <= len(row) <= 20, "table: 1 to 20 columns")
    _require(sum(map(len, texts_of(rows))) <= _TABLE_CHARS_MAX, "table: over 10,000 characters")


def _check_input(block: Json) -> None:
    _check_text(block.get("label"), 2000, plain=True)
    _check_element(block.get("element"), _INPUTS)


def _check_rich_text(block: Json) -> None:
    _require(_is_list_of_objects(block.get("elements")), "missing required field: elements")


_BLOCKS: Mapping[str, Callable[[Json], None]] = {
    "actions": _check_actions,
    "context": _check_context,
    "context_actions": _check_context_actions,
    "divider": _check_any,
    "header": _check_header,
    "image": _check_image,
    "input": _check_input,
    "markdown": _check_markdown,
    "plan": _check_any,
    "rich_text": _check_rich_text,
    "section": _check_section,
    "table": _check_table,
    "task_card": _check_any,
    "video": _check_any,
}
