"""The stage of the whole-app tests: both emulators, and bridges of ours between them."""

import asyncio
import os
import pty
import re
import signal
import sys
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import aiohttp

from bridge.app import open_app
from bridge.emulators.beebot import BeebotEmulator
from bridge.emulators.slack import Fault, SlackEmulator
from bridge.emulators.slack.messages import Message
from bridge.settings.loading import load_settings
from tests.slack import slack_emulator

ROOT = Path(__file__).parents[2]
MANIFEST = ROOT / "manifest.yml"

SECRETS = {
    "SLACK_BOT_TOKEN": "xoxb-1111-2222-stageBotToken",
    "SLACK_SIGNING_SECRET": "8f742231b10e8888abcd9900fcdc85a5",
    "ALIBABA_CLOUD_ACCESS_KEY_ID": "LTAI5tStageKeyId",
    "ALIBABA_CLOUD_ACCESS_KEY_SECRET": "StageAccessKeySecret0123456789",
}
PORT = r"(?:(?=.*bridge\.serving).*)port\W+(\d+)"
# What takes longer hangs, on a slow and busy machine too. No test tells the speed by it.
HANGS_S = 60.0
APP_TOKEN = "xapp-1-A0BEEBOT00-1234-stageAppToken"


@dataclass
class Stage:
    """Everything outside the bridge, ready; `environment` is what a bridge needs to find it."""

    slack: SlackEmulator
    beebot: BeebotEmulator
    environment: dict[str, str]
    stack: AsyncExitStack = field(default_factory=AsyncExitStack)

    async def open_bridge(self, **variables: str) -> int:
        """A bridge in this process, until the stage ends; events go to it. Its port."""
        settings = load_settings({**self.environment, **variables}, env_file=None)
        app = await self.stack.enter_async_context(open_app(settings))
        await self.stack.enter_async_context(running(app.run))
        await ready(app.port)
        self.slack.request_url = events_url(app.port)
        return app.port

    async def start_bridge(self, **variables: str) -> "BridgeProcess":
        """A bridge as a process of its own, ended with the stage; events go to it."""
        process = await BridgeProcess.start({**self.environment, **variables})
        self.stack.push_async_callback(process.end)
        await ready(process.port)
        self.slack.request_url = events_url(process.port)
        return process

    def replies(self, channel: str, root: str) -> list[Message]:
        """What the bot has posted in a thread, and nobody deleted."""
        thread = self.slack.workspace.thread(channel, root)
        return [message for message in thread if message.bot_id and not message.deleted]

    def texts(self, channel: str, root: str) -> list[str]:
        return [self.slack.shown(channel, reply.ts) for reply in self.replies(channel, root)]

    def declare_no_agent(self) -> None:
        """From now on Slack takes the app for none, and shows no Stop button of its own."""
        refusal = Fault(
            method="agents.sessions.setStatus", kind="error", error="not_authorized", times=None
        )
        self.slack.faults.add(refusal)

    async def finished(self, count: int, *, timeout_s: float = HANGS_S) -> None:
        """Wait until Beebot has no stream open and has been asked `count` questions."""
        await self.beebot.until(
            lambda: len(self.beebot.questions) >= count and not self.beebot.open_streams,
            timeout_s=timeout_s,
        )


@asynccontextmanager
async def open_stage(
    *,
    socket_mode: bool = False,
    frame_delay_s: float = 0.01,
    retry_delays_s: Sequence[float] = (0.0, 0.5, 1.0),
    manifest: Mapping[str, Any] | Path = MANIFEST,
) -> AsyncIterator[Stage]:
    """Socket Mode comes with a Slack that has retired `assistant.threads.*`: each run meets both,
    and no test runs twice for it.
    """
    slack = slack_emulator(
        is_retired=socket_mode,
        manifest=manifest,
        signing_secret=SECRETS["SLACK_SIGNING_SECRET"],
        bot_token=SECRETS["SLACK_BOT_TOKEN"],
        app_token=APP_TOKEN,
        retry_delays_s=retry_delays_s,
        socket_mode=socket_mode,
    )
    beebot = BeebotEmulator(
        access_key_id=SECRETS["ALIBABA_CLOUD_ACCESS_KEY_ID"],
        access_key_secret=SECRETS["ALIBABA_CLOUD_ACCESS_KEY_SECRET"],
        frame_delay_s=frame_delay_s,
    )
    async with slack, beebot:
        environment = {
            **SECRETS,
            "SLACK_API_URL": slack.api_url,
            "BEEBOT_INSTANCE_ID": "chatbot-cn-Example",
            "BEEBOT_ENDPOINT": beebot.endpoint,
            "BEEBOT_STREAM_URL": beebot.stream_url,
            "BRIDGE_EDIT_INTERVAL_S": "0.1",
            "BRIDGE_EDIT_INTERVAL_MAX_S": "0.3",
            "PORT": "0",
            "BRIDGE_BIND_ADDRESS": "127.0.0.1",
        }
        if socket_mode:
            environment["SLACK_APP_TOKEN"] = APP_TOKEN
        stage = Stage(slack, beebot, environment)
        async with stage.stack:
            yield stage


