"""Every kind of payload, as Slack writes it, and what it means to the bridge."""

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bridge.core.commands import Command, DeleteQuestion, DropReason, EditQuestion, Stop
from bridge.core.model import Ask, Kind, ThreadKey, turn_id
from bridge.core.policy import Policy
from bridge.slack.inbound.intents import Ignore
from bridge.slack.inbound.message_events import MessageEvents
from bridge.slack.reading.payload_fields import kind_of, team_of
from bridge.slack.workspace.identity import Identity
from tests.payloads import forwarded, pasted, rich_text, section, table, text

Json = dict[str, Any]

BOT = Identity(team_id="T0HOME", bot_user_id="U0BOT", bot_id="B0BOT")
EDITED = "1763800060.000000"
TS = "1763800000.000100"
ROOT = "1763790000.000200"
TURN = turn_id("T0HOME", "C0HALL", f"message:{TS}")


def envelope(event: object, **changes: Any) -> Json:
    return {
        "token": "deprecated",
        "type": "event_callback",
        "team_id": "T0HOME",
        "api_app_id": "A0APP",
        "event": event,
        "event_id": "Ev0123",
        "event_time": 1763800000,
        "authorizations": [
            {"enterprise_id": None, "team_id": "T0HOME", "user_id": "U0BOT", "is_bot": True}
        ],
        "is_ext_shared_channel": False,
        "event_context": "4-abc",
    } | changes


def message(text: str | None = "hello", **changes: Any) -> Json:
    return {
        "type": "message",
        "user": "U0ALICE",
        "team": "T0HOME",
        "text": text,
        "ts": TS,
        "client_msg_id": "d5e6",
        "channel": "C0HALL",
        "channel_type": "channel",
        "event_ts": TS,
        "blocks": [{"type": "rich_text", "elements": []}],
    } | changes


def mention(text: str = "<@U0BOT> hello", **changes: Any) -> Json:
    event = message(text, type="app_mention", **changes)
    event.pop("channel_type")
    return event


def edit(before: Json | None, after: Json) -> Json:
    place = {"channel": after["channel"], "channel_type": after["channel_type"]}
    inner = after | {"edited": {"user": after["user"], "ts": EDITED}}
    event = message(subtype="message_changed", hidden=True, message=inner, **place)
    for name in ("user", "text", "team", "client_msg_id"):
        del event[name]
    return event | ({"previous_message": before} if before else {})


def deletion(previous: Json) -> Json:
    return {
        "type": "message",
        "subtype": "message_deleted",
        "hidden": True,
        "deleted_ts": previous["ts"],
        "previous_message": previous,
        "channel": previous["channel"],
        "channel_type": previous["channel_type"],
        "ts": "1763800070.000000",
        "event_ts": "1763800070.000000",
    }


def read(event: object, *, policy: Policy = Policy(), **changes: Any) -> Command | Ignore:  # noqa: B008
    return MessageEvents(BOT, policy).read(envelope(event, **changes))


def asked(event: object, *, policy: Policy = Policy(), **changes: Any) -> Ask:  # noqa: B008
    intent = read(event, policy=policy, **changes)
    assert isinstance(intent, Ask), intent
    return intent


def test_a_mention_is_a_question_in_the_thread_it_opens() -> None:
    ask = asked(mention("<@U0BOT> how are you?"))
    assert ask == Ask(
        turn=TURN,
        thread=ThreadKey("T0HOME", "C0HALL", TS),
        user="U0ALICE",
        ts=TS,
        text="how are you?",
        may_lack_files=True,
        user_team="T0HOME",
    )


def test_a_mention_within_a_thread_belongs_to_that_thread() -> None:
    assert asked(mention(thread_ts=ROOT)).thread.root == ROOT


def test_a_mention_and_the_message_of_the_same_post_are_one_turn() -> None:
    text = "<@U0BOT> hello"
    assert asked(mention(text)) == replace(asked(message(text)), may_lack_files=True)


