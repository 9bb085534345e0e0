"""Ends what was shown beside an answer, such as a status. It ends with the turn; if Slack does not
take that soon, later, and the turn does not wait for it.
"""

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
    """What Slack does not take within the turn is done in the background: one task for each thread
    and `name`. No lease protects it, because the turn is over. So it may hide what another replica
    shows for its own answer.
    """

    def __init__(self, background: BackgroundTasks) -> None:
        self._background = background
        self._tasks: WeakValueDictionary[tuple[str, ThreadKey], asyncio.Task[None]] = (
            WeakValueDictionary()
        )

    async def end(self, name: str, turn: Turn, work: Work, *, late: Work) -> None:
        """Do `work` within the turn. If Slack does not take it in time, do `late` in the
        background. Raises a `BridgeError` that is not `Transient`.
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
        """The next answer of the thread is about to show its own. True if a task was cancelled:
        then the next answer has to end what that one would have ended.
        """
        task = self._tasks.pop((name, thread), None)
        return task is not None and task.cancel()
