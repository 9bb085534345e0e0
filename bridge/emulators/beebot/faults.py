"""What can go wrong on the stream, one constructor a fault."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, replace

from bridge.emulators.beebot.bodies import direct, references
from bridge.emulators.beebot.cuts import ConnectionCut
from bridge.emulators.beebot.frames import Broken, Frame

Frames = tuple[Frame, ...]
Wire = AsyncIterator[bytes]


@dataclass(frozen=True, slots=True)
class Reply:
    """What the host sends instead of a stream; `broken` as an event or, `plain`, as bare JSON.

    Without `broken` it is an HTML page. Status 0 closes the connection without a word.
    """

    status: int = 200
    broken: Broken | None = None
    plain: bool = False


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Fault:
    """Something wrong with one answer: other than a stream, other frames, or a bad wire.

    Each use spends one of `limit`; None never runs out. Two equal looking faults are two.
    """

    name: str
    reply: Reply | None = None
    rewrite: Callable[[Frames], Frames] | None = None
    bend: Callable[[Wire], Wire] | None = None
    limit: int | None = None

    def times(self, limit: int) -> "Fault":
        return replace(self, limit=limit)

    def once(self) -> "Fault":
        return self.times(1)

    # Instead of a stream: the question is not accepted.

    @staticmethod
    def html() -> "Fault":
        """The web page that a wrong URL part gets, with status 200."""
        return Fault(name="html", reply=Reply())

    @staticmethod
    def status(status: int) -> "Fault":
        """An HTML page with this status."""
        return Fault(name=str(status), reply=Reply(status))

    @staticmethod
    def refused(code: str, message: str = "refused", *, plain: bool = False) -> "Fault":
        """`success:false` at once, as an event or as plain JSON."""
        return Fault(name=code, reply=Reply(broken=Broken(code, message), plain=plain))

    @staticmethod
    def hang_up() -> "Fault":
        """The connection ends before any answer, headers included."""
        return Fault(name="hang_up", reply=Reply(0))

    # Other frames: what the robot writes.

    @staticmethod
    def broken(code: str, message: str = "broken", *, after: int) -> "Fault":
        """`success:false` after so many frames, and nothing more."""
        end = Frame(broken=Broken(code, message))
        return Fault(name=code, rewrite=lambda frames: (*frames[:after], end))

    @staticmethod
    def unfinished() -> "Fault":
        """All of the text, then the connection ends without StreamEnd."""
        return Fault(name="unfinished", rewrite=_without_end)

    @staticmethod
    def endless() -> "Fault":
        """All of the text, no StreamEnd, and the connection stays open."""
        return Fault(name="endless", rewrite=_without_end, bend=_linger)

    @staticmethod
    def giant(size: int = 300_000) -> "Fault":
        """The last frame cites a source of `size` characters."""
        return Fault(name="giant", rewrite=lambda frames: (*frames[:-1], _cite(frames[-1], size)))

    @staticmethod
    def duplicates() -> "Fault":
        """Each frame but the last comes twice."""
        return Fault(
            name="duplicates",
            rewrite=lambda frames: (*(f for f in frames[:-1] for _ in range(2)), frames[-1]),
        )

    @staticmethod
    def rewritten(text: str, *, after: int) -> "Fault":
        """After so many frames the text is replaced by this one, and that is the end."""
        end = Frame(body=direct(text), ends=True)
        return Fault(name="rewritten", rewrite=lambda frames: (*frames[:after], end))

    @staticmethod
    def blank(*, after: int, count: int = 1) -> "Fault":
        """Frames with an empty text after so many frames; then it goes on."""
        blanks = (Frame(body=direct("")),) * count
        return Fault(name="blank", rewrite=lambda f: (*f[:after], *blanks, *f[after:]))

    @staticmethod
    def slow_start(delay_s: float) -> "Fault":
        """Headers at once, the first frame after `delay_s`."""
        return Fault(
            name="slow_start",
            rewrite=lambda frames: (replace(frames[0], pause_s=delay_s), *frames[1:]),
        )

    # A bad wire: the robot finishes its answer all the same.

    @staticmethod
    def cut(*, after: int, extra_bytes: int = 0) -> "Fault":
        """The connection ends after so many frames and so many bytes of the next."""
        return Fault(name="cut", bend=lambda wire: _cut(wire, after, extra_bytes))

    @staticmethod
    def stall(*, after: int, pause_s: float | None = None) -> "Fault":
        """After so many frames nothing comes for `pause_s` (None: ever again)."""
        return Fault(name="stall", bend=lambda wire: _stall(wire, after, pause_s))

    @staticmethod
    def lingering() -> "Fault":
        """The connection stays open after StreamEnd."""
        return Fault(name="lingering", bend=_linger)

    @staticmethod
    def garbage(line: bytes = b"data:{not json", *, after: int = 1) -> "Fault":
        """This line between two frames."""
        return Fault(name="garbage", bend=lambda wire: _insert(wire, after, line + b"\n\n"))

    @staticmethod
    def comments(comment: bytes = b": keep-alive\n\n") -> "Fault":
        """A comment before each frame."""
        return Fault(name="comments", bend=lambda wire: _each(wire, lambda e: comment + e))

    @staticmethod
    def crlf() -> "Fault":
        """Lines end in CR LF."""
        return Fault(
            name="crlf", bend=lambda wire: _each(wire, lambda e: e.replace(b"\n", b"\r\n"))
        )


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class GatewayFault:
    """Something wrong with a side call, after it was authenticated; `action` None means any.

    `status` 0 leaves the call to succeed; `missing` names fields that its answer then lacks.
    """

    status: int = 0
    code: str = ""
    message: str = "fault"
    retry_after_ms: int | None = None
    delay_s: float = 0.0
    hangs_up: bool = False
    missing: tuple[str, ...] = ()
    action: str | None = None
    limit: int | None = None

    def times(self, limit: int) -> "GatewayFault":
        return replace(self, limit=limit)

    def once(self) -> "GatewayFault":
        return self.times(1)

    def during(self, action: str) -> "GatewayFault":
        return replace(self, action=action)

    @staticmethod
    def error(code: str, status: int = 400, *, message: str = "fault") -> "GatewayFault":
        return GatewayFault(status=status, code=code, message=message)

    @staticmethod
    def throttled(retry_after_ms: int | None = None, code: str = "Throttling") -> "GatewayFault":
        return GatewayFault(status=400, code=code, retry_after_ms=retry_after_ms)

    @staticmethod
    def slow(delay_s: float) -> "GatewayFault":
        return GatewayFault(delay_s=delay_s)

    @staticmethod
    def down() -> "GatewayFault":
        """The connection ends without an answer."""
        return GatewayFault(hangs_up=True)

    @staticmethod
    def without(*fields: str) -> "GatewayFault":
        return GatewayFault(missing=fields)


class Uses:
    """Counts how often each fault was used, by identity."""

    def __init__(self) -> None:
        self._spent: Counter[Fault | GatewayFault] = Counter()

    def spend(self, fault: Fault | GatewayFault) -> bool:
        """True, and one use less, while the fault has uses left."""
        if fault.limit is not None and self._spent[fault] >= fault.limit:
            return False
        self._spent[fault] += 1
        return True


def _without_end(frames: Frames) -> Frames:
    return tuple(replace(frame, ends=False) for frame in frames)


def _cite(frame: Frame, size: int) -> Frame:
    source = references([{"Title": "giant", "Content": "x" * size}])
    return replace(frame, body=direct(frame.text, AnswerReference=source))


async def _each(wire: Wire, change: Callable[[bytes], bytes]) -> Wire:
    async for event in wire:
        yield change(event)


async def _insert(wire: Wire, after: int, extra: bytes) -> Wire:
    number = 0
    async for event in wire:
        yield extra + event if number == after else event
        number += 1


async def _cut(wire: Wire, after: int, extra_bytes: int) -> Wire:
    left = after
    async for event in wire:
        if left == 0:
            if extra_bytes:
                yield event[:extra_bytes]
            raise ConnectionCut
        yield event
        left -= 1
    raise ConnectionCut


async def _stall(wire: Wire, after: int, pause_s: float | None) -> Wire:
    left = after
    async for event in wire:
        if left == 0:
            await _pause(pause_s)
        yield event
        left -= 1


async def _linger(wire: Wire) -> Wire:
    async for event in wire:
        yield event
    await _pause(None)


async def _pause(pause_s: float | None) -> None:
    """None waits until the client has gone: its handler is cancelled then."""
    if pause_s is None:
        await asyncio.Event().wait()
    else:
        await asyncio.sleep(pause_s)