@pytest.mark.parametrize("channel_type", ["channel", "group", "mpim"])
def test_a_message_that_mentions_the_bot_is_a_question_in_every_shared_place(
    channel_type: str,
) -> None:
    assert asked(message("ho <@U0BOT|beebot>", channel_type=channel_type)).is_addressed


def test_every_direct_message_is_a_question_and_a_thread_of_its_own() -> None:
    ask = asked(message("hello", channel="D0ALICE", channel_type="im"))
    assert (ask.is_dm, ask.is_addressed, ask.thread.root) == (True, True, TS)


def test_a_reply_in_a_direct_message_stays_in_its_thread() -> None:
    event = message("hello", channel="D0ALICE", channel_type="im", thread_ts=ROOT)
    assert asked(event).thread == ThreadKey("T0HOME", "D0ALICE", ROOT)


def test_entities_are_unescaped_for_the_model() -> None:
    assert asked(mention("<@U0BOT> is 1 &lt; 2 &amp; 3?")).text == "is 1 < 2 & 3?"


def test_a_post_without_a_mention_is_not_for_us() -> None:
    assert read(message("hello all")) == Ignore(DropReason.NOT_ADDRESSED)


def test_a_root_that_has_replies_is_still_no_reply() -> None:
    assert read(message("hello all", thread_ts=TS)) == Ignore(DropReason.NOT_ADDRESSED)


def test_a_reply_without_a_mention_may_be_a_question() -> None:
    ask = asked(message("and then?", thread_ts=ROOT))
    assert (ask.is_addressed, ask.thread.root) == (False, ROOT)


def test_replies_are_left_alone_when_threads_are_not_followed() -> None:
    event = message("and then?", thread_ts=ROOT)
    assert read(event, policy=Policy(follow_threads=False)) == Ignore(DropReason.NOT_ADDRESSED)


@pytest.mark.parametrize(
    "somebody", ["<@U0BOB>", "<@W0BOB|bob>", "<!here>", "<!channel>", "<!subteam^S01|@ops>"]
)
def test_a_reply_that_names_somebody_else_is_for_them(somebody: str) -> None:
    event = message(f"{somebody} what do you think?", thread_ts=ROOT)
    assert read(event) == Ignore(DropReason.MENTIONS_OTHERS)


def test_a_reply_that_names_the_bot_among_others_is_a_question() -> None:
    assert asked(message("<@U0BOB> and <@U0BOT>?", thread_ts=ROOT)).is_addressed


def test_a_date_or_a_link_in_a_reply_names_nobody() -> None:
    event = message("<!date^1392734382^{date}|feb> <https://x.org> ok?", thread_ts=ROOT)
    assert not asked(event).is_addressed


def test_a_reply_shown_in_the_channel_as_well_is_a_reply() -> None:
    event = message("<@U0BOT> more", subtype="thread_broadcast", thread_ts=ROOT)
    assert asked(event).thread.root == ROOT


def test_files_are_counted_and_a_null_text_is_empty() -> None:
    event = message(
        None,
        subtype="file_share",
        channel="D0ALICE",
        channel_type="im",
        files=[{"id": "F1"}, {"id": "F2"}],
    )
    ask = asked(event)
    assert (ask.text, ask.files) == ("", 2)


def test_a_mention_without_files_may_lack_them_and_a_message_does_not() -> None:
    picture = {"id": "F1", "mimetype": "image/png"}
    assert asked(mention()).may_lack_files
    assert not asked(message("<@U0BOT> hello")).may_lack_files
    ask = asked(mention(files=[picture]))
    assert (ask.images, ask.files, ask.may_lack_files) == (("F1",), 1, False)


def test_an_empty_reply_that_does_not_name_the_bot_is_no_question() -> None:
    assert read(message(None, thread_ts=ROOT)) == Ignore(DropReason.EMPTY)


ALLOWED = Policy(bots=frozenset({"B0OTHER"}))


