"""What a message holds that Slack lets grow natively, as far as we can know."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from bridge.core.errors import LeaseLost, OutcomeUnknown, RateLimited, Unavailable
from bridge.slack.message import Message

# UTF-8 bytes in one message. Others saw 10,600 to 11,977 get through; there is no promise.
MOST_BYTES = 10_000

EXPIRY_S = 330.0  # Slack ends a stream about 5 minutes after it began, however active it is


@dataclass(slots=True)
class Stream:
    """`sent` is the text that Slack has taken. None: nobody knows (any more), so that the stream
    can only be stopped. `began` is an epoch time.
    """

    sent: str | None = None
    began: float = 0.0

    def rest(self, page: Message) -> str | None:
        """What is missing to that page; None where appending does not lead there."""
        first = page.blocks[0]
        if self.sent is None or first["type"] != "markdown":
            return None
        text = str(first["text"])
        is_ahead = text.startswith(self.sent) and len(text.encode()) <= MOST_BYTES
        return text[len(self.sent) :] if is_ahead else None

    @contextmanager
    def in_doubt(self) -> Iterator[str]:
        """Around a call that sends more than `sent`, which this yields: until Slack has answered,
        nobody knows what the message holds. What surely was not sent has changed nothing.
        """
        sent, self.sent = self.sent or "", None
        try:
            yield sent
        except OutcomeUnknown:
            raise
        except (RateLimited, Unavailable, LeaseLost):
            self.sent = sent
            raise


@dataclass(slots=True)
class Posted:
    """A message of the answer as Slack has it; `shape` None: we do not know how it looks, or it
    still grows by its `stream`. `streams_until` is an epoch time, 0.0 where Slack has no objection
    to an edit.
    """

    ts: str
    shape: Message | None = None
    stream: Stream | None = None
    streams_until: float = 0.0

    def may_stream(self, began: float, *, expiry_s: float) -> bool:
        """Slack refuses an edit because the message streams: whether that can still be. `began` is
        an epoch time, 0.0 where nobody has written it down.
        """
        now = time.time()
        self.streams_until = self.streams_until or min(began or now, now) + expiry_s
        return now < self.streams_until
