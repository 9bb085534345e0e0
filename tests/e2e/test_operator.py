"""What the operator reads of a bridge that runs and cannot answer: once, with the advice."""

import asyncio
import json
from typing import Any

import aiohttp
import pytest
import yaml

from bridge.cli.serve import StartupChecks
from bridge.core.errors import Unavailable
from bridge.emulators.beebot import typed
from bridge.emulators.slack import Fault
from bridge.emulators.slack.seed import BOT_USER, C_GENERAL, U_ALICE
from bridge.settings.loading import load_settings
from bridge.telemetry.http_server import Readiness
from tests.e2e.stage import HANGS_S, MANIFEST, SECRETS, BridgeProcess, Stage, events_url
from tests.slack import slack_emulator

pytestmark = pytest.mark.process
MENTION = f"<@{BOT_USER}>"


async def started(stage: Stage, **variables: str) -> BridgeProcess:
    """A bridge that may never get ready; an empty variable is unset."""
    environment = {k: v for k, v in {**stage.environment, **variables}.items() if v}
    bridge = await BridgeProcess.start(environment)
    stage.stack.push_async_callback(bridge.end)
    stage.slack.request_url = events_url(bridge.port)
    return bridge


def lines(bridge: BridgeProcess, event: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in bridge.log if event in line]


async def never() -> None:
    """A ping of what does not answer."""
    raise Unavailable("away")


async def shows(port: int, wanted: dict[str, Any]) -> None:
    """Wait until /readyz is this page; a good one is kept for 2 s."""
    url = f"http://127.0.0.1:{port}/readyz"
    async with aiohttp.ClientSession() as http, asyncio.timeout(HANGS_S):
        while True:
            async with http.get(url) as answer:
                if await answer.json() == wanted:
                    return
            await asyncio.sleep(0.05)


async def test_missing_scopes_and_a_clock_that_is_off_are_told_at_start(stage: Stage) -> None:
    manifest = yaml.safe_load(MANIFEST.read_text())
    manifest["oauth_config"]["scopes"]["bot"].remove("im:history")
    async with slack_emulator(manifest=manifest, bot_token=SECRETS["SLACK_BOT_TOKEN"]) as slack:
        slack.clock.advance(1000)
        bridge = await started(stage, SLACK_API_URL=slack.api_url)
        await bridge.says('"check": "clock"')
        await bridge.says('"check": "slack scopes"')
    told = lines(bridge, "setup.warning")
    assert {line["level"] for line in told} == {"warning"}
    assert len(told) == 2
    by_check = {line["check"]: line for line in told}
    assert by_check["slack scopes"]["said"] == "missing: im:history"
    assert by_check["slack scopes"]["advice"].startswith("Update the Slack app")
    assert by_check["clock"]["said"].endswith("s behind Slack's")
    assert by_check["clock"]["advice"].startswith("Set this machine's clock")


async def test_where_all_is_well_the_start_warns_of_nothing(shared_stage: Stage) -> None:
    bridge = await shared_stage.start_bridge()
    slack = shared_stage.slack
    await slack.until(lambda: len(slack.calls_of("auth.test")) == 3)
    await slack.until(lambda: slack.calls_of("api.test"))
    await bridge.end()
    assert [line for line in bridge.log if '"level": "info"' not in line] == []


async def test_a_bridge_that_ends_before_slack_knew_it_looks_at_nothing_more(stage: Stage) -> None:
    """Its checks would come after the signal, delay the end, and warn of what nobody can mend."""
    readiness, draining = Readiness({"slack": never}), asyncio.Event()
    settings = load_settings(stage.environment, env_file=None)
    checks = StartupChecks(settings, readiness, draining)
    running = asyncio.create_task(checks.run(asyncio.Event()))
    await asyncio.sleep(0)
    readiness.drain()
    draining.set()
    await asyncio.wait_for(running, 10)
    assert stage.slack.calls == []


async def test_a_token_that_was_refused_for_a_while_heals_without_traffic(stage: Stage) -> None:
    stage.beebot.default(typed("Fine."))
    bridge = await stage.start_bridge(BRIDGE_RECHECK_S="2")
    fault = Fault("*", "error", "invalid_auth", times=None)
    stage.slack.faults.add(fault)
    await stage.slack.post(C_GENERAL, U_ALICE, f"{MENTION} one")
    await bridge.says("service.lost")
    await shows(bridge.port, {"failing": ["slack"], "reasons": {"slack": "invalid_auth"}})
    assert "SLACK_BOT_TOKEN" in bridge.said("service.lost")
    stage.slack.faults.clear()
    await bridge.says("service.restored")
    await shows(bridge.port, {"failing": []})


async def test_a_wrong_robot_is_the_operators_fault_and_no_refusal_of_the_question(
    stage: Stage,
) -> None:
    bridge = await started(stage, BEEBOT_INSTANCE_ID="chatbot-cn-Nobody")
    root = await stage.slack.post(C_GENERAL, U_ALICE, f"{MENTION} one")
    await stage.slack.until(lambda: stage.texts(C_GENERAL, root))
    [text] = stage.texts(C_GENERAL, root)
    assert "not set up correctly" in text
    await bridge.says("turn.error")
    [line] = lines(bridge, "turn.error")
    assert (line["level"], line["error"]) == ("error", "Misconfigured")
    assert "BEEBOT_INSTANCE_ID" in line["advice"]
    assert line["details"]["message"] == "InstanceId does not exist"


async def test_missing_keys_are_one_line_of_ours_and_none_of_the_vendors(stage: Stage) -> None:
    bridge = await started(
        stage,
        ALIBABA_CLOUD_ACCESS_KEY_ID="",
        ALIBABA_CLOUD_ACCESS_KEY_SECRET="",
        ALIBABA_CLOUD_ECS_METADATA_DISABLED="true",
    )
    await bridge.says("service.lost")
    await asyncio.sleep(4)  # it tries again meanwhile
    [line] = lines(bridge, "service.lost")
    assert line["service"] == "beebot_gateway"
    assert "ALIBABA_CLOUD_ACCESS_KEY_ID" in line["advice"]
    assert "credential" in line["reason"]
    assert [line for line in bridge.log if "Traceback" in line or '"credentials"' in line] == []
