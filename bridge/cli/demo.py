"""`bridge demo`: both emulators and the real bridge between them, on this machine alone."""

import asyncio
import os
import secrets
import signal
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

from rich.console import Console
from rich.markdown import Markdown
from rich.markup import escape
from rich.rule import Rule

from bridge.app import open_app
from bridge.cli.manifest import find_manifest
from bridge.emulators.beebot import BeebotEmulator
from bridge.emulators.demo import make_offers
from bridge.emulators.page import serve_page
from bridge.emulators.slack import C_GENERAL, U_ALICE, Limits, Message, SlackEmulator
from bridge.settings import Settings
from bridge.settings.loading import load_settings
from bridge.telemetry.logs import configure_logging

KEY_ID = "LTAI5tExampleKeyId"
PROXIES = ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY")
ANSWER_S = 120.0
READY_S = 20.0
LOOK_S = 0.1  # how often readiness is asked for while it fails
END_CHARS = 48  # of each version, in the print of how the message grew

_console = Console(highlight=False)
_errors = Console(stderr=True, highlight=False)


@dataclass(frozen=True, slots=True)
class Stage:
    """Both emulators with the bridge `running` between them; `stop` drains it and ends it."""

    slack: SlackEmulator
    beebot: BeebotEmulator
    running: asyncio.Task[None]
    stop: asyncio.Event


async def demo(*, port: int, once: str | None, verbose: bool = False) -> int:
    """The exit code. Serves the page on `port` (0: any) until a signal, or asks `once` and ends."""
    _forget_proxies()
    try:
        async with open_stage(port, log_level="INFO" if verbose else "WARNING") as stage:
            return await (ask_once(stage, once) if once else serve(stage))
    except TimeoutError:  # is an OSError, too
        _errors.print(f"[red]The bridge was not ready within {READY_S:.0f} s.[/]")
    except OSError as error:
        _errors.print(f"[red]The demo cannot listen on port {port}[/]: {error.strerror}")
    return 1


def _forget_proxies() -> None:
    """Everything is on this machine, and not every library knows to go there without a proxy."""
    for name in [name for name in os.environ if name.upper() in PROXIES]:
        del os.environ[name]


@asynccontextmanager
async def open_stage(port: int, *, log_level: str) -> AsyncIterator[Stage]:
    """Raises OSError when the port is taken, TimeoutError when the bridge does not get ready."""
    slack = SlackEmulator(
        manifest=find_manifest(),
        port=port,
        signing_secret=secrets.token_hex(),
        bot_token=f"xoxb-{secrets.token_hex()}",
        limits=Limits(),
    )
    beebot = BeebotEmulator(access_key_id=KEY_ID, access_key_secret=(key := secrets.token_hex()))
    serve_page(slack, make_offers(slack, beebot))
    async with slack, beebot:
        settings = _settings(slack, beebot, key_secret=key, log_level=log_level)
        configure_logging(log_level, "console", secrets=settings.secrets(), stream=sys.stderr)
        async with _running_bridge(settings, slack, beebot) as stage:
            yield stage


def _settings(
    slack: SlackEmulator, beebot: BeebotEmulator, *, key_secret: str, log_level: str
) -> Settings:
    """As in production, with other addresses; nothing of the operator's environment enters."""
    environment = {
        "SLACK_API_URL": slack.api_url,
        "SLACK_BOT_TOKEN": slack.bot_token,
        "SLACK_SIGNING_SECRET": slack.signing_secret,
        "ALIBABA_CLOUD_ACCESS_KEY_ID": KEY_ID,
        "ALIBABA_CLOUD_ACCESS_KEY_SECRET": key_secret,
        "BEEBOT_INSTANCE_ID": beebot.robot.instance_id,
        "BEEBOT_ENDPOINT": beebot.endpoint,
        "BEEBOT_STREAM_URL": beebot.stream_url,
        "PORT": "0",
        "BRIDGE_LOG_LEVEL": log_level,
    }
    return load_settings(environment, env_file=None)


