"""`bridge doctor` proves that requests to the public address of the bridge would arrive: Slack's,
which must be believed, and Beebot's for images.
"""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
from aiohttp import web

from bridge.cli.address_checks import check_address, check_images
from bridge.cli.output import Finding, State
from bridge.settings.loading import load_settings
from tests.e2e.stage import Stage
from tests.ports import free_port


async def looked_at(stage: Stage, origin: str, **variables: str) -> Finding:
    settings = load_settings(stage.environment | variables, env_file=None)
    return await check_address(settings, origin)


async def test_a_running_bridge_believes_what_slack_would_sign(stage: Stage) -> None:
    port = await stage.open_bridge()
    found = await looked_at(stage, f"http://127.0.0.1:{port}")
    assert found.state is State.OK
    assert f"http://127.0.0.1:{port}/slack/events answers 200 within " in found.said


async def test_another_secret_is_told(stage: Stage) -> None:
    port = await stage.open_bridge()
    found = await looked_at(stage, f"http://127.0.0.1:{port}", SLACK_SIGNING_SECRET="ab" * 16)
    assert found.state is State.FAILURE
    assert "answers 401" in found.said
    assert "another SLACK_SIGNING_SECRET" in found.advice


@pytest.mark.parametrize("transport", ["socket mode"])
async def test_a_bridge_in_socket_mode_takes_no_requests(stage: Stage) -> None:
    port = await stage.open_bridge()
    origin = f"http://127.0.0.1:{port}"
    assert (await looked_at(stage, origin)).state is State.WARNING
    found = await looked_at(stage, origin, SLACK_APP_TOKEN="")
    assert (found.state, "answers 404" in found.said) == (State.FAILURE, True)
    assert "SLACK_APP_TOKEN" in found.advice


@asynccontextmanager
async def something_else(answer: web.Response) -> AsyncIterator[str]:
    async def handle(_: web.Request) -> web.Response:
        return answer

    site = web.Application()
    site.router.add_route("*", "/{path:.*}", handle)
    runner = web.AppRunner(site)
    await runner.setup()
    try:
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        yield f"http://127.0.0.1:{runner.addresses[0][1]}"
    finally:
        await runner.cleanup()


@pytest.mark.parametrize(
    ("answer", "said", "advice"),
    [
        (web.Response(text="<h1>It works!</h1>"), "without Slack's challenge", "Something else"),
        (
            web.Response(status=302, headers={"Location": "https://login.example/"}),
            "leads to https://login.example/",
            "follows no",
        ),
        (web.Response(status=403), "answers 403", "a firewall"),
        (web.Response(status=405), "answers 405", "No bridge takes requests"),
        (web.Response(status=502), "answers 502", "finds no bridge"),
    ],
)
async def test_whoever_else_answers_there_is_told(
    stage: Stage, answer: web.Response, said: str, advice: str
) -> None:
    async with something_else(answer) as origin:
        found = await looked_at(stage, origin)
    assert found.state is State.FAILURE
    assert said in found.said
    assert advice in found.advice


async def test_nobody_there_is_told_with_the_networks_words(stage: Stage) -> None:
    found = await looked_at(stage, "http://127.0.0.1:1")
    assert found.state is State.FAILURE
    assert "nothing answers there (Cannot connect to host 127.0.0.1:1 " in found.said


async def looked_for_images(stage: Stage, origin: str, **variables: str) -> Finding:
    environment = stage.environment | {"BRIDGE_PUBLIC_URL": origin} | variables
    return await check_images(load_settings(environment, env_file=None))


@pytest.mark.parametrize("transport", ["http", "socket mode"])
async def test_a_test_image_is_fetched_through_the_public_address(stage: Stage) -> None:
    port = str(free_port())
    origin = f"http://127.0.0.1:{port}"
    await stage.open_bridge(PORT=port, BRIDGE_PUBLIC_URL=origin)
    found = await looked_for_images(stage, origin)
    assert found.state is State.OK
    assert found.said.endswith("and gives the test image")
    found = await looked_for_images(stage, origin, SLACK_BOT_TOKEN="xoxb-another")
    assert (found.state, "answers 404" in found.said) == (State.FAILURE, True)
    assert "another SLACK_BOT_TOKEN" in found.advice
    assert stage.slack.calls_of("files.info") == []


async def test_a_bridge_without_public_address_serves_no_images(stage: Stage) -> None:
    found = await looked_for_images(stage, f"http://127.0.0.1:{await stage.open_bridge()}")
    assert (found.state, "BRIDGE_PUBLIC_URL" in found.advice) == (State.FAILURE, True)


@pytest.mark.parametrize(
    ("answer", "said", "advice"),
    [
        (web.Response(text="<h1>Sign in</h1>"), "not with the test image", "without a login"),
        (
            web.Response(status=302, headers={"Location": "https://login.example/"}),
            "leads to https://login.example/",
            "Set BRIDGE_PUBLIC_URL",
        ),
        (web.Response(status=403), "answers 403", "a firewall"),
        (web.Response(status=410), "answers 410", "clocks"),
        (web.Response(status=502), "answers 502", "finds no bridge"),
    ],
)
async def test_whoever_else_answers_for_images_is_told(
    stage: Stage, answer: web.Response, said: str, advice: str
) -> None:
    async with something_else(answer) as origin:
        found = await looked_for_images(stage, origin)
    assert found.state is State.FAILURE
    assert said in found.said
    assert advice in found.advice


async def test_nobody_at_the_address_of_images_is_told_without_the_signed_address(
    stage: Stage,
) -> None:
    found = await looked_for_images(stage, "http://127.0.0.1:1")
    assert found.state is State.FAILURE
    assert found.said.startswith("http://127.0.0.1:1/images/: nothing answers there (")
    assert "TEST." not in found.said
