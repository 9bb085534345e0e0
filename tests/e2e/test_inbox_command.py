"""`bridge inbox` and `bridge ratings` as an operator types them, on a real Redis."""

import asyncio
import json
import os
import sys
from dataclasses import replace

import pytest

from bridge.core.commands import Rate
from bridge.core.model import Ask, SessionId, ThreadKey, TurnRecord, reference, turn_id
from bridge.core.ports import Depth
from bridge.resources import open_store
from bridge.settings.loading import load_settings
from bridge.store.connection import open_redis
from bridge.store.inbox import RedisInbox
from bridge.store.repositories import RedisRatings
from tests.e2e.stage import ROOT, type_at_terminal

pytestmark = pytest.mark.process

ASK = Ask(turn_id("T1", "C1", "message:1.0"), ThreadKey("T1", "C1", "1.0"), "U1", "1.0", "why?")
NAME = reference(ASK.turn)
NEEDED = {
    "SLACK_BOT_TOKEN": "xoxb-unused",
    "SLACK_SIGNING_SECRET": "unused",
    "BEEBOT_INSTANCE_ID": "unused",
}


@pytest.fixture(autouse=True)
async def _letter(redis_url: str) -> None:
    settings = load_settings({**NEEDED, "REDIS_URL": redis_url}, env_file=None)
    async with open_store(settings) as redis:
        await redis.flushall()
        inbox = RedisInbox(redis)
        await inbox.enqueue(ASK)
        delivery = await inbox.take()
        assert delivery is not None
        await inbox.record(delivery, TurnRecord(asks=1, partial="beca"))
        await inbox.bury(delivery, "ValueError")


async def inbox(redis_url: str, *arguments: str) -> tuple[int | None, str, str]:
    return await bridge(redis_url, "inbox", *arguments)


async def bridge(redis_url: str, *arguments: str) -> tuple[int | None, str, str]:
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "bridge", *arguments, cwd=ROOT,
        env={"PATH": os.environ["PATH"], "REDIS_URL": redis_url},
        stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE,
    )  # fmt: skip
    output, errors = await process.communicate()
    return process.returncode, output.decode(), errors.decode()


async def test_it_is_listed_for_people_and_for_programs(redis_url: str) -> None:
    code, output, _ = await inbox(redis_url, "list")
    assert code == 0
    assert "0 threads ready, 0 running, 0 turns open, 1 dead letters" in output
    assert NAME in output
    code, output, _ = await inbox(redis_url, "list", "--json")
    told = json.loads(output)
    assert (code, told["ready"], told["dead"]) == (0, 0, 1)
    assert told["dead_letters"][0]["reference"] == NAME
    assert told["dead_letters"][0]["reason"] == "ValueError"
    assert "why?" not in output


async def test_texts_are_shown_only_when_asked_for(redis_url: str) -> None:
    _, hidden, _ = await inbox(redis_url, "show", NAME)
    assert "why?" not in hidden
    assert "beca" not in hidden
    _, shown, _ = await inbox(redis_url, "show", NAME, "--text")
    assert json.loads(shown)["ask"]["text"] == "why?"


async def test_it_is_retried_or_dropped_once(redis_url: str) -> None:
    assert (await inbox(redis_url, "retry", NAME))[0] == 0
    code, _, errors = await inbox(redis_url, "drop", NAME)
    assert (code, errors) == (1, f"No dead letter begins with {NAME}.\n")
    _, output, _ = await inbox(redis_url, "list")
    assert "1 threads ready, 0 running, 1 turns open, 0 dead letters" in output


