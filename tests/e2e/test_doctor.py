"""`bridge doctor`: it finds what is wrong, says how to correct it, and gives no secret away."""

import asyncio
import json
import os
import ssl
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from pathlib import Path

import pytest
import yaml
from aiohttp import web
from redis.asyncio import Redis

from bridge.cli.checks import judge_store
from bridge.cli.output import State
from bridge.cli.slack_checks import judge_clock, judge_scopes
from bridge.emulators.beebot import GatewayFault
from bridge.emulators.slack import Fault
from bridge.emulators.slack.seed import (
    BOT,
    BOT_USER,
    C_ARCHIVED,
    C_ELSEWHERE,
    C_GENERAL,
    OTHER_BOT,
    U_ALICE,
    U_BOB,
)
from bridge.store.connection import StoreFacts, open_redis
from tests.conftest import RedisServer
from tests.e2e.certificates import self_signed
from tests.e2e.stage import APP_TOKEN, HANGS_S, MANIFEST, ROOT, SECRETS, Stage
from tests.slack import slack_emulator

process = pytest.mark.process
REDIS_PASSWORD = "aPasswordOfRedis"


@dataclass(frozen=True)
class Report:
    code: int | None
    output: str
    errors: str

    def line(self, check: str) -> str:
        """What the report says of a check, with the sentence under it."""
        lines = self.output.splitlines()
        for number, line in enumerate(lines):
            if line.split("  ")[0].strip() in list(State) and f"  {check}  " in line:
                following = lines[number + 1]
                advice = following.strip() if following.strip().startswith("→") else ""
                return f"{' '.join(line.split())} {advice}".strip()
        return ""


async def examined(stage: Stage, *arguments: str, **variables: str) -> Report:
    environment = {"PATH": os.environ["PATH"], **stage.environment, **variables}
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "bridge", "doctor", *arguments,
        cwd=ROOT, env=environment, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE,
    )  # fmt: skip
    output, errors = await process.communicate()
    said = (output + errors).decode()
    secrets = {environment.get(name, APP_TOKEN) for name in (*SECRETS, "SLACK_APP_TOKEN")}
    hidden = {*secrets, REDIS_PASSWORD, "ticket=", "paas4Json/"}
    assert [secret for secret in hidden if secret in said] == []
    return Report(process.returncode, output.decode(), errors.decode())


@process
async def test_a_healthy_bridge_is_called_healthy_check_by_check(shared_stage: Stage) -> None:
    report = await examined(shared_stage, BRIDGE_HANDOVER=C_GENERAL)
    assert (report.code, report.errors) == (0, "")
    assert report.line("handover") == f"ok handover the channel {C_GENERAL} is told"
    assert report.line("settings") == "ok settings complete, events come by HTTP"
    assert report.line("redis").startswith("ok redis Redis ")
    assert report.line("redis").endswith("maxmemory-policy noeviction")
    slack = shared_stage.slack
    assert report.line("slack").startswith(f"ok slack {slack.bot_user_id} in ")
    declared = len(yaml.safe_load(MANIFEST.read_text())["oauth_config"]["scopes"]["bot"])
    told = f"ok slack scopes all {declared - 1} are granted; not needed: files:read"
    assert report.line("slack scopes") == told
    assert report.line("slack methods").startswith("ok slack methods taken: agents.sessions.")
    is_refused = "refused" in report.line("slack methods")
    assert is_refused is bool(slack.world.retired)
    assert report.line("clock").startswith("ok clock ")
    assert report.line("beebot").startswith("ok beebot ")
    assert report.line("beebot robot") == "ok beebot robot 智能客服, zh-cn"
    assert report.output.endswith("\nAll is well.\n")
    assert "socket" not in report.output
    assert shared_stage.beebot.questions == []


@process
@pytest.mark.parametrize("transport", ["socket mode"])
async def test_a_real_question_and_an_address_for_socket_mode_are_asked_for(stage: Stage) -> None:
    report = await examined(stage, "--ask")
    assert report.code == 0
    assert report.line("slack socket").startswith("ok slack socket ")
    assert report.line("beebot answer").startswith("ok beebot answer first frame after ")
    assert [question.utterance for question in stage.beebot.questions] == ["你好"]
    assert report.line("redis").startswith("warning redis in-process store")
    assert report.line("handover").startswith("warning handover nobody is called ")
    assert report.output.endswith("\n2 warnings.\n")


