"""The real program, started and ended as a host does it."""

import asyncio
import json
import signal
import sys
from pathlib import Path

import pytest

from bridge.emulators.beebot import typed
from bridge.emulators.slack.seed import BOT_USER, C_GENERAL, U_ALICE
from tests.e2e.stage import ROOT, SECRETS, BridgeProcess, Stage, events_url, ready

pytestmark = pytest.mark.process
MENTION = f"<@{BOT_USER}>"
SHORT_LEASE = {"BRIDGE_LEASE_S": "1.5", "BRIDGE_BEAT_S": "0.3"}


@pytest.fixture
async def replicas(shared_stage: Stage) -> Stage:
    shared_stage.environment |= {"BRIDGE_LOG_LEVEL": "DEBUG", **SHORT_LEASE}
    return shared_stage


async def test_missing_and_malformed_values_end_the_start_with_a_sentence_each() -> None:
    environment = {
        "SLACK_BOT_TOKEN": "not-a-bot-token-9241",
        "PORT": "eighty",
        "ALIBABA_CLOUD_ACCESS_KEY_ID": "LTAI5tLonelyKey",
    }
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "bridge", "serve",
        cwd=ROOT, env=environment, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE,
    )  # fmt: skip
    out, err = await process.communicate()
    sentences = err.decode().splitlines()
    assert process.returncode == 2
    (line,) = map(json.loads, out.splitlines())
    assert (line["event"], line["level"]) == ("bridge.refused", "error")
    assert line["said"] == sentences
    for name in (
        "SLACK_BOT_TOKEN", "SLACK_SIGNING_SECRET", "PORT", "BEEBOT_INSTANCE_ID",
        "ALIBABA_CLOUD_ACCESS_KEY_SECRET",
    ):  # fmt: skip
        assert len([line for line in sentences if line.startswith(name)]) == 1, sentences
    assert "9241" not in err.decode()
    assert "Traceback" not in err.decode()


@pytest.mark.parametrize(("dyno", "code"), [("web.2", 2), ("worker.17", 2), ("web.1", 0)])
async def test_a_second_process_without_redis_does_not_start(
    stage: Stage, dyno: str, code: int
) -> None:
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "bridge", "serve",
        cwd=ROOT, env={**stage.environment, "DYNO": dyno},
        stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE,
    )  # fmt: skip
    assert process.stdout is not None
    assert process.stderr is not None
    if code:
        said = (await process.stderr.read()).decode()
        assert said.startswith("REDIS_URL is missing: ")
        assert len(said.splitlines()) == 1
        assert b'"event": "bridge.refused"' in await process.stdout.read()
    else:
        while b"bridge.serving" not in await process.stdout.readline():
            pass
        process.terminate()
    assert await process.wait() == code


async def test_a_replica_killed_in_mid_answer_is_replaced_in_the_same_message(
    replicas: Stage,
) -> None:
    stage = replicas
    text = "word " * 80
    stage.beebot.default(typed(text, step=4, delay_s=0.03))
    doomed = await stage.start_bridge()
    root = await stage.slack.post(C_GENERAL, U_ALICE, f"{MENTION} tell me")
    await stage.slack.until(lambda: len(stage.replies(C_GENERAL, root)) == 1)
    first = stage.replies(C_GENERAL, root)[0].ts
    survivor = await stage.start_bridge()
    doomed.send(signal.SIGKILL)
    stage.slack.request_url = events_url(survivor.port)
    await stage.slack.until(lambda: stage.texts(C_GENERAL, root) == [text.strip()])
    assert [reply.ts for reply in stage.replies(C_GENERAL, root)] == [first]
    await stage.slack.post(C_GENERAL, U_ALICE, "and then?", thread_ts=root)
    await stage.slack.until(lambda: len(stage.texts(C_GENERAL, root)) == 2)
    assert len({question.session_id for question in stage.beebot.questions}) == 1


async def test_sigterm_hands_a_running_answer_over_and_ends_with_exit_code_0(
    replicas: Stage,
) -> None:
    stage = replicas
    text = "word " * 100
    stage.beebot.default(typed(text, step=4, delay_s=0.05))
    leaving = await stage.start_bridge(BRIDGE_GRACE_S="0.2", BRIDGE_LEASE_S="60")
    root = await stage.slack.post(C_GENERAL, U_ALICE, f"{MENTION} tell me")
    await stage.slack.until(lambda: len(stage.replies(C_GENERAL, root)) == 1)
    staying = await stage.start_bridge(BRIDGE_LEASE_S="60")
    stage.slack.request_url = events_url(staying.port)
    for _ in range(3):
        leaving.send(signal.SIGTERM)
    assert await leaving.ended() == 0
    await stage.slack.until(lambda: stage.texts(C_GENERAL, root) == [text.strip()])
    assert len(stage.replies(C_GENERAL, root)) == 1


