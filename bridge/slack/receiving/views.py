"""What a submitted modal means; pure, and calm about any shape."""

from dataclasses import replace

from bridge.core.commands import Rate
from bridge.core.model import Ask, ThreadKey, turn_id
from bridge.slack import actions
from bridge.slack.identity import Identity
from bridge.slack.reading.message import read_typed
from bridge.slack.receiving.clicks import rating_of, value_of
from bridge.slack.receiving.meaning import Dropped, Policy, Told, is_external, judge
from bridge.slack.receiving.shapes import ID, TS, Json, address, identifier, table, word
from bridge.slack.surfaces.modals import FIELD, REASON_LIMIT, Origin, quoted_in


def read_view(
    body: Json, identity: Identity, policy: Policy, *, now: float
) -> Ask | Rate | Told | Dropped:
    """`now` in epoch seconds: Slack does not say when a modal was submitted."""
    view = table(body, "view")
    callback_id = word(view, "callback_id")
    if callback_id not in {actions.REASON, actions.QUESTION}:
        return Dropped("unknown")
    origin, user = _origin(view), identifier(table(body, "user"), "id")
    if origin is None or not user:
        return Dropped("malformed")
    if is_external(body, identity, policy):
        return Dropped("external")
    thread = ThreadKey(identity.team_id, origin.channel, origin.root)
    wrote = word(table(view, "state", "values", FIELD, FIELD), "value").strip()
    if callback_id == actions.REASON:
        return _rate(origin, thread, user, wrote)
    said = read_typed(wrote)
    ask = Ask(
        turn=turn_id(thread.team, thread.channel, f"view:{word(view, 'id')}"),
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
        user_team=identifier(table(body, "user"), "team_id"),
    )
    return judge(ask, policy)


def _rate(origin: Origin, thread: ThreadKey, user: str, comment: str) -> Rate | Dropped:
    value = value_of(origin.value)
    rate = rating_of(value, thread, user) if value else None
    if rate is None:
        return Dropped("malformed")
    return replace(rate, comment=comment[:REASON_LIMIT])


def _origin(view: Json) -> Origin | None:
    """None for what we did not write; an odd address is left out."""
    try:
        origin = Origin.decode(word(view, "private_metadata"))
    except ValueError:
        return None
    if not (ID.fullmatch(origin.channel) and TS.fullmatch(origin.root)):
        return None
    return replace(origin, respond_to=address(origin.respond_to))
