"""How many questions are taken: counted in one place, once for each, by windows that end."""

import asyncio
from dataclasses import replace

import pytest
from redis.asyncio import Redis

from bridge.core.commands import CommandResult
from bridge.core.model import Ask, Kind, ThreadKey, turn_id
from bridge.core.policy import Counted, QuotaReached, Quotas
from bridge.store import keys
from bridge.store.inbox import RedisInbox
from tests.contract.inboxes import open_inbox

MINUTE, DAY = 60, 86_400
TWO_A_MINUTE = Quotas(person_per_minute=2)


def question(
    ts: str, *, user: str = "U1", team: str = "T1", root: str = "", bot: str = "", **changes: object
) -> Ask:
    thread = ThreadKey(team, "C1", root or ts)
    turn = turn_id(team, "C1", f"message:{ts}")
    return replace(Ask(turn, thread, user, ts, "?", bot=bot), **changes)  # type: ignore[arg-type]


async def reached(inbox: RedisInbox, ask: Ask) -> QuotaReached:
    with pytest.raises(QuotaReached) as caught:
        await inbox.enqueue(ask)
    return caught.value


async def let_windows_end(redis: Redis) -> None:
    for key in await redis.keys(f"{keys.QUOTA}*"):
        await redis.pexpire(key, -1)


async def test_a_question_too_many_is_told_how_long_to_wait(redis: Redis) -> None:
    inbox = open_inbox(redis, quotas=TWO_A_MINUTE)
    for ts in ("1.0", "2.0"):
        assert await inbox.enqueue(question(ts)) is CommandResult.ACCEPTED
    refused = await reached(inbox, question("3.0"))
    assert refused.counted is Counted.PERSON
    assert MINUTE - 5 < refused.wait_s <= MINUTE
    assert (await inbox.depth()).open == 2


async def test_when_the_window_has_ended_questions_are_taken_again(redis: Redis) -> None:
    inbox = open_inbox(redis, quotas=TWO_A_MINUTE)
    for ts in ("1.0", "2.0"):
        await inbox.enqueue(question(ts))
    await let_windows_end(redis)
    for ts in ("4.0", "5.0"):
        assert await inbox.enqueue(question(ts)) is CommandResult.ACCEPTED
    await reached(inbox, question("6.0"))


async def test_racing_replicas_take_no_more_than_the_quota_together(redis: Redis) -> None:
    replicas = [open_inbox(redis, quotas=Quotas(person_per_minute=5)) for _ in range(4)]
    asks = [question(f"{number}.0") for number in range(20)]
    results = await asyncio.gather(
        *(replicas[number % 4].enqueue(ask) for number, ask in enumerate(asks)),
        return_exceptions=True,
    )
    assert results.count(CommandResult.ACCEPTED) == 5
    assert sum(isinstance(result, QuotaReached) for result in results) == 15


async def test_people_and_workspaces_are_counted_apart(redis: Redis) -> None:
    inbox = open_inbox(redis, quotas=Quotas(person_per_minute=1, workspace_per_minute=2))
    await inbox.enqueue(question("1.0"))
    assert (await reached(inbox, question("2.0"))).counted is Counted.PERSON
    await inbox.enqueue(question("3.0", user="U2"))
    assert (await reached(inbox, question("4.0", user="U3"))).counted is Counted.WORKSPACE
    assert await inbox.enqueue(question("5.0", team="T2")) is CommandResult.ACCEPTED


async def test_who_has_reached_two_quotas_is_told_the_longer_wait(redis: Redis) -> None:
    inbox = open_inbox(redis, quotas=Quotas(person_per_minute=1, person_per_day=1))
    await inbox.enqueue(question("1.0"))
    assert DAY - 5 < (await reached(inbox, question("2.0"))).wait_s <= DAY