async def test_sigterm_lets_a_short_answer_finish(replicas: Stage) -> None:
    stage = replicas
    stage.beebot.default(typed("word " * 20, step=4, delay_s=0.03))
    bridge = await stage.start_bridge()
    root = await stage.slack.post(C_GENERAL, U_ALICE, f"{MENTION} tell me")
    await stage.slack.until(lambda: len(stage.replies(C_GENERAL, root)) == 1)
    bridge.send(signal.SIGTERM)
    assert await bridge.ended() == 0
    assert stage.texts(C_GENERAL, root) == [("word " * 20).strip()]


async def test_without_redis_whoever_still_waits_is_told_at_the_end(stage: Stage) -> None:
    stage.beebot.default(typed("word " * 100, step=4, delay_s=0.1))
    bridge = await stage.start_bridge(BRIDGE_GRACE_S="0.2")
    root = await stage.slack.post(C_GENERAL, U_ALICE, f"{MENTION} one")
    await stage.slack.until(lambda: len(stage.replies(C_GENERAL, root)) == 1)
    for text in ("two", "three"):
        await stage.slack.post(C_GENERAL, U_ALICE, text, thread_ts=root)
    await stage.slack.until(lambda: len([d for d in stage.slack.deliveries if d.succeeded]) >= 4)
    bridge.send(signal.SIGTERM)
    assert await bridge.ended() == 0
    replies = stage.replies(C_GENERAL, root)
    assert len(replies) == 3
    assert all("restarted" in f"{reply.shown} {reply.blocks}" for reply in replies)
    assert replies[0].shown.startswith("word")


async def test_no_secret_is_in_any_log_line_at_debug_level(replicas: Stage) -> None:
    """Through a whole life: answers, a token refused, Slack and Beebot failing, the end."""
    stage = replicas
    bridge = await stage.start_bridge()
    stage.beebot.default(typed("An answer nobody shall read in a log.", delay_s=0.01))
    for how in ("html", "401", "success_false"):
        root = await stage.slack.post(C_GENERAL, U_ALICE, f"{MENTION} a private question")
        await stage.slack.until(lambda root=root: len(stage.texts(C_GENERAL, root)) == 1)  # type: ignore[misc]
        stage.beebot.revoke_tokens(how)
    await stage.finished(3)
    await stage.beebot.stop()
    root = await stage.slack.post(C_GENERAL, U_ALICE, f"{MENTION} a private question")
    await stage.slack.until(lambda: "cannot be reached" in "".join(stage.texts(C_GENERAL, root)))
    bridge.send(signal.SIGTERM)
    assert await bridge.ended() == 0
    log = "".join(bridge.log)
    assert "turn.finished" in log
    hidden = [*SECRETS.values(), "sse/paas4Json/", "a private question", "nobody shall read"]
    hidden += [question.token for question in stage.beebot.questions]
    assert [secret for secret in hidden if secret in log] == []


async def test_ctrl_c_waits_for_answers_and_says_so_and_again_it_ends_at_once(stage: Stage) -> None:
    bridge = await stage.start_bridge()
    stage.beebot.default(typed("word " * 400, step=5, delay_s=0.1))
    root = await stage.slack.post(C_GENERAL, U_ALICE, f"{MENTION} a long one")
    await stage.slack.until(lambda: stage.texts(C_GENERAL, root))
    bridge.send(signal.SIGINT)
    await bridge.says("1 answer runs: up to 25 s. Ctrl-C again ends now.")
    bridge.send(signal.SIGINT)
    assert await bridge.ended(timeout_s=20) == 130  # less than the grace


async def test_variables_may_stand_in_a_file_of_any_name(stage: Stage, tmp_path: Path) -> None:
    file = tmp_path / "bridge.env"
    file.write_text("".join(f"{name}={value}\n" for name, value in stage.environment.items()))
    serve = ("-m", "bridge", "serve", "--env-file", str(file))
    bridge = await BridgeProcess.start({}, root=tmp_path, program=serve)
    stage.stack.push_async_callback(bridge.end)
    await ready(bridge.port)
    bridge.send(signal.SIGTERM)
    assert await bridge.ended() == 0


@pytest.mark.parametrize("command", ["serve", "doctor"])
async def test_a_file_that_is_named_has_to_be_there(command: str, tmp_path: Path) -> None:
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "bridge", command, "--env-file", str(tmp_path / "none.env"),
        cwd=ROOT, stderr=asyncio.subprocess.PIPE,
    )  # fmt: skip
    _, errors = await process.communicate()
    assert process.returncode == 2
    assert errors.decode().startswith("There is no file ")