@pytest.mark.parametrize(
    ("changes", "user"),
    [
        ({"bot_id": "B0OTHER"}, "U0ALICE"),
        ({"bot_id": "B0OTHER", "user": None}, "B0OTHER"),
        ({"bot_id": "B0OTHER", "user": None, "subtype": "bot_message"}, "B0OTHER"),
    ],
)
def test_a_bot_that_is_allowed_asks_by_a_mention(changes: Json, user: str) -> None:
    for event in (message("<@U0BOT> hello", **changes), mention(**changes)):
        ask = asked(event, policy=ALLOWED)
        assert (ask.user, ask.bot, ask.text) == (user, "B0OTHER", "hello")


def test_a_bot_that_is_allowed_goes_on_by_mentions_alone() -> None:
    reply = {"bot_id": "B0OTHER", "thread_ts": ROOT}
    assert read(message("and now?", **reply), policy=ALLOWED) == Ignore(DropReason.NOT_ADDRESSED)
    assert read(message("stop", **reply), policy=ALLOWED) == Ignore(DropReason.NOT_ADDRESSED)
    assert asked(message("<@U0BOT> and now?", **reply), policy=ALLOWED).bot == "B0OTHER"


@pytest.mark.parametrize("word", ["stop", "new"])
def test_a_control_word_of_a_bot_is_a_question_like_any_other(word: str) -> None:
    ask = asked(mention(f"<@U0BOT> {word}", bot_id="B0OTHER"), policy=ALLOWED)
    assert (ask.text, ask.kind) == (word, Kind.ASK)


def test_what_a_bot_edits_is_no_question() -> None:
    before, after = (message(text, bot_id="B0OTHER") for text in ("<@U0BOT> one", "<@U0BOT> two"))
    assert read(edit(before, after), policy=ALLOWED) == Ignore(DropReason.BOT)


def test_another_bot_than_those_allowed_is_named_for_the_operator() -> None:
    intent = read(mention(bot_id="B0THIRD"), policy=ALLOWED)
    assert isinstance(intent, Ignore)
    assert (intent.why, intent.bot, intent.is_addressed) == ("bot", "B0THIRD", True)


def test_our_own_posts_are_never_answered_even_where_our_id_is_allowed() -> None:
    ourselves = Policy(bots=frozenset({"B0BOT"}))
    post = message("<@U0BOT> hello", user="U0BOT", bot_id="B0BOT")
    assert read(post, policy=ourselves) == Ignore(DropReason.OWN)


@pytest.mark.parametrize("follow", [True, False])
def test_in_the_channels_that_are_excepted_the_opposite_holds(*, follow: bool) -> None:
    policy = Policy(follow_threads=follow, follow_except=frozenset({"C0OTHER"}))
    reply = message("and now?", thread_ts=ROOT)
    for channel, is_asked in (("C0HALL", follow), ("C0OTHER", not follow)):
        assert isinstance(read(reply | {"channel": channel}, policy=policy), Ask) is is_asked


def test_what_the_bot_posts_itself_is_dropped() -> None:
    assert read(message("<@U0BOT>", user="U0BOT", bot_id="B0BOT")) == Ignore(DropReason.OWN)


@pytest.mark.parametrize(
    "changes",
    [{"bot_id": "B0OTHER"}, {"subtype": "bot_message", "user": None}, {"user": "USLACKBOT"}],
)
def test_other_bots_are_not_answered(changes: Json) -> None:
    assert read(message("<@U0BOT> hello", **changes)) == Ignore(DropReason.BOT)
    assert read(mention(**changes)) == Ignore(DropReason.BOT)


@pytest.mark.parametrize("subtype", ["channel_join", "channel_topic", "me_message", "brand_new"])
def test_unknown_kinds_of_message_are_dropped(subtype: str) -> None:
    assert read(message("<@U0BOT> has joined", subtype=subtype)) == Ignore(DropReason.SUBTYPE)


