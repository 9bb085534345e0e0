"""assistant.threads.* and agents.sessions.*: status words, titles, prompts, agent sessions."""

from typing import Any

from bridge.emulators.slack.arguments import Arguments
from bridge.emulators.slack.refusals import refuse_unless
from bridge.emulators.slack.scopes import is_sent
from bridge.emulators.slack.workspace import AgentSession, Channel, Status, ThreadKey
from bridge.emulators.slack.world import World

Json = dict[str, Any]

SESSION_STATUSES = {"active", "processing", "suspended", "closed"}
STATUS_LIFETIME_S = 120.0
PROCESSING_LIFETIME_S = 3600.0
_PROMPTS_MAX = 4
_LOADING_MESSAGES_MAX = 10
_TITLE_MAX = 200


def set_status(world: World, args: Arguments) -> Json:
    """Words and the native processing display share one place; the last writer has it (B.5)."""
    channel, thread_ts = _thread(world, args)
    text = str(args.get("status", ""))
    loading = args.get("loading_messages") or []
    is_fit = isinstance(loading, list) and len(loading) <= _LOADING_MESSAGES_MAX
    refuse_unless(is_fit, "invalid_arguments", "loading_messages: a list of at most 10")
    refuse_unless("status" in args, "invalid_arguments", "missing required field: status")
    world.workspace.statuses.pop((channel.id, thread_ts), None)
    if text:
        status = Status(text, world.clock.now(), loading)
        world.workspace.statuses[channel.id, thread_ts] = status
    world.timeline.tell("status", channel=channel.id, thread_ts=thread_ts, status=text)
    return {"ok": True}


def set_title(world: World, args: Arguments) -> Json:
    channel, thread_ts = _thread(world, args)
    world.workspace.titles[channel.id, thread_ts] = args.required("title")
    world.timeline.tell("title", channel=channel.id, thread_ts=thread_ts, title=args["title"])
    return {"ok": True}


def set_suggested_prompts(world: World, args: Arguments) -> Json:
    refuse_unless(world.manifest.is_agent, "not_agent_app")
    channel = world.visible_channel(args.required("channel_id"))
    thread_ts = args.text("thread_ts")
    refuse_unless(thread_ts is None or channel.root(thread_ts), "invalid_thread_ts")
    prompts = args.get("prompts")
    is_list = isinstance(prompts, list) and 0 < len(prompts) <= _PROMPTS_MAX
    refuse_unless(is_list, "invalid_arguments", "prompts: a list of 1 to 4")
    for prompt in prompts or []:
        is_whole = isinstance(prompt, dict) and prompt.get("title") and prompt.get("message")
        refuse_unless(is_whole, "invalid_arguments", "prompts: title and message each")
    world.workspace.prompts[channel.id, thread_ts] = list(prompts or [])
    world.timeline.tell("prompts", channel=channel.id, thread_ts=thread_ts, prompts=prompts)
    return {"ok": True}


def set_session_status(world: World, args: Arguments) -> Json:
    """`title` is for a session that this call creates, and ignored where there is one."""
    channel, thread_ts = _session_thread(world, args)
    key, status = (channel.id, thread_ts), str(args.get("status", ""))
    refuse_unless(status in SESSION_STATUSES, "invalid_arguments", "must be a valid enum value")
    initiator = args.text("initiator_user_id")
    refuse_unless(initiator is None or initiator in world.workspace.users, "user_not_found")
    title, is_new = _title(args), key not in world.workspace.sessions
    set_session(world, key, status)
    if is_new and title:
        _retitle(world, key, title)
    answer = {"ok": True, "status": status, "title": world.workspace.sessions[key].title}
    if is_sent(world.manifest, "agent_session_stopped"):
        return answer
    return answer | {"warning": "missing_agent_session_stopped_event_subscription"}


def rename_session(world: World, args: Arguments) -> Json:
    channel, thread_ts = _session_thread(world, args)
    refuse_unless((channel.id, thread_ts) in world.workspace.sessions, "session_not_found")
    args.required("title")
    _retitle(world, (channel.id, thread_ts), _title(args))
    return {"ok": True}


def set_session(
    world: World, key: ThreadKey, status: str, *, lasts_s: float = PROCESSING_LIFETIME_S
) -> None:
    """Set the session's state, whose title stays; `processing` takes the place of status words, and
    becomes `active` after `lasts_s`.
    """
    if not world.manifest.is_agent:
        return
    if status == "processing":
        world.clear_status(*key)
    old = world.workspace.sessions.get(key)
    title = old.title if old else ""
    world.workspace.sessions[key] = AgentSession(status, world.clock.now() + lasts_s, title)
    world.timeline.tell("session", channel=key[0], thread_ts=key[1], status=status)


def session_status(world: World, key: ThreadKey) -> str:
    """The state of a thread's session, "" where it has none."""
    session = world.workspace.sessions.get(key)
    if session is None:
        return ""
    has_lapsed = session.status == "processing" and world.clock.now() >= session.lapses_at
    return "active" if has_lapsed else session.status


def shows_stop_button(world: World, key: ThreadKey) -> bool:
    """Whether the thread offers Slack's own Stop button now (docs/slack.md)."""
    is_processing = session_status(world, key) == "processing"
    return (
        is_processing and is_sent(world.manifest, "agent_session_stopped") and not words(world, key)
    )


def words(world: World, key: ThreadKey) -> str:
    """The status words under a thread, "" once they lapsed."""
    status = world.workspace.statuses.get(key)
    if status is None or world.clock.now() - status.set_at >= STATUS_LIFETIME_S:
        return ""
    return status.text


def _retitle(world: World, key: ThreadKey, title: str) -> None:
    world.workspace.sessions[key].title = title
    world.timeline.tell("title", channel=key[0], thread_ts=key[1], title=title)


def _thread(world: World, args: Arguments) -> tuple[Channel, str]:
    channel = world.visible_channel(args.required("channel_id"))
    refuse_unless(world.is_member(channel), "channel_not_found")
    thread_ts = args.text("thread_ts")
    refuse_unless(channel.root(thread_ts), "invalid_thread_ts")
    return channel, str(thread_ts)


def _session_thread(world: World, args: Arguments) -> tuple[Channel, str]:
    refuse_unless(world.manifest.is_agent, "not_authorized")
    refuse_unless(args.text("thread_ts"), "thread_ts_required")
    return _thread(world, args)


def _title(args: Arguments) -> str:
    title = args.text("title") or ""
    refuse_unless(len(title) <= _TITLE_MAX, "invalid_arguments", "title: over 200 characters")
    return title


METHODS = {
    "agents.sessions.rename": rename_session,
    "agents.sessions.setStatus": set_session_status,
    "assistant.threads.setStatus": set_status,
    "assistant.threads.setSuggestedPrompts": set_suggested_prompts,
    "assistant.threads.setTitle": set_title,
}
OLD_METHODS = {method for method in METHODS if method.startswith("assistant.threads.")}