async def test_what_is_refused_does_not_count(redis: Redis) -> None:
    inbox = open_inbox(redis, quotas=Quotas(person_per_minute=1, workspace_per_minute=2))
    await inbox.enqueue(question("1.0"))
    for ts in ("2.0", "3.0", "4.0"):
        await reached(inbox, question(ts))
    assert await inbox.enqueue(question("5.0", user="U2")) is CommandResult.ACCEPTED


async def test_a_question_that_was_refused_is_known_when_it_comes_again(redis: Redis) -> None:
    inbox = open_inbox(redis, quotas=Quotas(person_per_minute=1))
    await inbox.enqueue(question("1.0"))
    await reached(inbox, question("2.0"))
    assert await inbox.enqueue(question("2.0")) is CommandResult.DUPLICATE
    await let_windows_end(redis)
    assert await open_inbox(redis).enqueue(question("2.0")) is CommandResult.DUPLICATE


async def test_a_press_that_was_refused_may_be_made_again_when_the_wait_is_over(
    redis: Redis,
) -> None:
    inbox = open_inbox(redis, quotas=Quotas(person_per_minute=1))
    await inbox.enqueue(question("1.0"))
    press = question("2.0", is_quoted=True)
    refused = await reached(inbox, press)
    assert await inbox.enqueue(press) is CommandResult.DUPLICATE
    claim = keys.key(keys.CLAIM, "T1", press.turn)
    assert abs(await redis.pttl(claim) / 1000 - refused.wait_s) < 2
    await redis.pexpire(claim, -1)
    await let_windows_end(redis)
    assert await inbox.enqueue(press) is CommandResult.ACCEPTED


async def test_a_turn_counts_once_however_often_it_comes_is_edited_or_taken(redis: Redis) -> None:
    inbox, other = (open_inbox(redis, quotas=TWO_A_MINUTE) for _ in range(2))
    ask = question("1.0")
    await inbox.enqueue(ask)
    assert await other.enqueue(ask) is CommandResult.DUPLICATE
    assert await other.edit(ask)
    delivery = await inbox.take()
    assert delivery is not None
    await inbox.give_back(delivery)
    delivery = await other.take()
    assert delivery is not None
    await other.done(delivery)
    assert await other.enqueue(question("2.0")) is CommandResult.ACCEPTED
    await reached(inbox, question("3.0"))


@pytest.mark.parametrize("kind", [Kind.RESET, Kind.NOTHING_TO_STOP])
async def test_control_words_do_not_count(redis: Redis, kind: Kind) -> None:
    inbox = open_inbox(redis, quotas=Quotas(person_per_minute=1))
    await inbox.enqueue(question("1.0"))
    assert await inbox.enqueue(question("2.0", kind=kind)) is CommandResult.ACCEPTED


@pytest.mark.parametrize("kind", [Kind.ASK, Kind.OPEN])
async def test_a_question_that_was_declined_after_all_has_not_counted(
    redis: Redis, kind: Kind
) -> None:
    inbox = RedisInbox(redis, quotas=Quotas(person_per_minute=2, workspace_per_day=2))
    await inbox.enqueue(question("1.0"))
    declined = question("2.0", kind=kind)
    await inbox.enqueue(declined)
    await inbox.uncount(declined)
    assert await inbox.enqueue(question("3.0")) is CommandResult.ACCEPTED
    assert (await reached(inbox, question("4.0"))).wait_s > MINUTE


async def test_no_window_ever_counts_less_than_nothing(redis: Redis) -> None:
    inbox = RedisInbox(redis, quotas=Quotas(person_per_minute=1))
    await inbox.enqueue(question("1.0"))
    await let_windows_end(redis)
    await inbox.uncount(question("1.0"))
    await inbox.enqueue(question("2.0"))
    await reached(inbox, question("3.0"))


