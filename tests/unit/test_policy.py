"""Who is answered where: the rules, and what becomes of each kind of intent under them."""

from dataclasses import dataclass, field, replace

import pytest

from bridge.core.commands import Command, DeleteQuestion, EditQuestion, Rate, Stop
from bridge.core.messages import Locale
from bridge.core.model import Ask, Kind, SessionId, ThreadKey, TurnId
from bridge.core.policy import Admission, AllowDeny, Policy, Quotas, Refusal
from bridge.core.ports import User
from bridge.core.translator import Translation
from bridge.slack.block_kit.views import ShowSources, home_view
from bridge.slack.inbound.intents import Decline, Ignore, Intent, OpenModal, Respond, admit
from bridge.slack.messages import SLACK_MESSAGES

HALL, DM = ThreadKey("T1", "C0HALL", "1.0"), ThreadKey("T1", "D0ALICE", "1.0")
TURN = TurnId("t")
ASK = Ask(TURN, HALL, "U0ALICE", "1.0", "why?")
FOLLOW_UP = replace(ASK, is_addressed=False)
BY_BOT = replace(ASK, user="B1", bot="B1")
RATE = Rate(TURN, HALL, "U0ALICE", SessionId("s"), "a", True)
PRESSES: list[Intent] = [
    Stop(HALL, "U0ALICE", "2.0", turn=TURN),
    RATE,
    OpenModal(HALL, "U0ALICE", "1.2.x", ShowSources(TURN)),
    Respond("help", instead_of=replace(ASK, text="help")),
]
SILENT: list[Command] = [
    FOLLOW_UP,
    BY_BOT,
    EditQuestion(ASK),
    Stop(HALL, "U0ALICE", "2.0", otherwise=ASK),
]

NOT_HERE = Policy(channels=AllowDeny(denied=frozenset({"C0HALL"})))
ELSEWHERE = Policy(channels=AllowDeny(allowed=frozenset({"C0OTHER"})))
NOT_ALICE = Policy(people=AllowDeny(denied=frozenset({"U0ALICE", "B1"})))
ONLY_BOB = Policy(people=AllowDeny(allowed=frozenset({"U0BOB"})))


def where_told(intent: Intent) -> ThreadKey:
    """A message that opens a thread has no replies yet, and in such a thread nobody sees it."""
    return replace(HALL, root="") if intent is ASK else HALL


@pytest.mark.parametrize("intent", [ASK, *PRESSES, *SILENT])
def test_without_lists_everything_passes(intent: Intent) -> None:
    assert admit(intent, Policy()) is intent


@pytest.mark.parametrize("intent", [ASK, *PRESSES])
@pytest.mark.parametrize("policy", [NOT_HERE, ELSEWHERE])
def test_who_asks_or_presses_where_nobody_may_is_told(intent: Intent, policy: Policy) -> None:
    assert admit(intent, policy) == Decline(Refusal.CHANNEL, where_told(intent), "U0ALICE")


@pytest.mark.parametrize("intent", [ASK, *PRESSES])
@pytest.mark.parametrize("policy", [NOT_ALICE, ONLY_BOB])
def test_who_may_not_ask_is_told(intent: Intent, policy: Policy) -> None:
    assert admit(intent, policy) == Decline(Refusal.PERSON, where_told(intent), "U0ALICE")


def test_who_asks_within_a_thread_is_told_there() -> None:
    reply = replace(ASK, ts="2.0")
    assert admit(reply, NOT_HERE) == Decline(Refusal.CHANNEL, HALL, "U0ALICE")


@pytest.mark.parametrize("intent", SILENT)
def test_who_does_not_address_the_bot_is_told_nothing(intent: Intent) -> None:
    assert admit(intent, NOT_HERE) == Ignore(Refusal.CHANNEL)
    assert admit(intent, NOT_ALICE) == Ignore(Refusal.PERSON)


def test_where_some_channels_and_people_are_allowed_these_are_answered() -> None:
    assert admit(replace(ASK, thread=replace(HALL, channel="C0OTHER")), ELSEWHERE)
    bobs = replace(ASK, user="U0BOB")
    assert admit(bobs, ONLY_BOB) is bobs


def test_lists_of_channels_say_nothing_of_direct_messages() -> None:
    direct = replace(ASK, thread=DM, is_dm=True)
    assert admit(direct, ELSEWHERE) is direct
    in_dm = replace(DM, root="")
    assert admit(direct, Policy(allow_dms=False)) == Decline(Refusal.DM, in_dm, "U0ALICE")
    assert admit(ASK, Policy(allow_dms=False)) is ASK


