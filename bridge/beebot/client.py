"""Asks Beebot a question over its stream, and looks answers up in its log."""

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass

import aiohttp

from bridge.beebot.faults import STREAM, from_status, http_faults
from bridge.beebot.gateway import Gateway
from bridge.beebot.request import RequestOptions, StreamToken, encode_question, stream_url
from bridge.beebot.sse import BodyDecoder
from bridge.beebot.stream import BeebotStream, LatestFrame
from bridge.beebot.tokens import SpaceTokens
from bridge.beebot.wire import strip_thinking
from bridge.core.commands import Rate
from bridge.core.errors import (
    BridgeError,
    CredentialsRejected,
    StreamBroken,
    TimedOut,
    TokenRefused,
    Unavailable,
)
from bridge.core.model import Frame, Question, Robot, RobotId, SessionId

_HEADERS = {
    "Content-Type": "application/json",
    "Accept": "text/event-stream",
    "Accept-Encoding": "identity",  # a compressed stream may be held back
}
_LOG_TOLERANCE_S = 2.0  # the log tells whole seconds, by another clock than ours


@dataclass(frozen=True, slots=True)
class BeebotTiming:
    """How long to wait, as the settings say; `whole_s` is from the asking to the end."""

    connect_s: float
    between_frames_s: float
    whole_s: float


class BeebotClient:
    """The core's `Bot`. `http` must not bound its connections below the answers wanted at once.
    `find_robot` gives the robot of an answer that is rated.
    """

    def __init__(  # noqa: PLR0913 - the two services it speaks to, and how
        self,
        http: aiohttp.ClientSession,
        tokens: SpaceTokens,
        gateway: Gateway,
        find_robot: Callable[[RobotId | None], Awaitable[Robot]],
        *,
        options: RequestOptions = RequestOptions(),  # noqa: B008 - it is frozen
        stream_url: str,
        timing: BeebotTiming,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._http = http
        self._tokens = tokens
        self._gateway = gateway
        self._find_robot = find_robot
        self._options = options
        self._stream_url = stream_url
        self._timing = timing
        self._clock = clock

    @asynccontextmanager
    async def ask(self, question: Question) -> AsyncIterator[BeebotStream]:
        stream = BeebotStream()
        async with stream.fed_by(self._receive(question, stream)):
            yield stream

    async def recall(self, robot: Robot, session: SessionId, text: str, since: float) -> str | None:
        found = [
            turn
            for turn in await self._gateway.logs(robot, session)
            if turn.question.strip() == text.strip()
            and turn.asked_at >= since - _LOG_TOLERANCE_S
            and turn.answer
        ]
        latest = sorted(found, key=lambda turn: turn.asked_at)[-1:]
        return strip_thinking(latest[0].answer) if latest else None

    async def cancel(self, robot: Robot, session: SessionId, answer_id: str, shown: str) -> None:
        await self._gateway.cancel(robot, session, answer_id, shown)

    async def rate(self, rate: Rate) -> None:
        robot = await self._find_robot(rate.robot)
        await self._gateway.feedback(
            robot, rate.session, rate.answer_id, is_good=rate.is_good, comment=rate.comment
        )

    async def welcome(self, robot: Robot) -> str:
        return await self._gateway.begin_session(robot)

    async def _receive(self, question: Question, stream: BeebotStream) -> None:
        with _translated(question, stream):
            async with asyncio.timeout(self._timing.whole_s):
                try:
                    async with asyncio.timeout(question.first_frame_s) as deadline:
                        await self._ask_with_token(question, stream, deadline)
                except TimeoutError:
                    raise TimedOut("beebot is silent") from None

    async def _ask_with_token(
        self, question: Question, stream: BeebotStream, deadline: asyncio.Timeout
    ) -> None:
        tokens = self._tokens.of(question.robot)
        token = await tokens.current()
        try:
            await self._ask_once(question, stream, token, deadline)
        except TokenRefused:
            if stream.latest.received:
                raise
            await tokens.refused(token)
            await self._ask_once(question, stream, await tokens.current(), deadline)

    async def _ask_once(
        self,
        question: Question,
        stream: BeebotStream,
        token: StreamToken,
        deadline: asyncio.Timeout,
    ) -> None:
        """One request with a timestamp and sign of its own, read to the end of the answer. Each
        frame extends the deadline.
        """
        url = stream_url(self._stream_url, token, timestamp_ms=int(self._clock() * 1000))
        with http_faults():
            async with self._http.post(
                url,
                data=encode_question(question, self._options),
                headers=_HEADERS,
                timeout=aiohttp.ClientTimeout(total=None, sock_connect=self._timing.connect_s),
                allow_redirects=False,
            ) as response:
                refusal = from_status(response.status, response.headers.get("Retry-After"))
                if refusal:
                    raise refusal
                await self._read_body(response, stream, deadline)

    async def _read_body(
        self, response: aiohttp.ClientResponse, stream: BeebotStream, deadline: asyncio.Timeout
    ) -> None:
        """Returns at the end of the answer, even if the connection stays open after it."""
        body = BodyDecoder()
        async for chunk in response.content.iter_any():
            payloads = body.feed(chunk)
            stream.put(payloads)
            if stream.latest.has_ended:
                return
            if payloads:
                self._extend(deadline)
        stream.put(body.close())
        stream.latest.decode()
        if not stream.latest.has_ended:
            raise Unavailable("the stream closed before its end")

    def _extend(self, deadline: asyncio.Timeout) -> None:
        """A timer costs more than a frame does: it is set once a second at most."""
        until = asyncio.get_running_loop().time() + self._timing.between_frames_s
        if abs(until - (deadline.when() or 0)) > min(1.0, self._timing.between_frames_s / 10):
            deadline.reschedule(until)


@contextmanager
def _translated(question: Question, stream: BeebotStream) -> Iterator[None]:
    """Many questions may share one failure to get a token: each raises a copy with its own ids."""
    try:
        yield
    except (BridgeError, TimeoutError) as error:
        failure = error if isinstance(error, BridgeError) else TimedOut("the answer takes long")
        raise _translate(failure, question.message_id, stream.latest) from None


def _translate(failure: BridgeError, message_id: str, latest: LatestFrame) -> BridgeError:
    """Once a frame was seen, whatever goes wrong breaks an answer; before, it prevents one."""
    if latest.received:
        known = latest.known or Frame()
        return failure.recast(
            StreamBroken,
            message_id=message_id,
            cause=type(failure).__name__,
            skipped=latest.skipped,
            session=known.session,
            answer_id=known.answer_id,
        )
    if isinstance(failure, TokenRefused):
        advice, reason = failure.advice or STREAM, "a new token is refused, too"
        return failure.recast(CredentialsRejected, reason, advice=advice, message_id=message_id)
    return failure.recast(type(failure), message_id=message_id)