def test_an_event_nobody_asked_for_is_dropped() -> None:
    assert read({"type": "reaction_added", "user": "U0ALICE"}) == Ignore(DropReason.UNKNOWN)


def test_people_of_other_organisations_are_answered_only_if_allowed() -> None:
    event = mention(user="U0EVE", team="T0PARTNER", user_team="T0PARTNER")
    assert read(event, is_ext_shared_channel=True) == Ignore(DropReason.EXTERNAL)
    asked(event, is_ext_shared_channel=True, policy=Policy(allow_external=True))


def test_our_own_people_are_answered_in_shared_channels() -> None:
    asked(mention(), is_ext_shared_channel=True)


def test_who_is_of_no_known_team_in_a_shared_channel_is_looked_up_when_it_is_answered() -> None:
    event = mention(team=None, subtype="file_share", files=[{"id": "F0A"}])
    assert asked(event, is_ext_shared_channel=True).is_for_members
    assert not asked(event, is_ext_shared_channel=False).is_for_members
    everybody = Policy(allow_external=True)
    assert not asked(event, is_ext_shared_channel=True, policy=everybody).is_for_members


def test_a_shared_file_names_the_team_of_its_author() -> None:
    def shared_by(team: str) -> Any:
        files = [{"id": "F0A", "user_team": team}]
        return mention(team=None, subtype="file_share", files=files)

    ask = asked(shared_by("T0HOME"), is_ext_shared_channel=True)
    assert (ask.user_team, ask.is_for_members) == ("T0HOME", False)
    assert read(shared_by("T0PARTNER"), is_ext_shared_channel=True) == Ignore(DropReason.EXTERNAL)


def test_who_is_of_no_known_team_stops_nothing_in_a_shared_channel() -> None:
    event = mention("<@U0BOT> stop", team=None)
    assert read(event, is_ext_shared_channel=True) == Ignore(DropReason.EXTERNAL)


def test_another_team_counts_as_external_where_slack_does_not_say_how_a_channel_is_shared() -> None:
    assert read(mention(team="T0PARTNER"), is_ext_shared_channel=None) == Ignore(
        DropReason.EXTERNAL
    )


def test_another_workspace_of_the_same_enterprise_is_not_external() -> None:
    asked(mention(team="T0SISTER"), is_ext_shared_channel=False)


def test_an_edited_question_is_revised() -> None:
    event = edit(message("<@U0BOT> helo"), message("<@U0BOT> hello"))
    assert read(event) == EditQuestion(replace(asked(message("<@U0BOT> hello")), asked_ts=EDITED))


def test_an_edited_direct_message_is_revised() -> None:
    place = {"channel": "D0ALICE", "channel_type": "im"}
    assert isinstance(read(edit(message("a", **place), message("b", **place))), EditQuestion)


def test_an_edited_reply_is_revised_in_its_thread() -> None:
    event = edit(message("a", thread_ts=ROOT), message("b", thread_ts=ROOT))
    assert read(event) == EditQuestion(
        replace(asked(message("b", thread_ts=ROOT)), asked_ts=EDITED)
    )


def test_a_change_that_leaves_the_text_alone_is_dropped() -> None:
    unfurled = message("<@U0BOT> https://x.org", attachments=[{"id": 1}])
    assert read(edit(message("<@U0BOT> https://x.org"), unfurled)) == Ignore(DropReason.UNCHANGED)


def test_an_edited_table_is_a_change_and_the_preview_of_a_link_is_none() -> None:
    def with_(*attachments: Json) -> Json:
        return message("<@U0BOT> sum?", attachments=list(attachments))

    small, large = pasted(table(["1"])), pasted(table(["1"], ["2"]))
    intent = read(edit(with_(small), with_(large)))
    assert isinstance(intent, EditQuestion)
    assert intent.ask.attached == "| 1 |\n| --- |\n| 2 |"
    preview = {"id": 2, "from_url": "https://x.org", "title": "X"}
    assert read(edit(with_(small), with_(small, preview))) == Ignore(DropReason.UNCHANGED)