@process
async def test_missing_scopes_are_named(stage: Stage) -> None:
    """As after an upgrade, when the app was not installed anew."""
    manifest = yaml.safe_load(MANIFEST.read_text())
    for scope in ("im:history", "assistant:write"):
        manifest["oauth_config"]["scopes"]["bot"].remove(scope)
    bot_token = SECRETS["SLACK_BOT_TOKEN"]
    async with slack_emulator(manifest=manifest, bot_token=bot_token) as slack:
        report = await examined(stage, SLACK_API_URL=slack.api_url)
    assert report.code == 1
    told = "failure slack scopes missing: assistant:write, im:history → Update the Slack app "
    assert report.line("slack scopes").startswith(told)
    assert report.line("slack").startswith("ok")


@process
async def test_everything_that_is_wrong_is_told_at_once(stage: Stage) -> None:
    report = await examined(
        stage,
        REDIS_URL=f"redis://:{REDIS_PASSWORD}@127.0.0.1:1/0",
        SLACK_BOT_TOKEN="xoxb-somebody-elses",
        SLACK_APP_TOKEN="xapp-somebody-elses",
        ALIBABA_CLOUD_ACCESS_KEY_SECRET="TheWrongSecret0123456789",
    )
    assert report.code == 1
    assert report.line("redis").startswith("failure redis ")
    assert "REDIS_URL" in report.line("redis")
    assert report.line("slack").startswith("failure slack invalid_auth → Set SLACK_BOT_TOKEN ")
    assert "SLACK_APP_TOKEN" in report.line("slack socket")
    assert "SignatureDoesNotMatch" in report.line("beebot")
    assert "→ Set ALIBABA_CLOUD_ACCESS_KEY_SECRET " in report.line("beebot")
    assert report.line("slack scopes") == ""
    assert report.output.endswith("\n4 failures and 1 warning.\n")  # nobody is called


@process
async def test_a_robot_that_does_not_exist_is_found_without_asking_it(stage: Stage) -> None:
    report = await examined(stage, BEEBOT_INSTANCE_ID="chatbot-cn-Nobody")
    assert report.code == 1
    assert report.line("beebot").startswith("ok")
    said = report.line("beebot robot")
    assert said.startswith("failure beebot robot its business space has no such robot; there: ")
    assert "(chatbot-cn-Example)" in said
    assert "→ Check BEEBOT_INSTANCE_ID" in said


@process
async def test_a_robot_whose_list_nobody_may_see_is_a_warning_and_is_asked(stage: Stage) -> None:
    forbidden = GatewayFault.error("Forbidden.RAM", 403).during("ListInstance")
    stage.beebot.break_gateway(forbidden)
    report = await examined(stage, "--ask")
    assert report.code == 0
    assert report.line("beebot robot").startswith("warning beebot robot alibaba refuses")
    assert report.line("beebot answer").startswith("ok")


@process
async def test_a_robot_for_telephones_is_a_warning(stage: Stage) -> None:
    stage.beebot.robot.kind = "scenario_callout"
    report = await examined(stage)
    assert report.line("beebot robot").startswith("warning beebot robot ")
    assert "scenario_callout" in report.line("beebot robot")


@process
async def test_pseudonyms_without_a_key_are_noted(stage: Stage) -> None:
    report = await examined(stage)
    assert report.line("pseudonyms").startswith("ok pseudonyms made of ids alone")
    assert "unless BRIDGE_PSEUDONYM_KEY is set" in report.line("pseudonyms")
    assert "→" not in report.line("pseudonyms")  # only what is not ok has something to do under it
    report = await examined(stage, BRIDGE_PSEUDONYM_KEY="a-key-that-nobody-else-knows")
    assert report.line("pseudonyms") == ""


@process
async def test_a_service_that_is_away_is_no_matter_of_tokens(stage: Stage) -> None:
    stage.slack.faults.add(Fault("auth.test", "reset"))
    stage.beebot.break_gateway(GatewayFault.down())
    report = await examined(stage)
    assert report.code == 1
    for check in ("slack", "beebot"):
        assert report.line(check).startswith(f"failure {check} ")
        assert "→ See whether this host may open HTTPS" in report.line(check)


@process
async def test_a_clock_that_is_off_is_told_before_slacks_requests_are_refused(
    stage: Stage,
) -> None:
    stage.slack.clock.advance(200)
    report = await examined(stage)
    assert report.code == 0
    assert report.line("clock").startswith("warning clock ")
    stage.slack.clock.advance(100)
    report = await examined(stage)
    assert report.code == 1
    assert "s behind Slack's → Set this machine's clock" in report.line("clock")