async def test_a_typed_command_counts_once_although_its_root_is_another_turn(redis: Redis) -> None:
    inbox = open_inbox(redis, quotas=TWO_A_MINUTE)
    await inbox.enqueue(question("1.0", kind=Kind.OPEN))
    assert await inbox.enqueue(question("2.0"), counts=False) is CommandResult.ACCEPTED
    assert await inbox.enqueue(question("3.0")) is CommandResult.ACCEPTED
    await reached(inbox, question("4.0"))


async def test_a_follow_up_of_somebody_who_never_asked_does_not_count(redis: Redis) -> None:
    inbox = open_inbox(redis, quotas=Quotas(person_per_minute=1))
    stray = question("1.0", is_addressed=False)
    assert await inbox.enqueue(stray) is CommandResult.NOT_ENGAGED
    assert await inbox.enqueue(question("2.0")) is CommandResult.ACCEPTED


async def test_without_quotas_nothing_is_counted(redis: Redis) -> None:
    await open_inbox(redis).enqueue(question("1.0"))
    assert await redis.keys(f"{keys.QUOTA}*") == []
    assert await redis.keys(f"{keys.BOT_TURNS}*") == []


async def test_every_count_ends_by_itself(redis: Redis) -> None:
    every = Quotas(1, 1, 1, 1)
    await open_inbox(redis, quotas=every).enqueue(question("1.0", user="B1", bot="B1"))
    counts = await redis.keys(f"{keys.QUOTA}*") + await redis.keys(f"{keys.BOT_TURNS}*")
    assert len(counts) == 6
    assert [key for key in counts if await redis.ttl(key) <= 0] == []


# Bots


def by_bot(ts: str, bot: str = "B1", *, root: str = "1.0") -> Ask:
    return question(ts, user=bot, root=root, bot=bot)


async def test_bots_ask_in_a_thread_until_a_person_must_write(redis: Redis) -> None:
    replicas = [open_inbox(redis, quotas=Quotas(bot_turns=2)) for _ in range(2)]
    assert await replicas[0].enqueue(by_bot("1.0")) is CommandResult.ACCEPTED
    assert await replicas[1].enqueue(by_bot("2.0", "B2")) is CommandResult.QUEUED
    assert await replicas[0].enqueue(by_bot("3.0")) is CommandResult.BOT_TURNS
    assert await replicas[1].enqueue(by_bot("3.0")) is CommandResult.DUPLICATE
    assert await replicas[1].enqueue(by_bot("4.0", root="4.0")) is CommandResult.ACCEPTED


async def test_a_bot_that_opens_a_thread_each_time_is_held_by_the_hour(redis: Redis) -> None:
    replicas = [RedisInbox(redis, quotas=Quotas(bot_per_hour=2)) for _ in range(2)]
    for number in (1, 2):
        ask = by_bot(f"{number}.0", root=f"{number}.0")
        assert await replicas[number % 2].enqueue(ask) is CommandResult.ACCEPTED
    refused = await reached(replicas[0], by_bot("3.0", root="3.0"))
    assert refused.counted is Counted.BOT
    assert 3590 < refused.wait_s <= 3600
    assert await replicas[0].enqueue(by_bot("4.0", "B2", root="4.0")) is CommandResult.ACCEPTED
    assert await replicas[0].enqueue(question("5.0")) is CommandResult.ACCEPTED


@pytest.mark.parametrize("is_addressed", [True, False])
async def test_whatever_a_person_writes_in_the_thread_lets_bots_ask_again(
    redis: Redis, *, is_addressed: bool
) -> None:
    inbox = open_inbox(redis, quotas=Quotas(bot_turns=1))
    await inbox.enqueue(by_bot("1.0"))
    assert await inbox.enqueue(by_bot("2.0")) is CommandResult.BOT_TURNS
    await inbox.enqueue(question("3.0", root="1.0", is_addressed=is_addressed))
    assert await inbox.enqueue(by_bot("4.0")) is CommandResult.QUEUED
    assert await inbox.enqueue(by_bot("5.0")) is CommandResult.BOT_TURNS
