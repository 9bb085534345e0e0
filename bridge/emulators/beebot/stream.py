"""The stream host: checks the path and the question, and streams the answer."""

from collections.abc import AsyncIterator
from uuid import uuid4

from aiohttp import web

from bridge.emulators.beebot.conversations import Conversations
from bridge.emulators.beebot.cuts import ConnectionCut, recut
from bridge.emulators.beebot.faults import Fault, Reply, Uses
from bridge.emulators.beebot.frames import Broken, refuse
from bridge.emulators.beebot.question import Asked, BadQuestion, read_asked
from bridge.emulators.beebot.scripts import Script
from bridge.emulators.beebot.state import State
from bridge.emulators.beebot.turns import Turn

_PAGE = "<!DOCTYPE html>\n<html><head><title>error</title></head><body>Sorry</body></html>\n"
_HEADERS = {"Content-Type": "text/event-stream;charset=UTF-8", "Cache-Control": "no-cache"}
_REFUSED_TOKEN = {
    "html": Reply(),
    "401": Reply(401),
    "403": Reply(403),
    "success_false": Reply(broken=Broken("AccessTokenInvalid", "the access token is not valid")),
}
# Nobody says what a robot does with another one's session: here nobody may try.
_ANOTHERS = Broken("InvalidParameter", "SessionId is another robot's")
_BUSY = Broken("Throttling.Concurrency", "too many conversations at once")


class Refused(Exception):
    """Raised with what is sent instead of a stream."""

    def __init__(self, reply: Reply, *, code: str, message: str, message_id: str = "") -> None:
        super().__init__(message)
        self.reply = reply
        self.code = code
        self.message = message
        self.message_id = message_id


class StreamHost:
    """Serves `POST /sse/paas4Json/{token}/{channel}/{sign}/{timestamp}`."""

    def __init__(self, state: State, conversations: Conversations) -> None:
        self._robot = state.robot
        self._robots = state.robots
        self._tokens = state.tokens
        self._journal = state.journal
        self._conversations = conversations
        self._uses = Uses()
        self.faults: list[Fault] = []
        self.open_streams = 0

    async def serve(self, request: web.Request) -> web.StreamResponse:
        try:
            self._check_path(request.match_info["path"])
            asked = await self._read(request)
            wire = self._answer(asked, request.match_info["path"].partition("/")[0])
        except Refused as refused:
            self._journal.refuse("stream", refused.code, refused.message)
            return _respond(request, refused.reply, refused.message_id)
        return await self._send(request, wire)

    def _check_path(self, path: str) -> None:
        refused_how = self._tokens.check(path)
        if refused_how is not None:
            reply = _REFUSED_TOKEN[refused_how]
            raise Refused(reply, code=refused_how, message="token, channel, sign or timestamp")

    async def _read(self, request: web.Request) -> Asked:
        body = await request.read()
        try:
            space = self._tokens.space_of(request.match_info["path"].partition("/")[0])
            return read_asked(body, request.content_type, self._robots, space)
        except BadQuestion as bad:
            raise _refused(Broken("InvalidParameter", bad.reason), bad.message_id) from None

    def _answer(self, asked: Asked, token: str) -> AsyncIterator[bytes]:
        """The events of the answer; a known messageId gets those of its turn again."""
        question = self._conversations.draft(asked, token)
        turn = self._conversations.repeated(question)
        if not self._conversations.may_go_on(question):
            raise _refused(_ANOTHERS, asked.message_id)
        if turn is None and self._conversations.is_full():
            raise _refused(_BUSY, asked.message_id)
        script = turn.script if turn else self._conversations.choose(question)
        faults = self._arm(script, asked.message_id)
        if turn is None:
            return _wire(self._conversations.accept(question, script, faults), faults)
        self._journal.repeats.append(question)
        self._journal.changes.notify()
        return _wire(turn, faults) if self._robot.replays_repeats else _silence()

    def _arm(self, script: Script, message_id: str) -> list[Fault]:
        """The faults that have uses left; one that replaces the stream raises Refused."""
        armed: list[Fault] = []
        for fault in sorted((*self.faults, *script.faults), key=lambda f: f.reply is None):
            if not self._uses.spend(fault):
                continue
            if fault.reply is not None:
                message = "a fault was asked for"
                raise Refused(fault.reply, code=fault.name, message=message, message_id=message_id)
            armed.append(fault)
        return armed

    async def _send(self, request: web.Request, wire: AsyncIterator[bytes]) -> web.StreamResponse:
        response = web.StreamResponse(headers=_HEADERS)
        await response.prepare(request)
        self.open_streams += 1
        try:
            async for chunk in wire:
                await response.write(chunk)
        except ConnectionCut:
            _close(request)
        finally:
            self.open_streams -= 1
            self._journal.changes.notify()
        return response


def _wire(turn: Turn, faults: list[Fault]) -> AsyncIterator[bytes]:
    wire = turn.events()
    for fault in faults:
        wire = fault.bend(wire) if fault.bend else wire
    return recut(wire, turn.script.cuts) if turn.script.cuts else wire


async def _silence() -> AsyncIterator[bytes]:
    yield b""


def _refused(broken: Broken, message_id: str) -> Refused:
    reply = Reply(broken=broken)
    return Refused(reply, code=broken.code, message=broken.message, message_id=message_id)


def _respond(request: web.Request, reply: Reply, message_id: str) -> web.Response:
    if reply.status == 0:
        _close(request)
        return web.Response()
    if reply.broken is None:
        return web.Response(status=reply.status, text=_PAGE, content_type="text/html")
    event = refuse(reply.broken, message_id, str(uuid4()))
    if reply.plain:
        body = event.removeprefix(b"data:").strip()
        return web.Response(body=body, content_type="application/json")
    return web.Response(body=event, headers=_HEADERS)


def _close(request: web.Request) -> None:
    """What was written still goes out; then the connection ends."""
    if request.transport is not None:
        request.transport.close()
