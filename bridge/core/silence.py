"""How long the bot has said nothing to a question, and what is told of that meanwhile."""

import asyncio
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass

from bridge.core.background import cancel_and_wait
from bridge.core.errors import Unavailable
from bridge.core.model import Frame
from bridge.core.reply import Reply, Status


@dataclass(frozen=True, slots=True)
class AskingTiming:
    """Seconds.

    `first_frame_s`: how long the bot may be silent before its first frame, all askings of a
    question together, but without the pauses of a throttled one. After `slow_s` of such silence,
    and after thrice as long, the status says so. `accepted_s`: an asking that was not refused for
    so long counts as accepted. `throttle_s`: how long a throttled question is tried again.
    `retry_s`: the pause before an asking that did not begin is repeated. `store_s`: how long a
    store is waited for that cannot tell the session. `recall_s`: how long the bot's log is asked
    for an answer whose stream was lost, ten times in that time.
    """

    first_frame_s: float = 90.0
    slow_s: float = 20.0
    accepted_s: float = 1.0
    throttle_s: float = 120.0
    retry_s: float = 0.5
    store_s: float = 30.0
    recall_s: float = 20.0

    @property
    def very_slow_s(self) -> float:
        return 3 * self.slow_s

    @property
    def recall_every_s(self) -> float:
        return self.recall_s / 10


class Silence:
    """Of one question, over all its askings."""

    def __init__(self, timing: AskingTiming) -> None:
        self._timing = timing
        self._spent_s = 0.0

    @property
    def left_s(self) -> float:
        return self._timing.first_frame_s - self._spent_s

    @asynccontextmanager
    async def told(self, reply: Reply) -> AsyncIterator[Callable[[Frame], None]]:
        """Around an asking: the status follows the silence until a frame has a text; what this
        yields takes the frames.
        """
        began = time.monotonic()
        telling = asyncio.create_task(self._tell(reply))

        def hear(frame: Frame) -> None:
            if frame.markdown:
                telling.cancel()

        try:
            yield hear
        except Unavailable:
            self._spent_s += time.monotonic() - began
            raise
        finally:
            await cancel_and_wait(telling)

    async def _tell(self, reply: Reply) -> None:
        began = time.monotonic() - self._spent_s
        slow_s, very_slow_s = self._timing.slow_s, self._timing.very_slow_s
        await asyncio.sleep(min(self._timing.accepted_s, slow_s))
        for status, until_s in ((Status.THINKING, slow_s), (Status.SLOW, very_slow_s)):
            if (left_s := began + until_s - time.monotonic()) > 0:
                reply.set_status(status)
                await asyncio.sleep(left_s)
        reply.set_status(Status.VERY_SLOW)
