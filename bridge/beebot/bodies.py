"""Which decoder the body of an answer needs, told by how it begins and not by what it claims."""

from typing import Protocol

from bridge.beebot.faults import TokenRefused
from bridge.beebot.sse import SseDecoder
from bridge.core.errors import ProtocolError

_BLANK = b"\xef\xbb\xbf \t\r\n"  # with the byte order mark


class Decoder(Protocol):
    def feed(self, chunk: bytes) -> list[bytes]: ...

    def close(self) -> list[bytes]: ...


class WholeBody:
    """A body that is one payload: Beebot may tell an early error as plain JSON."""

    def __init__(self, *, max_bytes: int = 8 << 20) -> None:
        self._max_bytes = max_bytes
        self._body = bytearray()

    def feed(self, chunk: bytes) -> list[bytes]:
        self._body += chunk
        if len(self._body) > self._max_bytes:
            raise ProtocolError("body too large", max_bytes=self._max_bytes)
        return []

    def close(self) -> list[bytes]:
        return [bytes(self._body)]


class AnyBody:
    """A stream of events, one JSON envelope, or the web page that a refused token gets."""

    def __init__(self) -> None:
        self._decoder: Decoder | None = None

    def feed(self, chunk: bytes) -> list[bytes]:
        """Raises `TokenRefused` for a web page, `ProtocolError` for what grows without end."""
        if self._decoder is None:
            chunk = chunk.lstrip(_BLANK)
            if not chunk:
                return []
            self._decoder = _choose(chunk)
        return self._decoder.feed(chunk)

    def close(self) -> list[bytes]:
        return self._decoder.close() if self._decoder else []


def _choose(begin: bytes) -> Decoder:
    if begin.startswith(b"<"):
        raise TokenRefused("token refused", answer="html")
    return WholeBody() if begin.startswith(b"{") else SseDecoder()