@asynccontextmanager
async def _running_bridge(
    settings: Settings, slack: SlackEmulator, beebot: BeebotEmulator
) -> AsyncIterator[Stage]:
    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    async with open_app(settings, host="127.0.0.1") as app:
        slack.request_url = f"http://127.0.0.1:{app.port}/slack/events"
        running = asyncio.create_task(app.run(stop))
        try:
            async with asyncio.timeout(READY_S):
                await slack.until(lambda: slack.calls_of("auth.test"), READY_S)
                await beebot.until(lambda: beebot.applications, READY_S)
                while not stop.is_set() and await app.readiness.failing():
                    await asyncio.wait({running}, timeout=LOOK_S)
            yield Stage(slack, beebot, running, stop)
        finally:
            stop.set()
            await running


async def serve(stage: Stage) -> int:
    _console.print(f"Open [bold]{stage.slack.base_url}[/]", soft_wrap=True)
    _console.print("[dim]Slack and Beebot are emulated, the bridge is real. Ctrl-C ends it.[/]")
    await stage.running
    return 0


async def ask_once(stage: Stage, question: str) -> int:
    """Alice asks in #general; 0 when Beebot's answer was complete and stands in the thread."""
    slack = stage.slack
    text = f"<@{slack.bot_user_id}> {question}"
    growth = Growth(slack, await slack.post(C_GENERAL, U_ALICE, text))
    tasks = [asyncio.create_task(growth.follow()), asyncio.create_task(_answered(stage, growth))]
    await asyncio.wait(
        {tasks[1], stage.running}, timeout=ANSWER_S, return_when=asyncio.FIRST_COMPLETED
    )
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
    stage.stop.set()
    await stage.running  # it has finished what it began: the thread is final
    growth.print_news()
    return _conclude(stage, growth)


async def _answered(stage: Stage, growth: "Growth") -> None:
    """Until something stands in the thread and Beebot has no more to say."""
    await stage.slack.until(growth.replies, ANSWER_S)
    await stage.beebot.until(lambda: not stage.beebot.running, ANSWER_S)


class Growth:
    """Prints how the answer under `root` grew, each version once, as it appears."""

    def __init__(self, slack: SlackEmulator, root: str) -> None:
        self.root = root
        self._slack = slack
        self._began = asyncio.get_running_loop().time()
        self._printed = 0

    def replies(self) -> list[Message]:
        return self._slack.workspace.thread(C_GENERAL, self.root)[1:]

    async def follow(self) -> None:
        while True:
            await self._slack.until(lambda: len(self._versions()) > self._printed, ANSWER_S)
            self.print_news()

    def print_news(self) -> None:
        for at, page, text in self._versions()[self._printed :]:
            end = escape(" ".join(text[-END_CHARS:].split()))
            figures = f"[cyan]+{at - self._began:6.2f} s[/]  {len(text):6} characters"
            _console.print(f"{figures} on page {page}  [dim]…{end}[/]", soft_wrap=True)
            self._printed += 1

    def _versions(self) -> list[tuple[float, int, str]]:
        """(loop time, number of the reply, text) of every version, oldest first."""
        return sorted(
            (at, number, text)
            for number, reply in enumerate(self.replies(), start=1)
            for at, text in reply.history
        )


def _conclude(stage: Stage, growth: Growth) -> int:
    for message in stage.slack.workspace.thread(C_GENERAL, growth.root):
        _print_message(stage.slack, message)
    if not growth.replies():
        _errors.print(f"[red]No answer came within {ANSWER_S:.0f} s.[/]")
        return 1
    if not any(stage.beebot.sessions.values()):  # complete turns only
        _errors.print("[red]Beebot did not complete its answer.[/]")
        return 1
    return 0


def _print_message(slack: SlackEmulator, message: Message) -> None:
    """As a reader sees it: the Markdown drawn, and the small print under it."""
    users = slack.workspace.users
    _console.print(Rule(f"[bold]{escape(users[message.user].real_name)}[/]", align="left"))
    if message.bot_id is None:
        mention = f"<@{slack.bot_user_id}>"
        _console.print(escape(message.shown.replace(mention, f"@{users[slack.bot_user_id].name}")))
        return
    _console.print(Markdown(message.shown))
    for block in message.blocks:
        for element in block.get("elements", ()) if block["type"] == "context" else ():
            _console.print(f"[dim]{escape(str(element.get('text', '')))}[/]")
