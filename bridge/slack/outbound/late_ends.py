"""What an answer has shown beside it ends with its turn, and does not hold it."""

import asyncio
from contextlib import suppress
from weakref import WeakValueDictionary

from bridge.core.background import BackgroundTasks, Work, retry
from bridge.core.errors import LeaseLost, Transient
from bridge.core.model import ThreadKey
from bridge.core.turn import Turn

# Within the turn, for which the thread's next question waits, and then in the background.
WITHIN_TURN_S, PATIENCE_S = 2.0, 60.0
_PAUSES_S = (0.5, 10.0)  # between two tries


class LateEnds:
    """What Slack does not take within the turn goes on in the background, one task a thread and
    `name`. No lease guards that: the turn is over. It may meet an answer of another replica, and
    hide what that shows.
    """

    def __init__(self, background: BackgroundTasks) -> None:
        self._background = background
        self._tasks: WeakValueDictionary[tuple[str, ThreadKey], asyncio.Task[None]] = (
            WeakValueDictionary()
        )

    async def end(self, name: str, turn: Turn, work: Work, *, late: Work) -> None:
        """Do `work` while the turn lasts, and what is `late` behind it. Raises the `BridgeError`
        that is not `Transient`.
        """
        try:
            async with asyncio.timeout(WITHIN_TURN_S):
                await retry(work, pauses_s=_PAUSES_S, within_s=WITHIN_TURN_S)
        except (TimeoutError, Transient):
            with suppress(LeaseLost):
                await turn.lease.ensure()
                self.start(name, turn.ask.thread, late)

    def start(self, name: str, thread: ThreadKey, work: Work) -> None:
        task = self._background.start(name, work, within_s=PATIENCE_S)
        self._tasks[name, thread] = task

    def cancel(self, name: str, thread: ThreadKey) -> bool:
        """The thread's next answer shows its own; True if it has to end this one, too."""
        task = self._tasks.pop((name, thread), None)
        return task is not None and task.cancel()
