"""Beebot on the loopback: Alibaba's RPC gateway and the stream host, behind one HTTP server."""

import asyncio
import time
from collections.abc import Callable
from types import TracebackType
from typing import Self

from aiohttp import web

from bridge.emulators.beebot.account import Account
from bridge.emulators.beebot.actions import Actions
from bridge.emulators.beebot.conversations import Conversations
from bridge.emulators.beebot.demo_robot import DemoRobot
from bridge.emulators.beebot.faults import Fault, GatewayFault
from bridge.emulators.beebot.gateway import Gateway
from bridge.emulators.beebot.journal import Journal
from bridge.emulators.beebot.robot import Robot, Robots
from bridge.emulators.beebot.scripts import Answer
from bridge.emulators.beebot.state import Sessions, State
from bridge.emulators.beebot.stream import StreamHost
from bridge.emulators.beebot.tokens import RefusedHow, StreamTokens
from bridge.emulators.beebot.turns import Turn
from bridge.emulators.beebot.values import (
    Application,
    Cancellation,
    Feedback,
    ImageFetch,
    LogQuery,
    Question,
    Refusal,
)

HOST = "127.0.0.1"


class BeebotEmulator:
    """One account with one robot in one business space, to which others are added. Everything it
    was asked is kept for tests.

    `token_life_s` is the life of stream credentials; `concurrency` how many answers may run at
    once (0: any number); `replays_repeats` whether a known messageId gets its answer again or
    nothing. `frame_delay_s` lies between the frames of the demo answers.
    """

    def __init__(  # noqa: PLR0913 - the account's properties, each with a default
        self,
        *,
        access_key_id: str = "LTAI5tExampleKeyId",
        access_key_secret: str = "ExampleAccessKeySecret0123456789",  # noqa: S107 - made up
        security_token: str | None = None,
        instance_id: str = "chatbot-cn-Example",
        agent_key: str = "",
        port: int = 0,
        token_life_s: float = 7200.0,
        max_utterance: int = 512,
        concurrency: int = 0,
        replays_repeats: bool = True,
        frame_delay_s: float = 0.12,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self.robot = Robot(instance_id, agent_key, max_utterance, concurrency, replays_repeats)
        self._port = port
        self._runner: web.AppRunner | None = None
        self._journal = Journal(clock)
        self._tokens = StreamTokens(life_s=token_life_s, clock=clock)
        self._sessions = Sessions()
        self.robots = Robots(self.robot)
        state = State(self.robot, self.robots, self._tokens, self._sessions, self._journal)
        self._conversations = Conversations(state)
        self._conversations.default = DemoRobot(frame_delay_s).answer
        self._stream = StreamHost(state, self._conversations)
        account = Account(
            access_key_id, access_key_secret, security_token=security_token, clock=clock
        )
        self._gateway = Gateway(account, Actions(state, access_key_id), self._journal)

    # Running

    async def __aenter__(self) -> Self:
        await self.start()
        return self

    async def __aexit__(
        self,
        exc_type: type[BaseException] | None,
        exc: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        await self.stop()

    async def start(self) -> None:
        """Listen; after a `stop`, on the same port and with all that was known before."""
        app = web.Application(client_max_size=1 << 22)
        app.router.add_route("GET", "/", self._gateway.serve)
        app.router.add_route("POST", "/", self._gateway.serve)
        app.router.add_post("/sse/paas4Json/{path:.*}", self._stream.serve)
        runner = web.AppRunner(
            app, access_log=None, handler_cancellation=True, shutdown_timeout=0.01
        )
        await runner.setup()
        await web.TCPSite(runner, HOST, self._port).start()
        self._runner = runner
        self._port = runner.addresses[0][1]

    async def stop(self) -> None:
        """Close all connections and leave the running answers unfinished."""
        await self._conversations.close()
        if self._runner is not None:
            await self._runner.cleanup()
            self._runner = None

    @property
    def endpoint(self) -> str:
        """The RPC gateway's address."""
        return f"http://{HOST}:{self._port}"

    @property
    def stream_url(self) -> str:
        return f"{self.endpoint}/sse/paas4Json"

    # What it answers

    def add_robot(self, instance_id: str, agent_key: str = "", name: str = "") -> Robot:
        """Another one of the account; a new `agent_key` is another business space."""
        robot = Robot(instance_id, agent_key, name=name or instance_id)
        self.robots.add(robot)
        return robot

    def script(self, wanted: str | Callable[[Question], object], *answers: Answer) -> None:
        """Answer a question, by its exact words or by a predicate, with a script.

        Of several answers each is given once and the last from then on. A later rule goes before
        an earlier one.
        """
        self._conversations.script(wanted, *answers)

    def default(self, answer: Answer) -> None:
        """What any other question gets."""
        self._conversations.default = answer

    def break_stream(self, *faults: Fault) -> None:
        """From now on every question meets these faults, while they have uses left."""
        self._stream.faults.extend(faults)

    def break_gateway(self, *faults: GatewayFault) -> None:
        """From now on side calls meet these faults, the first that has uses left."""
        self._gateway.faults.extend(faults)

    def mend(self) -> None:
        """Forget the faults of `break_stream` and `break_gateway`; revoked tokens stay so."""
        self._stream.faults.clear()
        self._gateway.faults.clear()

    def revoke_tokens(self, how: RefusedHow = "html") -> None:
        """Refuse all tokens issued so far, in this way."""
        self._tokens.revoke(how)

    # What it saw

    @property
    def applications(self) -> list[Application]:
        return self._journal.applications

    @property
    def questions(self) -> list[Question]:
        return self._journal.questions

    @property
    def repeats(self) -> list[Question]:
        """Requests with a messageId that was known; they are no questions."""
        return self._journal.repeats

    @property
    def overlaps(self) -> list[Question]:
        """Questions that came while an answer was still running in their session."""
        return self._journal.overlaps

    @property
    def images(self) -> list[ImageFetch]:
        """The pictures of questions; an answer begins when those of its question are fetched."""
        return self._journal.images

    @property
    def feedbacks(self) -> list[Feedback]:
        return self._journal.feedbacks

    @property
    def cancellations(self) -> list[Cancellation]:
        return self._journal.cancellations

    @property
    def logs(self) -> list[LogQuery]:
        """ListTongyiConversationLogs calls that were served."""
        return self._journal.logs

    @property
    def refusals(self) -> list[Refusal]:
        return self._journal.refusals

    @property
    def sessions(self) -> dict[str, list[tuple[str, str]]]:
        """Session id to (question, answer) of each complete turn."""
        return self._sessions.exchanges()

    @property
    def running(self) -> list[Turn]:
        """The answers that are being written, listened to or not."""
        return self._sessions.running()

    @property
    def open_streams(self) -> int:
        """How many clients are listening to an answer."""
        return self._stream.open_streams

    async def until(self, condition: Callable[[], object], timeout_s: float | None = 60.0) -> None:
        """Wait until `condition` holds, looked at whenever the emulator saw or did something.

        Raises TimeoutError.
        """
        async with asyncio.timeout(timeout_s):
            await self._journal.changes.until(condition)
