"""The status under a thread while nothing of the answer can be seen yet."""

import asyncio
from collections.abc import Awaitable, Callable

from bridge.core.background import cancel_and_wait, wait_for_event
from bridge.core.errors import BridgeError, RateLimited, Unavailable

RENEW_S = 100.0  # Slack drops a status after 2 minutes
PLACEHOLDER_S = 1.5
LONGEST_WAIT_S = 20.0  # for taking a status back; after that Slack will soon drop it


class ThreadStatus:
    """Keeps a status alive in the background, and knows whether one may be left hanging.

    `put` sends a status text ("" clears it); `place` posts or changes a placeholder, for where
    Slack takes no status. Slack clears a status itself when the app posts into the thread.
    """

    def __init__(
        self, put: Callable[[str], Awaitable[None]], place: Callable[[str], Awaitable[None]]
    ) -> None:
        self._put = put
        self._place = place
        self._text = ""
        self._has_changed = asyncio.Event()
        self._is_up = False
        self._is_sending = False
        self._is_over = False
        self._keeper: asyncio.Task[None] | None = None

    def begin(self, text: str) -> None:
        self._text = text
        self._keeper = asyncio.create_task(self._keep())

    def say(self, text: str) -> None:
        """Keep this text alive from here on, if one is kept alive."""
        if text != self._text:
            self._text = text
            self._has_changed.set()

    def posted(self) -> None:
        """Slack has taken a post, and dropped the status; one under way may yet arrive."""
        self._is_over = True
        self._is_up = self._is_sending

    async def end(self) -> None:
        """Send no more status from here on."""
        if self._keeper is not None:
            await cancel_and_wait(self._keeper)
            self._keeper = None

    async def clear(self) -> None:
        """Take back what may still be shown."""
        while self._is_up:
            self._is_up = False
            try:
                await self._put("")
            except RateLimited as limited:
                if limited.after_s > LONGEST_WAIT_S:
                    return
                await asyncio.sleep(limited.after_s)
                self._is_up = True
            except BridgeError:
                return

    async def _keep(self) -> None:
        began = asyncio.get_running_loop().time()
        while not self._is_over:
            self._has_changed.clear()
            pause = RENEW_S
            try:
                await self._send(self._text)
            except RateLimited as limited:
                pause = limited.after_s
            except Unavailable:
                pass  # the thread does without; the next one may get through
            except BridgeError:
                self._is_up = False
                return await self._keep_placeholder(began)
            if self._is_over:
                return await self.clear()
            await wait_for_event(self._has_changed, pause)
        return None

    async def _keep_placeholder(self, began: float) -> None:
        await asyncio.sleep(began + PLACEHOLDER_S - asyncio.get_running_loop().time())
        while True:
            self._has_changed.clear()
            await self._place(self._text)
            await self._has_changed.wait()

    async def _send(self, text: str) -> None:
        was_up = self._is_up
        self._is_up = self._is_sending = True
        try:
            await self._put(text)
        except RateLimited:
            self._is_up = was_up
            raise
        finally:
            self._is_sending = False