@dataclass
class BridgeProcess:
    """`python -m bridge serve`; `log` is everything it has said so far."""

    process: asyncio.subprocess.Process
    port: int
    log: list[str]
    _reading: asyncio.Task[None]
    _heard: asyncio.Event

    @classmethod
    async def start(
        cls,
        environment: dict[str, str],
        *,
        root: Path = ROOT,
        python: str | Path = sys.executable,
        program: Sequence[str] = ("-m", "bridge", "serve"),
    ) -> "BridgeProcess":
        process = await asyncio.create_subprocess_exec(
            python, *program, cwd=root, env={"PATH": os.environ["PATH"], **environment},
            stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT,
        )  # fmt: skip
        log: list[str] = []
        assert process.stdout is not None
        async with asyncio.timeout(HANGS_S):
            while not (said := re.search(PORT, "".join(log[-1:]))):
                line = await process.stdout.readline()
                assert line, f"the bridge ended at once: {''.join(log)}"
                log.append(line.decode())
        heard = asyncio.Event()
        reading = asyncio.create_task(cls._read(process.stdout, log, heard))
        return cls(process, int(said[1]), log, reading, heard)

    @staticmethod
    async def _read(stream: asyncio.StreamReader, log: list[str], heard: asyncio.Event) -> None:
        while line := await stream.readline():
            log.append(line.decode())
            heard.set()

    def said(self, word: str) -> str:
        """The last line of the log that holds this word."""
        return next((line for line in reversed(self.log) if word in line), "")

    async def says(self, word: str, *, timeout_s: float = HANGS_S) -> None:
        """Wait for a line of the log that holds this word."""
        async with asyncio.timeout(timeout_s):
            while not self.said(word):
                self._heard.clear()
                await self._heard.wait()

    def send(self, number: signal.Signals) -> None:
        self.process.send_signal(number)

    async def ended(self, timeout_s: float = HANGS_S) -> int:
        """The exit code."""
        async with asyncio.timeout(timeout_s):
            await self._reading
            return await self.process.wait()

    async def end(self) -> None:
        if self.process.returncode is None:
            self.process.kill()
        await self.ended()


@asynccontextmanager
async def running(run: object) -> AsyncIterator[None]:
    """Runs a service for the length of a block, and waits for its drain."""
    stop = asyncio.Event()
    task = asyncio.create_task(run(stop))  # type: ignore[operator]
    try:
        yield
    finally:
        stop.set()
        await task


async def ready(port: int, *, timeout_s: float = HANGS_S) -> None:
    async with aiohttp.ClientSession() as http, asyncio.timeout(timeout_s):
        while True:
            async with http.get(f"http://127.0.0.1:{port}/readyz") as answer:
                if answer.status == 200:
                    return
            await asyncio.sleep(0.02)


def events_url(port: int) -> str:
    return f"http://127.0.0.1:{port}/slack/events"


async def type_at_terminal(redis_url: str, answer: str, *arguments: str) -> tuple[int | None, str]:
    """The command's exit code, and all that it says, where a person answers so."""
    ours, theirs = pty.openpty()
    os.write(ours, f"{answer}\n".encode())
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "bridge", *arguments, cwd=ROOT,
        env={"PATH": os.environ["PATH"], "REDIS_URL": redis_url},
        stdin=theirs, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT,
    )  # fmt: skip
    output, _ = await process.communicate()
    os.close(theirs)
    os.close(ours)
    return process.returncode, output.decode()
