"""Behind a proxy every client takes the same road: the one that HTTPS_PROXY and NO_PROXY name."""

import asyncio
import os
import sys
from collections.abc import AsyncIterator
from urllib.parse import urlsplit

import pytest

from bridge.emulators.beebot import typed
from bridge.emulators.slack.seed import BOT_USER, C_ELSEWHERE, C_GENERAL, U_ALICE
from tests.e2e.forward_proxy import ForwardProxy, forward_proxy
from tests.e2e.stage import HANGS_S, ROOT, Stage

pytestmark = pytest.mark.process
NOWHERE = {"slack": "localhost:9", "gateway": "localhost:11", "stream": "localhost:13"}


@pytest.fixture
async def proxy() -> AsyncIterator[ForwardProxy]:
    async with forward_proxy() as proxy:
        yield proxy


def hide(stage: Stage, proxy: ForwardProxy) -> None:
    """Both services at addresses that only the proxy can lead to."""
    slack, gateway = urlsplit(stage.slack.api_url), urlsplit(stage.beebot.endpoint)
    stream = urlsplit(stage.beebot.stream_url)
    for name, url in (("slack", slack), ("gateway", gateway), ("stream", stream)):
        proxy.hosts[NOWHERE[name]] = url.netloc
    stage.environment |= {
        "SLACK_API_URL": f"http://{NOWHERE['slack']}{slack.path}",
        "BEEBOT_ENDPOINT": f"http://{NOWHERE['gateway']}",
        "BEEBOT_STREAM_URL": f"http://{NOWHERE['stream']}{stream.path}",
    }


async def run(stage: Stage, *arguments: str, **variables: str) -> tuple[int | None, str]:
    environment = {"PATH": os.environ["PATH"], **stage.environment, **variables}
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "bridge", *arguments, cwd=ROOT,
        env={name: value for name, value in environment.items() if value},
        stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT,
    )  # fmt: skip
    async with asyncio.timeout(HANGS_S):
        output, _ = await process.communicate()
    return process.returncode, output.decode()


async def answered(stage: Stage) -> None:
    stage.beebot.default(typed("It rains.", delay_s=0.01))
    root = await stage.slack.post(C_GENERAL, U_ALICE, f"<@{BOT_USER}> does it rain?")
    await stage.slack.until(lambda: stage.texts(C_GENERAL, root) == ["It rains."])


@pytest.mark.parametrize("transport", ["http", "socket mode"])
async def test_a_whole_answer_takes_the_proxy_and_nothing_goes_past_it(
    stage: Stage, proxy: ForwardProxy, transport: str
) -> None:
    hide(stage, proxy)
    await stage.start_bridge(HTTP_PROXY=proxy.url)
    await answered(stage)
    await stage.slack.command(U_ALICE, C_ELSEWHERE, "/beebot", "Does it rain?")
    await stage.slack.until(lambda: proxy.reached("/response/"))
    assert proxy.reached(f"POST http://{NOWHERE['slack']}/api/chat.postMessage")
    assert proxy.reached(f"POST http://{NOWHERE['gateway']}/")
    assert proxy.reached(f"POST http://{NOWHERE['stream']}/sse/")
    assert bool(proxy.reached("ticket=")) is (transport == "socket mode")


async def test_who_needs_a_password_for_the_proxy_writes_it_into_its_url(
    stage: Stage, proxy: ForwardProxy
) -> None:
    hide(stage, proxy)
    bridge = await stage.start_bridge(
        HTTP_PROXY=proxy.url.replace("//", "//me:p%40ss-word@"), BRIDGE_LOG_LEVEL="DEBUG"
    )
    await answered(stage)
    assert len(proxy.credentials) == len(proxy.seen)
    assert set(proxy.credentials) == {"Basic bWU6cEBzcy13b3Jk"}
    assert "ss-word" not in "".join(bridge.log)


async def test_what_no_proxy_names_is_reached_directly_by_everybody(
    stage: Stage, proxy: ForwardProxy
) -> None:
    await stage.start_bridge(HTTP_PROXY=proxy.url, NO_PROXY="127.0.0.1")
    await answered(stage)
    assert proxy.seen == []


async def test_doctor_takes_the_same_road_and_names_it(stage: Stage, proxy: ForwardProxy) -> None:
    hide(stage, proxy)
    code, output = await run(
        stage, "doctor", "--ask", HTTP_PROXY=proxy.url.replace("//", "//me:pw@")
    )
    assert code == 0, output
    way = f"through http://127.0.0.1:{proxy.port}"
    assert f"{NOWHERE['slack']} {way}; {NOWHERE['gateway']} {way}" in " ".join(output.split())
    assert "me:pw" not in output
    assert proxy.reached("/api/api.test")  # the clock
    assert proxy.reached(f"POST http://{NOWHERE['stream']}/sse/")


async def test_the_services_themselves_are_reached_through_tunnels(
    stage: Stage, proxy: ForwardProxy
) -> None:
    """Slack and Alibaba at their real names, which this proxy refuses to lead to."""
    names = ["slack.com:443", "chatbot.cn-shanghai.aliyuncs.com:443", "alime-ws.aliyuncs.com:443"]
    proxy.hosts |= dict.fromkeys(names, None)
    code, _ = await run(
        stage, "doctor", SLACK_API_URL="", BEEBOT_ENDPOINT="", BEEBOT_STREAM_URL="",
        HTTPS_PROXY=proxy.url,
    )  # fmt: skip
    assert code == 1
    assert set(proxy.seen) == {f"CONNECT {name}" for name in names[:2]}
    code, _ = await run(stage, "ask", "hello", BEEBOT_STREAM_URL="", HTTPS_PROXY=proxy.url)
    assert code == 1
    assert proxy.seen[-1] == f"CONNECT {names[2]}"