def test_a_bot_that_is_allowed_need_not_be_among_the_people() -> None:
    assert admit(BY_BOT, ONLY_BOB) is BY_BOT


def test_a_deleted_question_is_taken_back_everywhere() -> None:
    gone = DeleteQuestion(TURN, HALL)
    assert admit(gone, NOT_HERE) is gone


@dataclass
class People:
    """`asked` counts how often somebody was looked up."""

    user: User = field(default_factory=User)
    asked: int = 0

    async def find(self, team: str, user: str) -> User:  # noqa: ARG002 - the port's names
        self.asked += 1
        return self.user


NO_GUESTS = Policy(allow_guests=False)


@pytest.mark.parametrize(
    ("is_guest", "refusal"),
    [(False, None), (True, Refusal.GUEST), (None, Refusal.UNKNOWN)],
)
async def test_a_guest_and_who_may_be_one_is_refused_where_guests_are(
    is_guest: bool | None,
    refusal: Refusal | None,
) -> None:
    people = People(User(is_guest=is_guest))
    assert await Admission(NO_GUESTS, people).refuses(ASK) is refusal
    assert await Admission(NO_GUESTS, people).refuses_visitor("T1", "U0ALICE") is refusal
    assert await Admission(Policy(), people).refuses(ASK) is None
    assert await Admission(NO_GUESTS, people).refuses(BY_BOT) is None


async def test_nobody_is_looked_up_where_nothing_depends_on_it() -> None:
    people = People()
    await Admission(Policy(), people).refuses(ASK)
    await Admission(Policy(), people).refuses_visitor("T1", "U0ALICE")
    assert people.asked == 0


async def test_who_must_be_a_member_is_one_of_the_team() -> None:
    asked = replace(ASK, is_for_members=True)
    assert await Admission(Policy(), People()).refuses(asked) is Refusal.EXTERNAL
    member = People(User(teams=frozenset({"T1"})))
    assert await Admission(Policy(), member).refuses(asked) is None


async def test_a_visitor_who_is_on_the_list_is_refused_without_a_look() -> None:
    people = People()
    refusal = await Admission(NOT_ALICE, people).refuses_visitor("T1", "U0ALICE")
    assert (refusal, people.asked) == (Refusal.PERSON, 0)


@pytest.mark.parametrize("locale", Locale)
def test_every_refusal_has_its_sentence(locale: Locale) -> None:
    translation = Translation(locale, SLACK_MESSAGES)
    told = set(Refusal) - {Refusal.EXTERNAL}
    assert len({translation.text(f"refused_{refusal}") for refusal in told}) == len(told)


@pytest.mark.parametrize(
    ("seconds", "said"),
    [(0.0, "1 s"), (0.2, "1 s"), (41.1, "42 s"), (119.0, "119 s"), (120.1, "3 min"),
     (7199, "120 min"), (7200, "2 h"), (86_399, "24 h")],
)  # fmt: skip
def test_a_wait_is_never_told_too_short(seconds: float, said: str) -> None:
    assert Translation(Locale.EN).duration(seconds) == said


def test_quotas_that_limit_nothing_are_not_counted() -> None:
    assert list(Quotas(bot_per_hour=0)) == []
    assert [quota.most for quota in Quotas(0, 7, 8, 0)] == [7, 8, 60]


@pytest.mark.parametrize("kind", [Kind.ASK, Kind.OPEN, Kind.RESET])
def test_the_quota_of_bots_counts_bots_alone_and_no_control_words(kind: Kind) -> None:
    for_person, for_bot = (
        [whose for _, whose in Quotas(workspace_per_day=9).counting(replace(ask, kind=kind))]
        for ask in (ASK, BY_BOT)
    )
    counts = kind is not Kind.RESET
    assert for_person == [()] * counts
    assert for_bot == [(), ("B1",)] * counts


@pytest.mark.parametrize("locale", Locale)
def test_a_home_tab_without_direct_messages_does_not_lead_there(locale: Locale) -> None:
    translation = Translation(locale, SLACK_MESSAGES)
    usual, without = (str(home_view(translation, allow_dms=allow)) for allow in (True, False))
    way = "Messages" if locale is Locale.EN else "“消息”标签页"
    assert way in usual
    assert way not in without
    assert "`/beebot`" in without
