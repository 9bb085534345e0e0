"""Bytes of an answer's body to the payloads in it; pure and incremental.

An event is `data: {"success":true,"data":[…]}` and a blank line (docs/beebot.md, "The stream").
"""

from bridge.core.errors import ProtocolError, TokenRefused

MAX_BYTES = 8 << 20  # of one event, or of an envelope
_BLANK = b"\xef\xbb\xbf \t\r\n"  # with the byte order mark


class SseDecoder:
    """Any cut of the bytes gives the same events; the work is linear in the bytes.

    Works on bytes throughout: a chunk may end inside a character, and a text may hold U+2028 and
    other signs that only `str.splitlines` takes for line ends.
    """

    def __init__(self, *, max_event_bytes: int = MAX_BYTES) -> None:
        self._max_event_bytes = max_event_bytes
        self._line = bytearray()
        self._data: list[bytes] = []
        self._data_bytes = 0
        self._ended_in_cr = False

    def feed(self, chunk: bytes) -> list[bytes]:
        """Payloads of the events that this chunk completes.

        Raises `ProtocolError` when an event outgrows its limit.
        """
        events: list[bytes] = []
        *lines, rest = self._end_lines_in_lf(chunk).split(b"\n")
        for line in lines:
            self._grow(line)
            self._take_line(events)
        self._grow(rest)
        return events

    def close(self) -> list[bytes]:
        """What the stream left behind: an event without its blank line, whole or cut short."""
        events: list[bytes] = []
        self._take_line(events)
        self._take_line(events)
        return events

    def _end_lines_in_lf(self, chunk: bytes) -> bytes:
        if self._ended_in_cr:
            # That CR has ended its line already; here is the LF of the same pair.
            self._ended_in_cr = not chunk
            chunk = chunk.removeprefix(b"\n")
        if b"\r" not in chunk:
            return chunk
        self._ended_in_cr = chunk.endswith(b"\r")
        return chunk.replace(b"\r\n", b"\n").replace(b"\r", b"\n")

    def _grow(self, piece: bytes) -> None:
        self._line += piece
        if len(self._line) + self._data_bytes > self._max_event_bytes:
            raise ProtocolError("event too large", max_bytes=self._max_event_bytes)

    def _take_line(self, events: list[bytes]) -> None:
        line = bytes(self._line)
        self._line.clear()
        if line:
            self._take_field(line)
        elif self._data:
            events.append(b"\n".join(self._data))
            self._data = []
            self._data_bytes = 0

    def _take_field(self, line: bytes) -> None:
        """Comments have an empty name; they and all other fields say nothing to us."""
        name, _, value = line.partition(b":")
        if name == b"data":
            self._data.append(value.removeprefix(b" "))
            self._data_bytes += len(line)


class BodyDecoder:
    """The payloads of a stream of events, the one JSON envelope that tells an early error, or none
    of the web page that a refused token gets: told by how the body begins, not by its headers.
    """

    def __init__(self) -> None:
        self._events: SseDecoder | None = None
        self._envelope = bytearray()

    def feed(self, chunk: bytes) -> list[bytes]:
        """Raises `TokenRefused` for a web page, `ProtocolError` for what grows without end."""
        if self._events:
            return self._events.feed(chunk)
        if not self._envelope:
            chunk = chunk.lstrip(_BLANK)
            if chunk.startswith(b"<"):
                raise TokenRefused("token refused", answer="html")
            if chunk and not chunk.startswith(b"{"):
                self._events = SseDecoder()
                return self._events.feed(chunk)
        self._envelope += chunk
        if len(self._envelope) > MAX_BYTES:
            raise ProtocolError("body too large", max_bytes=MAX_BYTES)
        return []

    def close(self) -> list[bytes]:
        if self._events:
            return self._events.close()
        return [bytes(self._envelope)] if self._envelope else []
