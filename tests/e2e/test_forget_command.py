"""`bridge forget` as an operator types it, beside bridges that run."""

import asyncio
import json
import os
import sys
from typing import Any

import pytest

from bridge.core.model import sender_id
from bridge.emulators.beebot import typed, with_sources
from bridge.emulators.slack import Fault
from bridge.emulators.slack.seed import BOT_USER, C_GENERAL, D_ALICE, TEAM, U_ALICE, U_BOB
from bridge.store import keys
from bridge.store.connection import open_redis
from tests.e2e.stage import HANGS_S, ROOT, Stage, type_at_terminal

pytestmark = pytest.mark.process
MENTION = f"<@{BOT_USER}>"


async def forget(url: str, *arguments: str, **variables: str) -> tuple[int | None, str, str]:
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "bridge", "forget", *arguments, cwd=ROOT,
        env={"PATH": os.environ["PATH"], "REDIS_URL": url, **variables},
        stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE,
    )  # fmt: skip
    output, errors = await process.communicate()
    return process.returncode, output.decode(), errors.decode()


async def forget_json(url: str, *arguments: str, **variables: str) -> dict[str, Any]:
    code, output, errors = await forget(url, *arguments, "--json", **variables)
    assert (code, errors) == (0, "")
    told: dict[str, Any] = json.loads(output)
    return told


async def stored(url: str) -> list[str]:
    """The names of all keys but claims, and with them who is engaged."""
    async with open_redis(url) as redis:
        names = [key async for key in redis.scan_iter() if not key.startswith(keys.CLAIM)]
        engaged = [name for name in names if name.startswith(keys.ENGAGED)]
        return names + [f"{name} {await redis.hkeys(name)}" for name in engaged]


async def idle(url: str) -> None:
    """Wait until no turn is unfinished."""
    async with open_redis(url) as redis, asyncio.timeout(HANGS_S):
        while await redis.zcard(keys.OPEN):  # noqa: ASYNC110 - others write there
            await asyncio.sleep(0.02)


async def test_a_person_is_forgotten_while_an_answer_to_them_runs(shared_stage: Stage) -> None:
    stage, url = shared_stage, shared_stage.environment["REDIS_URL"]
    stage.beebot.default(with_sources("So it is.", ["A guide"]))
    await stage.start_bridge()
    root = await stage.slack.post(C_GENERAL, U_ALICE, f"{MENTION} is it so?")
    await stage.slack.post(D_ALICE, U_ALICE, "in private")
    await stage.finished(2)
    await stage.slack.post(C_GENERAL, U_BOB, f"{MENTION} and so?", thread_ts=root)
    await stage.finished(3)
    await idle(url)
    stage.beebot.default(typed("word " * 2000, step=5, delay_s=0.05))
    long = await stage.slack.post(C_GENERAL, U_ALICE, f"{MENTION} at length")
    await stage.slack.until(lambda: "word" in "".join(stage.texts(C_GENERAL, long)))
    would = await forget_json(url, U_ALICE, "--dry-run")
    assert would["would_erase"] == {
        "turn": 1,
        "session": 2,
        "engagement": 3,
        "sources": 2,
        "once": 2,
    }
    assert sorted(would["beebot"]["senders"]) == [sender_id(TEAM, U_ALICE)]
    told = await forget_json(url, U_ALICE)
    assert told["erased"] == would["would_erase"] | {"session": 3}  # the stopped answer's own
    assert set(would["beebot"]["sessions"]) <= set(told["beebot"]["sessions"])
    await stage.slack.until(lambda: "topped" in f"{stage.replies(C_GENERAL, long)[-1].blocks}")
    left = " ".join(await stored(url))
    assert U_ALICE not in left
    assert D_ALICE not in left
    assert U_BOB in left
    again = await forget_json(url, U_ALICE)
    assert again["erased"] == {}


async def test_a_command_that_runs_leaves_no_question_behind(shared_stage: Stage) -> None:
    stage, url = shared_stage, shared_stage.environment["REDIS_URL"]
    stage.beebot.default(typed("word " * 2000, step=5, delay_s=0.05))
    await stage.start_bridge()
    stage.slack.faults.add(Fault(method="chat.postMessage", kind="slow", delay_s=3))
    await stage.slack.command(U_ALICE, C_GENERAL, "/beebot", "at length")
    told = await forget_json(url, U_ALICE)
    assert told["erased"]["turn"] == 1
    left = " ".join(await stored(url))
    assert U_ALICE not in left
    assert keys.TURN not in left