@process
async def test_a_redis_that_evicts_or_forbids_to_look_is_a_warning(
    stage: Stage, own_redis: RedisServer
) -> None:
    async with open_redis(own_redis.url) as redis:
        await redis.config_set("maxmemory-policy", "allkeys-lru")
        await _expect_policy(stage, own_redis, "allkeys-lru")
        await redis.config_set("maxmemory-policy", "noeviction")
        await _forbid_info(redis)
        await _expect_policy(stage, own_redis, "unknown")


async def _forbid_info(redis: Redis) -> None:
    await redis.execute_command("ACL", "SETUSER", "default", "-info")  # type: ignore[no-untyped-call]


async def _expect_policy(stage: Stage, server: RedisServer, policy: str) -> None:
    report = await examined(stage, REDIS_URL=server.url)
    assert report.code == 0
    assert report.line("redis").startswith("warning redis ")
    assert f"maxmemory-policy {policy} → Set maxmemory-policy" in report.line("redis")


@process
async def test_a_frozen_redis_does_not_freeze_the_doctor(
    stage: Stage, own_redis: RedisServer
) -> None:
    own_redis.freeze()
    async with asyncio.timeout(HANGS_S):
        report = await examined(stage, REDIS_URL=own_redis.url)
    own_redis.thaw()
    assert report.code == 1
    assert report.line("redis").startswith("failure redis ")
    assert report.line("beebot").startswith("ok")


@process
async def test_wrong_settings_end_it_as_they_end_the_bridge(stage: Stage) -> None:
    report = await examined(stage, PORT="eighty", BEEBOT_INSTANCE_ID="")
    assert (report.code, report.output) == (2, "")
    assert sorted(line.split()[0] for line in report.errors.splitlines()) == [
        "BEEBOT_INSTANCE_ID",
        "PORT",
    ]


def test_scopes_that_nobody_needs_are_noted() -> None:
    finding = judge_scopes(frozenset({"chat:write", "users:read"}), frozenset({"chat:write"}))
    assert finding.state is State.OK
    assert finding.said.endswith("not needed: users:read")


@pytest.mark.parametrize(
    ("ahead_s", "state"),
    [(0.4, State.OK), (-59, State.OK), (61, State.WARNING), (-239, State.WARNING),
     (241, State.FAILURE), (-3600, State.FAILURE)],
)  # fmt: skip
def test_the_clock_is_judged_on_both_sides(ahead_s: float, state: State) -> None:
    assert judge_clock(ahead_s).state is state


def test_a_redis_far_away_is_a_warning() -> None:
    assert judge_store(StoreFacts(0.01, "7.0.15", "noeviction")).state is State.OK
    assert judge_store(StoreFacts(0.8, "7.0.15", "noeviction")).state is State.WARNING


@process
async def test_ids_of_the_policy_that_are_not_what_was_meant_are_told(stage: Stage) -> None:
    people = stage.slack.workspace.users
    people[U_ALICE] = replace(people[U_ALICE], is_ultra_restricted=True)
    people[U_BOB] = replace(people[U_BOB], is_deleted=True)
    report = await examined(
        stage,
        BRIDGE_ALLOW_CHANNELS=f"{C_GENERAL},{C_ELSEWHERE}",
        BRIDGE_DENY_CHANNELS=f"C0NOWHERE0,{C_ARCHIVED}",
        BRIDGE_ALLOW_USERS=f"{U_ALICE},{BOT_USER}",
        BRIDGE_DENY_USERS=f"{U_BOB},U0NOBODY00",
        BRIDGE_ALLOW_GUESTS="false",
        BRIDGE_ALLOW_BOTS=f"{OTHER_BOT},{BOT},B0NOBOT000",
    )
    assert report.code == 0
    told = [" ".join(line.split()) for line in report.output.splitlines() if " policy " in line]
    hidden = ", or is private and the bot is not in it"
    assert told == [
        f"warning policy BRIDGE_ALLOW_CHANNELS: {C_ELSEWHERE} is a channel that the bot is not in",
        f"warning policy BRIDGE_DENY_CHANNELS: {C_ARCHIVED} is archived, deactivated or deleted",
        f"warning policy BRIDGE_DENY_CHANNELS: C0NOWHERE0 is not known to Slack{hidden}",
        f"warning policy BRIDGE_ALLOW_USERS: {U_ALICE} is a guest, who is not answered",
        f"warning policy BRIDGE_ALLOW_USERS: {BOT_USER} is a bot",
        f"warning policy BRIDGE_DENY_USERS: {U_BOB} is archived, deactivated or deleted",
        "warning policy BRIDGE_DENY_USERS: U0NOBODY00 is not known to Slack",
        f"warning policy BRIDGE_ALLOW_BOTS: {BOT} is this bot itself, which never answers itself",
        "warning policy BRIDGE_ALLOW_BOTS: B0NOBOT000 is not known to Slack",
    ]


