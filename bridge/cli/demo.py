"""`bridge demo`: an emulated Slack with a page, a Beebot, and the real bridge between them."""

import asyncio
import os
import secrets
import signal
import socket
import sys
from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path

from rich.console import Console

from bridge.cli.demo_bridge import DemoBridge
from bridge.cli.demo_once import Demo, ask_once
from bridge.cli.demo_replica import READY_S
from bridge.cli.manifest import find_manifest
from bridge.cli.serve import handle_interrupts
from bridge.emulators.beebot import BeebotEmulator
from bridge.emulators.demo import (
    REQUEST_FIELDS,
    RULES,
    add_other_robot,
    make_offers,
    show_what_beebot_gets,
)
from bridge.emulators.page import serve_page
from bridge.emulators.slack import Limits, SlackEmulator
from bridge.settings.loading import decode, load_settings, parse_env_file
from bridge.store.connection import serve_in_process
from bridge.telemetry.logs import configure_logging

KEY_ID = "LTAI5tExampleKeyId"
PROXIES = ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY")
# The operator's variables that lead to the operator's own robot.
OF_BEEBOT = ("BEEBOT_", "ALIBABA_", "NO_PROXY", *PROXIES)

_console = Console(highlight=False)
_errors = Console(stderr=True, highlight=False)


async def demo(*, port: int, once: str, own_beebot: Path | None, is_verbose: bool) -> int:
    """The exit code. Serves the page on `port` (0: any) until a signal, or asks `once` and ends.

    With `own_beebot`, a `.env` file that may be missing, the robot of the environment and that file
    answers, and only Slack is emulated. Raises SettingsError.
    """
    try:
        async with AsyncExitStack() as stack:
            if own_beebot is None:
                _forget_proxies()
                beebot, of_beebot = await _emulate_beebot(stack)
            else:
                beebot, of_beebot = None, _find_variables(own_beebot)
            opening = _open_demo(port, beebot, of_beebot, is_verbose=is_verbose)
            opened = await stack.enter_async_context(opening)
            if once and beebot:
                return await ask_once(opened, beebot, once)
            return await _serve(opened, is_own_beebot=beebot is None)
    except TimeoutError:  # is an OSError, too
        _errors.print(f"[red]The bridge was not ready within {READY_S:.0f} s.[/]")
    except OSError as error:
        _errors.print(f"[red]The demo cannot listen on port {port}[/]: {error.strerror}")
    return 1


def _forget_proxies() -> None:
    """Everything is on this machine, and not every library knows to go there without a proxy."""
    for name in [name for name in os.environ if name.upper() in PROXIES]:
        del os.environ[name]


async def _emulate_beebot(stack: AsyncExitStack) -> tuple[BeebotEmulator, dict[str, str]]:
    """The emulator and the variables that lead to it."""
    key = secrets.token_hex()
    emulator = BeebotEmulator(access_key_id=KEY_ID, access_key_secret=key)
    beebot = await stack.enter_async_context(emulator)
    beebot.robot.name = "Demo robot"
    beebot.robot.welcome = "Hello! Ask me in English or in Chinese. 您好，也可以用中文问我。"
    return beebot, {
        "ALIBABA_CLOUD_ACCESS_KEY_ID": KEY_ID,
        "ALIBABA_CLOUD_ACCESS_KEY_SECRET": key,
        "BEEBOT_INSTANCE_ID": beebot.robot.instance_id,
        "BEEBOT_ROBOTS": add_other_robot(beebot),
        "BEEBOT_ENDPOINT": beebot.endpoint,
        "BEEBOT_STREAM_URL": beebot.stream_url,
        **REQUEST_FIELDS,
    }


def _find_variables(env_file: Path) -> dict[str, str]:
    """Those of Beebot. Slack is on this machine: no proxy leads there."""
    values = parse_env_file(decode(env_file.read_bytes()))[0] if env_file.is_file() else {}
    found = {name.upper(): value for name, value in (values | os.environ).items()}
    of_beebot = {name: value for name, value in found.items() if name.startswith(OF_BEEBOT)}
    return of_beebot | {"NO_PROXY": ",".join(filter(None, [found.get("NO_PROXY"), "127.0.0.1"]))}


@asynccontextmanager
async def _open_demo(
    port: int, beebot: BeebotEmulator | None, of_beebot: Mapping[str, str], *, is_verbose: bool
) -> AsyncIterator[Demo]:
    """As in production, with other addresses; nothing else of the operator's environment enters.

    Raises OSError when the port is taken, TimeoutError when the bridge does not get ready.
    """
    slack = SlackEmulator(
        manifest=find_manifest(),
        port=port,
        signing_secret=secrets.token_hex(16),
        bot_token=f"xoxb-{secrets.token_hex()}",
        limits=Limits(),
    )
    bridge = DemoBridge(slack, is_verbose=is_verbose)
    async with AsyncExitStack() as stack:
        redis_url = stack.enter_context(serve_in_process())
        ratings = f"REDIS_URL={redis_url} bridge ratings"
        offers = make_offers(slack, beebot, bridge.kill_replica, ratings_command=ratings)
        serve_page(slack, offers)
        await stack.enter_async_context(slack)
        if beebot:
            showing = asyncio.create_task(show_what_beebot_gets(slack, beebot, offers))
            stack.callback(showing.cancel)
        environment = {
            **of_beebot,
            **RULES,
            "SLACK_API_URL": slack.api_url,
            "SLACK_BOT_TOKEN": slack.bot_token,
            "SLACK_SIGNING_SECRET": slack.signing_secret,
            "REDIS_URL": redis_url,
            "PORT": str(bridge_port := _free_port()),
            "BRIDGE_BIND_ADDRESS": "127.0.0.1",
            # A robot of the operator's reaches no address of this machine.
            "BRIDGE_PUBLIC_URL": f"http://127.0.0.1:{bridge_port}" if beebot else "",
            "BRIDGE_LOG_LEVEL": (log_level := "INFO" if is_verbose else "WARNING"),
        }
        settings = load_settings(environment, env_file=None)
        configure_logging(log_level, "console", secrets=settings.secrets(), stream=sys.stderr)
        asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, bridge.stop.set)
        handle_interrupts(
            bridge.stop, settings.bridge_grace_s, lambda: bridge.answers_running, bridge.kill_all
        )
        running = await stack.enter_async_context(bridge.open(settings, environment))
        yield Demo(slack, running, bridge.stop)


def _free_port() -> int:
    """The bridge must know it before it listens: it is a part of the addresses of images."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return int(listener.getsockname()[1])


async def _serve(demo: Demo, *, is_own_beebot: bool) -> int:
    _console.print(f"Open [bold]{demo.slack.base_url}[/]", soft_wrap=True)
    emulated = "Slack is" if is_own_beebot else "Slack and Beebot are"
    _console.print(f"[dim]{emulated} emulated, the bridge is real. Ctrl-C ends it.[/]")
    await demo.running
    return 0