async def test_a_thread_is_forgotten_by_the_link_to_a_message_of_it(shared_stage: Stage) -> None:
    stage, url = shared_stage, shared_stage.environment["REDIS_URL"]
    stage.beebot.default(typed("Yes."))
    await stage.start_bridge()
    root = await stage.slack.post(C_GENERAL, U_ALICE, f"{MENTION} one")
    other = await stage.slack.post(C_GENERAL, U_ALICE, f"{MENTION} two")
    await stage.finished(2)
    await idle(url)
    stamp = f"{root.replace('.', '')}"
    link = f"https://example.slack.com/archives/{C_GENERAL}/p{stamp[:-6]}999999?thread_ts={root}"
    code, output, _ = await forget(url, link)
    assert code == 0
    assert output.startswith(f"Erased of {C_GENERAL}:{root}:\n")
    assert "SessionId" in output
    left = " ".join(await stored(url))
    assert root not in left
    assert other in left
    assert (await forget(url, f"{C_GENERAL}:{root}"))[1].startswith("Redis keeps nothing of ")


async def test_on_a_terminal_nobody_is_forgotten_who_was_not_confirmed(redis_url: str) -> None:
    async with open_redis(redis_url) as redis:
        await redis.hset(f"{keys.ENGAGED}T1:C1:1.0", "U0CAROL", "1.0")
        code, output = await type_at_terminal(redis_url, "n", "forget", "U0CAROL")
        assert code == 1
        assert "Erase of U0CAROL: 1 threads that answered them without a mention? [y/N]" in output
        assert await redis.exists(f"{keys.ENGAGED}T1:C1:1.0")
        code, output = await type_at_terminal(redis_url, "y", "forget", "U0CAROL")
        assert (code, "Erased of U0CAROL" in output) == (0, True)
        assert not await redis.exists(f"{keys.ENGAGED}T1:C1:1.0")


async def test_each_place_that_stays_is_told(redis_url: str) -> None:
    told = await forget_json(redis_url, "U0NOBODY")
    assert set(told["elsewhere"]) == {"redis", "slack", "beebot", "log", "memory"}
    assert "append-only file" in told["elsewhere"]["redis"]
    _, output, _ = await forget(redis_url, "U0NOBODY")
    assert "BGREWRITEAOF" in output


async def test_who_is_kept_no_more_is_known_to_beebot_by_team_and_key(redis_url: str) -> None:
    key = "a long and random text"
    told = await forget_json(redis_url, U_ALICE, "--team", TEAM)
    assert told["beebot"]["senders"] == [sender_id(TEAM, U_ALICE)]
    assert "is made without BRIDGE_PSEUDONYM_KEY" in told["beebot"]["said"]
    told = await forget_json(redis_url, U_ALICE, "--team", TEAM, BRIDGE_PSEUDONYM_KEY=key)
    assert told["beebot"]["senders"] == [sender_id(TEAM, U_ALICE, key)]
    assert "is made with BRIDGE_PSEUDONYM_KEY" in told["beebot"]["said"]


async def test_slack_tells_the_team_where_redis_does_not(shared_stage: Stage) -> None:
    stage, redis_url = shared_stage, shared_stage.environment["REDIS_URL"]
    slack = {name: stage.environment[name] for name in ("SLACK_BOT_TOKEN", "SLACK_API_URL")}
    told = await forget_json(redis_url, U_ALICE, **slack)
    assert told["beebot"]["senders"] == [sender_id(TEAM, U_ALICE)]
    stage.slack.faults.add(Fault("auth.test", "error", "invalid_auth", times=None))
    told = await forget_json(redis_url, U_ALICE, **slack)
    assert told["beebot"]["senders"] == []
    assert "No SenderId: Slack does not tell the team (" in told["beebot"]["said"]


async def test_where_nothing_tells_the_team_there_is_said_to_be_no_id(redis_url: str) -> None:
    _, output, _ = await forget(redis_url, "U0NOBODY")
    assert "No SessionId: none is kept here" in output
    assert "No SenderId: nothing here tells the team. Give --team T…" in output
    code, output, errors = await forget(redis_url, U_ALICE, "--team", "works")
    assert (code, output) == (2, "")
    assert errors == "works is no workspace. Give its id to --team, as T0123ABCD.\n"


@pytest.mark.parametrize("whom", ["", "alice", "https://example.com/", "C0GENERAL0"])
async def test_what_is_nobody_is_told(redis_url: str, whom: str) -> None:
    code, output, errors = await forget(redis_url, whom)
    assert (code, output) == (2, "")
    assert "is neither a person nor a thread. Give a member id" in errors


async def test_without_redis_it_says_so() -> None:
    code, _, errors = await forget("", "U0ALICE")
    assert code == 2
    assert errors.startswith("REDIS_URL is unset")