def test_whom_a_forwarded_message_or_a_table_mentions_is_not_mentioned() -> None:
    cell = rich_text(section({"type": "user", "user_id": "U0BOT"}))
    for attachment in (forwarded("<@U0BOT> do it"), pasted(table([cell]))):
        assert read(message("look", attachments=[attachment])) == Ignore(DropReason.NOT_ADDRESSED)
    assert read(message("look", blocks=[table([cell])])) == Ignore(DropReason.NOT_ADDRESSED)
    reply = message("look", thread_ts=ROOT, attachments=[forwarded("<@U0BOB> see")])
    assert asked(reply).attached.endswith("<@U0BOB> see")


def test_who_is_mentioned_in_blocks_alone_is_mentioned() -> None:
    block = rich_text(section({"type": "user", "user_id": "U0BOT"}, text(" hi")))
    ask = asked(message(None, blocks=[block]))
    assert (ask.text, ask.is_addressed) == ("hi", True)


def test_a_forwarded_message_alone_is_a_question_where_the_bot_is_written_to() -> None:
    event = message("", channel="D0ALICE", channel_type="im", attachments=[forwarded("Disk full")])
    ask = asked(event)
    assert (ask.text, ask.attached) == ("", "<@U0BOB|Bob Li>:\nDisk full")
    assert asked(mention("<@U0BOT>", attachments=[forwarded("Disk full")])).attached


def test_what_is_attached_is_kept_within_bounds_and_marked_as_cut() -> None:
    rows = table(*([str(number)] for number in range(9000)))
    ask = asked(mention(attachments=[pasted(rows)]), policy=Policy(max_utterance=20))
    assert len(ask.attached) <= 160
    assert ask.is_cut
    assert not asked(mention(attachments=[pasted(table(["1"]))])).is_cut


@pytest.mark.parametrize(
    ("changes", "is_meant"),
    [
        ({"text": "<@U0BOT> hello"}, True),
        ({"text": "hello", "channel": "D0ALICE", "channel_type": "im"}, True),
        ({"text": "hello"}, False),
    ],
)
def test_the_log_tells_whom_the_bot_does_not_answer(changes: Json, *, is_meant: bool) -> None:
    intent = read(message(**{"bot_id": "B0OTHER", **changes}))
    assert intent == Ignore(DropReason.BOT)
    assert isinstance(intent, Ignore)
    assert intent.is_addressed is is_meant


def test_our_own_edits_are_dropped() -> None:
    ours = {"user": "U0BOT", "bot_id": "B0BOT"}
    assert read(edit(message("a", **ours), message("b", **ours))) == Ignore(DropReason.OWN)


def test_an_edit_that_mentions_the_bot_for_the_first_time_is_a_question() -> None:
    ask = asked(edit(message("how?"), message("<@U0BOT> how?")))
    assert (ask.turn, ask.text) == (TURN, "how?")
    assert (ask.ts, ask.asked_ts) == (TS, EDITED)


def test_so_is_such_an_edit_of_a_reply_unless_that_was_one_before() -> None:
    intent = read(edit(message("ho?", thread_ts=ROOT), message("<@U0BOT> how?", thread_ts=ROOT)))
    assert isinstance(intent, EditQuestion)
    assert (intent.turn, intent.ask.text, intent.may_be_new) == (TURN, "how?", True)
    assert (intent.ask.is_addressed, intent.ask.thread.root) == (True, ROOT)


def test_an_edit_of_a_reply_into_a_control_is_the_control() -> None:
    event = edit(message("ne", thread_ts=ROOT), message("<@U0BOT> new", thread_ts=ROOT))
    assert asked(event).kind is Kind.RESET


def test_an_edit_whose_former_text_is_unknown_only_revises() -> None:
    assert isinstance(read(edit(None, message("<@U0BOT> how?"))), EditQuestion)