@process
async def test_a_policy_whose_ids_slack_knows_is_well_and_one_without_ids_is_no_matter(
    stage: Stage,
) -> None:
    report = await examined(stage, BRIDGE_ALLOW_CHANNELS=C_GENERAL, BRIDGE_ALLOW_BOTS=OTHER_BOT)
    assert report.line("policy") == "ok policy Slack knows 2 ids"
    assert (await examined(stage)).line("policy") == ""


@process
async def test_a_scope_that_the_look_at_the_policy_lacks_is_named(stage: Stage) -> None:
    stage.slack.faults.add(Fault("users.info", "error", error="missing_scope"))
    report = await examined(stage, BRIDGE_DENY_USERS=U_BOB)
    assert report.line("policy").startswith("warning policy missing_scope → ")


@process
async def test_the_start_warns_of_an_id_that_is_not_there(stage: Stage) -> None:
    bridge = await stage.start_bridge(BRIDGE_DENY_USERS="U0NOBODY00")
    await bridge.says("U0NOBODY00")
    told = json.loads(bridge.said("U0NOBODY00"))
    assert (told["event"], told["check"]) == ("setup.warning", "policy")
    assert told["said"].startswith("BRIDGE_DENY_USERS")


@process
async def test_methods_that_slack_does_not_take_from_this_app_are_named(stage: Stage) -> None:
    stage.slack.retire_assistant_methods()
    report = await examined(stage)
    line = report.line("slack methods")
    assert line.startswith("ok slack methods taken: agents.sessions.setStatus, agents.sessions.")
    assert "refused: assistant.threads.setStatus (method_deprecated)" in line
    for method in ("agents.sessions.setStatus", "agents.sessions.rename"):
        no_agent = Fault(method=method, kind="error", error="not_authorized", times=None)
        stage.slack.faults.add(no_agent)
    report = await examined(stage)
    assert report.code == 0
    line = report.line("slack methods")
    assert line.startswith("warning slack methods refused: agents.sessions.setStatus (not_auth")
    assert "declares it an agent" in line
    assert not stage.slack.workspace.sessions


@asynccontextmanager
async def refusing_https(folder: Path) -> AsyncIterator[tuple[str, Path]]:
    """Its host and port, and the file of its certificate, which no authority has signed."""

    async def refuse(_request: web.Request) -> web.Response:
        return web.json_response({"Code": "Forbidden", "Message": "no"}, status=403)

    certificate, key = self_signed(folder)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    application = web.Application()
    application.add_routes([web.route("*", "/{path:.*}", refuse)])
    runner = web.AppRunner(application)
    await runner.setup()
    try:
        await web.TCPSite(runner, "localhost", 0, ssl_context=context).start()
        yield f"localhost:{runner.addresses[0][1]}", certificate
    finally:
        await runner.cleanup()


@process
async def test_one_variable_makes_slack_and_alibaba_believed_behind_a_proxy_that_reads_along(
    stage: Stage, tmp_path: Path
) -> None:
    async with refusing_https(tmp_path) as (host, certificate):
        there = {"SLACK_API_URL": f"https://{host}/api/", "BEEBOT_ENDPOINT": host}
        before = await examined(stage, **there)
        after = await examined(stage, **there, SSL_CERT_FILE=str(certificate))
    for check in ("slack", "beebot"):
        assert "its certificate is self-signed" in before.line(check)
        assert "name the file of its CA in SSL_CERT_FILE" in before.line(check)
        assert "403" in after.line(check)


@process
async def test_who_would_be_called_for_a_human_is_looked_up(stage: Stage) -> None:
    report = await examined(stage)
    assert report.code == 0
    assert "nobody is called when Beebot asks for a human" in report.line("handover")
    for place, said in (
        ("S0SUPPORT0", "ok handover the user group S0SUPPORT0 is mentioned in channels alone"),
        (C_ELSEWHERE, "warning handover the bot is not in the channel"),
        (C_ARCHIVED, "warning handover the channel"),
        ("C0NOWHERE0", "warning handover Slack knows no channel"),
    ):
        report = await examined(stage, BRIDGE_HANDOVER=place)
        assert report.line("handover").startswith(said), report.output


@process
async def test_a_bridge_that_cannot_call_a_human_says_so_at_its_start(stage: Stage) -> None:
    bridge = await stage.start_bridge(BRIDGE_HANDOVER=C_ELSEWHERE)
    await bridge.says("the bot is not in the channel")
    assert "setup.warning" in bridge.said("the bot is not in the channel")
