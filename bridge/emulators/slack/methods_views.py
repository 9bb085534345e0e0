"""views.*: modals and the App Home."""

import json
import secrets
from typing import Any

from bridge.emulators.slack.arguments import Arguments
from bridge.emulators.slack.blocks import check_blocks
from bridge.emulators.slack.refusals import RefusedError, refuse_unless
from bridge.emulators.slack.world import World, with_block_ids

Json = dict[str, Any]

_VIEW_BLOCKS_MAX = 100
_VIEW_BYTES_MAX = 250_000
_STACK_MAX = 3


def open_view(world: World, args: Arguments) -> Json:
    view = read_view(args.get("view"), "modal")
    user_id = world.triggers.exchange(args.required("trigger_id"))
    return {"ok": True, "view": show_modal(world, view, user_id, below=None)}


def push_view(world: World, args: Arguments) -> Json:
    view = read_view(args.get("view"), "modal")
    user_id = world.triggers.exchange(args.required("trigger_id"))
    stack = world.workspace.modals(user_id)
    refuse_unless(len(stack) < _STACK_MAX, "push_limit_reached")
    below = stack[-1]["id"] if stack else None
    return {"ok": True, "view": show_modal(world, view, user_id, below=below)}


def update_view(world: World, args: Arguments) -> Json:
    view = read_view(args.get("view"), "modal")
    old = _find(world, args)
    _check_hash(args, old)
    return {"ok": True, "view": replace_modal(world, old, view)}


def publish_view(world: World, args: Arguments) -> Json:
    refuse_unless(world.manifest.home_tab_enabled, "not_enabled")
    user_id = args.required("user_id")
    refuse_unless(user_id in world.workspace.users, "user_not_found")
    view = read_view(args.get("view"), "home")
    old = world.workspace.homes.get(user_id, {})
    _check_hash(args, old)
    home = _stamped(world, view, old.get("id"))
    world.workspace.homes[user_id] = home
    world.timeline.tell("home", user=user_id, view=home)
    return {"ok": True, "view": home}


def read_view(view: Any, kind: str) -> Json:
    """A view of that kind as Slack accepts it (docs/slack.md).

    Raises:
        RefusedError: `invalid_arguments` with the reason, or `view_too_large`.
    """
    _require(isinstance(view, dict) and view.get("type") == kind, f"view: not of type {kind}")
    refuse_unless(len(json.dumps(view)) <= _VIEW_BYTES_MAX, "view_too_large")
    blocks = view.get("blocks")
    _require(isinstance(blocks, list), "view: missing required field: blocks")
    try:
        check_blocks(blocks, at_most=_VIEW_BLOCKS_MAX)
    except RefusedError as refused:
        raise RefusedError("invalid_arguments", **refused.details) from None
    _require(len(view.get("private_metadata", "")) <= 3000, "private_metadata: over 3000")
    _require(len(view.get("callback_id", "")) <= 255, "callback_id: over 255")
    if kind == "modal":
        _check_titles(view)
    return dict(view)


def show_modal(world: World, view: Json, user_id: str, *, below: str | None) -> Json:
    """Put a modal on top of this person's stack."""
    shown = _stamped(world, view, None) | {"previous_view_id": below}
    world.workspace.views[shown["id"]] = shown
    world.workspace.viewers[shown["id"]] = user_id
    world.timeline.tell("view", user=user_id, view=shown)
    return shown


def replace_modal(world: World, old: Json, view: Json) -> Json:
    shown = _stamped(world, view, old["id"]) | {"previous_view_id": old["previous_view_id"]}
    world.workspace.views[old["id"]] = shown
    world.timeline.tell("view", user=world.workspace.viewers[old["id"]], view=shown)
    return shown


def close_modals(world: World, views: list[Json]) -> None:
    for view_id in [view["id"] for view in views]:
        del world.workspace.views[view_id]
        user_id = world.workspace.viewers.pop(view_id)
        world.timeline.tell("view_closed", user=user_id, view_id=view_id)


def _check_titles(view: Json) -> None:
    for name in ("title", "submit", "close"):
        text = view.get(name)
        _require(text or name != "title", "view: missing required field: title")
        if text:
            is_plain = isinstance(text, dict) and text.get("type") == "plain_text"
            _require(is_plain and 0 < len(text.get("text", "")) <= 24, f"{name}: 1 to 24 plain")
    has_input = any(block["type"] == "input" for block in view["blocks"])
    _require(view.get("submit") or not has_input, "view: input blocks need a submit button")


def _find(world: World, args: Arguments) -> Json:
    view_id, external_id = args.text("view_id"), args.text("external_id")
    for view in world.workspace.views.values():
        if view["id"] == view_id or (external_id and view.get("external_id") == external_id):
            return view
    raise RefusedError("not_found")


def _check_hash(args: Arguments, old: Json) -> None:
    expected = args.text("hash")
    refuse_unless(expected in {None, old.get("hash")}, "hash_conflict")


def _stamped(world: World, view: Json, view_id: str | None) -> Json:
    return view | {
        "id": view_id or f"V{secrets.token_hex(5).upper()}",
        "hash": f"{int(world.clock.now())}.{secrets.token_hex(4)}",
        "blocks": with_block_ids(view["blocks"]),
        "state": {"values": {}},
        "private_metadata": view.get("private_metadata", ""),
        "callback_id": view.get("callback_id", ""),
        "team_id": world.app.team_id,
        "app_id": world.app.app_id,
        "bot_id": world.app.bot_id,
    }


def _require(condition: object, problem: str) -> None:
    refuse_unless(condition, "invalid_arguments", problem)


METHODS = {
    "views.open": open_view,
    "views.publish": publish_view,
    "views.push": push_view,
    "views.update": update_view,
}