def test_edits_of_what_was_never_for_us_are_dropped() -> None:
    assert read(edit(message("a"), message("b"))) == Ignore(DropReason.NOT_ADDRESSED)


def test_a_mention_edited_within_a_day_is_a_question() -> None:
    asked(mention(edited={"user": "U0ALICE", "ts": "1763880000.000000"}))


def test_a_mention_edited_later_would_be_answered_twice_and_is_dropped() -> None:
    event = mention(edited={"user": "U0ALICE", "ts": "1763890000.000000"})
    assert read(event) == Ignore(DropReason.EDITED_LATE)


def test_a_deleted_question_is_withdrawn() -> None:
    event = deletion(message("<@U0BOT> hello", thread_ts=ROOT))
    assert read(event) == DeleteQuestion(TURN, ThreadKey("T0HOME", "C0HALL", ROOT))


def test_a_deleted_question_that_has_replies_is_withdrawn() -> None:
    stone = message("This message was deleted.", subtype="tombstone", user="USLACKBOT")
    event = edit(message("<@U0BOT> hello", thread_ts=TS), stone)
    assert read(event) == DeleteQuestion(TURN, ThreadKey("T0HOME", "C0HALL", TS))


def test_a_deleted_answer_is_no_question_withdrawn() -> None:
    assert read(deletion(message("answer", user="U0BOT", bot_id="B0BOT"))) == Ignore(DropReason.OWN)


def stopped(event: Json, policy: Policy | None = None) -> Stop:
    stop = read(event, policy=policy or Policy())
    assert isinstance(stop, Stop)
    return stop


def test_a_bare_stop_in_a_thread_stops_what_was_asked_there() -> None:
    event = message("Stop!", thread_ts=ROOT)
    stop = stopped(event)
    thread = ThreadKey("T0HOME", "C0HALL", ROOT)
    assert (stop.thread, stop.user, stop.ts) == (thread, "U0ALICE", TS)
    assert (stop.turn, stop.is_anywhere) == (None, False)


def test_where_nothing_runs_whoever_follows_or_names_the_bot_is_told_so() -> None:
    follows = stopped(message("停止", thread_ts=ROOT)).otherwise
    names = stopped(mention("<@U0BOT> stop")).otherwise
    assert follows is not None
    assert names is not None
    assert (follows.kind, follows.is_addressed) == (Kind.NOTHING_TO_STOP, False)
    assert (names.kind, names.is_addressed, names.turn) == (Kind.NOTHING_TO_STOP, True, TURN)


def test_a_bare_stop_works_where_threads_are_not_followed_and_says_nothing_else() -> None:
    event = message("stop", thread_ts=ROOT)
    assert stopped(event, Policy(follow_threads=False)).otherwise is None


def test_a_bare_stop_at_the_top_level_of_a_dm_stops_whatever_runs_there() -> None:
    place = {"channel": "D0ALICE", "channel_type": "im"}
    assert stopped(message("stop", **place)).is_anywhere
    assert not stopped(message("stop", thread_ts=ROOT, **place)).is_anywhere


def test_a_bare_stop_that_is_for_nobody_or_for_others_is_dropped() -> None:
    assert read(message("stop")) == Ignore(DropReason.NOT_ADDRESSED)
    assert read(message("<@U0BOB> stop", thread_ts=ROOT)) == Ignore(DropReason.MENTIONS_OTHERS)


def test_a_bare_new_begins_anew() -> None:
    assert asked(mention("<@U0BOT> New!")).kind is Kind.RESET
    assert asked(message("重新开始", thread_ts=ROOT)).kind is Kind.RESET
    assert read(message("new")) == Ignore(DropReason.NOT_ADDRESSED)


