"""What a submitted modal means; pure, and calm about any shape."""

from dataclasses import replace

from bridge.core.commands import Rate
from bridge.core.model import Ask, ThreadKey, turn_id
from bridge.slack import actions
from bridge.slack.identity import Identity
from bridge.slack.inbound.block_actions import rating_of, value_of
from bridge.slack.inbound.intents import Ignore, Policy, Respond, check_length, is_external
from bridge.slack.payload_fields import ID, TS, Json, get_dict, get_id, get_str, valid_url
from bridge.slack.reading.message import read_typed
from bridge.slack.views.modals import FIELD, REASON_LIMIT, Origin, quoted_in


def read_view_submission(
    body: Json, identity: Identity, policy: Policy, *, now: float
) -> Ask | Rate | Respond | Ignore:
    """`now` in epoch seconds: Slack does not say when a modal was submitted."""
    view = get_dict(body, "view")
    callback_id = get_str(view, "callback_id")
    if callback_id not in {actions.REASON, actions.QUESTION}:
        return Ignore("unknown")
    origin, user = _origin(view), get_id(get_dict(body, "user"), "id")
    if origin is None or not user:
        return Ignore("malformed")
    if is_external(body, identity, policy):
        return Ignore("external")
    thread = ThreadKey(identity.team_id, origin.channel, origin.root)
    wrote = get_str(get_dict(view, "state", "values", FIELD, FIELD), "value").strip()
    if callback_id == actions.REASON:
        return _rate(origin, thread, user, wrote)
    said = read_typed(wrote)
    ask = Ask(
        turn=turn_id(thread.team, thread.channel, f"view:{get_str(view, 'id')}"),
        thread=thread,
        user=user,
        ts=f"{now:.6f}",
        text=said,
        attached=quoted_in(view),
        is_cut=origin.is_cut,
        files=origin.files,
        has_unknown=origin.has_unknown,
        is_dm=thread.channel.startswith("D"),
        is_quoted=True,
        respond_to=origin.respond_to,
        user_team=get_id(get_dict(body, "user"), "team_id"),
    )
    return check_length(ask, policy)


def _rate(origin: Origin, thread: ThreadKey, user: str, comment: str) -> Rate | Ignore:
    value = value_of(origin.value)
    rate = rating_of(value, thread, user) if value else None
    if rate is None:
        return Ignore("malformed")
    return replace(rate, comment=comment[:REASON_LIMIT])


def _origin(view: Json) -> Origin | None:
    """None for what we did not write; an odd address is left out."""
    try:
        origin = Origin.decode(get_str(view, "private_metadata"))
    except ValueError:
        return None
    if not (ID.fullmatch(origin.channel) and TS.fullmatch(origin.root)):
        return None
    return replace(origin, respond_to=valid_url(origin.respond_to))