async def test_after_an_outage_those_of_a_reason_are_retried_at_once(redis_url: str) -> None:
    async with open_redis(redis_url) as redis:
        mailboxes = RedisInbox(redis)
        for number in range(2, 4):
            thread = ThreadKey("T1", "C1", f"{number}.0")
            ask = replace(ASK, turn=turn_id("T1", "C1", f"message:{number}.0"), thread=thread)
            await mailboxes.enqueue(ask)
            delivery = await mailboxes.take()
            assert delivery is not None
            await mailboxes.bury(delivery, "Unavailable")
        code, output, _ = await inbox(redis_url, "retry", "--reason", "Unavailable")
        assert (code, output) == (0, "Retried 2 of 2 dead letters.\n")
        code, output, _ = await inbox(redis_url, "drop", "--all")
        assert (code, output) == (0, "Dropped 1 of 1 dead letter.\n")
        assert await mailboxes.depth() == Depth(ready=2, running=0, open=2, dead=0)


async def test_several_letters_are_changed_only_when_that_is_said(redis_url: str) -> None:
    code, _, errors = await inbox(redis_url, "drop")
    assert (code, errors) == (2, "Give one of them alone: a REFERENCE, --reason or --all.\n")


@pytest.mark.parametrize("command", ["retry", "drop"])
async def test_a_reason_that_no_letter_has_is_told_beside_those_there_are(
    redis_url: str, command: str
) -> None:
    code, output, errors = await inbox(redis_url, command, "--reason", "ValueEror")
    assert (code, output) == (1, "")
    told = "No dead letter has the reason ValueEror. There are: ValueError (1).\n"
    assert errors == told


async def test_an_empty_reference_is_not_the_only_letter(redis_url: str) -> None:
    assert (await inbox(redis_url, "show", ""))[:2] == (1, "")


async def test_on_a_terminal_nothing_is_dropped_that_was_not_confirmed(redis_url: str) -> None:
    assert (
        "Drop 1 dead letter for good? [y/N]"
        in (await type_at_terminal(redis_url, "n", "inbox", "drop", "--all"))[1]
    )
    assert "1 dead letters" in (await inbox(redis_url, "list"))[1]
    assert (
        "Dropped 1 of 1"
        in (await type_at_terminal(redis_url, "y", "inbox", "drop", "--reason", "ValueError"))[1]
    )
    assert (
        "No dead letter"
        not in (await type_at_terminal(redis_url, "", "inbox", "drop", "--all", "--yes"))[1]
    )


async def test_without_redis_it_says_so(redis_url: str) -> None:
    code, _, errors = await inbox("", "list")
    assert code == 2
    assert errors.startswith("REDIS_URL is unset")
    assert "→ Set it as the bridge has it: " in errors
    assert f"{ROOT / '.env'}" in errors
    code, _, errors = await inbox(redis_url.replace("redis.sock", "none.sock"), "list")
    assert code == 1
    assert errors.startswith("Redis cannot be used: ")
    assert "→" in errors


async def test_bad_ratings_lead_to_their_answers_and_tell_no_word(redis_url: str) -> None:
    rate = Rate(ASK.turn, ASK.thread, "U2", SessionId("s-1"), "m-1", is_good=False)
    async with open_redis(redis_url) as redis:
        await RedisRatings(redis).add(replace(rate, comment="Too old."))
        await RedisRatings(redis).add(replace(rate, user="U3", is_good=True))
    code, output, _ = await bridge(redis_url, "ratings", "--json")
    (bad,) = json.loads(output)
    assert code == 0
    names = ("reference", "thread", "rated by", "session", "answer")
    assert [bad[name] for name in names] == [NAME, "T1:C1:1.0", "U2", "s-1", "m-1"]
    assert "Too old." not in output
    _, output, _ = await bridge(redis_url, "ratings", "--all", "--text")
    assert output.startswith("1 bad and 1 good within 7 days\n")
    assert "Too old." in output
    assert "U3" in output


async def test_a_reason_is_one_line_and_says_nothing_to_the_terminal(redis_url: str) -> None:
    rate = Rate(ASK.turn, ASK.thread, "U2", SessionId("s-1"), "m-1", is_good=False)
    async with open_redis(redis_url) as redis:
        await RedisRatings(redis).add(replace(rate, comment="Old.\nrated by   U3\x1b[2J"))
    _, output, _ = await bridge(redis_url, "ratings", "--text")
    assert output.endswith("reason     Old. rated by U3[2J\n")