@pytest.mark.parametrize("name", ["new", "stop", "our-stop"])
def test_an_emoji_is_no_control_word(name: str) -> None:
    ask = asked(message(f":{name}:", channel="D0ALICE", channel_type="im"))
    assert ask.kind is Kind.ASK
    element = {"type": "emoji", "name": "new", "unicode": "1f195"}
    blocks = [{"type": "rich_text", "elements": [{"elements": [element]}]}]
    event = message(":new:", channel="D0ALICE", channel_type="im", blocks=blocks)
    assert (asked(event).kind, asked(event).text) == (Kind.ASK, "🆕")


def test_a_control_word_beside_something_attached_is_a_question() -> None:
    event = message("new", channel="D0ALICE", channel_type="im", attachments=[{"text": "card"}])
    assert (asked(event).kind, asked(event).attached) == (Kind.ASK, "card")


def test_slacks_own_stop_button_stops_what_runs_in_its_thread() -> None:
    event = {
        "type": "agent_session_stopped",
        "channel": "C0HALL",
        "user": "U0ALICE",
        "thread_ts": ROOT,
        "streaming_message_ts": [],
        "event_ts": TS,
    }
    thread = ThreadKey("T0HOME", "C0HALL", ROOT)
    assert read(event) == Stop(thread, "U0ALICE", TS, is_shown=True)
    for name in ("channel", "user", "thread_ts", "event_ts"):
        assert read(event | {name: "odd:"}) == Ignore(DropReason.MALFORMED)


@pytest.mark.parametrize(
    "changes",
    [
        {"channel": None},
        {"channel": {"id": "C0HALL"}},
        {"channel": "C0:HALL"},
        {"ts": 1763800000.0001},
        {"ts": "yesterday"},
        {"user": None},
        {"user": ["U0ALICE"]},
    ],
)
def test_a_post_without_a_sound_place_or_author_is_dropped(changes: Json) -> None:
    assert read(mention(**changes)) == Ignore(DropReason.MALFORMED)


_ODD: st.SearchStrategy[Any] = st.sampled_from(
    [None, True, 7, 1.5, "", "odd", TS, "U0BOT", [], [None], [[]], [7], {}, {"ts": 7}, {"id": "T"}]
)
_FIELDS = [*message(), "thread_ts", "subtype", "files", "edited", "message", "previous_message"]


@given(
    kind=st.sampled_from(["message", "app_mention", "agent_session_stopped"]),
    text=st.sampled_from(["<@U0BOT> x", "stop", "new"]),
    subtype=st.sampled_from([None, "message_changed", "message_deleted", "file_share"]),
    odd=st.dictionaries(st.sampled_from([f for f in _FIELDS if f != "type"]), _ODD, max_size=6),
    outer=st.dictionaries(st.sampled_from(list(envelope({}))), _ODD, max_size=3),
)
def test_no_shape_of_payload_raises(
    kind: str, text: str, subtype: str | None, odd: Json, outer: Json
) -> None:
    body = envelope(message(text, type=kind, subtype=subtype) | odd) | outer
    assert isinstance(
        MessageEvents(BOT, Policy()).read(body), Ask | EditQuestion | Stop | DeleteQuestion | Ignore
    )
    assert isinstance(kind_of(body), str)
    assert isinstance(team_of(body), str)


def test_the_team_is_that_of_the_installation() -> None:
    body = envelope({}, team_id="T0PARTNER")
    assert team_of(body) == "T0HOME"
    assert team_of({"team_id": "T0HOME", "authorizations": []}) == "T0HOME"
    assert team_of({"type": "block_actions", "team": {"id": "T0HOME"}}) == "T0HOME"
    assert team_of({"type": "shortcut", "team": None, "user": {"team_id": "T0HOME"}}) == "T0HOME"
    assert team_of({}) == ""


def test_the_kind_of_a_payload_is_a_plain_word() -> None:
    assert kind_of(envelope(mention())) == "app_mention"
    assert kind_of({"type": "block_actions"}) == "block_actions"
    assert kind_of({"command": "/ask", "text": "secret"}) == "command"
    assert kind_of({"type": "Multi\nline"}) == "other"
    assert kind_of({}) == "other"
