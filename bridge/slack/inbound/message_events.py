"""`message`, `app_mention` and `agent_session_stopped` events: what people mean by what they post,
edit and delete. Pure, and calm about any shape (docs/slack.md, Receiving).
"""

import re
from dataclasses import dataclass, replace

from bridge.core.commands import Command, DeleteQuestion, DropReason, EditQuestion, Stop
from bridge.core.model import Ask, Kind, ThreadKey
from bridge.core.policy import Policy
from bridge.core.utterance import cut
from bridge.slack.inbound.intents import Ignore, control_word
from bridge.slack.reading.message import MessageContent, read_question, without_previews
from bridge.slack.reading.payload_fields import ID, TS, Json, get_dict, get_id, get_str, get_ts
from bridge.slack.reading.post import APP_MENTION, Post, read_post
from bridge.slack.workspace.identity import Identity

_POSTS = {"", "file_share", "thread_broadcast"}  # subtypes of what people write
_SOMEBODY = re.compile(r"<(?:@[UW][A-Z0-9]+|!(?:channel|here|everyone|subteam)\b)")


@dataclass(frozen=True, slots=True)
class MessageEvents:
    """Reads the events of one bot under one policy."""

    identity: Identity
    policy: Policy

    def read(self, body: Json) -> Command | Ignore:
        """Read the `event` of an `event_callback`; an `app_mention` lacks `channel_type`.

        {"type": "message", "user": "U0ALICE", "team": "T0HOME", "ts": "1763800000.000100",
         "text": "<@U0BEEBOT00> hello", "blocks": [{"type": "rich_text", …}],
         "channel": "C0HALL", "channel_type": "channel", "thread_ts": "1763790000.000200"}
        {"type": "message", "subtype": "message_changed", "channel": "C0HALL",
         "message": {…, "edited": {"user": "U0ALICE", "ts": "1763800060.000000"}},
         "previous_message": {…}}
        {"type": "message", "subtype": "message_deleted", "channel": "C0HALL",
         "deleted_ts": "1763800000.000100", "previous_message": {…}}
        {"type": "agent_session_stopped", "user": "U0ALICE", "channel": "D0ALICE",
         "thread_ts": "1763790000.000200", "event_ts": "1763800070.000000"}
        """
        event = get_dict(body, "event")
        kind, subtype = get_str(event, "type"), get_str(event, "subtype")
        if kind == "agent_session_stopped":
            return self._stopped(event)
        if kind not in {"message", APP_MENTION}:
            return Ignore(DropReason.UNKNOWN)
        if subtype == "message_deleted":
            return self._deleted(event, get_str(event, "deleted_ts"))
        if subtype == "message_changed":
            return self._changed(body, event)
        return self._posted(body, event)

    def _posted(self, body: Json, event: Json) -> Command | Ignore:
        post = self._post(event, event)
        is_mentioned = post.is_app_mention or self._is_mentioned(post)
        if why := self._why_dropped(body, post):
            is_addressed = why in {DropReason.BOT, DropReason.EXTERNAL} and (
                is_mentioned or post.is_dm
            )
            return Ignore(why, is_addressed, post.bot_id if why is DropReason.BOT else "")
        if post.is_app_mention and post.is_edited_late:
            return Ignore(DropReason.EDITED_LATE)
        return self._for_members(body, post, self._asked(post, is_mentioned=is_mentioned))

    def _changed(self, body: Json, event: Json) -> Command | Ignore:
        post = self._post(event, get_dict(event, "message"))
        before = self._post(event, get_dict(event, "previous_message"))
        if post.subtype == "tombstone":  # what is left of a deleted message that has replies
            return self._deleted(event, post.ts)
        if why := self._why_dropped(body, post):
            return Ignore(why)
        if post.is_by_bot:
            return Ignore(DropReason.BOT)  # it may be a text that grows
        if not (self._may_have_asked(post) or self._may_have_asked(before)):
            return Ignore(DropReason.NOT_ADDRESSED)
        if self._own_part(post) == self._own_part(before):
            return Ignore(DropReason.UNCHANGED)  # a link unfolded, a reply was counted
        return self._for_members(body, post, self._edited(post, before))

    def _edited(self, post: Post, before: Post) -> Command | Ignore:
        """A reply that now mentions the bot may have been a question before, without a mention. If
        that question still waits, the edit takes its place.
        """
        if not (before.is_sound and self._is_mentioned(post)) or self._is_addressed(before):
            return EditQuestion(self._question(post, is_addressed=self._is_addressed(post)))
        intent = self._asked(post, is_mentioned=True)
        match intent:
            case Ask(kind=Kind.ASK) if not self._why_not_asked(before):
                return EditQuestion(intent, may_be_new=True)
        return intent

    def _deleted(self, event: Json, ts: str) -> Command | Ignore:
        post = self._post(event, {**get_dict(event, "previous_message"), "ts": ts})
        if not post.is_sound:
            return Ignore(DropReason.MALFORMED)
        if why := self._why_not_this_bot(post):
            return Ignore(why)
        return DeleteQuestion(post.turn, post.thread)

    def _stopped(self, event: Json) -> Stop | Ignore:
        """Slack's own Stop button."""
        channel, user = get_id(event, "channel"), get_id(event, "user")
        root, ts = get_ts(event, "thread_ts"), get_ts(event, "event_ts")
        if not (channel and user and root and ts):
            return Ignore(DropReason.MALFORMED)
        return Stop(ThreadKey(self.identity.team_id, channel, root), user, ts, is_shown=True)

    def _asked(self, post: Post, *, is_mentioned: bool) -> Command | Ignore:
        is_addressed = is_mentioned or post.is_dm
        why = None if is_addressed else self._why_not_asked(post)
        if why and not post.is_reply:  # most of what people say
            return Ignore(why)
        ask = self._question(post, is_addressed=is_addressed)
        match "" if ask.attached or post.is_by_bot else control_word(ask.text):
            case "stop" if is_addressed or post.is_reply:
                # At the top level of a DM each message is a thread of its own: whatever runs there.
                is_anywhere = post.is_dm and not post.is_reply
                idle = None if why else replace(ask, kind=Kind.NOTHING_TO_STOP)
                return Stop(
                    post.thread, post.user, post.ts, is_anywhere=is_anywhere, otherwise=idle
                )
            case "new" if not why:
                return replace(ask, kind=Kind.RESET)
        return Ignore(why) if why else ask

    def _question(self, post: Post, *, is_addressed: bool) -> Ask:
        content = self._content(post)
        attached = cut(content.attached, self.policy.room)
        return Ask(
            turn=post.turn,
            thread=post.thread,
            user=post.user,
            ts=post.ts,
            text=content.words,
            is_dm=post.is_dm,
            is_addressed=is_addressed,
            files=content.files,
            images=content.images,
            may_lack_files=post.may_lack_files,
            attached=attached,
            is_cut=attached != content.attached,
            has_unknown=content.has_unknown,
            user_team=post.author_team,
            asked_ts=post.edited_ts if TS.fullmatch(post.edited_ts) else "",
            bot=post.bot_id,
        )

    def _why_dropped(self, body: Json, post: Post) -> DropReason | None:
        """Why nothing that this author posts there is a question; None if it may be one."""
        if not post.is_sound:
            return DropReason.MALFORMED
        if why := self._why_not_this_bot(post):
            return why
        if post.subtype not in (_POSTS | {"bot_message"} if post.is_by_bot else _POSTS):
            return DropReason.SUBTYPE
        if not ID.fullmatch(post.user):
            return DropReason.MALFORMED
        return DropReason.EXTERNAL if self._is_external(body, post) else None

    def _why_not_this_bot(self, post: Post) -> DropReason | None:
        """Why a post by a bot is dropped: it is our own, or that bot may not ask. None
        otherwise.
        """
        if post.user == self.identity.bot_user_id or post.bot_id == self.identity.bot_id:
            return DropReason.OWN
        is_foreign_bot = post.is_by_bot and post.bot_id not in self.policy.bots
        return DropReason.BOT if is_foreign_bot else None

    def _is_external(self, body: Json, post: Post) -> bool:
        """Whether the author is of another organisation. Workspaces of one Enterprise Grid have
        different teams, too, but a channel that they share is not *externally* shared.
        """
        if body.get("is_ext_shared_channel") is False or not post.author_team:
            return False
        return not (self.policy.allow_external or self.identity.owns(post.author_team))

    def _for_members(self, body: Json, post: Post, intent: Command | Ignore) -> Command | Ignore:
        """In a channel that is shared with another organisation Slack leaves the author's team out
        of posts with files. So the question is marked: who the author is will be asked when it is
        answered.
        """
        is_shared = body.get("is_ext_shared_channel") is True
        if not is_shared or post.author_team or self.policy.allow_external:
            return intent
        match intent:
            case Ask():
                return replace(intent, is_for_members=True)
            case EditQuestion(ask):
                return replace(intent, ask=replace(ask, is_for_members=True))
            case Stop():
                return Ignore(DropReason.EXTERNAL)
        return intent

    def _why_not_asked(self, post: Post) -> DropReason | None:
        """Why a post that does not name the bot is no question; None if it may be one."""
        if not (post.is_reply and self.policy.follows(post.channel)) or post.is_by_bot:
            return DropReason.NOT_ADDRESSED
        if _SOMEBODY.search(post.named):
            return DropReason.MENTIONS_OTHERS
        is_empty = self._content(post) == MessageContent("")
        return DropReason.EMPTY if is_empty else None

    def _may_have_asked(self, post: Post) -> bool:
        return self._is_addressed(post) or not self._why_not_asked(post)

    def _is_addressed(self, post: Post) -> bool:
        return post.is_dm or self._is_mentioned(post)

    def _is_mentioned(self, post: Post) -> bool:
        return post.mentions(self.identity.bot_user_id)

    def _content(self, post: Post) -> MessageContent:
        return read_question(post.message, self.identity.bot_user_id)

    def _own_part(self, post: Post) -> tuple[MessageContent, bool]:
        """The part of a message that its author wrote, and whether it mentions the bot."""
        own = read_question(without_previews(post.message), self.identity.bot_user_id)
        return own, self._is_mentioned(post)

    def _post(self, event: Json, message: Json) -> Post:
        return read_post(event, message, team=self.identity.team_id)


def is_own_message(body: Json, identity: Identity) -> bool:
    """A post or an edit of ours: most events while answers grow, so they are dropped first."""
    event = get_dict(body, "event")
    message = get_dict(event, "message") or event
    return get_str(event, "type") == "message" and get_str(message, "bot_id") == identity.bot_id
